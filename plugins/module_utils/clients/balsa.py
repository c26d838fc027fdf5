# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Balsa: the POP3 and IMAP mailboxes of its users."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, glib_tls
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini

NAME = "balsa"
WRITES = ("/config",)

_AFFECTS = "client:" + NAME
_FILES = ("/.config/balsa/config", "/.balsa/config")
_PROTOCOLS = {"LibBalsaMailboxPOP3": "pop3", "LibBalsaMailboxPop3": "pop3", "LibBalsaMailboxImap": "imap", "LibBalsaMailboxIMAP": "imap"}
# NetClientCryptMode: implicit TLS, STARTTLS, STARTTLS where the server has it, none.
_SECURITY = {"1": "implicit", "2": "starttls", "3": "starttls", "4": "none"}
_TLS_MODES = {"0": "none", "1": "starttls", "2": "starttls"}


def read(host):
    """Return the evidence of Balsa on *host*, or None when nothing of it is there."""
    installs = glib_tls.installs(host, (NAME,), (NAME,))
    accounts = []
    for user in host.users:
        path = next((user.home + name for name in _FILES if host.exists(user.home + name)), None)
        if path:
            accounts.extend(base.bounded(host, list(_accounts(host, user, path)), path, _AFFECTS))
    return glib_tls.complete(host, NAME, installs, accounts)


def _accounts(host, user, path):
    sections, errors = ini.parse(host.text(path, _AFFECTS) or "", comments="#")
    for error in errors:
        host.gap(path, f"{error}; the rest of the file was read", _AFFECTS)
    ports = endpoints.Ports(host)
    for section in sections:
        entries = {entry.key: entry for entry in section.entries}
        protocol = _protocol(section.name or "", entries)
        if protocol and "Server" in entries:
            server, port = ports.split(entries["Server"].value, None) if ":" in entries["Server"].value else (entries["Server"].value, None)
            security, said = _security(entries)
            yield base.account(
                user.name,
                path,
                section.line,
                name=section.name,
                server=server,
                port=port or (ports.number(entries["Port"].value) if "Port" in entries else endpoints.default_port(protocol, security)),
                protocol=protocol,
                security=security,
                settings=[base.setting("Server", server, path, entries["Server"].line)]
                + [base.setting(entry.key, entry.value, path, entry.line) for entry in said]
                + glib_tls.priority_settings(host, user),
            )


def _protocol(name, entries):
    """A mailbox names its type; a folder on a server is one of IMAP."""
    if "Type" in entries:
        return _PROTOCOLS.get(entries["Type"].value)
    return "imap" if name.startswith("folder-") else None


def _security(entries):
    """libbalsa_server_load_security_config: Security, or else what older releases wrote; without any STARTTLS."""
    if "Security" in entries:
        return _SECURITY.get(entries["Security"].value), [entries["Security"]]
    if "SSL" in entries and entries["SSL"].value == "true":
        return "implicit", [entries["SSL"]]
    if "TLSMode" in entries:
        return _TLS_MODES.get(entries["TLSMode"].value, "starttls"), [entries["TLSMode"]]
    return "starttls", []
