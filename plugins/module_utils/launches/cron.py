# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cron and anacron start (cron(8), crontab(5), run-parts(8), anacrontab(5))."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import SESSION_VARIABLES, Context, Word
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import crontab, environment

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
SOURCE = "cron"

# Debian, BSD and Solaris; SUSE; the RHEL family and Arch. Links and the like lead to each file once.
_USER_TABLES = ("/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/var/spool/cron", "/var/cron/tabs", "/etc/crontabs")
_SYSTEM_TABLES = ("/etc/crontab",)
_TABLE_DIRECTORY = "/etc/cron.d"
_ANACRONTAB = "/etc/anacrontab"
SCRIPT_DIRECTORIES = (
    *("/etc/cron." + period for period in ("hourly", "daily", "weekly", "monthly")),
    # Alpine
    *("/etc/periodic/" + period for period in ("15min", "hourly", "daily", "weekly", "monthly")),
)
# Left over by package managers and editors; Debian's cron and run-parts take no name with a dot at all.
_LEFT_OVER = re.compile(r"\.|.*(?:~|\.rpm\w+|\.dpkg-\w+|\.orig|\.bak|\.swp|,v)$", re.DOTALL)
_NAME_ON_DEBIAN = re.compile(r"[\w-]+$", re.ASCII)


def commands(host):
    """Yield (shell text, Context) of each job of every table on *host*."""
    for path in _SYSTEM_TABLES:
        yield from _jobs(host, path, None)
    for name in host.names(_TABLE_DIRECTORY, _AFFECTS):
        if _is_taken(host, name):
            yield from _jobs(host, _TABLE_DIRECTORY + "/" + name, None)
    seen = set()
    for directory in _USER_TABLES:
        for name in host.names(directory, _AFFECTS):
            path = host.realpath(directory + "/" + name)
            if path not in seen and host.is_file(path) and not _LEFT_OVER.match(name) and not name.startswith("tmp."):
                seen.add(path)
                yield from _jobs(host, path, name)
    for job in crontab.parse_anacron(host.text(_ANACRONTAB, _AFFECTS) or ""):
        yield job.command, _context(host, _ANACRONTAB, job, "root")


def scripts(host):
    """Yield (path, Context) of each program that cron starts because it lies in a directory."""
    for directory in SCRIPT_DIRECTORIES:
        for name in host.names(directory, _AFFECTS):
            path = directory + "/" + name
            status = host.status(path) if _is_taken(host, name) else None
            if status is not None and status.st_mode & 0o111 and host.is_file(path):
                yield path, Context(SOURCE, path, 1, "root", _session(host, "root", "/root"), "/")


def _is_taken(host, name):
    if host.exists("/etc/debian_version"):
        return bool(_NAME_ON_DEBIAN.match(name))
    return not _LEFT_OVER.match(name)


def _jobs(host, path, owner):
    text = host.text(path, _AFFECTS)
    for job in crontab.parse(text or "", owner is None):
        yield job.command, _context(host, path, job, owner or job.user)


def _context(host, path, job, user):
    home = host.home_of(user)
    variables = _session(host, user, home)
    variables.update(job.environment)
    context = Context(SOURCE, path, job.line, user, variables, variables.get("HOME"))
    return context.but(standard_input=Word(job.input) if job.input is not None else None)


def _session(host, user, home):
    """What cron sets, and before that pam_env(8) for the session that it opens."""
    variables = environment.read(host, SESSION_VARIABLES, home)
    variables.update({"LOGNAME": user, "USER": user, "SHELL": "/bin/sh"})
    if home is not None:
        variables["HOME"] = home
    return variables
