# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Unit files and environment files of systemd (systemd.syntax(7), systemd.unit(5), systemd.service(5), systemd.exec(5))."""

import collections
import re

Entry = collections.namedtuple("Entry", "section key value line")

_SECTION = re.compile(r"\[(?P<name>[^\]]*)\]\s*$")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}
_ESCAPE = re.compile(r"\\(?:x(?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})|(?P<letter>.))", re.DOTALL)
_SPECIFIER = re.compile(r"%(.)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<braced>\w+)\}|(?P<name>[A-Za-z_]\w*))")
_ASSIGNMENT = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*=(?P<value>.*)$", re.DOTALL)


class QuoteError(Exception):
    """A quote is not closed; systemd drops the line."""


def parse(text):
    """Return the Entries of a unit file in their order; what is no entry is left out, as systemd does."""
    found, section = [], None
    for number, line in _joined(text):
        match = _SECTION.match(line)
        if match:
            section = match.group("name")
        elif section is not None and "=" in line:
            key, _equals, value = line.partition("=")
            found.append(Entry(section, key.strip(), value.strip(), number))
    return found


def _joined(text):
    """The lines without comments, those that end in a backslash joined with the next by a blank."""
    begun, start = None, None
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip()[:1] in ("#", ";"):
            continue
        whole = line.strip() if begun is None else begun + " " + line.strip()
        start = number if begun is None else start
        if line.rstrip("\r").endswith("\\"):
            begun = whole[:-1].rstrip()
            continue
        begun = None
        if whole:
            yield start, whole
    if begun:
        yield start, begun


def words(value):
    """Split *value* as systemd splits a command line; return [(text, is_quoted)]. Raises QuoteError."""
    found, current, is_quoted, quote, at = [], None, False, None, 0
    while at < len(value):
        letter = value[at]
        if letter == "\\":
            escape = _ESCAPE.match(value, at)
            piece, at = _unescaped(escape), escape.end() if escape else at + 1
            current = (current or "") + piece
            continue
        at += 1
        if quote:
            if letter == quote:
                quote = None
            else:
                current += letter
        elif letter in "\"'" and current is None:
            quote, is_quoted, current = letter, True, ""
        elif letter in "\"'":
            quote, is_quoted = letter, True
        elif letter in " \t\n":
            if current is not None:
                found.append((current, is_quoted))
            current, is_quoted = None, False
        else:
            current = (current or "") + letter
    if quote:
        raise QuoteError()
    if current is not None:
        found.append((current, is_quoted))
    return found


def _unescaped(escape):
    if escape is None:
        return "\\"
    if escape.group("hex"):
        return chr(int(escape.group("hex"), 16))
    if escape.group("octal"):
        return chr(int(escape.group("octal"), 8))
    letter = escape.group("letter")
    return _ESCAPES.get(letter, letter if letter in "\\\"'" else "\\" + letter)


def specified(text, specifiers):
    """Return *text* with its %-specifiers replaced by those of *specifiers*, and whether all of them were known."""
    unknown = [match.group(1) for match in _SPECIFIER.finditer(text) if match.group(1) != "%" and specifiers.get(match.group(1)) is None]
    if unknown:
        return text.partition("%")[0], False
    return _SPECIFIER.sub(lambda match: "%" if match.group(1) == "%" else specifiers[match.group(1)], text), True


def substituted(text, environment):
    """Return the words that a word of a command line becomes when systemd puts the variables in: [(text, is_decided)]."""
    match = _VARIABLE.match(text)
    if match and match.group("name") and match.end() == len(text):
        value = environment.get(match.group("name"), "")
        return [("", False)] if value is None else [(word, True) for word in value.split()]
    found, at, is_decided = "", 0, True
    for match in _VARIABLE.finditer(text):
        name = match.group("braced") or match.group("name")
        value = environment.get(name, "") if match.group("braced") else "$" if name is None else match.group()
        if value is None:
            return [(found + text[at : match.start()], False)]
        found += text[at : match.start()] + value
        at = match.end()
    return [(found + text[at:], is_decided)]


def assignments(value):
    """Return {name: value} of an Environment= line. Raises QuoteError."""
    matches = (_ASSIGNMENT.match(text) for text, _is_quoted in words(value))
    return {match.group("name"): match.group("value") for match in matches if match}


def environment_file(text):
    """Return {name: value} of a file that EnvironmentFile= names: shell-like, nothing expanded."""
    found = {}
    for _number, line in _file_lines(text):
        match = _ASSIGNMENT.match(line)
        if match:
            found[match.group("name")] = _unquoted(match.group("value").strip())
    return found


def _file_lines(text):
    begun = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not begun and line.lstrip()[:1] in ("#", ";"):
            continue
        if line.endswith("\\"):
            begun += line[:-1]
            continue
        yield number, begun + line
        begun = ""


def _unquoted(value):
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return inner if value[0] == "'" else re.sub(r"\\([\"\\`$])", r"\1", inner)
    return re.sub(r"\\(.)", r"\1", value)


def unescaped_name(text):
    """Return what a part of a unit's name stands for: systemd-escape(1) undone."""
    return re.sub(r"\\x([0-9a-fA-F]{2})", lambda match: chr(int(match.group(1), 16)), text.replace("-", "/"))
