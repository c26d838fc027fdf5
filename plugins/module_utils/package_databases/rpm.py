# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""rpm(8): its SQLite database is read, its older ones only rpm itself can read.

Layout: rpm's lib/backend/sqlite.c and lib/header.c. As root, rpm may write to its database even when it is only asked (the write-ahead
files of SQLite, the environment of Berkeley DB); read without a lock, or asked by a user who may not write, it stays as it is.
"""

import os
import re
import struct
import subprocess

from ansible_collections.mailtls.fleet.plugins.module_utils.package_databases.base import Package, names_of

_DIRECTORIES = ("/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm")
_SQLITE, _OLDER = "rpmdb.sqlite", ("Packages.db", "Packages")

_NAME, _VERSION, _RELEASE, _EPOCH, _ARCH, _DIRECTORY_INDEXES, _BASENAMES, _DIRECTORY_NAMES = 1000, 1001, 1002, 1003, 1022, 1116, 1117, 1118
_INT32, _STRING, _STRING_ARRAY = 4, 6, 8
_MAX_ENTRIES = 65536

_PROGRAMS = ("/usr/bin/rpm", "/bin/rpm")
_FORMAT = "%{NAME}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t%{ARCH}\\n"
_TIMEOUT = 30
_NOBODY = 65534
_TROUBLE = re.compile(rb"^(?:rpm: )?error: (?!file )", re.MULTILINE)


class Rpm:
    """The rpm database of *host*."""

    def __init__(self, host):
        self._host = host
        self._path = _database(host)
        self._reader = self._open()

    @staticmethod
    def is_there(host):
        """Tell whether *host* has this database."""
        return _database(host) is not None

    def package(self, name):
        """Return the installed package *name* as Package, or None."""
        return self._try(lambda: self._reader.package(name)) if self._reader else None

    def owners(self, paths):
        """Return {path: Package} of those *paths* that belong to a package."""
        return self._try(lambda: self._reader.owners(paths)) or {} if self._reader else {}

    def _open(self):
        if self._path.endswith(_SQLITE):
            return self._try(lambda: _Sqlite(self._host, self._path))
        program = next((program for program in _PROGRAMS if self._host.is_file(program)), None)
        if not self._host.live:
            return self._give_up("only the running system's own rpm can read it")
        return _Program(self._host, program) if program else self._give_up("rpm itself is not there to read it")

    def _try(self, read):
        try:
            return read()
        except _DatabaseError as error:
            return self._give_up(str(error))

    def _give_up(self, why):
        self._reader = None
        self._host.gap(self._path, f"{why}: versions were looked for in the files themselves")


class _DatabaseError(Exception):
    """The database can't be read; the text says why."""


class _Sqlite:
    """The database since rpm 4.16."""

    def __init__(self, host, path):
        try:
            import sqlite3
        except ImportError:
            raise _DatabaseError("this Python was built without SQLite") from None
        self._host = host
        self._error = sqlite3.Error
        try:
            # Immutable: no lock and no file beside it. A path is part of an URI, in which these three mean something.
            uri = re.sub("[%?#]", lambda sign: f"%{ord(sign.group()):02x}", host.real(path))
            self._connection = sqlite3.connect(f"file:{uri}?mode=ro&immutable=1", uri=True)
            self._connection.text_factory = bytes
        except sqlite3.Error as error:
            raise _DatabaseError(f"it can't be opened: {error}") from None

    def package(self, name):
        header = next(self._select("SELECT blob FROM Name JOIN Packages USING (hnum) WHERE key = ?", name), None)
        return _package(_Header(header[0])) if header else None

    def owners(self, paths):
        found = {}
        for path in paths:
            owner = next((owner for owner in map(self._owner, names_of(self._host, path)) if owner), None)
            if owner:
                found[path] = owner
        return found

    def _owner(self, path):
        directory, name = (os.fsencode(part) for part in os.path.split(path))
        rows = self._select("SELECT blob, idx FROM Basenames JOIN Packages USING (hnum) WHERE key = ?", os.path.basename(path))
        for blob, index in rows:
            header = _Header(blob)
            if header.directory_of(index) == directory.rstrip(b"/") + b"/" and header.texts(_BASENAMES)[index] == name:
                return _package(header)
        return None

    def _select(self, statement, key):
        try:
            yield from self._connection.execute(statement, (key,))
        except self._error as error:
            raise _DatabaseError(f"it can't be read: {error}") from None


class _Header:
    """One package's header: numbers of index entries and of bytes, the entries (tag, type, offset, count), the bytes."""

    def __init__(self, blob):
        try:
            count, _size = struct.unpack_from(">II", blob)
            if count > _MAX_ENTRIES:
                raise _DatabaseError("a package's header is damaged")
            entries = [struct.unpack_from(">IIiI", blob, 8 + 16 * index) for index in range(count)]
        except (struct.error, TypeError):
            raise _DatabaseError("a package's header is damaged") from None
        self._entries = {tag: (kind, offset, number) for tag, kind, offset, number in entries}
        self._data = blob[8 + 16 * count :]

    def text(self, tag):
        return next(iter(self.texts(tag)), b"").decode("utf-8", "replace")

    def texts(self, tag):
        kind, offset, number = self._entries.get(tag, (_STRING, 0, 0))
        if kind not in (_STRING, _STRING_ARRAY) or offset < 0:
            return []
        return self._data[offset:].split(b"\0", number)[:number]

    def numbers(self, tag):
        kind, offset, number = self._entries.get(tag, (_INT32, 0, 0))
        if kind != _INT32 or offset < 0 or offset + 4 * number > len(self._data):
            return []
        return [value for (value,) in struct.iter_unpack(">I", self._data[offset : offset + 4 * number])]

    def directory_of(self, index):
        try:
            return self.texts(_DIRECTORY_NAMES)[self.numbers(_DIRECTORY_INDEXES)[index]]
        except IndexError:
            raise _DatabaseError("a package's list of files is damaged") from None


class _Program:
    """rpm itself, asked once for many files."""

    def __init__(self, host, program):
        self._host = host
        self._program = program

    def package(self, name):
        lines = self._ask("-q", [name])
        return _package_of_line(lines[0]) if lines else None

    def owners(self, paths):
        paths = [path for path in paths if self._host.exists(path)]
        lines = self._ask("-qf", paths)
        if len(lines) != len(paths) > 1:
            # A file that two packages share gives two lines: which are whose tells only a question for each.
            answers = [self._ask("-qf", [path]) for path in paths]
            lines = [answer[0] if answer else "" for answer in answers]
        found = {path: _package_of_line(line) for path, line in zip(paths, lines)}
        return {path: package for path, package in found.items() if package}

    def _ask(self, query, names):
        if not names:
            return []
        try:
            answer = subprocess.run(
                [self._program, query, "--queryformat", _FORMAT, "--", *names],
                env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=_TIMEOUT,
                check=False,
                preexec_fn=_become_nobody if os.geteuid() == 0 else None,
            )
        except subprocess.TimeoutExpired:
            raise _DatabaseError(f"rpm gave no answer within {_TIMEOUT} seconds") from None
        except (OSError, subprocess.SubprocessError) as error:
            raise _DatabaseError(f"rpm can't be run: {error.__class__.__name__}") from None
        if _TROUBLE.search(answer.stderr):
            raise _DatabaseError("rpm can't read it")
        return answer.stdout.decode("utf-8", "replace").splitlines()


def _become_nobody():
    os.setgroups([])
    os.setgid(_NOBODY)
    os.setuid(_NOBODY)


def _database(host):
    paths = (f"{directory}/{name}" for directory in _DIRECTORIES for name in (_SQLITE, *_OLDER))
    return next((path for path in paths if host.exists(path)), None)


def _package(header):
    epoch = header.numbers(_EPOCH)
    version = f"{header.text(_VERSION)}-{header.text(_RELEASE)}"
    return Package(header.text(_NAME), f"{epoch[0]}:{version}" if epoch else version, header.text(_ARCH))


def _package_of_line(line):
    """What rpm says of a file without package ("file /x is not owned by any package") has no tabulator."""
    fields = line.split("\t")
    return Package(*fields) if len(fields) == 3 else None
