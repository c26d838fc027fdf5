# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that are connected to a mail server now, whether or not anything on this host's disk says that they would be."""

import os
import time

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.live import container, listeners, process, records, sockets
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import linked
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import registry as runtimes

NAME = "running program"

# A watch takes at most this part of one processor's time.
_SHARE = 0.05
_PAUSE = 1.0
# What an unprivileged look leaves open.
OTHERS = ("processes of other users", "only root may see what they are connected with, and in other network namespaces")


def read(host, clients, watch=0, privileged=True):
    """Return the evidence of the programs that no client of *clients* explains, or None when there is none.

    An account of a client that runs from files that have been replaced since gets these as `replaced`.

    Args:
        host: the Host; of one that can't be looked at it is what was told that counts, and in a mounted tree nothing runs.
        clients: evidence of the clients that were found otherwise.
        watch: seconds for which to look again and again, since a fetcher may run for two seconds only.
        privileged: whether other users' processes may be looked at.
    """
    handed_on = listeners.handed_on(clients) if host.live else {}
    seen = list(_watched(watch, frozenset(handed_on)).values()) if host.live else host.told_connections
    accounts = []
    for connection, found in seen:
        if found is None:
            _note_unseen(host, clients, connection)
        elif not _explained(host, clients, found):
            accounts.append(_account(host, connection, found, handed_on.get(connection.port, connection.port)))
    if not privileged and (host.live or seen):
        host.gap(*OTHERS)
    accounts = _each_once(accounts)
    if host.live and not sockets.processes():
        host.gap("running programs", "there is no /proc that shows them: which of them are connected to a mail server was not seen")
    if host.live:
        records.note(host, clients, lambda uid: user_name(host, uid))
        records.note_connections(host, clients, {(connection.server, connection.port) for connection, _found in seen})
        listeners.note(host, clients, {account["config"] for account in accounts})
    if not accounts:
        return None
    install = {"program": accounts[0]["config"], "version": None, "package": None, "stacks": []}
    return base.evidence(NAME, [install], base.bounded(host, accounts, "running programs", "client:" + NAME))


def _watched(seconds, local):
    """{key: (Connection, Process or None)} of the connections that were open at any look."""
    found = {}
    end = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        _look(found, local)
        pause = max(_PAUSE, (time.monotonic() - began) / _SHARE)
        if time.monotonic() + pause >= end:
            return found
        time.sleep(pause)


def _look(found, local):
    connections = {(item.inode, item.server, item.port): item for item in sockets.connections(local)}
    new = {key: item for key, item in connections.items() if key not in found}
    owners = sockets.owners({item.inode for item in new.values() if item.inode})
    for key, item in new.items():
        processes = [seen for seen in map(process.look, owners.get(item.inode, ())) if seen]
        found[key] = (item, processes[0] if processes else None)


def _note_unseen(host, clients, connection):
    """A connection whose program is not seen leaves the answer open, unless it may well be one of a client that was found."""
    place = f"{connection.server} port {connection.port}"
    if not connection.inode:
        why = "something on this host was connected to it a moment ago, and has ended"
    else:
        why = f"a program of the user with number {connection.uid} is connected to it, which could not be looked at"
    host.gap(place, why, None if any(client["accounts"] for client in clients) else "clients")


def _explained(host, clients, found):
    user = user_name(host, found.uid)
    for client in clients:
        if is_of(client, found, host.realpath):
            accounts = [account for account in client["accounts"] + client.get("relays", []) if account["user"] in ("", user)]
            for account in accounts if found.replaced else ():
                account["replaced"] = sorted(set(account.get("replaced", []) + found.replaced))
            if accounts:
                return True
    return False


def is_of(client, found, realpath=os.path.realpath):
    """Tell whether the process *found* is of *client*, its evidence; *realpath* resolves links of its host.

    By its program; of what an interpreter runs, by the script or the configuration that its command line names.
    """
    programs = {install["program"] for install in client["installs"]}
    if not runtimes.of_program(found.program) and found.program in programs:
        return True
    paths = {realpath(path) for path in found.paths} - {found.program}
    known = {account["config"] for account in client["accounts"]} | {path for path in programs if not runtimes.of_program(path)}
    return not paths.isdisjoint(known)


def _account(host, connection, found, far_port):
    protocol, security = sockets.PORTS.get(far_port, (None, None))
    stacks, undecided = _stacks(host, found)
    if security is None:
        undecided.append(("security", "a connection to this port may go without TLS"))
    account = base.account(
        user_name(host, found.uid),
        found.program,
        0,
        name=found.unit,
        server=connection.server,
        port=connection.port,
        protocol=protocol,
        security=security,
        stacks=stacks,
        undecided=[base.undecided(what, why, found.program, 0) for what, why in undecided],
    )
    return dict(account, replaced=sorted(set(found.replaced))) if found.replaced else account


def _stacks(host, found):
    """The stacks of a process, and what is undecided about them: what it has loaded, or else what its program itself contains."""
    if not found.is_apart:
        return _loaded(host, found)
    if found.root is None:
        return [], [("library", "it runs in a file system of its own (a container), which is not read on this way")]
    return container.stacks(host, found, _loaded)


def _loaded(host, found):
    if runtimes.of_program(found.program) and not host.told_connections:
        stacks = host.stacks.of_interpreter(found.program, found.environment)
        others = [path for path in found.libraries if not any(stack.startswith(path) for stack in stacks)]
        return stacks, _several(others) if others else []
    loaded = [host.stacks.add_loaded(path, found.program) for path in found.libraries if host.is_file(path)]
    stacks = list(dict.fromkeys(host.stacks.under(loaded, found.environment)))
    contained = linked.find(host, found.program) if not stacks else []
    stacks += [host.stacks.add_linked(item.kind, item.version, found.program) for item in contained]
    return stacks, _several(stacks) if len(stacks) > 1 else []


def _several(stacks):
    return [("library", "it has more than one TLS library, and which of them speaks to the mail server is not known: " + ", ".join(stacks))]


def user_name(host, uid):
    """Return the name of the user with that number, or the number where nobody has it."""
    return next((user.name for user in host.users if user.uid == uid), "root" if uid == 0 else str(uid))


def _each_once(accounts):
    """One account for each program, user, unit and port: of a service behind many addresses the first stands for all."""
    found = {}
    for account in accounts:
        found.setdefault(tuple(account[key] for key in ("config", "user", "name", "port")), account)
    return list(found.values())
