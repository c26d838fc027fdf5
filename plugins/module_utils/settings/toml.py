# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TOML as far as settings of mail accounts need it (toml.io, v1.0): keys with their tables, and values that are one word. Python has none
before 3.11.

Arrays and texts over several lines are passed over. Which keys are kept, the caller says, before any value is looked at.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# path: tuple of the keys that lead to it; text: a string's content, or a number or a truth value as it stands.
Value = collections.namedtuple("Value", "path text line")

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE = re.compile(r"[^\s,\]}#]+")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_MAX_DEPTH = 20


def parse(text, is_wanted):
    """Return the Values of *text* for whose path *is_wanted* is true. Raises GrammarError."""
    return _Reader(text.replace("\r\n", "\n"), is_wanted).read()


class _Reader:
    def __init__(self, text, is_wanted):
        self.text = text
        self.is_wanted = is_wanted
        self.at = 0
        self.found = []

    def read(self):
        table = ()
        while True:
            self._skip(" \t\n")
            if self.at >= len(self.text):
                return self.found
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._entry(table, 0)
            self._skip(" \t")
            if self.at < len(self.text) and self.text[self.at] != "\n":
                raise GrammarError(self._line(), "the end of the line")

    def _header(self):
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self.at += brackets
        path = self._path()
        self._expect("]" * brackets)
        return path

    def _entry(self, table, depth):
        path = table + self._path()
        self._expect("=")
        self._skip(" \t")
        self._value(path, depth)

    def _path(self):
        found = []
        while True:
            self._skip(" \t")
            letter = self.text[self.at : self.at + 1]
            match = _KEY.match(self.text, self.at)
            if letter and letter in "\"'":
                found.append(self._string())
            elif match:
                found.append(match.group())
                self.at = match.end()
            else:
                raise GrammarError(self._line(), "a key")
            self._skip(" \t")
            if not self.text.startswith(".", self.at):
                return tuple(found)
            self.at += 1

    def _value(self, path, depth):
        if depth > _MAX_DEPTH:
            raise GrammarError(self._line(), "less nesting")
        line, letter = self._line(), self.text[self.at : self.at + 1]
        if letter == "{":
            self._table(path, depth)
            return
        if letter == "[":
            self._array(depth)
            return
        if letter and letter in "\"'":
            value = self._string()
        else:
            match = _BARE.match(self.text, self.at)
            if match is None:
                raise GrammarError(line, "a value")
            self.at, value = match.end(), match.group()
        if self.is_wanted(path):
            self.found.append(Value(path, value, line))

    def _table(self, path, depth):
        self.at += 1
        self._skip(" \t\n")
        while not self.text.startswith("}", self.at):
            self._entry(path, depth + 1)
            self._skip(" \t\n")
            if not self.text.startswith("}", self.at):
                self._expect(",")
            self._skip(" \t\n")
        self.at += 1

    def _array(self, depth):
        self.at += 1
        self._skip(" \t\n")
        while not self.text.startswith("]", self.at):
            self._value((), depth + 1)
            self._skip(" \t\n")
            if not self.text.startswith("]", self.at):
                self._expect(",")
            self._skip(" \t\n")
        self.at += 1

    def _string(self):
        quote, line = self.text[self.at], self._line()
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        found, at = [], self.at + len(mark)
        while not self.text.startswith(mark, at):
            letter = self.text[at : at + 1]
            if not letter or (letter == "\n" and mark == quote):
                raise GrammarError(line, f"the closing {mark}")
            if letter == "\\" and quote == '"':
                at += 1
                letter = _ESCAPES.get(self.text[at : at + 1], "")
            found.append(letter)
            at += 1
        self.at = at + len(mark)
        return "".join(found)

    def _expect(self, mark):
        self._skip(" \t")
        if not self.text.startswith(mark, self.at):
            raise GrammarError(self._line(), f"'{mark}'")
        self.at += len(mark)

    def _skip(self, blanks):
        """Pass over blanks, and over remarks."""
        while self.at < len(self.text):
            if self.text[self.at] in blanks:
                self.at += 1
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def _line(self):
        return self.text.count("\n", 0, self.at) + 1
