# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration files of alpine and pine (read_pinerc of alpine 2.26): the variables that name mailboxes, and the range of versions."""

import collections
import re

# values: one, or the elements of a list.
Variable = collections.namedtuple("Variable", "name values file line")

RANGE = "encryption-protocol-range"
_LISTS = ("folder-collections", "incoming-folders", "incoming-archive-folders", "incoming-folders-to-check")
_SINGLE = ("inbox-path", "default-fcc", "postponed-folder", "read-message-folder", "form-letter-folder", "trash-folder", RANGE)
MAILBOXES = ("inbox-path",) + _LISTS[:2] + _SINGLE[1:-1]
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z][\w-]*)[ \t]*=[ \t]*(?P<value>.*)", re.DOTALL)
_ELEMENT = re.compile(r'(?:[^,"]|"[^"]*"?)+')


def parse(text, file):
    """Return {name: Variable} of the variables that are kept: of one that is there twice, the last. One that is empty is none."""
    found = {}
    for number, line in _logical_lines(text):
        match = _ASSIGNMENT.match(line)
        name = match.group("name").lower() if match else None
        if name in _LISTS or name in _SINGLE:
            value = match.group("value").strip()
            values = [_unquoted(item.strip()) for item in _ELEMENT.findall(value)] if name in _LISTS else [_first_quoted(value)]
            found.pop(name, None)
            if value:
                found[name] = Variable(name, values, file, number)
    return found


def _logical_lines(text):
    """Yield (number, line) with the lines that begin with a blank added to the one before; remarks stand in lines of their own."""
    first, joined = 0, None
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and joined is not None:
            # What goes on in the next line is a list, and the line's end its comma.
            joined = joined.rstrip() + ("" if joined.rstrip().endswith((",", "=")) else ",") + line.strip()
            continue
        if joined is not None:
            yield first, joined
        first, joined = number, line
    if joined is not None:
        yield first, joined


def _first_quoted(value):
    """Of a value that begins with a quote only what stands up to the next one counts."""
    return value[1:].partition('"')[0] if value.startswith('"') else value


def _unquoted(value):
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
