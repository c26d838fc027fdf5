# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services on the same host that a mail client speaks to instead of the mail server: the connection that leaves the host decides."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Account, Client, Evidence, Listener

_LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback")
_LOCALHOST = frozenset({"127.0.0.1", "::1"})
_EVERY_ADDRESS = ("", "*", "0.0.0.0", "::")


@dataclass(frozen=True)
class Relay:
    """The connection of a service that an account speaks to.

    Attributes:
        client: the program that runs the service.
        account: its connection.
        leads: as of evidence.Listener.
    """

    client: Client
    account: Account
    leads: str


def of_account(evidence: Evidence, account: Account) -> list[list[Relay]]:
    """Return the services of this host that *account* may speak to, in one list each: a service may have several servers.

    Those that are not in use count only where there is no other.
    """
    found: dict[tuple[str, str, tuple[Listener, ...]], list[Relay]] = {}
    for client in evidence.clients if account.port is not None else ():
        for service in (*client.accounts, *client.relays):
            for listener in service.listens if service is not account else ():
                if listener.port == account.port and _reaches(account.server, listener):
                    place = (client.name, service.config, tuple(service.listens))
                    found.setdefault(place, []).append(Relay(client, service, listener.leads))
                    break
    in_use = [servers for servers in found.values() if any(relay.account.enabled for relay in servers)]
    return in_use or list(found.values())


def is_loopback(server: str | None) -> bool:
    """Tell whether *server* is this host itself."""
    address = _address(server)
    return address.is_loopback if address else (server or "").lower().rstrip(".") in _LOOPBACK_NAMES


def _reaches(server: str | None, listener: Listener) -> bool:
    if listener.address in _EVERY_ADDRESS:
        return is_loopback(server) or _literal(server) in _EVERY_ADDRESS
    return not _addresses(server).isdisjoint(_addresses(listener.address))


def _addresses(name: str | None) -> frozenset[str]:
    """What *name* stands for: of the whole loopback network, localhost is but its first address (hosts(5), RFC 6761)."""
    literal = _literal(name)
    return _LOCALHOST if literal in _LOOPBACK_NAMES else frozenset({literal})


def _literal(name: str | None) -> str:
    address = _address(name)
    return str(address) if address else (name or "").lower().rstrip(".")


def _address(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address((text or "").strip("[]"))
    except ValueError:
        return None
