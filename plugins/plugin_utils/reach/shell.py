# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reach `shell`: one POSIX shell program over the connection's raw execution; what it sends is read here by the same collectors."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils import collect, users
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base as clients
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import present
from ansible_collections.mailtls.fleet.plugins.module_utils.live import find
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import frame, masked, openssl_program, program, shell_call, wanted
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import Evidence, ReachError, note
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.frame import Record
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.saved_host import SavedHost

NAME = "shell"
_NOT_READ = "not read on a host without Python"
_UNKNOWN_STACK = "unknown"
_UNREAD = f"its configuration is {_NOT_READ}"


def obtain(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> Evidence:
    """Return the evidence of a host with nothing but a shell; see base.py."""
    if arguments.get("root", "/").rstrip("/"):
        raise ReachError("a mounted tree can only be audited by a Python of the host that it is mounted on")
    others = [name for names in wanted.ONLY_SEEN.values() for name in names]
    build = functools.partial(program.build, wanted.SYSTEM, list(wanted.CLIENTS.values()), others)
    return evidence(shell_call.by_input(action, build).records)


def evidence(records: list[Record]) -> Evidence:
    """Return the evidence that the records of a host come to. Raises ReachError where they are not of the agreed form."""
    try:
        return _evidence(records)
    except (TypeError, ValueError, LookupError) as error:
        raise ReachError(f"{frame.NOT_AGREED} ({error.__class__.__name__})") from error


def _evidence(records: list[Record]) -> Evidence:
    host = SavedHost(records, _asked())
    readers = [reader for reader in present.every_reader() if reader.NAME in wanted.CLIENTS]
    document: Evidence = collect.of_host(host, NAME, host.uid == 0, readers=readers)
    openssl_program.complete(host, document["stacks"], records)
    _note_unread(host, document, records)
    host.launches.note_other_places(host)
    for why in shell_call.notes(records):
        document = note(document, why)
    return masked.undecided(document)


def _note_unread(host: SavedHost, document: Evidence, records: list[Record]) -> None:
    """Add what is there, and whose settings are not read."""
    for name, programs in wanted.ONLY_SEEN.items():
        if host.programs(*programs):
            _unread(host, document, name, programs, name, _UNREAD)
    for kind, *fields in records:
        if kind == "started":
            _started(host, document, *fields)
        elif kind == "url":
            _url(host, document, *fields)
        elif kind == "session":
            _session(host, document, fields[0], f"has a shell read {fields[1]}, which sets variables that are {_NOT_READ}")
        elif kind == "session_unseen":
            _session(host, document, fields[0], f"has a shell read what only that shell knows, in {fields[1]}")
        elif kind == "mailbox":
            host.gap(fields[0], f"names what scripts read mail with: whether it does is {_NOT_READ}", "clients")
        elif kind == "away":
            host.gap(fields[0], users.AWAY, "accounts")
        elif kind == "closed":
            # It may hold anything, also what needs no client that was seen.
            host.gap(fields[0], "permission denied", "clients")
        elif kind == "unread":
            host.gap(fields[0], f"{fields[1]}: what it starts was not seen", "accounts")
    if host.uid:
        host.gap(*find.OTHERS)
    if host.tells_connections:
        host.gap("running programs", "on a host without Python, those in network namespaces of their own are not looked at")
    else:
        host.gap("running programs", "which of them are connected to a mail server could not be looked at")
    rest = ", ".join(sorted(wanted.NOT_LOOKED_FOR))
    host.gap("mail clients", f"these are not looked for on a host without Python: {rest}")


def _started(host: SavedHost, document: Evidence, program: str, file: str) -> None:
    """Something starts a client in a way that is not told: whatever was read of its accounts may be otherwise, or not all."""
    name = next((name for name, item in wanted.CLIENTS.items() if program in item.programs), program)
    why = f"{file} starts {program} with options or an environment that are {_NOT_READ}"
    host.gap(file, why, f"client:{name}")
    for client in document["clients"]:
        for account in client["accounts"] if client["name"] == name else ():
            _leave_open(account, "options", why, file)
            # Nothing of the file may count.
            account.update(server=None, port=None, security=None, settings=[])


def _session(host: SavedHost, document: Evidence, file: str, why: str) -> None:
    """What sessions read has them read another text, which sets a variable that bears on mail clients, or may."""
    homes = {user.name: user.home for user in host.users}
    for client in document["clients"]:
        for account in client["accounts"]:
            if file.startswith(("/etc/", f"{homes.get(account['user'], '')}/")):
                _leave_open(account, "environment", f"{file} {why}", file)


def _leave_open(account: dict[str, Any], setting: str, why: str, file: str) -> None:
    account["undecided"].append(clients.undecided(setting, why, file, 1))
    # An environment may replace the library.
    account.update(stacks=[_UNKNOWN_STACK])


def _url(host: SavedHost, document: Evidence, file: str) -> None:
    """A command names a mailbox as a URL: curl is one of the programs that take it."""
    why = f"names a mailbox on a server in a command that is {_NOT_READ}"
    if host.programs("curl"):
        _unread(host, document, "curl", ("curl",), file, why)
    else:
        host.gap(file, why, "accounts")


def _unread(host: SavedHost, document: Evidence, name: str, programs: tuple[str, ...], what: str, why: str) -> None:
    if all(client["name"] != name for client in document["clients"]):
        document["clients"].append(clients.evidence(name, clients.installs(host, programs, (name,)), []))
    host.gap(what, why, f"client:{name}")


def _asked() -> Iterable[str]:
    """The patterns of all paths that the program looks for."""
    directories = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
    names = [name for programs in wanted.ONLY_SEEN.values() for name in programs] + ["curl"]
    yield from ("/home", "/Users", "/home/*", "/Users/*")
    for item in (wanted.SYSTEM, *wanted.CLIENTS.values()):
        yield from (path for path, _filter in item.files)
        yield from item.status
        yield from (directory for directory, _names in item.names)
        names += item.programs
    yield from (f"{directory}/{name}" for directory in directories for name in names)
