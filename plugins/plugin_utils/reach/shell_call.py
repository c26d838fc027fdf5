# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a program of program.py on a host, without root where the account may not become root, and reads its answer."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import frame
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import ReachError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.frame import Record

_Run = Callable[[bool], dict[str, Any]]


class Answer(NamedTuple):
    """What a host answered: records, what came behind them, and what was complained of (standard error)."""

    records: list[Record]
    printed: str
    complaint: str


def by_input(action: Any, build: Callable[[str], str]) -> Answer:
    """Run the program, which may be long, by standard input; as an argument where nothing may go there (sudo wants a terminal, say).

    Args:
        action: as of base.py.
        build: returns the program's text for a nonce.

    Raises:
        ReachError, AnsibleConnectionFailure: as of base.py.
    """
    if not action._is_pipelining_enabled("new", False):
        return as_argument(action, build, b"")
    nonce = secrets.token_hex(16)
    text, executable = build(nonce).encode("utf-8"), action._play_context.executable or "/bin/sh"
    return _ask(action, nonce, lambda sudoable: action._low_level_execute_command(executable, sudoable=sudoable, in_data=text))


def as_argument(action: Any, build: Callable[[str], str], sent: bytes) -> Answer:
    """Run the program as an argument of the shell, with *sent* at its standard input; else as `by_input`."""
    nonce = secrets.token_hex(16)
    text = build(nonce)
    return _ask(action, nonce, lambda sudoable: action._low_level_execute_command(text, sudoable=sudoable, in_data=sent or None))


def notes(records: Iterable[Record]) -> list[str]:
    """Return what is to be noted of how the host was seen."""
    return [record[1] for record in records if record[0] == "note"]


def _ask(action: Any, nonce: str, run: _Run) -> Answer:
    try:
        return _answer(run(True), nonce)
    except AnsibleConnectionFailure:
        raise
    except (AnsibleError, ReachError) as error:
        if not getattr(action._connection, "become", None):
            raise ReachError(str(error)) from error
        refused = str(error)
    told = _answer(run(False), nonce)
    why = f"the account could not become another user, so this was seen with its own rights: {refused}"
    return told._replace(records=[*told.records, ("note", why)])


def _answer(told: dict[str, Any], nonce: str) -> Answer:
    complaint = str(told.get("stderr") or "")
    try:
        records, printed = frame.split(told["stdout"].encode("utf-8", "surrogateescape"), nonce)
    except ReachError as error:
        words = " ".join(complaint.split())
        raise ReachError(f"{error}: {words}" if words else str(error)) from None
    return Answer(records, printed.decode("utf-8", "surrogateescape"), complaint)
