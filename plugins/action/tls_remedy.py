# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remedy of one host: from findings to changes, and whether they helped.

Files change in the module, on the host; values of a Windows registry by command lines from here.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.mailtls.fleet.plugins.plugin_utils import remedy, remedy_answer, run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import choose, windows
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import backup
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import remedy as registry_remedy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.session import Interrupted, Session

MODULE = "mailtls.fleet.tls_remedy"
_NO_PYTHON = "the host was audited by shell, and its change needs a Python there, 3.6 or later: follow the written fix"
_ON_CONTROLLER = ("record", "after", "remedied", "plan", "harden")


class ActionModule(ActionBase):
    """The controller's side of a remedy."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what was changed, or would be; of V(verified) what is not better."""
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        result["by"] = _who(task_vars)
        arguments = dict(self._task.args)
        if arguments.get("state") == "verified":
            return {**result, **_verified(arguments)}
        return {**result, **self._changed(arguments, task_vars)}

    def _changed(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        arguments["run"] = arguments.get("run") or _recorded_run()
        arguments["restart"] = _restart_choice(arguments.get("restart"))
        if arguments.get("state", "applied") == "applied" and "changes" not in arguments:
            of_part = remedy.PARTS[str(arguments.get("part", remedy.SETTINGS))]
            asked = _asked_for(arguments, str(task_vars.get("inventory_hostname", "")))
            arguments.update(asked, changes=[change for change in asked["changes"] if of_part(change)])
            if not arguments["changes"] or (arguments.get("record") or {}).get("reach") == "shell":
                return {**_untouched([{"change": change, "why": _NO_PYTHON} for change in arguments["changes"]]), "run": arguments["run"]}
        answer = self._of_registry(arguments) if choose.is_windows(self) else self._on_host(arguments, task_vars)
        if "items" in answer and self._task.diff:
            answer["diff"] = remedy.diff(answer["items"])
        return {**answer, "run": arguments["run"], "state": arguments.get("state", "applied")}

    def _on_host(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        sent = {key: value for key, value in arguments.items() if key not in _ON_CONTROLLER}
        answer: dict[str, Any] = self._execute_module(module_name=MODULE, module_args=sent, task_vars=task_vars)
        try:
            return remedy_answer.checked(answer)
        except remedy_answer.AnswerError as error:
            raise AnsibleActionFail(f"What the host says of its changes is not of the agreed form: {error}") from error

    def _of_registry(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._registry_changed(arguments), "restarts": []}

    def _registry_changed(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        execute, shell, _writes_utf8 = windows.way_to(self)
        session = Session(execute, shell)
        check = bool(self._task.check_mode)
        try:
            saved = backup.Backup(session, str(arguments.get("backups") or backup.DEFAULT), str(arguments["run"]))
            if arguments.get("state") == "rolled_back":
                return registry_remedy.roll_back(session, saved, check)
            changes = [change for change in arguments["changes"] if "registry" in change]
            return registry_remedy.apply(session, saved, changes, check, int(arguments.get("keep") or 0))
        except (backup.BackupError, Interrupted) as error:
            raise AnsibleActionFail(str(error)) from error


def _untouched(refused: list[dict[str, Any]]) -> dict[str, Any]:
    return {"changed": False, "items": [], "refused": refused, "restarts": [], "state": "applied"}


def _asked_for(arguments: Mapping[str, Any], host: str) -> dict[str, Any]:
    if arguments.get("plan"):
        try:
            changes, hashes = remedy.saved(arguments["plan"], host)
        except remedy.PlanError as error:
            raise AnsibleActionFail(f"The saved plan can't be used: {error}") from error
        return {"changes": changes, "hashes": hashes}
    if "record" not in arguments:
        raise AnsibleActionFail("One of record, plan and changes is needed: what is there to change?")
    return {
        "changes": [
            *remedy.changes_of(arguments["record"], boolean(arguments.get("harden", False))),
            *remedy.upgrades_of(arguments["record"]),
        ]
    }


def _verified(arguments: Mapping[str, Any]) -> dict[str, Any]:
    worse = remedy.not_better(arguments["record"], arguments["after"], arguments["remedied"])
    told = {"changed": False, "worse": worse}
    return {**told, "failed": True, "msg": "The changes did not help: " + "; ".join(worse)} if worse else told


def _restart_choice(given: Any) -> str | list[str]:
    try:
        return remedy.restart_choice(given)
    except remedy.ChoiceError as error:
        raise AnsibleActionFail(f"restart: {error}") from error


def _recorded_run() -> str:
    current = run.current()
    if current is None:
        raise AnsibleActionFail("run is needed where no run is being recorded: it names the backup set")
    return current.folder.run_id


def _who(task_vars: Mapping[str, Any]) -> str:
    """The person who started the job in AWX (docs of AWX, job templates, extra variables), or else the user of this process."""
    return str(task_vars.get("awx_user_name") or task_vars.get("tower_user_name") or getpass.getuser())
