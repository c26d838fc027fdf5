# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""git's configuration (git-config(1), SYNTAX): the values of chosen sections, in their order. Others, passwords among them, are dropped."""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Value = collections.namedtuple("Value", "key text line")

_HEADER = re.compile(r'\[\s*(?P<section>[A-Za-z0-9.-]+)(?:\s+"(?P<name>(?:[^"\\]|\\.)*)")?\s*\]')
_KEY = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9-]*)\s*(?P<equals>=)?\s*")
_ESCAPES = {"n": "\n", "t": "\t", "b": "", '"': '"', "\\": "\\"}


def parse(text, wanted):
    """Return the Values of *text* in their order.

    Args:
        text: the file.
        wanted: the keys to keep, "section.key" in lower case; of a section with a name the section's name alone counts.

    Raises:
        GrammarError: git would refuse the file.
    """
    found, section, rows, number = [], None, text.lstrip("\ufeff").split("\n"), 0
    while number < len(rows):
        row, start = rows[number].strip(), number + 1
        header = _HEADER.match(row)
        if row.startswith("["):
            if header is None:
                raise GrammarError(start, "the header of a section")
            section, row = header.group("section").lower(), row[header.end() :].strip()
        if not row or row[0] in "#;":
            number += 1
            continue
        match = _KEY.match(row)
        if match is None or section is None:
            raise GrammarError(start, "a key")
        row = row[match.end() :]
        while _goes_on(row) and number + 1 < len(rows):
            number += 1
            row = row[:-1] + rows[number].strip("\r")
        key = section + "." + match.group("key").lower()
        value = _value(row, start) if match.group("equals") else "true"
        if key in wanted:
            found.append(Value(key, value, start))
        number += 1
    return found


def _goes_on(row):
    return (len(row) - len(row.rstrip("\\"))) % 2 == 1


def _value(row, line):
    """What stands before a remark, without quotes; blanks at its ends do not count."""
    found, is_quoted, kept, at = [], False, 0, 0
    while at < len(row):
        letter = row[at]
        at += 1
        if letter == '"':
            is_quoted = not is_quoted
            kept = len(found)
        elif letter == "\\":
            if row[at : at + 1] not in _ESCAPES:
                raise GrammarError(line, "an escape that git knows")
            found.append(_ESCAPES[row[at]])
            kept, at = len(found), at + 1
        elif letter in "#;" and not is_quoted:
            break
        else:
            found.append(letter)
            kept = len(found) if is_quoted or not letter.isspace() else kept
    if is_quoted:
        raise GrammarError(line, 'the closing "')
    return "".join(found[:kept])
