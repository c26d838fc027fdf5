# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host starts when it comes up, beside systemd's units: rc.local, OpenRC's local.d, and the site's own scripts of init.d."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Context

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
_LOCAL = ("/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/boot.local")
_LOCAL_DIRECTORY = "/etc/local.d"
_SCRIPTS = "/etc/init.d"
# System V's links, and OpenRC's.
_LEVELS = tuple("/etc/" + parent + f"rc{level}.d" for parent in ("", "rc.d/") for level in "2345S")
_OPENRC = "/etc/runlevels/default"
_STARTED = re.compile(r"S\d\d(?P<name>.+)\Z", re.DOTALL)


def scripts(host):
    """Yield (path, arguments, Context) of each script."""
    local = [*_LOCAL, *(_LOCAL_DIRECTORY + "/" + name for name in host.names(_LOCAL_DIRECTORY, _AFFECTS) if name.endswith(".start"))]
    for path in dict.fromkeys(host.realpath(path) for path in local if host.is_file(path)):
        yield path, [], _context(path, _may_run(host, path))
    enabled = {match.group("name") for directory in _LEVELS for match in map(_STARTED.match, host.names(directory, _AFFECTS)) if match}
    enabled.update(host.names(_OPENRC, _AFFECTS))
    programs = {name: host.realpath(_SCRIPTS + "/" + name) for name in host.names(_SCRIPTS, _AFFECTS)}
    programs = {name: path for name, path in programs.items() if host.is_file(path) and _may_run(host, path)}
    # A package's daemon is its client's matter: how it starts has its own settings.
    packaged = host.packages.owners(list(programs.values()))
    for name, path in programs.items():
        if path not in packaged:
            yield path, ["start"], _context(path, name in enabled)


def _context(path, is_active):
    return Context("init", path, 1, "root", {"HOME": "/"}, "/", is_active)


def _may_run(host, path):
    return bool(host.status(path).st_mode & 0o111)
