# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which reach a host is audited by, and why that one."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import interpreter, program, python, shell, shell_call, windows
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import Evidence, Obtain, ReachError, note

AUTO, PYTHON, SHELL, WINDOWS = "auto", "python", "shell", "windows"
REACHES: Mapping[str, Obtain] = {PYTHON: python.obtain, SHELL: shell.obtain, WINDOWS: windows.obtain}

_WINDOWS_CONNECTIONS = ("winrm", "psrp")
_WINDOWS_SHELLS = ("cmd", "powershell")


def obtain(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> Evidence:
    """Return the evidence of the host by the reach that fits, or that the argument `reach` forces; see base.py."""
    forced = arguments.get("reach", AUTO)
    if forced not in (AUTO, PYTHON, SHELL, WINDOWS):
        raise ReachError(f"reach: expected auto, python, shell or windows, found {forced!r:.40}")
    if forced == AUTO and not is_windows(action):
        return _posix(action, arguments, task_vars)
    return REACHES[WINDOWS if forced == AUTO else forced](action, arguments, task_vars)


def is_windows(action: Any) -> bool:
    """Tell it from what the inventory says of the host, before anything is sent there."""
    connection = action._connection
    family = getattr(getattr(connection, "_shell", None), "SHELL_FAMILY", None)
    return connection.transport in _WINDOWS_CONNECTIONS or family in _WINDOWS_SHELLS


def _posix(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> Evidence:
    """By Python where one serves, else by shell.

    Where no interpreter is set for the host, a program of the shell looks for one in the place of Ansible's own discovery, and hands it the
    program that comes with it. So a host with Python takes one call either way, and one without takes two.
    """
    if interpreter.known(action, task_vars):
        return _by_python(action, arguments, task_vars)
    lowest = interpreter.lowest(action)
    sent = python.program(action, arguments)
    finder = functools.partial(program.finder, interpreter.candidates(task_vars), lowest, bool(sent))
    answer = shell_call.as_argument(action, finder, sent)
    found = interpreter.found(answer.records)
    if found is None:
        return note(shell.obtain(action, arguments, task_vars), interpreter.unfit(answer.records, lowest))
    try:
        evidence = python.evidence_in(answer.printed, answer.complaint)
    except ReachError:
        # Also where nothing could be sent along.
        return _by_python(action, arguments, interpreter.use(action, task_vars, found))
    for why in shell_call.notes(answer.records):
        evidence = note(evidence, why)
    return evidence


def _by_python(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> Evidence:
    try:
        return python.obtain(action, arguments, task_vars)
    except ReachError as failure:
        why = failure
    try:
        evidence = shell.obtain(action, arguments, task_vars)
    except ReachError as error:
        raise ReachError(f"{why}; by shell: {error}") from error
    return note(evidence, f"audited by shell, because Python did not do it: {why}")
