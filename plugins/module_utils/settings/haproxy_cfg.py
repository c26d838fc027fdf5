# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""haproxy.cfg: sections of lines of words.

The grammar is that of HAProxy's configuration manual, chapter 2.2 (quoting and escaping) and 2.4 (conditional blocks).
Only lines whose first word is asked for leave this module.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Line = collections.namedtuple("Line", "words file number conditional")
Line.__doc__ = (
    (Line.__doc__ or "")
    + """

Attributes:
    words: as HAProxy sees them; None in the place of one that the environment has a part in.
    conditional: it stands between .if and .endif.
"""
)
# `origin`: the defaults section that it names behind "from".
Section = collections.namedtuple("Section", "kind name origin file number lines")

SECTIONS = [
    "backend",
    "cache",
    "crt-store",
    "defaults",
    "dynamic-update",
    "fcgi-app",
    "frontend",
    "global",
    "http-errors",
    "listen",
    "log-forward",
    "log-profile",
    "mailers",
    "namespace_list",
    "peers",
    "program",
    "resolvers",
    "ring",
    "traces",
    "userlist",
]
_BLANK = re.compile(r"[ \t\r]+")
_BARE = re.compile(r"[^ \t\r#\\\"']+")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def parse(text, file, wanted):
    """Return the sections of a configuration.

    Args:
        text: the file.
        file: its path.
        wanted: the first words of the lines that are kept.

    Raises:
        GrammarError: HAProxy would not start with it.
    """
    sections, depth = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        words = _words(line, number)
        if not words:
            continue
        first = words[0] or ""
        if first.startswith("."):
            depth += {".if": 1, ".endif": -1}.get(first, 0)
        elif first in SECTIONS:
            names = [word or "" for word in words[1:]]
            origin = names[2] if names[1:2] == ["from"] and len(names) > 2 else None
            sections.append(Section(first, names[0] if names else "", origin, file, number, []))
        elif not sections:
            raise GrammarError(number, "the name of a section")
        elif first in wanted:
            sections[-1].lines.append(Line(words, file, number, depth > 0))
    return sections


def _words(line, number):
    words, position = [], 0
    while position < len(line):
        blank = _BLANK.match(line, position)
        if blank:
            position = blank.end()
        elif line[position] == "#":
            break
        else:
            word, position = _word(line, position, number)
            words.append(word)
    return words


def _word(line, position, number):
    """Return the word that begins at *position*, and where it ends."""
    parts, computed = [], False
    while position < len(line) and line[position] not in " \t\r#":
        letter = line[position]
        if letter == "'":
            end = line.find("'", position + 1)
            if end < 0:
                raise GrammarError(number, "a closing quote")
            parts.append(line[position + 1 : end])
            position = end + 1
        elif letter == '"':
            part, position, variable = _weak(line, position + 1, number)
            parts.append(part)
            computed = computed or variable
        elif letter == "\\":
            part, position = _escape(line, position)
            parts.append(part)
        else:
            match = _BARE.match(line, position)
            parts.append(match.group())
            position = match.end()
    return (None if computed else "".join(parts)), position


def _weak(line, position, number):
    """Between double quotes variables are replaced, and a backslash escapes."""
    parts, computed = [], False
    while position < len(line):
        letter = line[position]
        if letter == '"':
            return "".join(parts), position + 1, computed
        if letter == "\\":
            part, position = _escape(line, position)
            parts.append(part)
            continue
        computed = computed or letter == "$"
        parts.append(letter)
        position += 1
    raise GrammarError(number, "a closing quote")


def _escape(line, position):
    following = line[position + 1 : position + 2]
    if following == "x":
        digits = re.compile("[0-9a-fA-F]{2}").match(line, position + 2)
        return (chr(int(digits.group(), 16)), position + 4) if digits else ("\\x", position + 2)
    if following and following in " #\\\"'$":
        return following, position + 2
    return (_ESCAPES[following], position + 2) if following in _ESCAPES else ("\\", position + 1)
