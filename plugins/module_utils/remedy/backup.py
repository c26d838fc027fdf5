# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backup sets: what each remediation changed on this host, with all that is needed to take it back to the byte.

A set is a directory below the backups directory, named after the run. Its manifest is on disk before the first file changes, and
holds the hash of each file before and after; so how far a run came that was killed shows from the files themselves.
"""

import collections
import contextlib
import fcntl
import json
import os
import re
import shutil

from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.files import digest

SCHEMA = "mailtls.backup/1"
MANIFEST = "manifest.json"
PACKAGES = "packages.json"
PACKAGES_SCHEMA = "mailtls.package-backup/1"
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_LOCK = ".lock"

# target: path, links resolved; before, after: SHA-256; status: mode, uid, gid, times; temporary: name beside it while it is written.
Item = collections.namedtuple("Item", "path target before after mode uid gid atime_ns mtime_ns temporary content changes")


class BackupError(Exception):
    """A backup set can't be made, read or used; the text names the path and the reason."""


@contextlib.contextmanager
def locked(directory):
    """Hold the lock of the backups *directory*, which is made where it is missing, for the owner only.

    Raises:
        BackupError: another remediation or rollback is at work on this host, or the directory can't be had.
    """
    with _explained(directory):
        os.makedirs(directory, mode=0o700, exist_ok=True)
        status = os.stat(directory)
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise BackupError(f"{directory} belongs to another user, or others may write to it: backups would not be safe there")
        descriptor = os.open(os.path.join(directory, _LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"another remediation or rollback is at work on this host (it holds {directory}/{_LOCK})") from error
        except OSError as error:
            raise BackupError(f"{directory}/{_LOCK} can't be locked: {os.strerror(error.errno).lower()}") from error
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked_for(directory, check):
    """Do what `locked` does, or, where *check* says that nothing is to change, nothing: the lock would be a change."""
    if check:
        yield
    else:
        with locked(directory):
            yield


def names(directory):
    """Return the names of the whole sets in *directory*, the oldest first."""
    with contextlib.suppress(OSError):
        found = ((max(map(_written, _manifests(os.path.join(directory, name))), default=0), name) for name in os.listdir(directory))
        return [name for when, name in sorted(found) if when]
    return []


def _manifests(place):
    return [os.path.join(place, manifest) for manifest in (MANIFEST, PACKAGES)]


def _written(path):
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def create(directory, run, items, contents, running=()):
    """Write the set of *run*: first each file's content, then the manifest.

    Args:
        directory: the backups directory.
        run: the run's id.
        items: list of Item.
        contents: bytes of each item before the change.
        running: what has read these, {boot, processes: [[number, start]], files, accounts} each.

    Raises:
        BackupError: there is one of this run, its name is none, or it can't be written: nothing has been changed then.
    """
    place = _place(directory, run)
    with _explained(place):
        if any(map(os.path.exists, _manifests(place))):
            raise BackupError(f"{place} is there already: this run has changed this host before")
        # Without a manifest it is what a run left that was killed before it changed anything.
        shutil.rmtree(place, ignore_errors=True)
        os.mkdir(place, 0o700)
        for item, content in zip(items, contents):
            _write(os.path.join(place, item.content), content)
    document = {"schema": SCHEMA, "run": run, "items": [dict(item._asdict()) for item in items], "running": list(running)}
    _write_manifest(place, MANIFEST, document)


def note_packages(directory, run, items):
    """Add to the set of *run*, which is made where there is none, the packages that it is about to change.

    Args:
        directory: the backups directory.
        run: the run's id.
        items: {name, before, after, steps, changes} each, versions as the package manager writes them.

    Raises:
        BackupError: there are some of this run already, its name is none, or it can't be written: nothing has been changed then.
    """
    place = _place(directory, run)
    with _explained(place):
        if os.path.exists(os.path.join(place, PACKAGES)):
            raise BackupError(f"{place}/{PACKAGES} is there already: this run has changed packages of this host before")
        os.makedirs(place, mode=0o700, exist_ok=True)
    _write_manifest(place, PACKAGES, {"schema": PACKAGES_SCHEMA, "run": run, "items": items})


def packages(directory, run):
    """Return the items that `note_packages` was given for *run*, or None when there are none. Raises BackupError when they are damaged."""
    document = _document(os.path.join(_place(directory, run), PACKAGES), PACKAGES_SCHEMA)
    return None if document is None else list(document["items"])


def load(directory, run):
    """Return the list of Item of the set of *run*, or None when there is none. Raises BackupError when it is damaged."""
    found = _load(directory, run)
    return found and found[0]


def running(directory, run):
    """Return what had read the files of the set of *run* before they changed, as `create` was given it. Raises as `load`."""
    found = _load(directory, run)
    return found[1] if found else []


def _load(directory, run):
    place = os.path.join(_place(directory, run), MANIFEST)
    document = _document(place, SCHEMA)
    try:
        return document and ([Item(**item) for item in document["items"]], list(document.get("running", [])))
    except TypeError as error:
        raise BackupError(f"{place}: is no manifest of this version") from error


def _document(place, schema):
    """The manifest at *place*, or None when there is none."""
    try:
        with open(place, "rb") as stream:
            document = json.loads(stream.read().decode("utf-8"))
        if document["schema"] != schema:
            raise BackupError(f"{place}: expected the schema {schema}")
        return dict(document, items=list(document["items"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BackupError(f"{place}: {os.strerror(error.errno).lower()}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{place}: is no manifest of this version") from error


def content(directory, run, item):
    """Return the bytes that *item* had before. Raises BackupError when they are gone or damaged."""
    place = os.path.join(_place(directory, run), item.content)
    with _explained(place), open(place, "rb") as stream:
        saved = stream.read()
    if digest(saved) != item.before:
        raise BackupError(f"{place}: is damaged")
    return saved


def keep(directory, number, run):
    """Remove all but the newest *number* sets, that of the *run* among them: after a clock was put back it may seem to be the oldest."""
    others = [name for name in names(directory) if name != run]
    for name in others[: len(others) - number + 1]:
        shutil.rmtree(os.path.join(directory, name), ignore_errors=True)


def _place(directory, run):
    if not RUN_ID.match(run):
        raise BackupError(f"{run!r:.120} is no run id: up to 100 letters, digits, '.', '_' and '-', a letter or digit first")
    return os.path.join(directory, run)


def _write_manifest(place, name, document):
    temporary = os.path.join(place, name + ".new")
    with _explained(place):
        # What a run left that was killed before it changed anything.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        _write(temporary, json.dumps(document, sort_keys=True, indent=1).encode("utf-8"))
        os.rename(temporary, os.path.join(place, name))
        for directory in (place, os.path.dirname(place)):
            _sync_directory(directory)


def _write(path, data):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_directory(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _explained(path):
    try:
        yield
    except OSError as error:
        raise BackupError(f"{path}: {os.strerror(error.errno or 0).lower()}") from error
