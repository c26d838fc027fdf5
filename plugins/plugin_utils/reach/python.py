# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reach `python`: the collector, run by the host's own Python.

Where a program may go through the connection it is one of our own, python_program.py; where it may not (pipelining is off), or where it
is for Ansible to find the host's Python, it is the tls_audit module, which Ansible copies to the host.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.json_utils import _filter_non_json_lines

from ansible_collections.mailtls.fleet.plugins.module_utils import audit
from ansible_collections.mailtls.fleet.plugins.plugin_utils import failure_text
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import interpreter, python_program
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import Evidence, ReachError

MODULE = "mailtls.fleet.tls_audit"
# Ansible says UNREACHABLE of a host on which it can't make its directory, a full disk, say. The host was reached.
_NO_DIRECTORY = "create temporary directory"


def obtain(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> Evidence:
    """Return the evidence that the collector gathers on the host; see base.py."""
    try:
        answer = _answer(action, arguments, task_vars)
    except AnsibleConnectionFailure as error:
        if _NO_DIRECTORY in str(error):
            raise ReachError(str(error)) from error
        raise
    except AnsibleError as error:
        raise ReachError(str(error)) from error
    if answer.get("unreachable"):
        raise AnsibleConnectionFailure(str(answer.get("msg") or "the connection failed"))
    return _evidence(answer)


def program(action: Any, arguments: Mapping[str, Any]) -> bytes:
    """Return the program that goes to the host's Python; none where none may go through the connection."""
    if not action._is_pipelining_enabled("new", False):
        return b""
    return python_program.build({name: arguments[name] for name in audit.ARGUMENTS})


def evidence_in(printed: str, complaint: str) -> Evidence:
    """Return the evidence in what that program printed. Raises ReachError, by what it complained of, where there is none."""
    return _evidence(_read({"stdout": printed, "stderr": complaint}))


def _evidence(answer: Mapping[str, Any]) -> Evidence:
    if "evidence" not in answer:
        raise ReachError(failure_text.reason(answer) or "the host sent no evidence")
    evidence: Evidence = answer["evidence"]
    return evidence


def _answer(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
    """Return {evidence}, or what says why there is none, in the form of a module's result."""
    sent = program(action, arguments)
    python = interpreter.known(action, task_vars) if sent else None
    if python is None:
        answer: dict[str, Any] = action._execute_module(module_name=MODULE, module_args=dict(arguments), task_vars=task_vars)
        return answer
    return _read(_run(action, python, sent))


def _run(action: Any, python: str, sent: bytes) -> Mapping[str, Any]:
    # As Ansible puts it, unquoted: what the inventory names may be more than a path, such as /usr/bin/env python3.
    command = f"{action._compute_environment_string()} {python} {python_program.OPTIONS}".strip()
    try:
        told: Mapping[str, Any] = action._low_level_execute_command(command, in_data=sent)
    except (AnsibleConnectionFailure, OSError) as error:
        broken = _broken(error)
        if broken is None:
            raise
        # Either ssh ended, which says why where there is nothing to be sent, or the Python did, which is missing, say.
        action._low_level_execute_command("true", sudoable=False)
        raise ReachError(f"{python} did not take the program: {broken.strerror or broken}") from error
    return told


def _read(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object in what a host printed, amid whatever its login may have printed as well."""
    try:
        answer = json.loads(_filter_non_json_lines(told.get("stdout", ""), objects_only=True)[0])
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    return {"module_stdout": told.get("stdout"), "module_stderr": told.get("stderr")}


def _broken(error: Exception) -> OSError | None:
    """Return what broke while the program was sent; None where that is not what happened."""
    broken = error if isinstance(error, OSError) else error.__cause__ or getattr(error, "orig_exc", None)
    return broken if isinstance(broken, OSError) else None
