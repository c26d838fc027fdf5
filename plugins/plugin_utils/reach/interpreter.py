# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Python of a host: which one Ansible would take, and whether it serves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible import constants
from ansible.module_utils import basic

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.frame import Record

VARIABLE = "ansible_python_interpreter"
_DISCOVERED = "discovered_interpreter_python"
# What our program runs on; ansible-core names what its modules need since 2.17, and before that was the same.
_OWN = (3, 6)
_NEEDED = getattr(basic, "_PY_MIN", None)
_MODULES = max(_NEEDED if isinstance(_NEEDED, tuple) else _OWN, _OWN)
# Of RHEL 8 and its like, where it may be the only one; Ansible's list had it as long as Ansible drove it.
_PLATFORM = "/usr/libexec/platform-python"
_OLD = ("python", "python2.7", "python2.6", "python2.4")


def known(action: Any, task_vars: dict[str, Any]) -> str | None:
    """Return the interpreter that the inventory, the configuration or an earlier task names for the host; None where nothing does.

    It is a command as it stands in the inventory, which may be more than a path.
    """
    variables = _variables(action, task_vars)
    chosen = str(action._templar.template(constants.config.get_config_value("INTERPRETER_PYTHON", variables=variables))).strip()
    if not chosen.startswith("auto"):
        return chosen
    discovered = (variables.get("ansible_facts") or {}).get(_DISCOVERED)
    return str(discovered) if discovered else None


def candidates(task_vars: dict[str, Any]) -> list[str]:
    """Return the names that Ansible's discovery looks for, in its order, and behind them those of old ones, to say that they are there."""
    names = [str(name) for name in constants.config.get_config_value("INTERPRETER_PYTHON_FALLBACK", variables=task_vars)]
    return list(dict.fromkeys([*names, _PLATFORM, *_OLD]))


def lowest(action: Any) -> int:
    """Return the lowest version that serves, 306 for 3.6: our own program's, or that of modules where no program may go to a Python."""
    major, minor = _OWN if action._is_pipelining_enabled("new", False) else _MODULES
    return major * 100 + minor


def found(records: Iterable[Record]) -> str | None:
    """Return the interpreter that the host named as one that serves, or None."""
    return next((record[1] for record in records if record[0] == "python" and len(record) > 1 and record[1].startswith("/")), None)


def unfit(records: Iterable[Record], needed: int) -> str:
    """Return why none serves, where *needed* is what `lowest` returned."""
    reasons = [f"{record[1]} {_why(record[2])}" for record in records if record[0] == "unfit" and len(record) > 2]
    return f"audited by shell, because there is no Python of {_version(needed)} or later: {'; '.join(reasons) or 'none was found'}"


def use(action: Any, task_vars: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the variables with the interpreter *path* set for this task."""
    changed = {**task_vars, VARIABLE: path}
    delegate = action._task.delegate_to
    delegated = dict(task_vars.get("ansible_delegated_vars") or {})
    if delegate and delegate in delegated:
        delegated[delegate] = {**delegated[delegate], VARIABLE: path}
        changed["ansible_delegated_vars"] = delegated
    return changed


def _variables(action: Any, task_vars: dict[str, Any]) -> dict[str, Any]:
    delegated: dict[str, Any] = (task_vars.get("ansible_delegated_vars") or {}).get(action._task.delegate_to or "") or task_vars
    return delegated


def _why(told: str) -> str:
    if told.isdigit():
        return f"is Python {_version(int(told))}"
    return "lacks parts of the standard library" if told == "incomplete" else "does not run"


def _version(number: int) -> str:
    return f"{number // 100}.{number % 100}"
