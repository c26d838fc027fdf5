# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Claws Mail: the accounts of its users."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import accountrc, base, launched

NAME = "claws-mail"
WRITES = ("/accountrc",)

_AFFECTS = "client:" + NAME
VERSION = rb"\0(\d+\.\d+\.\d+)(?:git\d+)?\0"
FILE = "/.claws-mail/accountrc"
# The numbers of protocols were given anew with version 1 of the configuration.
_PROTOCOLS, _OLD_PROTOCOLS = {0: "pop3", 1: "imap"}, {0: "pop3", 1: "pop3", 2: "pop3", 3: "imap"}


def read(host):
    """Return the evidence of Claws Mail on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,), VERSION)
    accounts = [account for user in host.users for account in _accounts(host, user)]
    launched.in_session(host, installs, NAME, accounts, in_terminal=False)
    base.want_priorities(host, installs, accounts, "gnutls_priority")
    return base.evidence(NAME, installs, accounts)


def _accounts(host, user):
    path = user.home + FILE
    for account, entries in accountrc.accounts(host, user, path, _AFFECTS, _protocols):
        priority = entries.get("gnutls_priority")
        # IMAP goes through libetpan, which has a string of its own.
        if account["protocol"] == "pop3" and priority and priority.value and accountrc.is_on(entries, "gnutls_set_priority"):
            account["settings"].append(base.setting("gnutls_priority", priority.value, path, priority.line))
        if account["protocol"] == "imap" and accountrc.is_on(entries, "set_tunnelcmd"):
            why = "the connection goes through a command"
            account["undecided"].append(base.undecided("server", why, path, entries["set_tunnelcmd"].line))
        yield account


def _protocols(entries):
    return _PROTOCOLS if accountrc.number(entries, "config_version") >= 1 else _OLD_PROTOCOLS
