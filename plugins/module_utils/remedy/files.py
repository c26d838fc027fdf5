# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replacement of a file in one step, with all that belongs to it, where nobody who owns a directory on the way can lead it astray."""

import collections
import contextlib
import errno
import hashlib
import os
import stat

_NO_ATTRIBUTES = (errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.EACCES)


# content: bytes; status: os.stat_result; attributes: the extended ones, {name: bytes}. All of one and the same file.
Seen = collections.namedtuple("Seen", "content status attributes")


class FileError(Exception):
    """A file can't be replaced; the text says why, without quoting its content."""


def digest(content):
    """Return the SHA-256 of *content* in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def directory_of(target):
    """Yield (descriptor of the directory, name in it) of *target*, a path whose links are resolved.

    No component may be a symbolic link: one that became a link since the path was resolved leads elsewhere.

    Raises:
        FileError: there is no such directory, or one on the way is a link.
    """
    parts = [part for part in target.split("/") if part]
    descriptor = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            descriptor = _descend(descriptor, part, target)
        yield descriptor, parts[-1]
    finally:
        os.close(descriptor)


def _descend(descriptor, part, target):
    try:
        below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
    except OSError as error:
        raise FileError(f"{target}: {os.strerror(error.errno).lower()}, at {part}") from error
    os.close(descriptor)
    return below


def look(directory, name):
    """Return what is Seen of the regular file *name* in *directory* (a descriptor).

    Raises:
        FileError: it is absent, a link, no regular file, or can't be read.
    """
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise FileError(f"{name}: is no regular file")
            return Seen(stream.read(), status, _attributes_of(stream.fileno()))
    except OSError as error:
        raise FileError(f"{name}: {os.strerror(error.errno).lower()}") from error


def status_of(target):
    """Return the os.stat_result of what is at *target*, as `directory_of` takes it, be it a link. Raises FileError as that does."""
    with directory_of(target) as (directory, name):
        try:
            return os.stat(name, dir_fd=directory, follow_symlinks=False)
        except OSError as error:
            raise FileError(f"{name}: {os.strerror(error.errno).lower()}") from error


def replace(directory, name, temporary, new, times=None):
    """Put the *new* file in the place of *name*, in one step.

    Args:
        directory: descriptor of its directory.
        name: the file.
        temporary: name for the new file until it is whole; one left behind by a run that was killed is taken away first.
        new: Seen, what it is to be; of its status the mode and the owner.
        times: (access, modification) in nanoseconds, where they are to be set.

    Raises:
        FileError: the system refuses (a full disk, a read-only file system); *name* is as it was.
    """
    remove(directory, temporary)
    try:
        _write(directory, temporary, new, times)
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        os.fsync(directory)
    except OSError as error:
        remove(directory, temporary)
        raise FileError(f"{name}: {os.strerror(error.errno).lower()}") from error


def remove(directory, name):
    """Remove *name* from *directory* (a descriptor); that it is not there is as good."""
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=directory)


def _write(directory, name, new, times):
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=directory)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(new.content)
        stream.flush()
        if (new.status.st_uid, new.status.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(stream.fileno(), new.status.st_uid, new.status.st_gid)
        for attribute, value in new.attributes.items():
            # What a new file has by itself, its security label say, only root may set.
            if _attributes_of(stream.fileno()).get(attribute) != value:
                os.setxattr(stream.fileno(), attribute, value)
        os.fchmod(stream.fileno(), stat.S_IMODE(new.status.st_mode))
        if times is not None:
            os.utime(stream.fileno(), ns=times)
        os.fsync(stream.fileno())


def _attributes_of(descriptor):
    """The extended attributes, SELinux's label and ACLs among them (xattr(7)); none where the file system has none."""
    if not hasattr(os, "listxattr"):
        return {}
    try:
        return {attribute: os.getxattr(descriptor, attribute) for attribute in os.listxattr(descriptor)}
    except OSError as error:
        if error.errno in _NO_ATTRIBUTES:
            return {}
        raise
