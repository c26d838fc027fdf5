# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that a remediation changed, and that a program which has been running since before has not read."""

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.live import process
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import backup, files


def mark(host, clients, directory):
    """Add these files to `replaced` of the accounts of *clients* (evidence) that they act on.

    Args:
        host: the Host; where it is no running system, nothing runs.
        clients: evidence, which is changed.
        directory: of the backup sets, which say what ran before each change. One that can't be looked into says nothing.
    """
    for run in backup.names(directory) if host.live else ():
        try:
            items, noted = backup.load(directory, run) or (), backup.running(directory, run)
        except backup.BackupError as error:
            host.gap(directory, str(error))
            continue
        changed = {item.path for item in items if noted and _holds(host, item)}
        for entry in noted:
            for path in changed.intersection(entry["files"]) if _goes_on(entry) else ():
                _mark(clients, entry["accounts"], path)


def _goes_on(entry):
    alive = {process.identity(number) for number, _start in entry["processes"]}
    return entry["boot"] == process.boot() and not alive.isdisjoint(map(tuple, entry["processes"]))


def _holds(host, item):
    """Whether the file is still as it was changed; one that somebody changed since may have been read since as well."""
    try:
        return files.digest(host.read(item.path)) == item.after
    except (Absent, Unreadable):
        return False


def _mark(clients, accounts, path):
    for client in clients:
        for account in client["accounts"] + client.get("relays", []):
            if {"client": client["name"], "config": account["config"], "user": account["user"]} in accounts:
                account["replaced"] = sorted(set(account.get("replaced", []) + [path]))
