# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls with literal arguments in scripts of which only the tokens are known.

This is no parser of these languages: a literal is what stands alone where a value may; anything else is computed, and so undecided.
"""

import collections

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import lexer
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import ScriptError

# text: of a literal, or None for what is computed; is_name: a constant's name and no string; items: Arguments of a list or hash.
Value = collections.namedtuple("Value", "text is_name line items")
Arguments = collections.namedtuple("Arguments", "positional named")

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ENDS = (",", ")", "]", "}", ";", "\n")
_ASSIGNS = ("=", "||=", "&&=", "+=", "-=", ".=", "|=", "//=", "??=", "++")
_INTO = (".", "->", "[", "{", "?.", "&.")
_BINDS = {"perl": ("=",), "php": ("{", "=>", "=", "use", ":"), "ruby": ("=",), "node": ("{", "=>", "=")}
_MAX_DEPTH = 8
_MOST_TAKEN = 50  # times that each token may belong to a call, or to what a variable of one stands for, in the mean


class Script:
    """A script's tokens, and what its variables are set to once and for all. Raises ScriptError.

    Args:
        text: the script.
        language: a key of lexer.LANGUAGES.
    """

    def __init__(self, text, language):
        self.language = language
        self.tokens = lexer.tokens(text, language)
        self.read = set()  # numbers of the tokens that some call was seen to take
        self._taken = 0
        self._partners = self._pairs()
        self._bound = set(self._parameters())
        self._set = self._assignments()

    def find(self, *words):
        """Yield (number behind them, line) wherever the tokens *words* stand one after the other."""
        for number, token in enumerate(self.tokens):
            if token.text == words[0] and token.kind != "string" and self._texts(number, len(words)) == words:
                yield number + len(words), token.line

    def arguments(self, number):
        """Return the Arguments of a call whose name ends before the token *number*. Raises ScriptError."""
        is_closed = self.text(number) in _CLOSING
        start, end = (number + 1, self._partners.get(number, len(self.tokens))) if is_closed else (number, self._line_end(number))
        self._take(start, end)
        return self._arguments(start, end, _MAX_DEPTH)

    def _take(self, start, end):
        """Count what calls take, so that calls inside of calls, and lists that are made of lists, come to an end. Raises ScriptError."""
        self._taken += max(0, end - start)
        if self._taken > _MOST_TAKEN * len(self.tokens):
            line = self.tokens[min(start, len(self.tokens)) - 1].line
            raise ScriptError(line, "its calls inside of calls, or lists inside of lists, are too many for the audit")

    def unread(self, words):
        """Yield (word, line) of each of the *words* that no call was seen to take, so that nobody knows what it is for."""
        for number, token in enumerate(self.tokens):
            if token.kind == "string" and token.text and number not in self.read:
                # Also one in a string: as a key, or in a program of its own.
                yield from ((word, token.line) for word in words if word in token.text)
            elif token.kind == "name" and number not in self.read:
                name = token.text.lstrip(":$@%&\\").rpartition("::")[2]
                if name in words or token.text in words:
                    yield name, token.line

    # Brackets and names

    def text(self, number):
        """Return the text of the token *number*; None for a string, and where there is none."""
        token = self.tokens[number] if 0 <= number < len(self.tokens) else None
        return token.text if token and token.kind != "string" else None

    def _texts(self, number, count):
        return tuple(self.text(number + step) for step in range(count))

    def _pairs(self):
        pairs, waiting = {}, []
        for number, token in enumerate(self.tokens):
            if token.kind != "mark":
                continue
            if token.text in _CLOSING:
                waiting.append(number)
            elif waiting and token.text == _CLOSING[self.tokens[waiting[-1]].text]:
                pairs[waiting.pop()] = number
        return pairs

    def _parameters(self):
        """Yield the names that stand for what is handed over: parameters, loop variables, parts of a list."""
        for opening, closing in self._partners.items():
            if self.text(self._skip(closing + 1)) in _BINDS[self.language] or self.text(opening - 2) in ("def", "sub", "function"):
                yield from (token.text for token in self.tokens[opening:closing] if token.kind == "name")
        for number, token in enumerate(self.tokens):
            before, after = self.text(number - 1), self.text(number + 1)
            if token.kind == "name" and (
                before in ("for", "foreach", "|") or after in ("|", "in", "of") or (before == "my" and after == "(")
                or (self.language == "node" and after == "=>") or (before == "," and after in (",", "|") and self.language == "ruby")
            ):  # fmt: skip
                yield token.text

    def _assignments(self):
        """The number of the value's token, by the name of each variable that is set in one place only; None for others."""
        found = {}
        for number, token in enumerate(self.tokens):
            if token.kind != "name" or self.text(number + 1) not in _ASSIGNS or self.text(number - 1) in (".", "->", "::", "?.", "&."):
                continue
            is_first = token.text not in found and self.text(number + 1) == "=" and token.text not in self._bound
            found[token.text] = self._skip(number + 2) if is_first else None
        for number, token in enumerate(self.tokens):
            # A list or hash of which a part is set or handed out is no longer what it was.
            start = found.get(token.text) if token.kind == "name" else None
            if start is not None and self.text(start) in _CLOSING and self.text(number + 1) in _INTO:
                found[token.text] = None
        return found

    def _skip(self, number):
        while self.text(number) == "\n":
            number += 1
        return number

    def _line_end(self, number):
        """Where the arguments of a call without brackets end."""
        while number < len(self.tokens) and self.text(number) not in (";", "\n", ")", "}", "]"):
            number = self._partners.get(number, number) + 1
            if self.text(number - 1) == "," or self.text(number - 1) == "=>":
                number = self._skip(number)
        return number

    # Arguments and values

    def _arguments(self, at, end, depth):
        positional, named = [], {}
        while at < end:
            if self.text(at) in (",", "\n", ";"):
                at += 1
                continue
            key, start = self._key(at)
            stop = self._element_end(start, end)
            value = self._value(start, stop, depth)
            if key is None:
                positional.append(value)
            else:
                named[key] = value
            at = max(stop, at + 1)
        return Arguments(positional, named)

    def _key(self, at):
        token, after = self.tokens[at], self._skip(at + 1)
        is_colon = self.text(at + 1) == ":" and self.language in ("ruby", "node")
        if token.kind == "mark" or token.text is None or not (is_colon or self.text(after) == "=>"):
            return None, at
        self.read.add(at)
        return token.text.lstrip(":"), self._skip(at + 2 if is_colon else after + 1)

    def _element_end(self, at, end):
        while at < end and self.text(at) not in (",", ";"):
            if self.text(at) == "\n" and self.language == "ruby" and self.text(self._skip(at)) not in (",", "."):
                return at
            at = self._partners.get(at, at) + 1
        return min(at, end)

    def _value(self, at, stop, depth):
        """The Value of the tokens from *at* to *stop*."""
        while stop > at and self.text(stop - 1) == "\n":
            stop -= 1
        line = self.tokens[at].line if at < len(self.tokens) else 0
        opening = at + (self._texts(at, 2) in (("array", "("), ("\\", "{"), ("\\", "[")))
        if depth and self.text(opening) in _CLOSING and self._partners.get(opening) == stop - 1:
            return Value(None, False, line, self._arguments(opening + 1, stop - 1, depth - 1))
        if stop - at != 1:
            is_function = self.language == "node" and (self.text(at) in ("function", "async") or "=>" in self._level(at, stop))
            return Value("function" if is_function else None, is_function, line, None)
        token = self.tokens[at]
        self.read.add(at)
        if token.kind in ("string", "number"):
            return Value(token.text, False, line, None)
        if token.kind == "name" and token.text not in self._set and token.text not in self._bound and not self._is_variable(token.text):
            return Value(token.text, True, line, None)
        start = self._set.get(token.text)
        if not depth or start is None:
            return Value(None, False, line, None)
        end = self._statement_end(start)
        self._take(start, end)
        found = self._value(start, end, depth - 1)
        return found._replace(line=line) if found.items is None else found

    def _level(self, at, stop):
        """The texts from *at* to *stop* that stand in no brackets of their own."""
        texts = []
        while at < stop:
            texts.append(self.text(at))
            at = self._partners.get(at, at) + 1
        return texts

    def _statement_end(self, at):
        while at < len(self.tokens) and self.text(at) not in _ENDS:
            at = self._partners.get(at, at) + 1
        # A line may go on: 'a' \n . $b
        after = self.text(self._skip(at)) if self.text(at) == "\n" else None
        return at + 1 if after in (".", "+", "||", "or", "?", "&&", "->") else at

    def _is_variable(self, text):
        if self.language in ("perl", "php"):
            return text[0] in "$@%&" or text == "shift"
        return not (text[0] == ":" or text[0].isupper() or text in ("true", "false", "nil", "null", "undefined"))
