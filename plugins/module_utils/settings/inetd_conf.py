# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services of inetd and xinetd, and processes of inittab (inetd(8), xinetd.conf(5), inittab(5))."""

import collections
import re

# words: of the command; environment: {name: value}.
Service = collections.namedtuple("Service", "user words line environment")
Process = collections.namedtuple("Process", "command line")

_ENTRY = re.compile(r"(?P<key>\w+)\s*(?P<sign>[+-]?=)\s*(?P<value>.*)\Z")


def parse(text):
    """Return the Services of an inetd.conf: name, type, protocol, wait, user, program, arguments with the program's name in front."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if len(fields) < 6 or line.lstrip().startswith("#") or fields[5] == "internal":
            continue
        # What the wrapper of TCP starts is the name that it is given.
        words = fields[5:] if fields[5].endswith("/tcpd") else fields[5:6] + fields[7:]
        found.append(Service(re.split(r"[.:/]", fields[4])[0], words, number, {}))
    return found


def parse_xinetd(text):
    """Return the Services of a file of xinetd that are not disabled."""
    found, values, line = [], None, 0
    for number, text_line in enumerate(text.split("\n"), 1):
        entry = text_line.strip()
        if not entry or entry.startswith("#"):
            continue
        if values is None:
            # What stands for all of them names no program.
            if entry.split()[0] in ("service", "defaults"):
                values, line = {}, number
        elif entry == "}":
            found += _of_block(values, line)
            values = None
        else:
            match = _ENTRY.match(entry)
            if match:
                adds = match.group("sign") == "+="
                values[match.group("key")] = (values.get(match.group("key"), []) if adds else []) + match.group("value").split()
    return found


def _of_block(values, line):
    if not values.get("server") or values.get("disable") == ["yes"]:
        return []
    environment = dict(pair.partition("=")[::2] for pair in values.get("env", []))
    return [Service((values.get("user") or ["root"])[0], values["server"][:1] + values.get("server_args", []), line, environment)]


def parse_inittab(text):
    """Return the Processes of an inittab: id, run levels, action, process."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.strip().split(":", 3)
        if len(fields) == 4 and not line.lstrip().startswith("#") and fields[2] != "off" and fields[3]:
            found.append(Process(fields[3].lstrip("+@"), number))
    return found
