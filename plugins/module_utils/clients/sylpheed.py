# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sylpheed: the accounts of its users."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import accountrc, base, launched

NAME = "sylpheed"
WRITES = ("/accountrc",)

_AFFECTS = "client:" + NAME
VERSION = rb"\0(\d+\.\d+\.\d+)(?:beta\d+)?\0"
# The second is that of releases before 2.0, which later ones copy to the first.
FILES = ("/.sylpheed-2.0/accountrc", "/.sylpheed/accountrc")
# APOP and RPOP are POP3 as well.
_PROTOCOLS = {0: "pop3", 1: "pop3", 2: "pop3", 3: "imap"}


def read(host):
    """Return the evidence of Sylpheed on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,), VERSION)
    accounts = []
    for user in host.users:
        path = next((user.home + name for name in FILES if host.exists(user.home + name)), None)
        if path:
            found = accountrc.accounts(host, user, path, _AFFECTS, lambda _entries: _PROTOCOLS)
            accounts.extend(account for account, _entries in found)
    return base.evidence(NAME, installs, launched.in_session(host, installs, NAME, accounts, in_terminal=False))
