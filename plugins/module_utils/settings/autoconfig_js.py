# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mozilla's AutoConfig files: JavaScript that an administrator runs at each start to set and lock preferences.

Nothing is executed. A call with literal arguments that runs whatever happens is taken as what it says; a preference that
any other code names is "computed". The functions are those of Mozilla's defaults/autoconfig/prefcalls.js.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import prefs_js
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Call = collections.namedtuple("Call", "function name value line")
Call.__doc__ = """One call that is sure to run. `function` is pref, defaultPref, lockPref, unlockPref or clearPref; the
last two have the value None."""
Computed = collections.namedtuple("Computed", "prefix whole line")
Computed.__doc__ = """Code that may set a preference to what only the running program knows: the one called `prefix` where
`whole` is true, else any whose name begins so ("": any at all)."""

_WITH_VALUE = ("pref", "defaultPref", "lockPref")
_WITH_NAME = ("unlockPref", "clearPref")
_SETTER = re.compile(r"(?:pref|defaultPref|lockPref|unlockPref|clearPref|clearUserPref|set(?:Int|Bool|Char|String)?Pref)\Z")
_GETTER = re.compile(r"get\w*Pref\Z")
_REGEX_MAY_FOLLOW = re.compile(r"(?:[(,=:\[!&|?{};+\-*%<>~^]|=>|return|typeof|case|in|of|delete|void|do|else|)\Z")
_TOKEN = re.compile(
    r"(?P<blank>[\s\ufeff]+|//[^\r\n\u2028\u2029]*|/\*.*?\*/)"
    r'|(?P<text>"[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"'
    r"|'[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*')"
    r"|(?P<template>`[^`\\]*(?:\\.[^`\\]*)*`)"
    r"|(?P<number>[0-9][\w.]*)"
    r"|(?P<word>[\w$]+)"
    r"|(?P<open>[\"'`]|/\*)"
    r"|(?P<mark>=>|.)",
    re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\[\r\n]|\\[^\r\n]|\[(?:[^\]\\\r\n]|\\[^\r\n]){0,999}\])+/\w*")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|(\r\n|.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r": "", "\r\n": ""}
_LITERALS = {"true": True, "false": False}

_Token = collections.namedtuple("_Token", "kind text line")
_END = _Token("end", "", 0)


def parse(text: str, wanted):
    """Read an AutoConfig file, but for its first line, which Mozilla skips.

    Args:
        text: the file.
        wanted: function of a preference's name, true for those that matter. Values of others are not kept.

    Returns:
        A list of Call and Computed in file order.

    Raises:
        GrammarError: a text, comment or template literal is left open, so the program runs nothing of the file.
    """
    return _Reader(list(_tokens(text)), wanted).read()


class _Reader:
    def __init__(self, tokens, wanted):
        self.tokens = tokens
        self.wanted = wanted
        self.found = []
        self.noted = set()
        # For each open brace: whether its block runs whatever happens. Parentheses count as blocks that don't.
        self.blocks = []
        self.unsure_blocks = 0

    def read(self):
        position, boundary = 0, True
        while position < len(self.tokens):
            call, behind = self.call(position) if boundary and not self.unsure_blocks else (None, position)
            if call is not None:
                self.keep(call)
                position, boundary = behind, self.ends_statement(behind)
            else:
                self.other(position)
                boundary = self.enter(position)
                position += 1
        return self.found

    def call(self, position):
        """Return (Call, position behind it) where a call with literal arguments stands, or (None, position)."""
        function, name = self.at(position), self.at(position + 2)
        if function.text not in _WITH_VALUE + _WITH_NAME or self.at(position + 1).text != "(" or name.kind != "text":
            return None, position
        value, behind = None, position + 3
        if function.text in _WITH_VALUE:
            if self.at(behind).text != ",":
                return None, position
            value, behind = self.literal(behind + 1)
            if value is None:
                return None, position
        if self.at(behind).text != ")":
            return None, position
        return Call(function.text, _decoded(name), value, function.line), behind + 1

    def literal(self, position):
        """Return (value, position behind it) of a literal, or (None, position) for what is computed."""
        token = self.at(position)
        if token.kind == "text":
            return _decoded(token), position + 1
        if token.text in _LITERALS:
            return _LITERALS[token.text], position + 1
        sign = token.text if token.text in ("-", "+") else ""
        digits = self.at(position + len(sign))
        if digits.kind == "number" and re.match(r"(?:0|[1-9][0-9]{0,9})\Z", digits.text):
            return int(sign + digits.text), position + len(sign) + 1
        return None, position

    def keep(self, call):
        if not prefs_js.is_secret(call.name) and self.wanted(call.name):
            self.found.append(call)

    def other(self, position):
        """Note what a token that is not part of a sure call may set."""
        token, before = self.tokens[position], self.at(position - 1)
        if token.kind == "word" and _SETTER.match(token.text) and before.text != "function":
            self.setter(position)
        elif token.kind == "text" and before.text != "+" and self.at(position + 1).text != "+":
            name = _decoded(token)
            if not self.is_read(position) and not prefs_js.is_secret(name) and self.wanted(name):
                self.note(Computed(name, True, token.line))

    def setter(self, position):
        """Note a call whose first argument is no mere text; one that is, `other` finds."""
        argument, behind = self.at(position + 2), self.at(position + 3).text
        if self.at(position + 1).text != "(":
            return
        if argument.kind not in ("text", "template"):
            self.note(Computed("", False, argument.line))
        elif argument.kind == "template":
            self.note(Computed(argument.text[1:-1].split("${")[0], False, argument.line))
        elif behind not in (",", ")"):
            self.note(Computed(_decoded(argument), False, argument.line))

    def note(self, computed):
        if computed not in self.noted:
            self.noted.add(computed)
            self.found.append(computed)

    def is_read(self, position):
        return self.at(position - 1).text == "(" and _GETTER.match(self.at(position - 2).text) is not None

    def enter(self, position):
        """Keep account of blocks; return whether a statement that is sure to run may begin behind this token."""
        text, kind = self.tokens[position].text, self.tokens[position].kind
        if kind != "mark":
            return False
        if text in "([{":
            self.blocks.append(text == "{" and self.at(position - 1).text in ("try", "finally", "", ";", "{", "}"))
            self.unsure_blocks += not self.blocks[-1]
            return self.blocks[-1]
        if text in ")]}" and self.blocks:
            self.unsure_blocks -= not self.blocks.pop()
        return text in ";}"

    def ends_statement(self, position):
        """A line end closes a statement as well as a semicolon (ECMA-262, automatic semicolon insertion)."""
        return self.at(position).line > self.at(position - 1).line

    def at(self, position):
        return self.tokens[position] if 0 <= position < len(self.tokens) else _END


def _tokens(text):
    line = prefs_js.lines(text)
    first = re.search("\r\n|\r|\n", text)
    position, before = first.end() if first else len(text), ""
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found.group() == "/" and _REGEX_MAY_FOLLOW.match(before):
            found = _REGEX.match(text, position) or found
        if found.lastgroup == "open":
            raise GrammarError(line(position), "the end of a text, comment or template literal")
        if found.lastgroup != "blank":
            before = found.group()
            yield _Token(found.lastgroup or "regex", before, line(position))
        position = found.end()


def _decoded(token):
    decoded = _ESCAPE.sub(_character, token.text[1:-1])
    return decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _character(found):
    code = found.group(1) or found.group(2) or found.group(3)
    if code is None:
        return _ESCAPED.get(found.group(4), found.group(4))
    return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\ufffd"
