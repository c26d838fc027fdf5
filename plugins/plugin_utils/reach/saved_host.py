# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Host that stands on what the reach `shell` sent: the collectors read it as they read a mounted tree."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Host, Refused, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.launches import sessions
from ansible_collections.mailtls.fleet.plugins.module_utils.package_databases.base import Package
from ansible_collections.mailtls.fleet.plugins.module_utils.packages import Packages
from ansible_collections.mailtls.fleet.plugins.module_utils.paths import kind
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import find
from ansible_collections.mailtls.fleet.plugins.module_utils.users import User
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import seen_processes
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.frame import Record
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.saved_loader import SavedLoader

NOT_TAKEN = "is not among what is read of a host without Python"
# By these words the program tells that it was not let, and not what a file is like.
_REFUSED = ("permission denied", "could not be read")
_STATUS = re.compile(r"(?P<type>[-dlpscb])(?P<mode>[-rwxsStT]{9})\S*\s+\d+\s+(?P<uid>\d+)\s+(?P<gid>\d+)\s+(?:(?P<size>\d+)|\d+,)\s")
_TYPES = {
    "-": stat.S_IFREG,
    "d": stat.S_IFDIR,
    "l": stat.S_IFLNK,
    "p": stat.S_IFIFO,
    "s": stat.S_IFSOCK,
    "c": stat.S_IFCHR,
    "b": stat.S_IFBLK,
}
# The databases of packages are asked on the host itself; that there is none of a kind is known as well.
_DATABASES = re.compile(r"/var/lib/dpkg/.*|(?:/usr)?/lib/apk/db/.*|/(?:var/lib|usr/lib/sysimage|usr/share)/rpm(?:/.*)?")


class SavedHost(Host):
    """The host of which `shell` told.

    Args:
        records: of the frame.
        asked: patterns of the paths that were asked for; what is not among them is not known to be absent.
    """

    def __init__(self, records: Iterable[Record], asked: Iterable[str]) -> None:
        super().__init__("/")
        self.live = False
        self.uid = -1
        self._records = list(records)
        self._uname: os.uname_result | None = None
        self._real: dict[str, str] = {}
        self._states: dict[str, os.stat_result] = {}
        self._contents: dict[str, bytes] = {}
        self._denied: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        self._homes: dict[str, bool] = {}
        self._listed_homes: set[str] = set()
        self._absent: set[str] = set()
        self._rpm: dict[str, Package] = {}
        patterns = list(asked)
        self._asked = [_expression(pattern) for pattern in patterns if not pattern.startswith("~")]
        self._asked_of_homes = [_expression(pattern[1:]) for pattern in patterns if pattern.startswith("~")]
        for name, *fields in self._records:
            getattr(self, "_take_" + name, _ignored)(*fields)
        told = seen_processes.connections(self._records, self.realpath)
        self.tells_connections = told is not None
        self.told_connections = told or []

    # What the records say

    def _take_host(self, system: str, release: str, machine: str, uid: str) -> None:
        self._uname = os.uname_result((system, "", release, "", machine))
        self.uid = int(uid) if uid.isdigit() else -1

    def _take_path(self, path: str, real: str, listed: str) -> None:
        state = _state(listed)
        if state is not None:
            self._real[path] = real
            self._real.setdefault(real, real)
            self._states[real] = state

    def _take_home(self, path: str, readable: str) -> None:
        self._homes[path] = readable == "1"

    def _take_absent(self, path: str) -> None:
        self._absent.add(path)

    def _take_denied(self, path: str, why: str) -> None:
        self._denied[path] = why

    def _take_file(self, path: str, content: str) -> None:
        self._contents[self.realpath(path)] = _bytes(content)
        if path == "/etc/passwd":
            self._listed_homes.update(os.path.normpath(line.split(":")[5]) for line in content.split("\n") if line.count(":") >= 6)

    def _take_strings(self, path: str, lines: str) -> None:
        # As they stand in the file: each behind a NUL and before one.
        found = self._contents.setdefault(path, b"\0")
        self._contents[path] = found + _bytes(lines).replace(b"\n", b"\0") + b"\0"

    def _take_names(self, directory: str, _pattern: str, names: str) -> None:
        self._names.setdefault(directory, set()).update(names.split("\n") if names else [])

    def _take_dpkg(self, lines: str) -> None:
        for line in lines.split("\n"):
            database, _colon, path = line.partition(":/")
            if path:
                self._contents[database] = self._contents.get(database, b"") + _bytes(f"/{path}\n")

    def _take_rpm_owner(self, path: str, line: str) -> None:
        package = _package(line.partition("\n")[0])
        if package:
            self._rpm["path " + path] = package

    def _take_rpm_packages(self, lines: str) -> None:
        for package in filter(None, map(_package, lines.split("\n"))):
            self._rpm["name " + package.name] = package

    # What Host offers

    def real(self, path: str) -> str:
        """Refuse: nothing of that host lies on this machine."""
        raise Unreadable(NOT_TAKEN)

    @contextlib.contextmanager
    def opened(self, path: str) -> Iterator[int]:
        """Yield a descriptor of what was taken of *path*."""
        with tempfile.TemporaryFile() as file:
            file.write(self._content(path))
            file.flush()
            file.seek(0)
            yield file.fileno()

    def read(self, path: str, limit: int = 0) -> bytes:
        """Return what was taken of *path*."""
        return self._content(path)

    def names(self, directory: str, affects: str | None = None, start: str = "") -> list[str]:
        """Return what was told of the entries of *directory* that begin with *start*."""
        if directory in self._names:
            return sorted(name for name in self._names[directory] if name.startswith(start))
        if directory in self._denied:
            self.gap_of(directory, _refusal(self._denied[directory]), affects)
        elif not self._was_asked(directory):
            self.gap(directory, NOT_TAKEN, affects)
        return []

    def status(self, path: str, affects: str | None = "accounts") -> os.stat_result | None:
        """Return the status of *path* without times and inode, or None when it is absent."""
        state = self._states.get(self.realpath(path))
        if state is None and not self._was_asked(path):
            self.gap(path, NOT_TAKEN, affects)
        return state

    def exists(self, path: str) -> bool:
        """Tell whether something is at *path*."""
        return path in self._denied or self.status(path) is not None

    def realpath(self, path: str) -> str:
        """Return *path* with its links resolved, where it was looked at."""
        return self._real.get(path, path)

    def may_enter(self, directory: str) -> bool:
        """Tell whether what is in *directory* could be seen."""
        return self._homes.get(directory, True)

    @property
    def uname(self) -> os.uname_result | None:
        """What uname(1) said."""
        return self._uname

    @property
    def packages(self) -> Any:
        """The package database."""
        if self._packages is None:
            self._packages = _Answers(self._rpm) if self._rpm else Packages(self)
        return self._packages

    @property
    def launches(self) -> Any:
        """What the host starts: the commands stay on it, see want_starts in sh/starts.sh."""
        if self._launches is None:
            self._launches = _NoLaunches(self)
        return self._launches

    @property
    def stacks(self) -> Any:
        """The TLS libraries."""
        if self._stacks is None:
            self._stacks = find.Stacks(self, SavedLoader(self, self._records))
        return self._stacks

    def _content(self, path: str) -> bytes:
        if path in self._denied:
            raise _refusal(self._denied[path])
        real = self.realpath(path)
        if real in self._contents:
            return self._contents[real]
        state = self._states.get(real)
        if state is not None and not stat.S_ISREG(state.st_mode):
            raise Unreadable(f"is {kind(state.st_mode)}, not a regular file")
        if state is None and self._was_asked(path):
            raise Absent(path)
        raise Unreadable(NOT_TAKEN)

    def _closed(self, path: str) -> str:
        """The path itself: of directories that are closed the program tells by itself."""
        return path

    def _was_asked(self, path: str) -> bool:
        if path in self._homes or path in self._listed_homes or path in self._absent:
            return True
        if _DATABASES.fullmatch(path) or any(pattern.fullmatch(path) for pattern in self._asked):
            return True
        parts = path.split("/")
        below = ("/".join(parts[:depth]) for depth in range(2, len(parts)))
        return any(pattern.fullmatch(path[len(home) :]) for home in below if home in self._homes for pattern in self._asked_of_homes)


class _NoLaunches:
    """No command line is known here, only what sessions of users set."""

    def __init__(self, host: SavedHost) -> None:
        self._sessions = sessions.Sessions(host, with_commands=False)

    def session(self, user: User) -> sessions.Session:
        return self._sessions.of(user)

    def note_other_places(self, host: Host) -> None:
        """Note where sessions have mail clients look for files that were not taken."""
        for user in host.users:
            sessions.note_other_places(host, user, self.session(user))

    @staticmethod
    def of(*_names: str) -> list[Any]:
        return []

    @staticmethod
    def all() -> list[Any]:
        return []


class _Answers:
    """What rpm said on the host."""

    def __init__(self, answers: dict[str, Package]) -> None:
        self._answers = answers

    def package(self, name: str) -> Package | None:
        return self._answers.get("name " + name)

    def package_of(self, path: str) -> Package | None:
        return self._answers.get("path " + path)

    def owners(self, paths: Iterable[str]) -> dict[str, Package]:
        return {path: self._answers["path " + path] for path in paths if "path " + path in self._answers}


def _refusal(why: str) -> Unreadable:
    return (Refused if why in _REFUSED else Unreadable)(why)


def _package(line: str) -> Package | None:
    fields = line.split("\t")
    return Package(*fields) if len(fields) == 3 else None


def _state(listed: str) -> os.stat_result | None:
    """Return what `ls -ldn` says as an os.stat_result; None when it is not of that form."""
    found = _STATUS.match(listed)
    if found is None:
        return None
    bits = 0
    for letter in found["mode"]:
        bits = bits << 1 | (letter not in "-ST")
    return os.stat_result((_TYPES[found["type"]] | bits, 0, 0, 1, int(found["uid"]), int(found["gid"]), int(found["size"] or 0), 0, 0, 0))


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join("[^/]*" if letter == "*" else re.escape(letter) for letter in pattern))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _ignored(*_fields: str) -> None:
    """A record that another part reads."""
