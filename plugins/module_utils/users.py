# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The users of a host whose home directory is there."""

import collections
import os
import stat

from ansible_collections.mailtls.fleet.plugins.module_utils import paths
from ansible_collections.mailtls.fleet.plugins.module_utils.bundled import mounts

User = collections.namedtuple("User", "name uid home readable")

# passwd(5) gives system users such directories as homes; they are nobody's own unless the user owns them.
_SYSTEM_DIRECTORIES = ("/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/run", "/sbin", "/sys", "/usr")
AWAY = "homes are mounted there when they are asked for (autofs): those that were not mounted were not seen"
_HOMES_DIRECTORIES = ("/home", "/Users")


def read(host):
    """Return the users of *host* with a home directory, as User, each home once; those of a directory service by /home."""
    found = {}
    is_away = _away(host)
    for name, uid, home in _passwd(host) + _homes_without_entry(host, is_away):
        if home not in found and not is_away(home) and _is_own_home(host, uid, home):
            found[home] = User(name, uid, home, _readable(host, home, name))
    return sorted(found.values())


def _passwd(host):
    entries = []
    text = host.text("/etc/passwd", "accounts") or ""
    if "\ufffd" in text:
        # A home lies where its bytes say.
        text = host.read("/etc/passwd").decode("utf-8", "surrogateescape")
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) >= 7 and fields[2].isdigit() and fields[5].startswith("/"):
            entries.append((fields[0], int(fields[2]), os.path.normpath(fields[5])))
    return entries


def _away(host):
    """Return a function that tells whether a path lies where an automounter would first have to mount it, and notes it.

    A fleet that did that each night for every home would ask its file server for hosts x users of them.
    """
    try:
        table = mounts.Mounts(host.root) if host.live or host.root != "/" else None
    except OSError:
        table = None

    def is_away(path):
        mount = table.of(path) if table else None
        if not mounts.is_waiting(mount) or path == mount.path:
            return False
        host.gap(mount.path, AWAY, "accounts")
        return True

    return is_away


def _homes_without_entry(host, is_away):
    """Users of LDAP, SSSD and the like stand in no passwd file, but their homes are there; those of a domain below its name."""
    entries = []
    for directory in _HOMES_DIRECTORIES:
        # Also where no name of them is shown.
        is_away(directory + "/")
        for name, uid in _directories(host, directory, is_away):
            path = directory + "/" + name
            entries.append((name, uid, path))
            # smb.conf(5), "template homedir": /home/%D/%U. Nobody owns the domain.
            inside = _directories(host, path, is_away) if uid == 0 and host.may_enter(path) else ()
            entries += [(inner, owner, path + "/" + inner) for inner, owner in inside if owner != 0]
    return entries


def _directories(host, directory, is_away):
    """Yield (name, user id of the owner) of each directory in a *directory*."""
    for name in host.names(directory, "accounts"):
        path = directory + "/" + name
        status = None if is_away(path) else host.status(path)
        if status is not None and stat.S_ISDIR(status.st_mode):
            yield name, status.st_uid


def _is_own_home(host, uid, home):
    status = host.status(home)
    if status is None or not stat.S_ISDIR(status.st_mode) or home == "/":
        return False
    return status.st_uid == uid or not any(paths.lies_in(home, directory) for directory in _SYSTEM_DIRECTORIES)


def _readable(host, home, name):
    if host.may_enter(home):
        return True
    host.gap(home, f"permission denied: the mail clients of user {name} were not seen", "clients")
    return False
