# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""accountrc of Sylpheed and Claws Mail: a section for each account, and the same keys in both."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini, services

_SECTION = re.compile(r"Account: ?\d+\Z")
_SECURITY = {0: "none", 1: "implicit", 2: "starttls"}
_PORT_KEYS = {"imap": ("set_imapport", "imap_port"), "pop3": ("set_popport", "pop_port")}
_SSL_KEYS = {"imap": "ssl_imap", "pop3": "ssl_pop"}
# All keys that either reader looks at: none of them is a secret.
PLAIN = (
    *("protocol", "config_version", "receive_server", "set_tunnelcmd", "gnutls_set_priority", "gnutls_priority"),
    *_SSL_KEYS.values(),
    *(key for keys in _PORT_KEYS.values() for key in keys),
)


def accounts(host, user, path, affects, protocols):
    """Return the POP3 and IMAP accounts of the file *path*, each with all entries of its section as a second item.

    Args:
        host: the Host.
        user: its user, as users.User.
        path: of the file.
        affects: of gaps.
        protocols: function of the entries of a section that returns {number: "imap" or "pop3"}, what the key protocol means there.

    Returns:
        A list of (account, {key: ini.Entry}).
    """
    sections, errors = ini.parse(host.text(path, affects) or "", comments="#")
    for error in errors:
        host.gap(path, f"{error}; the rest of the file was read", affects)
    found = []
    for section in sections:
        if section.name and _SECTION.match(section.name):
            # The last of a key counts, and case does not.
            entries = {entry.key.lower(): entry for entry in section.entries}
            protocol = protocols(entries).get(number(entries, "protocol"))
            if protocol:
                found.append((_account(user.name, path, section, entries, protocol), entries))
    return base.bounded(host, found, path, affects)


def number(entries, key):
    """Return the number of *key*, as atoi(3) reads it; 0 where it is absent."""
    match = re.match(r"[ \t]*([+-]?\d{1,9})", entries[key].value) if key in entries else None
    return int(match.group(1)) if match else 0


def is_on(entries, key):
    """Tell whether the switch *key* is on."""
    return key in entries and entries[key].value[:1] not in ("", "0")


def _account(user, path, section, entries, protocol):
    ssl = _SSL_KEYS[protocol]
    security = _SECURITY.get(number(entries, ssl))
    own_port, key = _PORT_KEYS[protocol]
    port = services.port(entries[key].value) if key in entries and is_on(entries, own_port) else None
    server = entries.get("receive_server")
    kept = [entries[name] for name in ("receive_server", ssl) if name in entries]
    undecided = []
    if security is None:
        undecided.append(base.undecided("security", "it is none of the known numbers", path, entries[ssl].line))
    return base.account(
        user,
        path,
        section.line,
        name=section.name,
        server=server.value if server else None,
        port=port or endpoints.default_port(protocol, security),
        protocol=protocol,
        security=security,
        settings=[base.setting(entry.key.lower(), entry.value, path, entry.line) for entry in kept],
        undecided=undecided,
    )
