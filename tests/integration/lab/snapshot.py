"""What a host's files are at one moment, so that a test can show that nothing changed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Kernel views, not files of the host.
_NOT_FILES = ("/proc", "/sys", "/dev")
# Below these, the image's own files are many and large. Every change shows in their change time,
# which no program can set, so their bytes are not read.
_BYTES_NOT_READ = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/share", "/usr/include")
_BYTES_READ_ALL_THE_SAME = (
    "/usr/lib/ssl",
    "/usr/lib/thunderbird/distribution",
    "/usr/lib/thunderbird/defaults",
    "/usr/lib/systemd",
)


@dataclass(frozen=True)
class Entry:
    """One file: type and permission bits, owner, times in nanoseconds, and a digest of its bytes.

    Of a directory, size and change time are left out.
    """

    mode: int
    uid: int
    gid: int
    size: int
    modified: int
    changed: int
    content: str


def take(root: Path) -> dict[str, Entry]:
    """Every file under a host's root, by path. Links are not followed, only recorded."""
    return {path: _entry(root, path) for path in _walk(root, "/")}


def differences(before: dict[str, Entry], after: dict[str, Entry]) -> dict[str, str]:
    """What differs between two snapshots: by path, the fields, or `appeared` or `disappeared`."""
    found = dict.fromkeys(before.keys() - after.keys(), "disappeared")
    found.update(dict.fromkeys(after.keys() - before.keys(), "appeared"))
    for path in before.keys() & after.keys():
        old, new = before[path], after[path]
        if old != new:
            fields = [name for name in vars(old) if getattr(old, name) != getattr(new, name)]
            found[path] = ", ".join(fields)
    return dict(sorted(found.items()))


def _walk(root: Path, path: str) -> Iterator[str]:
    yield path
    with os.scandir(_below(root, path)) as entries:
        found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    for name, is_directory in found:
        below = os.path.join(path, name)
        if below in _NOT_FILES:
            continue
        if is_directory:
            yield from _walk(root, below)
        else:
            yield below


def _below(root: Path, path: str) -> str:
    return f"{root}{path}"


def _entry(root: Path, path: str) -> Entry:
    place = _below(root, path)
    status = os.lstat(place)
    # overlayfs marks a directory when a file in it is first changed, and sizes of directories vary.
    is_directory = stat.S_ISDIR(status.st_mode)
    content = ""
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(place)
    elif stat.S_ISREG(status.st_mode) and _bytes_are_read(path):
        with open(place, "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
    return Entry(
        status.st_mode,
        status.st_uid,
        status.st_gid,
        0 if is_directory else status.st_size,
        status.st_mtime_ns,
        0 if is_directory else status.st_ctime_ns,
        content,
    )


def _bytes_are_read(path: str) -> bool:
    def below(places: tuple[str, ...]) -> bool:
        return any(path.startswith(place + "/") for place in places)

    return not below(_BYTES_NOT_READ) or below(_BYTES_READ_ALL_THE_SAME)
