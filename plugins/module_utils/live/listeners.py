# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that take connections on mail ports: servers, and relays that may be TLS clients of a server elsewhere."""

import ipaddress

from ansible_collections.mailtls.fleet.plugins.module_utils.live import process, sockets


def handed_on(clients):
    """Return {port: the server's port} of services of this host that hand on what they get as it is, TLS included.

    What connects to them is the TLS client. Of all others the service's own connection counts, and is judged by itself.
    """
    return {place["port"]: account["port"] for account, place in _places(clients) if place["leads"] == "through"}


def note(host, clients, judged):
    """Make a gap of each program that listens on a mail port, and of which no configuration that was read says where it leads.

    It leaves the answer open where it serves this host alone and no account was found, or is a program of a client that was.

    Args:
        host: the Host.
        clients: evidence of the clients.
        judged: paths of the programs that are judged by a connection of their own.
    """
    explained = {place["port"] for _account, place in _places(clients)}
    left = [item for item in sockets.listeners() if item.port not in explained]
    owners = sockets.owners({item.inode for item in left})
    programs = {}
    for item in left:
        seen = next(filter(None, map(process.look, owners.get(item.inode, ()))), None)
        if seen is None or seen.program not in judged:
            programs.setdefault((seen.program, seen.unit) if seen else (None, None), []).append(item)
    for (program, unit), places in programs.items():
        _note(host, clients, program, unit, places)


def _note(host, clients, program, unit, places):
    where = ", ".join(dict.fromkeys(f"{item.address or 'every address'} port {item.port}" for item in places))
    who = (program or "a program that could not be looked at") + (f" ({unit})" if unit else "")
    name = next((client["name"] for client in clients if any(install["program"] == program for install in client["installs"])), None)
    affects = "client:" + name if name else None
    if not name and all(map(_serves_this_host, places)) and not any(client["accounts"] for client in clients):
        affects = "clients"
    host.gap(program or where, f"{who} listens on {where}, and whether it leads on to a mail server elsewhere is not known", affects)


def _serves_this_host(listener):
    return listener.address != "" and ipaddress.ip_address(listener.address).is_loopback


def _places(clients):
    for client in clients:
        for account in client["accounts"] + client.get("relays", []):
            for place in account.get("listens", ()):
                yield account, place
