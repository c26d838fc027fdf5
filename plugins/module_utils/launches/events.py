# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is started once, or when something happens: jobs of at (at(1)), and the site's own scripts for a network that comes up,
and for a machine that wakes up."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Context

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
_JOBS = ("/var/spool/cron/atjobs", "/var/spool/at", "/var/spool/atjobs")
_JOB = re.compile(r"[a-zA-Z][0-9a-f]{5}[0-9a-f]{8}\Z")
# interfaces(5), pppd(8), NetworkManager-dispatcher(8), networkd-dispatcher(8), dhclient-script(8); pm-action(8), systemd-sleep(8)
_HOOKS = (
    "/etc/network/if-up.d",
    "/etc/ppp/ip-up.d",
    "/etc/NetworkManager/dispatcher.d",
    "/etc/networkd-dispatcher/routable.d",
    "/etc/dhcp/dhclient-exit-hooks.d",
    "/etc/pm/sleep.d",
    "/lib/systemd/system-sleep",
    "/usr/lib/systemd/system-sleep",
)
_HOOK_FILES = ("/etc/ppp/ip-up", "/etc/ppp/ip-up.local", "/etc/dhcp/dhclient-exit-hooks")


def jobs(host):
    """Yield (text for the shell, Context) of each job of at: a script that first sets up the environment it was given in."""
    names = {user.uid: user.name for user in host.users}
    for directory in _JOBS:
        for name in host.names(directory, _AFFECTS):
            path = directory + "/" + name
            status = host.status(path) if _JOB.match(name) else None
            if status is not None and host.is_file(path):
                user = names.get(status.st_uid, "root" if status.st_uid == 0 else None)
                yield host.text(path, _AFFECTS) or "", Context("at", path, 1, user, {"HOME": host.home_of(user)} if user else {}, None)


def scripts(host):
    """Yield (path, Context) of each script."""
    paths = [directory + "/" + name for directory in _HOOKS for name in host.names(directory, _AFFECTS)]
    paths = [path for path in dict.fromkeys(map(host.realpath, paths + list(_HOOK_FILES))) if host.is_file(path)]
    packaged = host.packages.owners(paths) if paths else ()
    for path in paths:
        if path not in packaged and host.status(path).st_mode & 0o111:
            yield path, Context("network", path, 1, "root", {"HOME": "/"}, "/")
