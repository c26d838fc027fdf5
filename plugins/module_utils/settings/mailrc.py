# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The resource files of s-nail and of its ancestor, heirloom mailx: variables, and accounts with variables of their own.

The grammar is that of s-nail(1), "Command line arguments" and "account", and of heirloom's mailx(1). A mailbox is taken apart at once: its
user stays, its password and path do not.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import mailbox_url
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# value: text, a mailbox_url.Mailbox, or None where only the running program knows it; is_sure: it stands under no condition.
Variable = collections.namedtuple("Variable", "key value file line is_sure")
# variables: {name: Variable}; accounts: {name: the same, of what it sets besides}; shortcuts: [Variable].
Mailrc = collections.namedtuple("Mailrc", "variables accounts shortcuts")

MAX_FILES = 50
MAILBOXES = ("folder", "inbox", "MAIL")
PINS = (
    "ssl-method", "ssl-protocol", "ssl-cipher-list", "ssl-curves",
    "tls-config-pairs", "ssl-config-pairs", "tls-config-file", "ssl-config-file", "tls-config-module", "ssl-config-module",
)  # fmt: skip
KEPT = (*PINS, "imap-use-starttls", "pop3-use-starttls")
_KEY = re.compile("(?P<key>" + "|".join(KEPT) + r")(?P<suffix>-.+)?\Z")
_SET = ("set", "se")
_BEGIN, _BLOCK_NAME = re.compile(r"account|define"), re.compile(r"\S+\s+(?P<name>\S+)\s*\{\s*\Z")
_PREFIX = re.compile(r"(?:[\\:]|wysh\s+|local\s+|ignerr\s+|u\s+|xit\s+)+")


def parse(text, path, include=None):
    """Return the Mailrc of a file.

    Args:
        text: of it.
        path: its path.
        include: function of a name that `source` gives, None where that is computed, to the file's (path, text), or to None.

    Raises:
        GrammarError: a quote is not closed.
    """
    reader = _Reader(include or (lambda _name: None))
    reader.file(text, path)
    return Mailrc(reader.variables, reader.accounts, reader.shortcuts)


def assigned(words, file, line, is_sure=True):
    """Return the Variables of KEPT and MAILBOXES that the arguments of `set` give; *words* as `split` returns them."""
    return [found for found in (_variable(text, is_decided, file, line, is_sure) for text, is_decided in words) if found]


def pairs(text):
    """Return [(directive, value)] of tls-config-pairs; a comma of a value has a backslash before it."""
    items = (item.replace("\\,", ",").partition("=") for item in re.split(r"(?<!\\),", text))
    return [(name.strip().rstrip("*").strip(), value.strip()) for name, _equals, value in items if name.strip()]


def split(line, number):
    """Return [(word, whether it is all known)] of a line; quotes and backslashes are the shell's. Raises GrammarError."""
    words, at = [], 0
    while at < len(line):
        if line[at] in " \t":
            at += 1
        elif line[at] == "#":
            break
        else:
            word, is_decided, at = _word(line, at, number)
            words.append((word, is_decided))
    return words


def _word(line, at, number):
    found, is_decided, quote = [], True, ""
    while at < len(line) and (quote or line[at] not in " \t"):
        letter = line[at]
        at += 1
        if letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
            if found[-1:] == ["$"]:
                found.pop()
        elif letter == "\\" and quote != "'" and at < len(line):
            # Between double quotes it stays before other letters, as in the shell.
            found.append(line[at] if not quote or line[at] in '"\\$`' else letter + line[at])
            at += 1
        else:
            is_decided = is_decided and not (quote != "'" and (letter == "`" or re.match(r"\$[\w{(]", line[at - 1 :])))
            found.append(letter)
    if quote:
        raise GrammarError(number, f"the closing {quote}")
    return "".join(found), is_decided, at


def _variable(text, is_decided, file, line, is_sure):
    name, equals, value = text.partition("=")
    is_mailbox = name in MAILBOXES
    if name.startswith("no") and not equals:
        name, value, is_decided = name[2:], "", True
    if not (is_mailbox or _KEY.match(name)):
        return None
    if is_mailbox:
        # What is computed may be one on a server.
        return Variable(name, mailbox(value) if is_decided else None, file, line, is_sure) if mailbox(value) or not is_decided else None
    return Variable(name, (value if equals else "on" if text == name else "") if is_decided else None, file, line, is_sure)


def mailbox(text):
    """Return the Mailbox on a server that *text* names, or None."""
    scheme, mark, rest = text.lstrip("%").lstrip(":").partition("://")
    known = {"imap": "imap", "imaps": "imaps", "pop3": "pop", "pop3s": "pops"}.get(scheme.lower())
    return mailbox_url.parse(known + mark + rest) if known else None


class _Reader:
    def __init__(self, include):
        self._include = include
        self.variables = {}
        self.accounts = {}
        self.shortcuts = []
        self._block = None  # variables of the account that is being read; False in a macro
        self._conditions = 0
        self._files = 0

    def file(self, text, path):
        for line, number in _lines(text):
            self._line(line, path, number)

    def _line(self, line, path, number):
        line = _PREFIX.sub("", line, count=1) if _PREFIX.match(line) else line
        begin = _BLOCK_NAME.match(line) if _BEGIN.match(line) else None
        if begin:
            self._block = self.accounts.setdefault(begin.group("name").strip("'\""), {}) if line.startswith("a") else False
            return
        if line == "}":
            self._block = None
            return
        name, rest = (line.split(None, 1) + ["", ""])[:2]
        if name in ("if", "endif"):
            self._conditions = max(0, self._conditions + (1 if name == "if" else -1))
        elif name in (*_SET, "unset", "shortcut", "source", "source_if") and self._block is not False:
            self._command(name, split(rest, number), path, number)

    def _command(self, name, words, path, number):
        into = self.variables if self._block is None else self._block
        if name in _SET:
            for found in assigned(words, path, number, not self._conditions):
                into[found.key] = found
        elif name == "unset":
            for word, _is_decided in words:
                if not self._conditions:
                    into.pop(word, None)
        elif name == "shortcut":
            urls = (mailbox(text) for text, _is_decided in words[1::2])
            self.shortcuts.extend(Variable("shortcut", url, path, number, True) for url in urls if url)
        elif words and self._files < MAX_FILES:
            self._files += 1
            found = self._include(words[0][0] if words[0][1] else None)
            if found:
                self.file(found[1], found[0])


def _lines(text):
    """Yield (line, number of its first) without remarks; a backslash at the end goes on with the next one."""
    held, start = "", 0
    for number, row in enumerate(text.split("\n"), 1):
        row = row.lstrip(" \t") if held else row.strip(" \t\r")
        if not held:
            start = number
        if row.endswith("\\") and not row.startswith("#"):
            held += row[:-1]
            continue
        line, held = held + row, ""
        if line and not line.startswith("#"):
            yield line, start
