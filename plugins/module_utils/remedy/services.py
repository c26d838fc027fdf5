# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service that a process belongs to, and its restart by what manages services on this host: systemd, or an init script."""

import collections
import os
import re
import subprocess

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.live import process
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import registry as runtimes

Service = collections.namedtuple("Service", "manager name user")
Service.__doc__ = (
    (Service.__doc__ or "")
    + """

Attributes:
    manager: SYSTEMD, SYSTEMD_OF_USER or INIT.
    name: of the unit, or of the init script.
    user: whose manager it is, a name; None for the system's.
"""
)

SYSTEMD, SYSTEMD_OF_USER, INIT = "systemd", "systemd of the user", "init"
_BOOTED_BY_SYSTEMD = "/run/systemd/system"  # sd_booted(3)
_INIT_SCRIPTS = "/etc/init.d"
_SERVICE = "/usr/sbin/service"
_PID_FILE = 64  # bytes: a number
_PID_FILES = ("/run", "/var/run")
_USER_MANAGER = re.compile(r"user@(\d+)\.service\Z")
_SHELLS = ("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox")
_SECONDS = 120  # systemd itself gives a service 90 to stop (systemd-system.conf(5), DefaultTimeoutStopSec)
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


def of_process(host, number, is_of):
    """Return (Service, None) of the process *number*, or (None, why nothing here can restart it).

    Args:
        host: the Host.
        number: of a process of a client.
        is_of: tells of a process.Process whether it belongs to that client.
    """
    if os.path.isdir(_BOOTED_BY_SYSTEMD):
        return _of_systemd(host, number, is_of)
    return _of_init(host, number, is_of)


def restart(host, service):
    """Restart *service*; return None, or why that failed. What it prints is not kept: it may quote its configuration."""
    try:
        ended = _run(_command(host, service))
    except subprocess.TimeoutExpired:
        return f"its restart did not end within {_SECONDS} seconds"
    except OSError as error:
        return f"its restart could not be started: {os.strerror(error.errno or 0).lower()}"
    return None if ended.returncode == 0 else f"its restart ended with {ended.returncode}: its log says more"


def _of_systemd(host, number, is_of):
    units = process.units(number)
    if not units or not units[-1].endswith(".service"):
        return None, "it was started in a session of its user"
    managers = [match.group(1) for match in map(_USER_MANAGER.match, units[:-1]) if match]
    if managers:
        user = next((user.name for user in host.users if user.uid == int(managers[-1])), None)
        if user is None:
            return None, f"it belongs to the user with number {managers[-1]}, who has no name here"
        service = Service(SYSTEMD_OF_USER, units[-1], user)
    else:
        service = Service(SYSTEMD, units[-1], None)
    if not _leads(_main_process(host, service), is_of):
        # As with what cron and sshd start: restarting them would not restart that.
        return None, f"{service.name} started it, which is another program's service"
    return service, None


def _main_process(host, service):
    """The process that systemd follows; 0 where it follows none (systemd.service(5), GuessMainPID=)."""
    try:
        told = _run(_systemctl(host, service, "show", "--property=MainPID")).stdout.decode("ascii", "replace")
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"MainPID=(\d+)\s*\Z", told)
    return int(match.group(1)) if match else None


def _leads(main, is_of):
    """Whether the process *main* is the client's, or runs a script that started it."""
    if not main:
        return main == 0
    found = process.look(main)
    is_script = found is not None and (runtimes.of_program(found.program) or os.path.basename(found.program) in _SHELLS)
    return found is not None and bool(is_script or is_of(found))


def _of_init(host, number, is_of):
    """What an init script started keeps its number in a file below /run, itself or the process that it comes from."""
    found = process.look(number)
    family = {number} | {parent for parent in [process.parent(number)] if parent and _leads(parent, is_of)}
    if found is None or family.isdisjoint(_numbers_in_files(host)):
        return None, "no service of this host is known to have started it"
    package = host.package_of(found.program)
    for name in host.names(_INIT_SCRIPTS) if package else ():
        owner = host.package_of(_INIT_SCRIPTS + "/" + name)
        if owner and owner.name == package.name:
            return Service(INIT, name, None), None
    return None, f"no script in {_INIT_SCRIPTS} came with its package"


def _numbers_in_files(host):
    """The numbers in the files NAME.pid below /run, and in a directory there (hier(7))."""
    found = set()
    for top in _PID_FILES:
        for directory, directories, names in os.walk(top):
            if directory != top:
                del directories[:]
            for name in names:
                if name.endswith(".pid"):
                    found.add(_number_in(host, os.path.join(directory, name)))
    return found - {None}


def _number_in(host, path):
    try:
        text = host.read(path, _PID_FILE).split()
    except (Absent, Unreadable):
        return None
    return int(text[0]) if text and text[0].isdigit() else None


def _command(host, service):
    if service.manager == INIT:
        script = _INIT_SCRIPTS + "/" + service.name
        return [_SERVICE, service.name, "restart"] if os.path.exists(_SERVICE) else [script, "restart"]
    return _systemctl(host, service, "restart")


def _systemctl(host, service, *words):
    if service.manager == SYSTEMD:
        return ["systemctl"] + list(words) + ["--", service.name]
    user = next(user for user in host.users if user.name == service.user)
    command = ["env", f"XDG_RUNTIME_DIR=/run/user/{user.uid}", "systemctl", "--user"] + list(words) + ["--", service.name]
    return command if os.geteuid() == user.uid else ["runuser", "-u", user.name, "--"] + command


def _run(command):
    # A daemon that an init script starts may keep what it was given: nothing of it may be a pipe that somebody waits for.
    wanted = subprocess.PIPE if "show" in command else subprocess.DEVNULL
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=wanted, stderr=subprocess.DEVNULL, timeout=_SECONDS, env=_ENVIRONMENT, check=False
    )
