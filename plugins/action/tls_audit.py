# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Audit of one host: obtain its evidence, judge it, hand the record on."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.mailtls.fleet.plugins.module_utils import audit, duration
from ansible_collections.mailtls.fleet.plugins.plugin_utils import bounds, judged, remedy, run, sample, waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.host_record import fact, of_error
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Policy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import choose
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import ReachError


class ActionModule(ActionBase):
    """The audit's side on the controller; it runs in Ansible's worker processes, so it scales with forks."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the host's record; what goes wrong on one host is that host's ERROR and nobody else's."""
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        policy = self._policy()
        host = str(task_vars.get("inventory_hostname", ""))
        result.update(changed=False, policy=run.policy_summary(policy))
        given = self._waivers(policy)
        try:
            arguments = _checked(sample.arguments(self._task.args, host, task_vars))
            with bounds.bounded(self._seconds(arguments)):
                document = sample.noted(choose.obtain(self, arguments, task_vars), arguments)
        except (ReachError, bounds.OutOfBounds) as error:
            result["mailtls"] = of_error(host, f"the audit failed on the host: {error}")
            return self._with_facts(result, policy)
        groups = {"all", *task_vars.get("group_names", ())}
        record = remedy.waiting(_record(host, document, policy), self._task.args.get("restarts") or ())
        result["mailtls"] = waivers.apply(record, given, groups, datetime.date.today())
        if self._task.args.get("evidence"):
            result["evidence"] = document
        return self._with_facts(result, policy)

    def _with_facts(self, result: dict[str, Any], policy: Policy) -> dict[str, Any]:
        """Add what the fact cache gets of the host, where that is asked for."""
        if boolean(self._task.args.get("cache_facts", False)):
            result["ansible_facts"] = {"mailtls": fact(result["mailtls"], run.policy_summary(policy), run.now())}
        return result

    def _seconds(self, arguments: Mapping[str, Any]) -> int:
        watch = duration.seconds(arguments["watch"])
        return int(arguments["host_timeout"]) + (watch or 0) + sample.seconds(arguments)

    def _policy(self) -> Policy:
        try:
            return policy_load.load(*_files(self._task.args.get("policy")))
        except policy_load.PolicyError as error:
            raise AnsibleActionFail(f"The policy can't be used: {error}") from error

    def _waivers(self, policy: Policy) -> tuple[waivers.Waiver, ...]:
        try:
            return waivers.load(_files(self._task.args.get("waivers")), policy.deadline)
        except waivers.PolicyError as error:
            raise AnsibleActionFail(f"The waivers can't be used: {error}") from error


def _checked(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with their defaults, each of its type. Raises ReachError where one can't be used."""
    checked = ArgumentSpecValidator(audit.ARGUMENT_SPEC).validate(arguments)
    if checked.error_messages:
        raise ReachError("; ".join(checked.error_messages))
    whole: dict[str, Any] = checked.validated_parameters
    return whole


def _record(host: str, document: dict[str, Any], policy: Policy) -> dict[str, Any]:
    recorded = run.current()
    if recorded is not None:
        recorded.save_evidence(host, document)
    return judged.of_document(host, document, policy, datetime.date.today(), "the host's answer")


def _files(given: Any) -> list[str]:
    """Return the files that a task names: a list, one file, or none."""
    return [given] if isinstance(given, str) and given else list(given or ())
