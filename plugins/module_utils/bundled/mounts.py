# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The mounted file systems, and which of them surely lie on this host's own disks (proc_pid_mountinfo(5))."""

import collections
import os
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import paths

Mount = collections.namedtuple("Mount", "path type source options")

_FILE = "/proc/self/mountinfo"
_OCTAL = re.compile(r"\\([0-7]{3})")
# Of any other type we don't know that it never asks a network, nor a daemon that may not answer.
_LOCAL = re.compile(
    r"(?:aufs|bcachefs|btrfs|erofs|exfat|ext[234]|f2fs|fuse\.snapfuse|iso9660|jfs|nilfs2|overlay|ramfs|reiserfs|rootfs|squashfs|tmpfs|udf"
    r"|vfat|xfs|zfs)$"
)
# What the kernel shows of itself; there are no libraries in it.
_KERNEL = re.compile(r"(?:cgroup2?|devpts|devtmpfs|mqueue|proc|sysfs)$")


class Mounts:
    """The file systems below *root*, as the system in *root* would name their places.

    Raises:
        OSError: the kernel does not tell.
    """

    def __init__(self, root="/"):
        with open(_FILE, "rb") as file:
            text = os.fsdecode(file.read())
        found = [_mount(line) for line in text.splitlines()]
        below = [mount._replace(path=mount.path[len(root.rstrip("/")) :]) for mount in found if _is_below(mount.path, root)]
        # Of two at one place the later one counts.
        around = sorted((mount for mount in found if paths.lies_in(root, mount.path)), key=lambda mount: len(mount.path))
        self._mounts = {mount.path: mount for mount in [mount._replace(path="/") for mount in around] + below}

    def at(self, path):
        """Return the Mount whose place is exactly *path*, or None."""
        return self._mounts.get(path)

    def of(self, path):
        """Return the Mount that *path* lies on, or None."""
        while path not in self._mounts and path != "/":
            path = os.path.dirname(path)
        return self._mounts.get(path)

    def all(self):
        """Return every Mount, by place."""
        return [self._mounts[path] for path in sorted(self._mounts)]


def is_local(mount):
    """Tell whether what is mounted there, a Mount or None, may be gone through without asking a network."""
    return mount is not None and (bool(_LOCAL.match(mount.type)) or is_app_image(mount))


def is_app_image(mount):
    """Tell whether an AppImage that runs has mounted itself there: its runtime does so at /tmp/.mount_NAME with random letters."""
    return mount.type.startswith("fuse.") and os.path.basename(mount.path).startswith(".mount_")


def is_image(mount):
    """Tell whether others than this system's root may have made what is mounted there, whatever its files say of their owner.

    That is an AppImage, which its user mounts, and the root of a container, which the container's own root writes to.
    """
    return is_app_image(mount) or (mount.type in ("overlay", "aufs") and mount.path != "/")


def is_waiting(mount):
    """Tell whether what lies there is no file system yet: an automounter mounts one for each name, from a server, once it is asked for.

    autofs(5), "indirect"; of a direct one there is one file system, which may well be a local one.
    """
    return mount is not None and mount.type == "autofs" and "indirect" in mount.options


def is_of_kernel(mount):
    """Tell whether there are no files of anyone in it."""
    return bool(_KERNEL.match(mount.type))


def _is_below(path, root):
    return path != root and paths.lies_in(path, root)


def _mount(line):
    before, _dash, after = line.partition(" - ")
    kind, source, options = (after.split(" ") + ["", "", ""])[:3]
    return Mount(_plain(before.split(" ")[4]), kind, _plain(source), options.split(","))


def _plain(text):
    return _OCTAL.sub(lambda match: chr(int(match.group(1), 8)), text)
