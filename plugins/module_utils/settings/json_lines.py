# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON (RFC 8259) that remembers on which line each value stands."""

import collections
import json
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Node = collections.namedtuple("Node", "value line")
Node.__doc__ = """A value and its line: for a member of an object the line of its key.

`value` is a text, number, True, False, None, a list of Node, or a dictionary of text to Node.
"""

_MAX_DEPTH = 100
_MAX_NUMBER = 100
_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<text>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")'
    r"|(?P<number>-?[0-9][-+.0-9eE]*)|(?P<word>true|false|null)|(?P<mark>[][{}:,])|(?P<end>\Z))"
)
_BLANK = re.compile(r"[ \t\r\n]*")
_WORDS = {"true": True, "false": False, "null": None}


def parse(text: str):
    """Return the Node of the JSON document *text*; of repeated keys the last one counts. Raises GrammarError."""
    reader = _Reader(text)
    node = reader.value(reader.line(), 0)
    reader.expect("end", "the end of the file")
    return node


class _Reader:
    def __init__(self, text):
        self.text = text
        self.counted = self.start = self.position = 0
        self.number = 1
        self.step()

    def step(self):
        """Go to the next token."""
        found = _TOKEN.match(self.text, self.position)
        if found is None:
            self.start = _BLANK.match(self.text, self.position).end()
            raise GrammarError(self.line(), "JSON: a value, a key or one of { } [ ] : ,")
        self.kind, self.token = found.lastgroup, found.group(found.lastgroup)
        self.start, self.position = found.start(found.lastgroup), found.end()

    def line(self):
        """Return the line of the current token."""
        self.number += self.text.count("\n", self.counted, self.start)
        self.counted = self.start
        return self.number

    def expect(self, kind, words, *tokens):
        """Return the current token and go on, or raise GrammarError when it is none of that kind, or of those."""
        if self.kind != kind or (tokens and self.token not in tokens):
            raise GrammarError(self.line(), "JSON: " + words)
        token = self.token
        if kind != "end":
            self.step()
        return token

    def value(self, line, depth):
        """Read a value, which is to bear that line."""
        if depth > _MAX_DEPTH:
            raise GrammarError(self.line(), f"JSON of at most {_MAX_DEPTH} levels")
        if self.kind == "mark" and self.token in "{[":
            read = self.members if self.token == "{" else self.elements
            self.step()
            return Node(read(depth + 1), line)
        if self.kind in ("text", "number", "word"):
            value = self.scalar()
            self.step()
            return Node(value, line)
        raise GrammarError(self.line(), "JSON: a value")

    def scalar(self):
        """Return what the current token stands for."""
        if self.kind == "word":
            return _WORDS[self.token]
        if self.kind == "number" and len(self.token) > _MAX_NUMBER:
            raise GrammarError(self.line(), f"JSON: a number of at most {_MAX_NUMBER} digits")
        try:
            return json.loads(self.token)
        except ValueError:
            raise GrammarError(self.line(), "JSON: a well-formed " + self.kind) from None

    def members(self, depth):
        """Read the rest of an object."""
        found = {}
        if self._closes("}"):
            return found
        while True:
            line = self.line()
            key = self.scalar() if self.kind == "text" else None
            self.expect("text", "a key in double quotes")
            self.expect("mark", "':' after a key", ":")
            found[key] = self.value(line, depth)
            if self.expect("mark", "',' or '}' after a member", ",", "}") == "}":
                return found

    def elements(self, depth):
        """Read the rest of an array."""
        found = []
        if self._closes("]"):
            return found
        while True:
            found.append(self.value(self.line(), depth))
            if self.expect("mark", "',' or ']' after an element", ",", "]") == "]":
                return found

    def _closes(self, mark):
        if self.kind == "mark" and self.token == mark:
            self.step()
            return True
        return False
