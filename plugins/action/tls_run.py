# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opening and closing of a run: what must hold before the first host is audited, and after the last one."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.mailtls.fleet.plugins.plugin_utils import run, waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import facts, formats
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.document import summary
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import ANSWERED, ERROR, GATES, NOT_AUDITED, VERDICTS

NO_CALLBACK = (
    "The callback mailtls.fleet.tls_report is not loaded, so this run would leave no report."
    " Add callbacks_enabled = mailtls.fleet.tls_report to the section [defaults] of ansible.cfg, or set the environment variable"
    " ANSIBLE_CALLBACKS_ENABLED=mailtls.fleet.tls_report. (Ansible ignores an ansible.cfg in a directory that others may write to.)"
)
NO_INVENTORY = "The inventory has no host, so there is nothing to audit."
NO_HOST = "No host was audited."
_MAX_NAMED = 10
_WHOLE = 100


class ActionModule(ActionBase):
    """Runs on the controller only, and never makes a connection."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Open or close the run; fail with one sentence when it can't be, or should not be, a success."""
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(
            argument_spec={
                "phase": {"type": "str", "choices": ["open", "close"], "required": True},
                "policy": {"type": "list", "elements": "path", "default": []},
                "waivers": {"type": "list", "elements": "path", "default": []},
                "formats": {"type": "list", "elements": "str", "choices": list(formats.FORMATS)},
                "fail_on": {"type": "str", "choices": list(GATES), "default": "none"},
                "min_coverage": {"type": "float", "default": 0},
            }
        )[1]
        current = _recorded_run()
        if not 0 <= arguments["min_coverage"] <= _WHOLE:
            raise AnsibleActionFail(f"min_coverage is a share in per cent, 0 to 100, and not {arguments['min_coverage']:g}.")
        phase = {"open": _open, "close": _close}[arguments["phase"]]
        return {"changed": False, "run": current.folder.run_id, **phase(current, arguments, task_vars or {})}


def _recorded_run() -> run.Run:
    if run.problems():
        raise AnsibleActionFail(f"This run can't leave a whole report: {'; '.join(run.problems())}")
    current = run.current()
    if current is None:
        raise AnsibleActionFail(NO_CALLBACK)
    return current


def _open(_current: run.Run, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
    if not task_vars.get("groups", {}).get("all"):
        raise AnsibleActionFail(NO_INVENTORY)
    try:
        policy = policy_load.load(*arguments["policy"])
    except policy_load.PolicyError as error:
        raise AnsibleActionFail(f"The policy can't be used: {error}") from error
    try:
        given = waivers.load(arguments["waivers"], policy.deadline)
    except waivers.PolicyError as error:
        raise AnsibleActionFail(f"The waivers can't be used: {error}") from error
    return {
        "policy": run.policy_summary(policy),
        "policy_files": arguments["policy"],
        "waivers": waivers.summaries(given, datetime.date.today()),
        "waiver_files": arguments["waivers"],
        "formats": arguments["formats"],
    }


def _close(current: run.Run, arguments: Mapping[str, Any], _task_vars: Mapping[str, Any]) -> dict[str, Any]:
    verdicts = {**dict.fromkeys(current.missing(), ERROR), **current.verdicts}
    counts = Counter(verdicts.values())
    told = ", ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS if counts[verdict])
    if not verdicts:
        raise AnsibleActionFail(NO_HOST)
    if NOT_AUDITED.issuperset(verdicts.values()):
        raise AnsibleActionFail(f"Not one host could be audited ({told}): {_names(verdicts, NOT_AUDITED)}.")
    _check_coverage(verdicts, arguments["min_coverage"])
    stopped = GATES[arguments["fail_on"]]
    if stopped.intersection(verdicts.values()):
        raise AnsibleActionFail(f"The run was told to fail on {arguments['fail_on']} ({told}): {_names(verdicts, stopped)}.")
    return {"verdicts": dict(counts)}


def _check_coverage(verdicts: Mapping[str, str], least: float) -> None:
    coverage = summary(verdicts.values())["coverage"]
    if coverage * 100 < least:
        missing = frozenset(VERDICTS) - ANSWERED
        raise AnsibleActionFail(
            f"The coverage is {facts.percent(coverage)}, and has to be at least {least:g} %: of these hosts the answer is not known:"
            f" {_names(verdicts, missing)}."
        )


def _names(verdicts: Mapping[str, str], wanted: frozenset[str]) -> str:
    """Return the names of hosts with a *wanted* verdict, the worst first; ten of them, and how many more."""
    hosts = sorted((VERDICTS.index(verdict), host) for host, verdict in verdicts.items() if verdict in wanted)
    named = ", ".join(f"{host} {VERDICTS[place]}" for place, host in hosts[:_MAX_NAMED])
    return named if len(hosts) <= _MAX_NAMED else f"{named} and {len(hosts) - _MAX_NAMED} more"
