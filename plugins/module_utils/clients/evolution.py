# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evolution: the mail accounts among the key files of its users' data sources."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, flatpak, glib_tls
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini, services

NAME = "evolution"
WRITES = (".source",)

_AFFECTS = "client:" + NAME
_DIRECTORY = "/.config/evolution/sources"
_SUFFIX = ".source"
_PROTOCOLS = {"imapx": "imap", "imap": "imap", "pop": "pop3"}
# Camel takes a word that it does not know for none.
_SECURITY = {
    "ssl-on-alternate-port": "implicit",
    "starttls-on-standard-port": "starttls",
    "tls": "implicit",
    "ssl": "implicit",
    "none": "none",
}


def read(host):
    """Return the evidence of Evolution on *host*, or None when nothing of it is there."""
    installs = glib_tls.installs(host, (NAME,), (NAME,))
    accounts = []
    for user in host.users:
        for directory, sandbox in flatpak.places(host, user, _DIRECTORY, _AFFECTS):
            names = [name for name in host.names(directory, _AFFECTS) if name.endswith(_SUFFIX)]
            found = [account for name in names for account in _account(host, user, directory + "/" + name)]
            accounts.extend(flatpak.leave_open(account, sandbox) for account in base.bounded(host, found, directory, _AFFECTS))
    return glib_tls.complete(host, NAME, installs, accounts)


def _account(host, user, path):
    sections, errors = ini.parse(host.text(path, _AFFECTS) or "", comments="#")
    if errors:
        host.gap(path, f"{errors[0]}; Evolution passes over the whole file", _AFFECTS)
        return
    kind = ini.last(sections, "Mail Account", "BackendName")
    protocol = _PROTOCOLS.get(kind.value) if kind else None
    if protocol is None:
        return
    where, port, method = (
        ini.last(sections, section, key)
        for section, key in (("Authentication", "Host"), ("Authentication", "Port"), ("Security", "Method"))
    )
    enabled, parent = ini.last(sections, "Data Source", "Enabled"), ini.last(sections, "Data Source", "Parent")
    security = _SECURITY.get(method.value, "none") if method else "none"
    undecided = []
    if where is None or not where.value:
        why = "the account has no server here: it is kept by GNOME Online Accounts" if parent and parent.value else "no server is named"
        undecided.append(base.undecided("server", why, path, kind.line))
    number = services.port(port.value) if port else None
    yield base.account(
        user.name,
        path,
        kind.line,
        server=where.value if where and where.value else None,
        port=number or endpoints.default_port(protocol, security),
        protocol=protocol,
        security=security,
        enabled=enabled is None or enabled.value != "false",
        settings=[base.setting(entry.key, entry.value, path, entry.line) for entry in (where, method) if entry and entry.value]
        + glib_tls.priority_settings(host, user),
        undecided=undecided,
    )
