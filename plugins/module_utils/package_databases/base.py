# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the readers of all package databases share."""

import collections

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable

Package = collections.namedtuple("Package", "name version arch")

_MAX_DATABASE = 64 * 1024 * 1024


def content_of(host, path):
    """Return the bytes of a database's file, or None when it is absent or, with a gap, when it can't be read."""
    try:
        return host.read(path, _MAX_DATABASE)
    except Absent:
        return None
    except Unreadable as error:
        host.gap(path, str(error))
        return None


def names_of(host, path):
    """Return the names under which a package may have shipped *path*: where /bin leads to /usr/bin, packages use either."""
    if path.startswith("/usr/") and host.realpath(path[4:]) == path:
        return [path, path[4:]]
    return [path]
