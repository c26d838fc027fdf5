# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""/etc/aliases and .forward: the commands that mail is handed to (aliases(5); local(8) of Postfix, sendmail's manual)."""

import collections
import re

# command: a text for the shell.
Pipe = collections.namedtuple("Pipe", "command line")

_INCLUDE = ":include:"
# A name may be in quotes, and so may a value, as a whole or in part.
_NAME = re.compile(r'\s*(?:"(?:[^"\\]|\\.)*"|[^"\s:]+)\s*:')
_ESCAPED = re.compile(r"\\(.)")


def parse(text, has_names):
    """Return (Pipes, paths of lists that are included); *has_names*: each line is for a name, as in /etc/aliases."""
    pipes, included = [], []
    for number, line in _logical_lines(text, has_names):
        match = _NAME.match(line) if has_names else None
        if has_names and match is None:
            continue
        for value in _values(line[match.end() :] if match else line):
            value = _unquoted(value.strip())
            if value.startswith("|"):
                pipes.append(Pipe(_unquoted(value[1:].strip()), number))
            elif value.startswith(_INCLUDE):
                included.append(_unquoted(value[len(_INCLUDE) :].strip()))
    return pipes, included


def _logical_lines(text, joins):
    """Yield (number, line) without remarks; where it *joins*, a line that begins with a blank goes on with the one before."""
    first, joined = 0, ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        if joins and line[0] in " \t" and joined:
            joined += " " + line.strip()
            continue
        if joined:
            yield first, joined
        first, joined = number, line
    if joined:
        yield first, joined


def _values(text):
    """Split at commas outside of quotes; a backslash takes away the meaning of what follows."""
    found, begin, at, is_quoted = [], 0, 0, False
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == '"':
            is_quoted = not is_quoted
        elif text[at] == "," and not is_quoted:
            found.append(text[begin:at])
            begin = at + 1
        at += 1
    return found + [text[begin:]]


def _unquoted(value):
    is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return _ESCAPED.sub(r"\1", value[1:-1]) if is_quoted else value
