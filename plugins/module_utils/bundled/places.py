# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where programs bring libraries of their own, and which program what lies there belongs to."""

import collections
import os

from ansible_collections.mailtls.fleet.plugins.module_utils import paths
from ansible_collections.mailtls.fleet.plugins.module_utils.bundled import mounts

Place = collections.namedtuple("Place", "path kind title")
Place.__doc__ = (
    (Place.__doc__ or "")
    + """

Attributes:
    kind: "directory", "snaps", "flatpaks", "home" (a part of one) or "image".
    title: what an image is, in words.
"""
)

_DIRECTORIES = ("/opt", "/usr/local", "/srv")
_SNAPS = ("/snap", "/var/lib/snapd/snap")
# Beside them lies the store of all files, under names that tell nothing.
_FLATPAKS = ("/var/lib/flatpak/app", "/var/lib/flatpak/runtime")
# Of a home the rest is its user's own, and may be endless.
_OF_A_HOME = {
    ".local/lib": "home",
    ".local/pipx": "home",
    ".local/share/pipx": "home",
    ".local/share/flatpak/app": "flatpaks",
    ".local/share/flatpak/runtime": "flatpaks",
    "node_modules": "home",
}
_ENVIRONMENT = "pyvenv.cfg"
_MODULES = "node_modules"
# Directories that are named by what is in them, and not by whose it is.
_COMMON = frozenset(("bin", "etc", "include", "lib", "lib32", "lib64", "libexec", "sbin", "share", "src"))


def of_system(_host, _table):
    """Return the Places of what is installed for everybody."""
    return (
        [Place(path, "directory", None) for path in _DIRECTORIES]
        + [Place(path, "snaps", None) for path in _SNAPS]
        + [Place(path, "flatpaks", None) for path in _FLATPAKS]
    )


def of_images(_host, table):
    """Return the Places of the AppImages that run, and of the root file systems of containers, as they are mounted."""
    return [Place(mount.path, "image", _title(mount)) for mount in table.all() if mounts.is_image(mount)]


def of_users(host, table):
    """Return the Places in the homes of users: what they have installed for themselves, and virtual environments at the top."""
    found = []
    for home in (host.realpath(user.home) for user in host.users if user.readable):
        wanted = [Place(home, "home", None)]
        # One that isn't local is told of, and not entered.
        if mounts.is_local(table.of(home)):
            wanted = [Place(f"{home}/{name}", kind, None) for name, kind in _OF_A_HOME.items()]
            directories = (f"{home}/{name}" for name in host.names(home))
            wanted += [Place(path, "home", None) for path in directories if host.is_file(f"{path}/{_ENVIRONMENT}", None)]
        # Where a user's link leads to, others may have written.
        found += [place for place in wanted if paths.lies_in(host.realpath(place.path), home)]
    return found


def _title(mount):
    return f"the AppImage {mount.source}" if mounts.is_app_image(mount) else f"a container, whose root is mounted at {mount.path}"


def owner(host, place, path):
    """Return in words which program the file *path* belongs to, which was found in that *place*."""
    if place.kind == "image":
        return place.title
    names = path[len(place.path) :].strip("/").split("/")
    if place.kind in ("snaps", "flatpaks"):
        return f"the {place.kind[:-1]} {names[0]}"
    for directory in _above(path, place.path):
        if os.path.basename(os.path.dirname(directory)) == _MODULES:
            return f"the Node.js package {directory}"
        if host.is_file(f"{directory}/{_ENVIRONMENT}"):
            return f"the virtual environment {directory}"
    has_name = place.kind == "directory" and len(names) > 1 and names[0] not in _COMMON
    return f"{place.path}/{names[0]}" if has_name else os.path.dirname(path)


def is_in_use(host, place, path):
    """Tell whether the file is of the revision of a snap that is started: those before it stay for a while."""
    if place.kind != "snaps":
        return True
    current = host.realpath("/".join([place.path, path[len(place.path) :].strip("/").split("/")[0], "current"]))
    return not host.is_dir(current) or paths.lies_in(path, current)


def _above(path, end):
    """The directories that hold *path*, the nearest first, down from *end* itself."""
    while path != end and paths.lies_in(path, end):
        path = os.path.dirname(path)
        yield path
