# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opening and closing of a run: what must hold before the first host is audited, and after the last one."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.mailtls.fleet.plugins.plugin_utils import artifact, gate, hand_on, host_record, retention, run, sample, waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database_url import StoreError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document, formats
from ansible_collections.mailtls.fleet.plugins.plugin_utils.stored_hosts import StoredHosts
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import ERROR, GATES

NO_CALLBACK = (
    "The callback mailtls.fleet.tls_report is not loaded, so this run would leave no report."
    " Add callbacks_enabled = mailtls.fleet.tls_report to the section [defaults] of ansible.cfg, or set the environment variable"
    " ANSIBLE_CALLBACKS_ENABLED=mailtls.fleet.tls_report. (Ansible ignores an ansible.cfg in a directory that others may write to.)"
)
NO_INVENTORY = "The inventory has no host, so there is nothing to audit."


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
                "phase": {"type": "str", "choices": list(_PHASES), "required": True},
                "policy": {"type": "list", "elements": "path", "default": []},
                "waivers": {"type": "list", "elements": "path", "default": []},
                "formats": {"type": "list", "elements": "str", "choices": list(formats.FORMATS)},
                "probe": {"type": "list", "elements": "str", "default": []},
                "probe_jitter": {"type": "int", "default": sample.JITTER},
                "probe_hosts": {"type": "int", "default": sample.HOSTS},
                "fail_on": {"type": "str", "choices": list(GATES), "default": "none"},
                "min_coverage": {"type": "float", "default": 0},
                "slice": {"type": "str", "default": ""},
                "hand_on": {"type": "str", "choices": list(hand_on.WAYS), "default": hand_on.NONE},
                "artifact": {"type": "str", "default": ""},
                "artifact_limit": {"type": "int", "default": artifact.DEFAULT_LIMIT},
                "artifact_hosts": {"type": "int", "default": artifact.DEFAULT_HOSTS},
                "slices": {"type": "int", "default": 1},
                "workflow": {"type": "str", "default": ""},
                **retention.SPEC,
            }
        )[1]
        current = _recorded_run()
        wrong = gate.wrong_share(arguments["min_coverage"])
        if wrong:
            raise AnsibleActionFail(wrong)
        try:
            return {"changed": False, "run": current.folder.run_id, **_PHASES[arguments["phase"]](current, arguments, task_vars or {})}
        except (artifact.ArtifactError, StoreError) as error:
            raise AnsibleActionFail(f"This run can't be handed on: {error}") from error


def _recorded_run() -> run.Run:
    if run.problems():
        raise AnsibleActionFail(f"This run can't leave a whole report: {'; '.join(run.problems())}")
    current = run.current()
    if current is None:
        raise AnsibleActionFail(NO_CALLBACK)
    return current


def _open(current: run.Run, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
    if not task_vars.get("groups", {}).get("all"):
        raise AnsibleActionFail(NO_INVENTORY)
    keep = {name: arguments[name] for name in retention.SPEC}
    wrong = sample.wrong(arguments) or retention.wrong(keep, current.store is not None)
    if wrong:
        raise AnsibleActionFail(wrong)
    try:
        policy = policy_load.load(*arguments["policy"])
    except policy_load.PolicyError as error:
        raise AnsibleActionFail(f"The policy can't be used: {error}") from error
    try:
        given = waivers.load(arguments["waivers"], policy.deadline)
    except waivers.PolicyError as error:
        raise AnsibleActionFail(f"The waivers can't be used: {error}") from error
    way = hand_on.opened(current, arguments, [str(host) for host in task_vars["ansible_play_hosts_all"]], policy)
    return {
        "policy": run.policy_summary(policy),
        "policy_files": arguments["policy"],
        "waivers": waivers.summaries(given, datetime.date.today()),
        "waiver_files": arguments["waivers"],
        "formats": arguments["formats"],
        "keep": keep,
        "slice": arguments["slice"] or None,
        "hand_on": None if way is None else dataclasses.asdict(way),
    }


def _hand_on(current: run.Run, arguments: Mapping[str, Any], _task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `set_stats` returns, the only thing of a job that AWX hands on to the next: the run, or where it is."""
    if current.hand_on is None:
        return {}
    lost = [host_record.of_lost(host, host_record.NEVER_AUDITED) for host in current.missing()]
    whole = document.build([*StoredHosts(current.folder), *lost], current.describe(run.now()), current.waivers)
    data = {artifact.key(current.hand_on.name): hand_on.handed(current, whole, arguments["artifact_limit"])}
    return {"ansible_stats": {"data": data, "per_host": False, "aggregate": False}}


def _close(current: run.Run, arguments: Mapping[str, Any], _task_vars: Mapping[str, Any]) -> dict[str, Any]:
    verdicts = {**dict.fromkeys(current.missing(), ERROR), **current.verdicts}
    closed = gate.closed(verdicts, arguments["fail_on"], arguments["min_coverage"])
    if closed:
        raise AnsibleActionFail(closed)
    return {"verdicts": dict(Counter(verdicts.values()))}


_PHASES = {"open": _open, hand_on.PHASE: _hand_on, "close": _close}
