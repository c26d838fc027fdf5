# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nginx.conf: directives, of which some have a block.

The grammar is that of nginx's src/core/ngx_conf_file.c. Only directives that are asked for leave this module.
"""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.included import Included

MAX_DEPTH = 16
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<mark>[;{}])|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|"""
    r"""(?P<word>(?:[^\s;{"'\\]|\\.|(?<=\$)\{)(?:[^\s;{\\]|\\.|(?<=\$)\{)*)""",
    re.DOTALL,
)


class Directive:
    """A directive: its words, where it stands, and the Directives of its block (None without one), of which `title` is the name."""

    def __init__(self, words, file, line):
        self.words, self.file, self.line, self.block, self.title = words, file, line, None, None

    @property
    def name(self):
        """Its name."""
        return self.words[0]


def parse(text, file, wanted, include=None):
    """Return the Directives of a configuration that are wanted; those with a block stay whatever their name.

    Args:
        text: the main file.
        file: its path.
        wanted: names of directives.
        include: function of a pattern that yields (path, text) of the files that it stands for.

    Raises:
        GrammarError: nginx would not start with it.
    """
    reader = _Reader(wanted, include or (lambda _pattern: ()))
    root = []
    reader.file(text, file, root, 0)
    return root


class _Reader:
    def __init__(self, wanted, include):
        self._wanted, self._include = frozenset(wanted), include
        self._included = Included()

    def file(self, text, file, into, depth):
        stack, words, started = [into], [], 1
        for kind, value, line in _tokens(text):
            if kind == "word":
                started = started if words else line
                words.append(value)
            elif value == ";":
                if not words:
                    raise GrammarError(line, "a directive before ';'")
                self._directive(Directive(words, file, started), stack[-1], depth)
                words = []
            elif value == "{":
                if not words or len(stack) + depth > MAX_DEPTH:
                    raise GrammarError(line, "the name of a block before '{'")
                block = Directive(words[:1], file, started)
                block.block, block.title = [], words[1] if len(words) > 1 else None
                stack[-1].append(block)
                stack.append(block.block)
                words = []
            else:
                if words or len(stack) == 1:
                    raise GrammarError(line, "';' before '}', and a block to be open")
                stack.pop()
        if words or len(stack) > 1:
            raise GrammarError(text.count("\n") + 1, "';' or '}' at the end of the file")

    def _directive(self, directive, into, depth):
        if directive.name == "include" and len(directive.words) == 2:
            if depth >= MAX_DEPTH:
                raise GrammarError(directive.line, "fewer files that include each other")
            for path, text in self._included.counted(self._include(directive.words[1]), directive.line):
                self.file(text, path, into, depth + 1)
        elif directive.name in self._wanted:
            into.append(directive)


def _tokens(text):
    position, line = 0, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise GrammarError(line, "a closing quote, or a character behind the backslash")
        if match.group("mark"):
            yield "mark", match.group("mark"), line
        else:
            for name in ("double", "single", "word"):
                if match.group(name) is not None:
                    yield "word", re.sub(r"\\(.)", r"\1", match.group(name), flags=re.DOTALL), line
        line += match.group().count("\n")
        position = match.end()
