# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one way in which collectors look at a host: bounded, read-only, and never silent about what was not seen."""

import contextlib
import errno
import itertools
import os
import stat

from ansible_collections.mailtls.fleet.plugins.module_utils import paths, users

MAX_FILE = 1024 * 1024
MAX_NAMES = 20000
MAX_ENTRIES = 10 * MAX_NAMES
_READING = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_ROOTS = ("/bin/", "/etc/", "/lib", "/sbin/", "/usr/", "/var/lib/dpkg/")
_OF_THE_KERNEL = ("/proc/", "/sys/")
# Nobody can read what has these, so nothing is missed.
_CLOSED_TO_ALL = (errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO, errno.ENODEV)
_ABSENT = (errno.ENOENT, errno.ENOTDIR)
PROGRAM_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Absent(Exception):
    """There is no such file."""


class Unreadable(Exception):
    """The file is there, but it can't be read; the text says why, without quoting its content."""


class Refused(Unreadable):
    """This process in particular can't read it: for want of a right, or because a disk or a server does not answer."""


class Host:
    """A running system (`root="/"`) or a mounted tree (any other root).

    Args:
        root: directory that stands for "/" of the audited system.

    Every path that a method takes or returns is as the audited system sees it.
    """

    def __init__(self, root="/"):
        self.root = root.rstrip("/") or "/"
        self.live = self.root == "/"
        # Of a running system that this process does not run on: what it told of its connections, as live.find takes them.
        self.told_connections = []
        self.gaps = []
        self._users = None
        self._packages = None
        self._stacks = None
        self._launches = None
        self._closed_homes = []

    # What could not be seen

    def gap(self, what, why, affects=None):
        """Note that *what* could not be read and *why*; *affects* names the findings that this could change."""
        entry = {"what": what, "why": why, "affects": affects}
        if entry not in self.gaps:
            self.gaps.append(entry)

    def gap_of(self, path, error, affects):
        """Note the gap that an Unreadable *error* of *path* leaves; *affects* as of `gap`.

        What is refused to this process may hold anything, also what needs no client that was seen: a script that fetches mail. A directory
        that can't be entered stands for all that is in it.
        """
        if isinstance(error, Refused):
            closed = self._closed(path)
            if affects == "accounts" or (closed != path and (affects or "").startswith("client:")):
                affects = "clients"
            path = closed
        self.gap(path, str(error), affects)

    def _closed(self, path):
        """The first directory on the way to *path* that can't be entered; else *path* itself."""
        parts = path.split("/")
        above = ("/".join(parts[:depth]) for depth in range(2, len(parts)))
        return next((directory for directory in above if not os.access(self.real(directory), os.X_OK)), path)

    # Files

    def real(self, path):
        """Return where *path* lies for this process. Raises Unreadable when its links loop."""
        if self.live:
            return path
        try:
            return paths.inside(self.root, path)
        except OSError as error:
            raise Unreadable(_why(error)) from error

    @contextlib.contextmanager
    def opened(self, path):
        """Yield a descriptor of the regular file *path*, for those who need only parts of it. Raises as `read` does."""
        if self._hidden(path):
            raise Absent(path)
        try:
            is_roots = self.live and path.startswith(_ROOTS) and "/../" not in path
            descriptor = (_open_roots if is_roots else _open)(self.real(path))
        except OSError as error:
            if error.errno in _ABSENT:
                raise Absent(path) from error
            raise _unreadable(error) from error
        try:
            yield descriptor
        except OSError as error:
            raise _unreadable(error) from error
        finally:
            os.close(descriptor)

    def read(self, path, limit=MAX_FILE):
        """Return the bytes of the regular file *path*.

        Raises:
            Absent: there is no such file.
            Unreadable: it is no regular file, larger than *limit* bytes, or the system refuses.
        """
        with self.opened(path) as descriptor:
            if not path.startswith(_OF_THE_KERNEL) and _place_of(descriptor).startswith(_OF_THE_KERNEL):
                # Some of it never ends, or is gone once it was read, as /proc/kmsg.
                raise Unreadable("leads to what the kernel makes up, not to a regular file")
            return _read_all(descriptor, limit)

    def text(self, path, affects=None, limit=MAX_FILE):
        """Return the text of *path*, or None when it is absent or, with a gap, when it can't be read as text.

        Bytes that are no UTF-8 become U+FFFD: settings are ASCII, so they are still found, and a gap tells it.
        """
        try:
            content = self.read(path, limit)
        except Absent:
            return None
        except Unreadable as error:
            self.gap_of(path, error, affects)
            return None
        if b"\0" in content:
            self.gap(path, "not a text file: it holds NUL bytes", affects)
            return None
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self.gap(path, f"not UTF-8 in line {line}: read all the same, with those bytes replaced")
            return content.decode("utf-8", "replace")

    def names(self, directory, affects=None, start=""):
        """Return the sorted entry names of *directory* that begin with *start*; none when it is absent or, with a gap, unreadable."""
        if self._hidden(directory):
            return []
        try:
            entries = self.entries(directory)
        except Unreadable as error:
            self.gap(directory, str(error), affects)
            return []
        except OSError as error:
            if error.errno not in _ABSENT:
                self.gap_of(directory, _unreadable(error), affects)
            return []
        names = sorted(name for name in entries if name.startswith(start))
        if len(names) > MAX_NAMES or len(entries) >= MAX_ENTRIES:
            self.gap(directory, f"holds more than {MAX_NAMES} entries: only the first of them were looked at", affects)
        return names[:MAX_NAMES]

    def entries(self, directory):
        """Return the names of the first MAX_ENTRIES entries of *directory*, in no order: it may hold millions of a user's.

        Raises:
            OSError, Unreadable: it can't be listed.
        """
        with os.scandir(self.real(directory)) as entries:
            return [entry.name for entry in itertools.islice(entries, MAX_ENTRIES)]

    def status(self, path, affects="accounts"):
        """Return the os.stat_result of *path*, links followed, or None when there is none or, with a gap, it can't be asked for."""
        if self._hidden(path):
            return None
        try:
            return os.stat(self.real(path))
        except Unreadable:
            return None
        except OSError as error:
            refusal = _unreadable(error)
            if error.errno not in _ABSENT and isinstance(refusal, Refused):
                self.gap_of(path, refusal, affects)
            return None

    def exists(self, path):
        """Tell whether something is at *path*; what is there but can't be looked at counts, so that reading it leaves a gap."""
        if self._hidden(path):
            return False
        try:
            os.stat(self.real(path))
        except Unreadable:
            return True
        except OSError as error:
            return error.errno not in _ABSENT
        return True

    def is_file(self, path, affects="accounts"):
        """Tell whether *path* leads to a regular file; *affects*: of the gap where that can't be told."""
        status = self.status(path, affects)
        return status is not None and stat.S_ISREG(status.st_mode)

    def is_dir(self, path):
        """Tell whether *path* leads to a directory."""
        status = self.status(path)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def realpath(self, path):
        """Return *path* with its links resolved, as the audited system sees it."""
        if self.live:
            return os.path.realpath(path)
        try:
            return self.real(path)[len(self.root) :] or "/"
        except Unreadable:
            return path

    def may_enter(self, directory):
        """Tell whether what is in *directory* can be seen."""
        return os.access(self.real(directory), os.R_OK | os.X_OK)

    # What the host has

    @property
    def uname(self):
        """The os.uname_result of a running system, or None."""
        return os.uname() if self.live else None

    @property
    def users(self):
        """The users whose home directory is there, as users.User, each home once."""
        if self._users is None:
            self._users = []
            self._users = users.read(self)
            self._closed_homes = [user.home for user in self._users if not user.readable]
        return self._users

    @property
    def packages(self):
        """The package database."""
        if self._packages is None:
            from ansible_collections.mailtls.fleet.plugins.module_utils import packages

            self._packages = packages.Packages(self)
        return self._packages

    @property
    def stacks(self):
        """The TLS libraries."""
        if self._stacks is None:
            from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import find

            self._stacks = find.Stacks(self)
        return self._stacks

    @property
    def launches(self):
        """What this host starts by itself."""
        if self._launches is None:
            from ansible_collections.mailtls.fleet.plugins.module_utils.launches import all as all_launches

            self._launches = all_launches.Launches(self)
        return self._launches

    def home_of(self, name):
        """Return the home directory of the user *name*, or None when it is not there."""
        return next((user.home for user in self.users if user.name == name), "/root" if name == "root" else None)

    def package(self, name):
        """Return the installed package *name* as packages.Package, or None."""
        return self.packages.package(name)

    def package_of(self, path):
        """Return the package that *path* belongs to as packages.Package, or None."""
        return self.packages.package_of(path)

    def programs(self, *names):
        """Return the paths of the programs *names* in the standard program directories, each file once."""
        found = []
        for directory in PROGRAM_DIRECTORIES:
            for name in names:
                path = directory + "/" + name
                if self.is_file(path):
                    resolved = self.realpath(path)
                    if resolved not in found:
                        found.append(resolved)
        return found

    def _hidden(self, path):
        """A home that can't be entered has its own gap: what lies in it needs none of its own."""
        return any(paths.lies_in(path, home) for home in self._closed_homes)


def _open_roots(path):
    """Return what `_open` does, at half its cost: for where root alone makes files, and links nothing to a device."""
    descriptor = os.open(path, _READING)
    try:
        _check(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check(descriptor):
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        raise Unreadable(f"is {paths.kind(mode)}, not a regular file")


def _open(path):
    """Return a descriptor of the regular file *path*. Nothing else is opened: that alone may rewind a tape, or start a watchdog.

    Raises:
        OSError: the system refuses.
        Unreadable: it is no regular file.
    """
    # What open(2) says of O_PATH: it does not open the file, so that this one can be looked at before.
    place = os.open(path, getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY) | os.O_CLOEXEC)
    try:
        _check(place)
        try:
            return os.open(f"/proc/self/fd/{place}", _READING)
        except FileNotFoundError:  # no /proc here
            return os.open(path, _READING)
    finally:
        os.close(place)


def _place_of(descriptor):
    """The path at which an open file lies, all links resolved, or "" where there is no /proc."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


def _read_all(descriptor, limit):
    size = os.fstat(descriptor).st_size
    if size > limit:
        raise Unreadable(f"is {size} bytes large: more than {limit} are not read")
    chunks, left = [], limit + 1
    while left > 0:
        chunk = os.read(descriptor, min(left, 65536))
        if not chunk:
            break
        chunks.append(chunk)
        left -= len(chunk)
    if left <= 0:
        raise Unreadable(f"grew beyond {limit} bytes while it was read")
    return b"".join(chunks)


def _unreadable(error):
    return (Unreadable if error.errno in _CLOSED_TO_ALL else Refused)(_why(error))


def _why(error):
    return (error.strerror or error.__class__.__name__).lower()
