# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Property files of Java, as java.util.Properties#load reads them; java.security is one."""

import collections
import re

Property = collections.namedtuple("Property", "key value line")

_SPACE = " \t\f"
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_LETTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
# Up to the first separator that no backslash stands before.
_KEY = re.compile(r"(?:\\.|[^\\=: \t\f])*", re.DOTALL)
_SEPARATOR = re.compile(r"[ \t\f]*[=:]?[ \t\f]*")


def parse(text):
    """Return the Properties of *text* in order; of one key the last counts."""
    return [_property(line, number) for number, line in _logical_lines(text)]


def _property(line, number):
    key = _KEY.match(line).group()
    rest = line[len(key) :]
    return Property(_unescaped(key), _unescaped(rest[_SEPARATOR.match(rest).end() :]), number)


def _logical_lines(text):
    """Yield (number of the first line, what it says); an odd number of backslashes at a line's end joins the next one to it."""
    lines = enumerate(re.split(r"\r\n|\r|\n", text), 1)
    for number, line in lines:
        line = line.lstrip(_SPACE)
        if not line or line[0] in "#!":
            continue
        while _is_continued(line):
            line = line[:-1] + next(lines, (0, ""))[1].lstrip(_SPACE)
        if line:
            yield number, line


def _is_continued(line):
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _unescaped(text):
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)) if match.group(1) else _LETTERS.get(match.group(2), match.group(2)), text)
