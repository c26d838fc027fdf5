# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lua as far as it can be read without being run: calls whose argument is a table, and assignments, both of literals.

The words are those of the Lua 5.4 reference manual, chapter 3.1. A value that is no literal is COMPUTED: only the running program knows it.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Token = collections.namedtuple("Token", "kind text line")
# fields: {name: Value}; is_known: whether the argument is a table whose names all stand there.
Call = collections.namedtuple("Call", "name line fields is_known")
Value = collections.namedtuple("Value", "value line")

COMPUTED = object()
MAX_ARGUMENT = 16  # Tokens; calls may stand in the arguments of others, thousands of times

_WORDS = re.compile(
    r"""(?P<blank>\s+)|--\[(?P<remark>=*)\[|(?P<line>--[^\n]*)|\[(?P<long>=*)\[|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<number>0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?)|(?P<sign>\.\.\.?|[=~<>]=|::|\S)""",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\n": "\n"}
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(\d{1,3})|u\{([0-9A-Fa-f]{1,6})\}|z\s*|(.))", re.DOTALL)
# One of thousands of digits takes Python long, or is refused.
_PLAIN_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,14})\Z")
_CONSTANTS = {"true": True, "false": False, "nil": None}
_OPEN, _CLOSE = ("(", "{", "["), (")", "}", "]")
_STOPS = (",", ";", "}", ")")
# Where an expression ends that is the whole value.
_ENDS = ("", ",", ";", "}", ")")


class Tokens(list):
    """Tokens, and where brackets end.

    Attributes:
        ends: {number of an opening bracket: number behind the one that closes it}; one that is never closed is left out.
    """

    def __init__(self, found):
        super().__init__(found)
        self.ends, waiting = {}, []
        for number, token in enumerate(self):
            if token.kind == "sign" and token.text in _OPEN:
                waiting.append(number)
            elif token.kind == "sign" and token.text in _CLOSE and waiting:
                self.ends[waiting.pop()] = number + 1


def tokens(text):
    """Return the Tokens of *text*; kind is name, string, number or sign. Raises GrammarError where a string or remark has no end."""
    found, at, line = [], 0, 1
    while at < len(text):
        match = _WORDS.match(text, at)
        start, end = at, match.end()
        if match.lastgroup in ("remark", "long"):
            bracket = "]" + match.group(match.lastgroup) + "]"
            close = text.find(bracket, end)
            if close < 0:
                raise GrammarError(line, "the end of a long string or remark")
            if match.lastgroup == "long":
                content = text[end:close]
                found.append(Token("string", content[1:] if content.startswith("\n") else content, line))
            end = close + len(bracket)
        elif match.lastgroup == "string":
            found.append(Token("string", _ESCAPE.sub(_unescaped, match.group()[1:-1]), line))
        elif match.lastgroup in ("name", "number", "sign"):
            if match.group() in ("'", '"'):
                raise GrammarError(line, "the end of a string in the same line")
            found.append(Token(match.lastgroup, match.group(), line))
        line += text.count("\n", start, end)
        at = end
    return Tokens(found)


def calls(found, names):
    """Return the Calls of the functions *names* in the Tokens *found*; a definition is none."""
    result = []
    for at, token in enumerate(found):
        before = found[at - 1].text if at else ""
        if token.kind == "name" and token.text in names and before not in (".", ":", "function"):
            start = at + 2 if _sign(found, at + 1) == "(" and _sign(found, at + 2) == "{" else at + 1
            if _sign(found, start) == "{":
                fields, is_known = _table(found, start)
                result.append(Call(token.text, token.line, fields, is_known))
            elif _sign(found, at + 1) == "(" or (start < len(found) and found[start].kind == "string"):
                result.append(Call(token.text, token.line, {}, False))
    return result


def assignments(found, table, key):
    """Return the Values that `table.key = ...` or `table['key'] = ...` gives, in their order."""
    result = []
    for at, token in enumerate(found):
        if token == Token("name", table, token.line):
            dotted = _sign(found, at + 1) == "." and _text(found, at + 2) == key and _sign(found, at + 3) == "="
            indexed = _sign(found, at + 1) == "[" and _text(found, at + 2) == key and _sign(found, at + 4) == "="
            if dotted or indexed:
                result.append(_value(found, at + (4 if dotted else 5), is_statement=True)[0])
    return result


def arguments(found, function):
    """Return (line, the first MAX_ARGUMENT Tokens of the argument) of each call of *function*."""
    result = []
    for at, token in enumerate(found):
        if token.kind == "name" and token.text == function:
            if _sign(found, at + 1) == "(":
                end = _skipped(found, at + 1)
                result.append((token.line, found[at + 2 : min(end - 1, at + 2 + MAX_ARGUMENT)]))
            elif at + 1 < len(found) and found[at + 1].kind == "string":
                result.append((token.line, found[at + 1 : at + 2]))
    return result


def _table(found, at):
    """The fields of the table constructor that begins at *at*."""
    fields, is_known = {}, True
    at += 1
    while at < len(found) and _sign(found, at) != "}":
        name = None
        if found[at].kind == "name" and _sign(found, at + 1) == "=":
            name, at = found[at].text, at + 2
        elif _sign(found, at) == "[" and at + 1 < len(found) and found[at + 1].kind == "string" and _sign(found, at + 2) == "]":
            name, at = found[at + 1].text, at + 4
        elif _sign(found, at) == "[":
            is_known = False
        value, at = _value(found, at)
        if name is not None:
            fields[name] = value
        if _sign(found, at) == ")":
            # No table has that here, and nothing of what follows is known.
            return fields, False
        if _sign(found, at) in (",", ";"):
            at += 1
    return fields, is_known


def _value(found, at, is_statement=False):
    """The Value of the expression that begins at *at*, and where it ends."""
    if at >= len(found):
        return Value(COMPUTED, found[-1].line), at
    token, following = found[at], _text(found, at + 1)
    # Behind a statement comes the next one, which begins with a name.
    ends = _sign(found, at + 1) in _ENDS or (
        is_statement and at + 1 < len(found) and found[at + 1].kind == "name" and following not in ("and", "or")
    )
    if ends and token.kind == "string":
        return Value(token.text, token.line), at + 1
    if ends and token.kind == "number":
        return Value(int(token.text) if _PLAIN_NUMBER.match(token.text) else COMPUTED, token.line), at + 1
    if ends and token.text in _CONSTANTS:
        return Value(_CONSTANTS[token.text], token.line), at + 1
    while at < len(found) and _sign(found, at) not in _STOPS:
        at = _skipped(found, at) if _sign(found, at) in _OPEN else at + 1
        if is_statement:
            break
    return Value(COMPUTED, token.line), at


def _skipped(found, at):
    """Where the bracket that opens at *at* is closed."""
    return found.ends.get(at, len(found))


def _text(found, at):
    return found[at].text if at < len(found) else ""


def _sign(found, at):
    """The sign at *at*; "" behind the last token, None where another token is."""
    if at >= len(found):
        return ""
    return found[at].text if found[at].kind == "sign" else None


def _unescaped(match):
    hexadecimal, decimal, character, other = match.groups()
    code = int(hexadecimal, 16) if hexadecimal else int(decimal) if decimal else int(character, 16) if character else None
    if code is not None:
        return chr(code) if code <= 0x10FFFF else ""
    return _ESCAPES.get(other, other) if other else ""
