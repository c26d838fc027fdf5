# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Paths: what they are, and where they lie inside another root."""

import errno
import os
import stat

_MAX_LINKS = 40
_PATH_MAX = 4096
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


def kind(mode):
    """Return in words what a file of this st_mode is."""
    return next((words for test, words in _KINDS if test(mode)), "a special file")


def lies_in(path, directory):
    """Tell whether *path* is *directory* or lies below it; both absolute, compared as written."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def inside(root, path):
    """Return the path of *path* below *root*, each symbolic link on the way resolved as the system in *root* would.

    The last component is resolved too. What does not exist is returned as it stands, so that opening it fails.

    Raises:
        OSError: ELOOP, when more than 40 links stand in the way; ENAMETOOLONG, where *path* has more than 4,095 characters
            (Linux's own limits, path_resolution(7)).
    """
    if len(path) >= _PATH_MAX:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    rest = _parts(path)
    done = []  # type: list[str]
    links = 0
    while rest:
        part = rest.pop()
        if part == "..":
            done = done[:-1]
            continue
        candidate = os.path.join(root, *(done + [part]))
        try:
            target = os.readlink(candidate)
        except OSError:
            done.append(part)
            continue
        links += 1
        if links > _MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if target.startswith("/"):
            done = []
        rest.extend(_parts(target))
    return os.path.join(root, *done)


def steps(path):
    """Yield (place, its os.lstat) of each directory and link on the way to the absolute *path*, and of what it leads to, "/" first.

    Of what is not there it is (place, None), and the last.

    Raises:
        OSError: the way can't be looked at, or has more than 40 links (path_resolution(7)).
    """
    yield "/", os.lstat("/")
    rest, done, links = _parts(path), "/", 0
    while rest:
        part = rest.pop()
        if part == "..":
            done = os.path.dirname(done)
            continue
        place = os.path.join(done, part)
        try:
            status = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError):
            yield place, None
            return
        yield place, status
        if not stat.S_ISLNK(status.st_mode):
            done = place
            continue
        links += 1
        if links > _MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        target = os.readlink(place)
        done = "/" if target.startswith("/") else done
        rest += _parts(target)


def _parts(path):
    """The components of a *path*, the last one first."""
    return [part for part in path.split("/") if part not in ("", ".")][::-1]
