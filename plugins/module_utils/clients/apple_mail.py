# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Apple Mail: the accounts of OS X 10.7 to 10.10, whose file can be read; of later systems only that there are some.

Its TLS is the system's, and since 10.10 it may change ports and TLS by itself: what it offers is not told by any file.
"""

import plistlib

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable

NAME = "Apple Mail"

_AFFECTS = "client:" + NAME
# Passwords are in the keychain, which is not opened.
_FILE = "/Library/Mail/V2/MailData/Accounts.plist"
# A database that only programs with Full Disk Access may read.
_DATABASE = "/Library/Accounts/Accounts4.sqlite"
_PROTOCOLS = {"IMAPAccount": "imap", "POPAccount": "pop3"}
_ITSELF = "Apple Mail of this system changes ports and TLS by itself, and its accounts are in a database that is not read"


def read(host):
    """Return the evidence of Apple Mail on *host*, or None when no user has an account of it."""
    accounts = [account for user in host.users for account in _of_user(host, user)]
    return base.evidence(NAME, [], base.bounded(host, accounts, _FILE, _AFFECTS)) if accounts else None


def _of_user(host, user):
    path, database = user.home + _FILE, user.home + _DATABASE
    found = [account for entry in _entries(host, path) for account in [_account(user.name, path, entry)] if account]
    if not found and host.exists(database):
        note = base.undecided("server", _ITSELF, database, 1)
        found.append(base.account(user.name, database, 1, undecided=[note]))
    return found


def _entries(host, path):
    try:
        raw = host.read(path)
        # Old releases of Python would follow them.
        content = plistlib.loads(raw) if b"<!ENTITY" not in raw else None
    except Absent:
        return []
    except Unreadable as error:
        host.gap(path, str(error), _AFFECTS)
        return []
    except Exception as error:  # what plistlib raises of broken files is not documented
        host.gap(path, f"is no list of properties ({error.__class__.__name__})", _AFFECTS)
        return []
    accounts = content.get("MailAccounts") if isinstance(content, dict) else None
    return [entry for entry in accounts if isinstance(entry, dict)] if isinstance(accounts, list) else []


def _account(user, path, entry):
    protocol = _PROTOCOLS.get(entry.get("AccountType") if isinstance(entry.get("AccountType"), str) else None)
    server = entry.get("Hostname")
    if protocol is None or not isinstance(server, str) or not server:
        return None
    uses_tls = entry.get("SSLEnabled") in (True, "YES", 1)
    given = str(entry.get("PortNumber", ""))
    port = int(given) if given.isdecimal() and len(given) < 6 else endpoints.default_port(protocol, "implicit" if uses_tls else "none")
    return base.account(
        user,
        path,
        1,
        server=server,
        port=port,
        protocol=protocol,
        # On the port of connections that begin without it, TLS comes after STARTTLS.
        security=("starttls" if port in (110, 143) else "implicit") if uses_tls else "none",
        settings=[base.setting("Hostname", server, path, 1)],
    )
