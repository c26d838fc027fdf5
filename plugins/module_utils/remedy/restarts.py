# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs on with the settings that it read when it began: always named, and restarted where that is asked for."""

import collections
import time

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import registry
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.live import find as live
from ansible_collections.mailtls.fleet.plugins.module_utils.live import process, sockets
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import services

NEVER, ALL = "never", "yes"
NEEDED, WOULD_RESTART, RESTARTED, FAILED = "needed", "would_restart", "restarted", "failed"
_SECONDS_TO_COME_BACK = 15
_PAUSE = 0.2

# service: services.Service or None; why: the reason of None; client, program, user: of the processes;
# processes: their identities; changes: those that they have not read.
Running = collections.namedtuple("Running", "service why client program user processes changes")


def find(changes):
    """Return a Running for each service, and each program outside of one, that began before *changes* are made and concerns them.

    Args:
        changes: {client, file, key, findings, accounts: [{client, config, user}]} each.
    """
    host = Host("/")
    evidence = _evidence(host, changes)
    found = collections.OrderedDict()
    for change in changes:
        for client, number, seen in _concerned(host, evidence, change):
            identity = process.identity(number)
            user = live.user_name(host, seen.uid)
            service, why = services.of_process(host, number, lambda other, client=client: _belongs(evidence, client, other))
            key = service or (seen.program, user)
            known = found.setdefault(key, Running(service, why, client, seen.program, user, set(), []))
            if identity:
                known.processes.add(identity)
            if change not in known.changes:
                known.changes.append(change)
    return list(found.values())


def not_restarted(running):
    """Return those of *running*, as `find` returned it, of which a process goes on."""
    return [item for item in running if not item.processes or any(process.identity(number[0]) == number for number in item.processes)]


def told(running, choice):
    """Return what is said of each Running before anything is restarted. *choice*: NEVER, ALL, or a list of names."""
    return [_told(item, WOULD_RESTART if _is_chosen(item, choice) else NEEDED, item.why) for item in running]


def carry_out(running, choice):
    """Restart what is chosen, and return what is said of each Running; one that does not come back has failed."""
    host = Host("/")
    outcome = []
    for item in running:
        if _is_chosen(item, choice):
            why = services.restart(host, item.service) or _missing(host, item)
            outcome.append(_told(item, FAILED if why else RESTARTED, why))
        else:
            outcome.append(_told(item, NEEDED, item.why))
    return outcome


def noted(item):
    """Return what the backup set keeps of a Running, for audits to come: they are told by remedy.unread."""
    accounts = [account for change in item.changes for account in change.get("accounts", ())]
    return {
        "boot": process.boot(),
        "processes": sorted(map(list, item.processes)),
        "files": sorted({change["file"] for change in item.changes}),
        "accounts": accounts,
    }


def failed_before(restarts, changes):
    """Return a Running for each of *restarts*, as `carry_out` returned them, that failed and whose *changes* are taken back.

    Nothing of it may be running, so that `find` does not see it.
    """
    found = []
    for item in restarts:
        if item["state"] == FAILED:
            user = item["user"] if item["manager"] == services.SYSTEMD_OF_USER else None
            service = services.Service(item["manager"], item["name"], user)
            mine = [change for change in changes if change["file"] in item["files"]]
            found.append(Running(service, None, item["client"], item["program"], item["user"], set(), mine))
    return found


def _is_chosen(item, choice):
    if item.service is None or choice == NEVER:
        return False
    names = {item.service.name, item.service.name.rpartition(".service")[0] or item.service.name}
    return choice == ALL or not names.isdisjoint(choice)


def _told(item, state, why):
    return {
        "name": item.service.name if item.service else item.program,
        "manager": item.service.manager if item.service else None,
        "client": item.client,
        "program": item.program,
        "user": item.user,
        "files": sorted({change["file"] for change in item.changes}),
        "findings": sorted({finding for change in item.changes for finding in change["findings"]}),
        "state": state,
        "why": why,
    }


def _missing(host, item):
    """Return None once the client runs anew, and all that ran before has ended; or else why it does not."""
    evidence = _evidence(host, item.changes)
    end = time.monotonic() + _SECONDS_TO_COME_BACK
    while time.monotonic() < end:
        numbers = {number for change in item.changes for _client, number, _seen in _concerned(host, evidence, change)}
        now = {process.identity(number) for number in numbers} - {None}
        if now - item.processes and item.processes.isdisjoint(now):
            return None
        time.sleep(_PAUSE)
    what = "some of it goes on as before" if item.processes & now else "it is not running then"
    return f"its restart was done, but {what}: its log says more"


def _evidence(host, changes):
    wanted = {account["client"] for change in changes for account in change.get("accounts", ())}
    return {reader.NAME: reader.read(host) for reader in registry.READERS if reader.NAME in wanted}


def _concerned(host, evidence, change):
    """Yield (client, number, Process) of what runs and has to do with the accounts of *change*.

    Where command lines name the configuration, it is those; otherwise all of the client's, of the account's user.
    """
    for client in sorted({account["client"] for account in change.get("accounts", ())}):
        accounts = [account for account in change["accounts"] if account["client"] == client]
        users, configs = {account["user"] for account in accounts}, {account["config"] for account in accounts}
        mine = [
            (client, number, seen)
            for number, seen in ((number, process.look(number)) for number in sockets.processes())
            if seen and not seen.is_apart and ("" in users or live.user_name(host, seen.uid) in users)
            if _belongs(evidence, client, seen, configs)
        ]
        naming = [entry for entry in mine if not configs.isdisjoint(entry[2].paths)]
        yield from naming or mine


def _belongs(evidence, client, seen, configs=()):
    if client == live.NAME:
        return seen.program in configs
    return evidence.get(client) is not None and live.is_of(evidence[client], seen)
