# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Object definitions of Nagios, Icinga 1 and Naemon, and the commands of NRPE: only the attributes in _KEPT leave this module."""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# attributes: {name: (value, line)}, of a repeated one the last.
Definition = collections.namedtuple("Definition", "kind line attributes")

_KEPT = {
    "host": ("host_name", "address", "name", "use"),
    "service": ("host_name", "check_command", "name", "use", "register"),
    "command": ("command_name", "command_line"),
}
_BEGIN = re.compile(r"define\s+(?P<kind>\w+)\s*(?P<brace>\{?)\s*(?P<rest>.*)\Z")
_NRPE = re.compile(r"command\[(?P<name>[^\]]+)\]\s*=\s*(?P<line>.*)\Z")


def parse(text):
    """Return the Definitions of hosts, services and commands in *text*; a command of NRPE is one of command.

    Raises:
        GrammarError: a definition has no end.
    """
    found, current, kept = [], None, ()
    number = 0
    for number, line in _logical(text):
        begin = _BEGIN.match(line) if current is None else None
        command = _NRPE.match(line) if current is None else None
        if begin:
            kept = _KEPT.get(begin.group("kind"), ())
            current = Definition(begin.group("kind"), number, {})
            line = begin.group("rest")
        elif command:
            attributes = {"command_name": (command.group("name"), number), "command_line": (command.group("line"), number)}
            found.append(Definition("nrpe", number, attributes))
        if current is not None:
            closed = line.endswith("}") and not line.endswith("$}")
            _attribute(line[:-1] if closed else line, number, kept, current)
            if closed:
                found.append(current)
                current = None
    if current is not None:
        raise GrammarError(number, "'}' at the end of a definition")
    return [definition for definition in found if definition.kind in _KEPT or definition.kind == "nrpe"]


def _attribute(line, number, kept, definition):
    name, _blank, value = line.strip().partition(" ")
    if name in kept:
        definition.attributes[name] = (value.strip(), number)


def _logical(text):
    """Yield (number, line) without comments; blanks are spaces, and a backslash joins a line to the next."""
    joined = ""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.replace("\t", " ").strip(" \r")
        if not joined and line[:1] in ("#", ";"):
            continue
        if line.endswith("\\"):
            joined += line[:-1]
            continue
        line, joined = joined + line, ""
        line = re.split(r"(?<!\\);", line, maxsplit=1)[0].strip()
        if line and line != "{":
            yield number, line
