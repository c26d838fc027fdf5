# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reach `python`: the tls_audit module, run by the host's own Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.mailtls.fleet.plugins.plugin_utils import failure_text
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import Evidence, ReachError

MODULE = "mailtls.fleet.tls_audit"
# Ansible says UNREACHABLE of a host on which it can't make its directory, a full disk, say. The host was reached.
_NO_DIRECTORY = "create temporary directory"


def _broke_while_sending(error: AnsibleConnectionFailure) -> bool:
    return isinstance(error.__cause__ or getattr(error, "orig_exc", None), OSError)


def obtain(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> Evidence:
    """Return the evidence that the module collects on the host; see base.py."""
    try:
        answer = action._execute_module(module_name=MODULE, module_args=dict(arguments), task_vars=task_vars)
    except AnsibleConnectionFailure as error:
        if _NO_DIRECTORY in str(error):
            raise ReachError(str(error)) from error
        if _broke_while_sending(error):
            # ssh was gone before it had all of the module, so Ansible did not wait for what it said. Without anything to send, it does.
            action._low_level_execute_command("true", sudoable=False)
        raise
    except AnsibleError as error:
        raise ReachError(str(error)) from error
    if answer.get("unreachable"):
        raise AnsibleConnectionFailure(str(answer.get("msg") or "the connection failed"))
    if "evidence" not in answer:
        raise ReachError(failure_text.reason(answer) or "the module sent no evidence")
    evidence: Evidence = answer["evidence"]
    return evidence
