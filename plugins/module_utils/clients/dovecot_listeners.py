# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where Dovecot listens."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import services

_LISTENERS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}


def serves(root, protocol):
    """Tell whether the configuration *root*, a dovecot_conf.Block, has Dovecot serve "imap" or "pop3"."""
    protocols = root.find("protocols")
    return protocols is None or protocol in (protocols.value or "").split()


def listens(root, leads, protocol=""):
    """Return base.listener of each place where Dovecot takes logins: its own ports, or those of its inet_listener blocks; 0 is none.

    Args:
        root: the dovecot_conf.Block of the configuration.
        leads: as base.listener takes it.
        protocol: "imap" or "pop3"; "" for both.
    """
    ports = dict(_LISTENERS)
    for block in root.walk():
        if block.kind == "inet_listener" and block.name in ports and "port" in block.values:
            number = block.values["port"].value or ""
            ports[block.name] = services.port(number) or 0
    wanted = [name for name in ports if name.startswith(protocol) and serves(root, name.rstrip("s"))]
    addresses = (root.find("listen").value or "*").replace(",", " ").split() if root.find("listen") else [""]
    return [
        base.listener("" if address in ("*", "::") else address, ports[name], leads)
        for name in wanted
        if ports[name]
        for address in addresses
    ]
