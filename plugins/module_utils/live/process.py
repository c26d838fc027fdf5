# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of a running process: its program, its user, what started it, and the TLS libraries that it has loaded (proc(5))."""

import collections
import os
import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import TLS_VARIABLES
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import find

Process = collections.namedtuple("Process", "uid program paths unit libraries replaced environment is_apart root")
Process.__doc__ = (
    (Process.__doc__ or "")
    + """

Attributes:
    program: path of its executable.
    paths: the words of its command line that are paths, as absolute ones; no other words are kept.
    unit: the unit of systemd that it belongs to, or None.
    libraries: paths of the TLS libraries that it has loaded.
    replaced: of its executable and these libraries, those that are not the files any more that stand there now.
    environment: {name: value} of launch.TLS_VARIABLES.
    is_apart: whether it sees another file system than we do, as in a container.
    root: where that file system can be looked at, or None.
"""
)

_DELETED = " (deleted)"
_MAX = 1024 * 1024
_UNITS = (".service", ".scope")


def look(number):
    """Return the Process of that *number*, or None where it has ended, or may not be looked at."""
    place = f"/proc/{number}/"
    try:
        program = os.readlink(place + "exe")
        mapped = {os.fsdecode(line.split(None, 5)[5]) for line in _lines(place + "maps") if line.count(b"/")}
        words = [os.fsdecode(word) for word in _read(place + "cmdline").split(b"\0")]
        directory = os.readlink(place + "cwd")
        variables = [os.fsdecode(item).partition("=") for item in _read(place + "environ").split(b"\0")]
        is_apart = not _same_root(place)
        uid = os.stat(place).st_uid
    except OSError:
        return None
    libraries = sorted(path for path in mapped if find.kind_of(present(path)))
    return Process(
        uid,
        present(program),
        [posixpath.normpath(posixpath.join(directory, word)) for word in words if "/" in word and "=" not in word],
        next(reversed(units(number)), None),
        list(dict.fromkeys(map(present, libraries))),
        [present(path) for path in [program, *libraries] if path.endswith(_DELETED)],
        {name: value for name, _equals, value in variables if name in TLS_VARIABLES},
        is_apart,
        place + "root",
    )


def present(path):
    """Return *path* as it was before its file was replaced or removed."""
    return path[: -len(_DELETED)] if path.endswith(_DELETED) else path


def _same_root(place):
    theirs, ours = os.stat(place + "root/"), os.stat("/")
    return (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)


def units(number):
    """Return the units of systemd in the path of its control group, the outermost first.

    cgroups(7); of version 1 it is systemd's own hierarchy that counts.
    """
    try:
        lines = _lines(f"/proc/{number}/cgroup")
    except OSError:
        return []
    return units_of(map(os.fsdecode, lines))


def units_of(lines):
    """Return the same out of the *lines* of that file."""
    for line in lines:
        _hierarchy, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        found = [part for part in path.split("/") if part.endswith(_UNITS)]
        if controllers in ("", "name=systemd") and found:
            return found
    return []


def identity(number):
    """Return (number, ticks from boot to its start), which no other process has before the next boot; None when it has ended."""
    fields = _status(number)
    return (number, int(fields[19])) if fields else None


def boot():
    """Return what names the time since the last boot (random(4)), or None."""
    try:
        return _read("/proc/sys/kernel/random/boot_id").decode("ascii").strip()
    except OSError:
        return None


def parent(number):
    """Return the number of the process that it was started by; None when it has ended."""
    fields = _status(number)
    return int(fields[1]) if fields else None


def _status(number):
    """The fields of /proc/PID/stat from the third on: its second, a name in parentheses, may hold anything."""
    try:
        return _read(f"/proc/{number}/stat").rpartition(b")")[2].split()
    except OSError:
        return None


def _lines(path):
    return _read(path).splitlines()


def _read(path):
    with open(path, "rb") as file:
        return file.read(_MAX)
