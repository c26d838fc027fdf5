# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the mail system starts for mail that arrives: the commands of aliases and of users' .forward."""

from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Context
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mail_aliases

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
_ALIASES = ("/etc/aliases", "/etc/mail/aliases", "/etc/postfix/aliases")
_FORWARD = "/.forward"
_MAX_LISTS = 100


def commands(host):
    """Yield (text for the shell, Context) of each command."""
    for path in dict.fromkeys(host.realpath(path) for path in _ALIASES if host.is_file(path)):
        # As whom depends on the mail system, and on who owns the file.
        yield from _of_file(host, path, True, None, None)
    for user in host.users:
        if host.is_file(user.home + _FORWARD):
            yield from _of_file(host, user.home + _FORWARD, False, user.name, user.home)


def _of_file(host, path, has_names, user, home):
    pending, seen = [(path, has_names)], set()
    while pending and len(seen) < _MAX_LISTS:
        path, has_names = pending.pop(0)
        if path in seen or not host.is_file(path):
            continue
        seen.add(path)
        pipes, included = mail_aliases.parse(host.text(path, _AFFECTS) or "", has_names)
        pending += [(name, False) for name in included if name.startswith("/")]
        variables = {"HOME": home, "LOGNAME": user, "USER": user, "SHELL": "/bin/sh"} if home else {}
        for pipe in pipes:
            yield pipe.command, Context("mail", path, pipe.line, user, variables, home)
