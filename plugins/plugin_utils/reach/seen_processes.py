# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The programs that are connected to a mail server, as the reach `shell` tells of them (proc(5))."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ansible_collections.mailtls.fleet.plugins.module_utils.live import process, sockets
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.frame import Record

_UID = re.compile(r"\S+ +\d+ +(\d+) ")
_LITTLE = "1"
_APART = "apart"

Seen = tuple[sockets.Connection, process.Process | None]


def connections(records: Iterable[Record], realpath: Callable[[str], str]) -> list[Seen] | None:
    """Return what is connected, each with its process where that was seen; None where nothing was told of.

    Args:
        records: of the frame.
        realpath: resolves links of that host.
    """
    records = list(records)
    tables = [record[1:] for record in records if record[0] == "sockets"]
    if not tables:
        return None
    [[order, lines]] = tables
    holders = dict(_process(record[1:], realpath) for record in records if record[0] == "process")
    found = sockets.of_table(lines.encode("utf-8", "surrogateescape"), byteorder="little" if order == _LITTLE else "big")
    return [(connection, holders.get(connection.inode)) for connection in found]


def _process(fields: Record, realpath: Callable[[str], str]) -> tuple[int, process.Process]:
    inode, listed, program, groups, libraries, words, variables = fields
    uid = _UID.match(listed)
    names = [] if libraries == _APART else [path for path in libraries.split("\n") if path]
    present = [process.present(path) for path in names]
    seen = process.Process(
        int(uid.group(1)) if uid else -1,
        process.present(program),
        [realpath(word) for word in words.split("\n") if word],
        next(reversed(process.units_of(groups.split("\n"))), None),
        list(dict.fromkeys(present)),
        [process.present(path) for path in [program, *names] if path != process.present(path)],
        dict(line.split("=", 1) for line in variables.split("\n") if "=" in line),
        libraries == _APART,
        None,
    )
    return int(inode), seen
