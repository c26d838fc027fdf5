# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports from runs that are saved: rendered again, merged, compared, assessed anew, put into the store. No host is connected to."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.mailtls.fleet.plugins.plugin_utils import artifact, gate, hand_on, retention, run, saved_run, waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database import Store
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database_url import StoreError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.merge import MergeError, merge, note, with_notes
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import diff, formats, markdown, terminal
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY, History
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder, RunFolderError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.stored_hosts import StoredHosts
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import GATES

_PATHS = {"type": "list", "elements": "path", "default": []}
_SPEC = {
    "reports": {"type": "path", "default": "./reports"},
    "runs": {"type": "list", "elements": "str", "default": []},
    "artifacts": {"type": "bool", "default": False},
    "slices": {"type": "int", "default": 0},
    "workflow": {"type": "str", "default": ""},
    "expected": {"type": "list", "elements": "str", "default": []},
    "compare": {"type": "str"},
    "policy": _PATHS,
    "waivers": _PATHS,
    "today": {"type": "str"},
    "formats": {"type": "list", "elements": "str", "choices": list(formats.FORMATS), "default": list(formats.FORMATS)},
    "store": {"type": "str", "no_log": True},
    "detail": {"type": "bool", "default": True},
    **retention.SPEC,
    "fail_on": {"type": "str", "choices": list(GATES), "default": "none"},
    "min_coverage": {"type": "float", "default": 0},
}
_EXPECTED_ERRORS = (RunFolderError, StoreError, MergeError, policy_load.PolicyError, waivers.PolicyError, saved_run.DateError)
_WIDTH = 100


class ActionModule(ActionBase):
    """Runs on the controller only, and never makes a connection."""

    TRANSFERS_FILES = False
    _supports_check_mode = False
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Render, and return where; fail with one sentence when that can't be done."""
        result = super().run(tmp, task_vars)
        if result.get("skipped"):
            return result
        arguments = self.validate_argument_spec(argument_spec=_SPEC)[1]
        wrong = gate.wrong_share(arguments["min_coverage"])
        if wrong:
            raise AnsibleActionFail(wrong)
        try:
            return {**result, **self._report(arguments, task_vars or {})}
        except _EXPECTED_ERRORS as error:
            raise AnsibleActionFail(str(error)) from error

    def _report(self, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        reports = arguments["reports"]
        store, away = _store(arguments)
        wrong = retention.wrong(arguments, store is not None or away is not None)
        if wrong:
            raise AnsibleActionFail(wrong)
        try:
            folder, whole = _document(arguments, task_vars, store, away)
            # What evidence would come to on another day, or under another policy, is no part of what happened.
            if store is not None and not _is_anew(arguments):
                store.add(whole, folder.remedies())
            history, moved = _compared(arguments, store, whole)
            removed = retention.apply(store, reports, arguments, {whole["run"]["id"], folder.run_id}) if store is not None else []
        finally:
            if store is not None:
                store.close()
        missing = formats.write(folder, whole, arguments["formats"], history)
        if missing:
            raise AnsibleActionFail("; ".join(missing))
        results = os.path.join(folder.path, "results.json")
        for line in terminal.render(whole, False, _WIDTH, results, arguments["detail"], None, history).splitlines():
            self._display.display(line)
        verdicts = {host["host"]: host["verdict"] for host in whole["hosts"]}
        return {
            "changed": True, "run": whole["run"]["id"], "folder": folder.path, "summary": dict(whole["summary"]),
            "notes": whole.get("notes", []), "changes": moved, "removed": removed, "markdown": markdown.render(whole, history),
            "files": ["results.json", *(formats.FORMATS[name].file for name in arguments["formats"])],
            "gate": away or gate.closed(verdicts, arguments["fail_on"], arguments["min_coverage"]),
        }  # fmt: skip


def _store(arguments: Mapping[str, Any]) -> tuple[Store | None, str | None]:
    """Return the store, and why there is none that should be there: what slices handed on makes a report without it, too."""
    try:
        url = saved_run.store_url(arguments["reports"], arguments["store"] or None)
        return (None if url is None else Store(url)), None
    except StoreError as error:
        if not arguments["artifacts"]:
            raise
        return None, str(error)


def _document(
    arguments: Mapping[str, Any], task_vars: Mapping[str, Any], store: Store | None, away: str | None
) -> tuple[RunFolder, dict[str, Any]]:
    """Return the document, and the folder that it belongs to: a run's own, or a new one where runs were merged or assessed anew."""
    folders = [saved_run.find(arguments["reports"], name) for name in arguments["runs"]]
    handed_on, notes = _handed_on(arguments, task_vars, store)
    if away is not None:
        notes.append(note("store", f"Earlier runs are not told, and this one is in no store: {away}."))
    if not folders and not handed_on:
        raise MergeError(" ".join(["there is no run to report: name one at least, or hand one on.", *(item["text"] for item in notes)]))
    parts = [saved_run.load(folder) for folder in folders]
    anew = _is_anew(arguments)
    if anew:
        judge = _judge(arguments, task_vars.get("groups", {}))
        parts = [saved_run.reassess(folder, part, judge) for folder, part in zip(folders, parts, strict=True)]
    if len(parts) == 1 and not anew and not arguments["expected"] and not arguments["artifacts"]:
        # A run that was killed gets no results.json: it has not come to its end.
        return folders[0], parts[0]
    folder = RunFolder.create(arguments["reports"])
    notes += artifact.missing_slices(len(parts) + len(handed_on), arguments["slices"])
    whole = with_notes(merge([*parts, *handed_on], arguments["expected"], folder.run_id, run.now()), notes)
    for record in whole["hosts"]:
        folder.append(record)
    folder.write_results(whole)
    # From here on records are read when they are needed: those of a large fleet take a gigabyte.
    return folder, {**whole, "hosts": StoredHosts(folder)}


def _handed_on(
    arguments: Mapping[str, Any], task_vars: Mapping[str, Any], store: Store | None
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the documents that earlier jobs handed on, and a note for each that is lost. The variables are read as they are."""
    if not arguments["artifacts"]:
        return [], []
    return hand_on.taken(artifact.of_variables(task_vars), store, arguments["workflow"], run.now())


def _is_anew(arguments: Mapping[str, Any]) -> bool:
    return bool(arguments["policy"] or arguments["waivers"] or arguments["today"])


def _judge(arguments: Mapping[str, Any], groups: Mapping[str, list[str]]) -> saved_run.Judge:
    policy = policy_load.load(*arguments["policy"])
    given = waivers.load(arguments["waivers"], policy.deadline)
    today = saved_run.day(arguments["today"]) if arguments["today"] else datetime.date.today()
    members = {name: frozenset(hosts) for name, hosts in groups.items()}
    return saved_run.Judge(policy, given, today, lambda host: {"all", *(name for name, hosts in members.items() if host in hosts)})


def _then(arguments: Mapping[str, Any], store: Store | None) -> diff.RunVerdicts:
    """Return the run to compare with: from its folder, or where that is gone, as in AWX, from the store."""
    try:
        folder = saved_run.find(arguments["reports"], arguments["compare"])
    except RunFolderError:
        if store is None:
            raise
        return store.verdicts(arguments["compare"])
    return diff.of_document(saved_run.load(folder))


def _compared(arguments: Mapping[str, Any], store: Store | None, whole: Mapping[str, Any]) -> tuple[History, dict[str, Any] | None]:
    then = _then(arguments, store) if arguments["compare"] else None
    now = diff.of_document(whole)
    alone = NO_HISTORY if then is None else History(diff.hosts(then, now))
    history = alone if store is None else saved_run.history(store, whole, then)
    if then is None:
        return history, None
    moved = {word: [{"host": host, "finding": item} for host, item in keys] for word, keys in diff.findings(then, now).items()}
    return history, {"since": then.run, "findings": moved}
