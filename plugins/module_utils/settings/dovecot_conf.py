# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dovecot's configuration: blocks in blocks, each with its settings.

The grammar is that of Dovecot 2.3, src/config/config-parser.c. Only settings whose names are asked for leave this module.
"""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.included import Included

MAX_DEPTH = 16
_WHITE = " \t\r"
# Text up to a comment; a quote that is not closed takes the rest of the line.
_UNCOMMENTED = re.compile(r"""(?:[^'"#]|'(?:[^'\\]|\\.?)*(?:'|\Z)|"(?:[^"\\]|\\.?)*(?:"|\Z))*""", re.DOTALL)
_BEGIN = re.compile(r'(?P<kind>[^ \t\r={]*)[ \t\r]+(?:"(?P<quoted>[^"]*)"[ \t\r]*|(?P<name>[^ \t\r{"]+)[ \t\r]+|)\{\Z')


class Value:
    """One setting: `value` is None where only a file that it names, or another setting, tells it."""

    def __init__(self, key, value, file, line):
        self.key, self.value, self.file, self.line = key, value, file, line


class Block:
    """A block: `kind` and `name` of its head, the settings in it by key, the blocks in it, and the block that it stands in."""

    def __init__(self, kind, name, file, line, parent):
        self.kind, self.name, self.file, self.line, self.parent = kind, name, file, line, parent
        self.values = {}
        self.blocks = []

    def find(self, key):
        """Return the Value of *key* that counts here: of this block, or else of the nearest one around it; None without one."""
        block = self
        while block is not None:
            if key in block.values:
                return block.values[key]
            block = block.parent
        return None

    def walk(self):
        """Yield this block and all in it."""
        yield self
        for block in self.blocks:
            yield from block.walk()


def parse(text, file, wanted, include=None):
    """Return the root Block of a configuration.

    Args:
        text: the main file.
        file: its path.
        wanted: function of a setting's name that tells whether it is kept.
        include: function of (pattern, path of the including file) that yields (path, text) of the files to include.

    Raises:
        GrammarError: Dovecot would not start with it.
    """
    reader = _Reader(wanted, include or (lambda _pattern, _file: ()))
    reader.file(text, file, 0)
    return reader.root


class _Reader:
    def __init__(self, wanted, include):
        self._wanted, self._include = wanted, include
        self.root = self._block = None
        self._included = Included()

    def file(self, text, file, depth):
        if self.root is None:
            self.root = self._block = Block("", "", file, 1, None)
        outer, number = self._block, 0
        for number, line in _logical(text):
            self._line(line, file, number, depth)
        if self._block is not outer:
            raise GrammarError(number, "'}' for each '{' of the file")

    def _line(self, line, file, number, depth):
        key = re.split("[ \t\r=]", line, maxsplit=1)[0]
        rest = line[len(key) :].lstrip(_WHITE)
        if key in ("!include", "!include_try"):
            if depth >= MAX_DEPTH:
                raise GrammarError(number, "fewer files that include each other")
            for path, text in self._included.counted(self._include(rest, file), number):
                self.file(text, path, depth + 1)
        elif rest.startswith("="):
            if self._wanted(key):
                self._block.values[key] = Value(key, _value(rest[1:].lstrip(_WHITE)), file, number)
        elif line == "}":
            self._close(number)
        else:
            self._open(line, file, number)

    def _open(self, line, file, number):
        match = _BEGIN.match(line)
        if match is None or _depth(self._block) >= MAX_DEPTH:
            raise GrammarError(number, "'=' behind a key, or '{' behind the name of a block")
        block = Block(match.group("kind"), match.group("quoted") or match.group("name") or "", file, number, self._block)
        self._block.blocks.append(block)
        self._block = block

    def _close(self, number):
        if self._block.parent is None:
            raise GrammarError(number, "a block to be open before '}'")
        self._block = self._block.parent


def _logical(text):
    """Yield (number, line) with comments and blanks gone, and continued lines joined; the number is that of the last of them."""
    joined = ""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.lstrip(_WHITE)
        if not line or line[0] == "#":
            continue
        line = _UNCOMMENTED.match(line).group().rstrip(_WHITE)
        if line.endswith("\\"):
            joined += line[:-1].rstrip(_WHITE) + " "
            continue
        line, joined = (joined + line).strip(_WHITE), ""
        if line:
            yield number, line


def _value(text):
    if text.startswith("<") or (text[:1] not in ("'", '"') and "$" in text):
        return None
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text


def _depth(block):
    depth = 0
    while block is not None:
        block, depth = block.parent, depth + 1
    return depth
