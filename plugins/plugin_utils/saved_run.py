# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs that are saved: found again, made whole where they were killed, assessed anew, and put beside earlier ones."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import database, database_url, host_record, judged, merge, run, waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Policy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import diff, document
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.facts import counted
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY, History, TrendPoint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder, RunFolderError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.stored_hosts import StoredHosts

NO_STORE = "none"
CUT_SHORT = "the run ended before this host was audited"
_TREND = 30


class DateError(ValueError):
    """What is given as a day is none."""


@dataclass(frozen=True)
class Judge:
    """By what saved evidence is assessed anew.

    Attributes:
        policy: the policy.
        waivers: what may fail for a while.
        today: the day that counts.
        groups: the inventory groups of a host by its name, for waivers.
    """

    policy: Policy
    waivers: Sequence[waivers.Waiver]
    today: datetime.date
    groups: Callable[[str], set[str]]


def find(reports: str, name: str) -> RunFolder:
    """Return the folder of the run *name*: an id below *reports* ("latest" too), a folder, or a results.json in one.

    Raises:
        RunFolderError: there is no such run.
    """
    folder = os.path.dirname(name) if os.path.basename(name) == "results.json" else name
    for path in (os.path.join(reports, folder), folder):
        found = RunFolder(os.path.realpath(path))
        if os.path.exists(os.path.join(found.path, "results.json")) or os.path.exists(found.hosts_path):
            return found
    raise RunFolderError(f"there is no run {name!r} below {os.path.abspath(reports)}, and no run folder of that path")


def load(folder: RunFolder) -> dict[str, Any]:
    """Return the document of a run; of one that was killed, what it had come to, with the hosts that it lost.

    Raises:
        RunFolderError: it can't be read, or is of another schema.
    """
    if not os.path.exists(os.path.join(folder.path, "results.json")):
        return _cut_short(folder)
    found = folder.read_results()
    if found.get("schema") != document.SCHEMA:
        raise RunFolderError(f"{folder.path}/results.json: expected schema {document.SCHEMA}, found {found.get('schema')!r}")
    return found


def _cut_short(folder: RunFolder) -> dict[str, Any]:
    plan = folder.read_plan()
    if not {"run", "expected", "waivers"} <= plan.keys():
        raise RunFolderError(f"{folder.plan_path}: expected run, expected and waivers")
    return cut_short(plan, StoredHosts(folder))


def cut_short(plan: Mapping[str, Any], found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the document of a run that set out to do *plan*, of which *found* are the hosts; the others are lost."""
    records = {record["host"]: record for record in found}
    lost = {host: host_record.of_lost(host, CUT_SHORT) for host in plan["expected"] if host not in records}
    return document.build([*records.values(), *lost.values()], plan["run"], plan["waivers"])


def reassess(folder: RunFolder, whole: Mapping[str, Any], judge: Judge) -> dict[str, Any]:
    """Return *whole*, the document of *folder*, as its evidence is judged by *judge*. A host without evidence stays as it was.

    Evidence that can't be read, as a machine may leave it that lost its power, is that host's ERROR alone.
    """
    policy = run.policy_summary(judge.policy)
    about = {**whole["run"], "policy": policy["name"], "requirement": policy["requirement"], "deadline": policy["deadline"]}
    records = [_reassessed(folder, record, judge) for record in whole["hosts"]]
    without = sum(not os.path.exists(folder.evidence_path(record["host"])) for record in records)
    told = f"The evidence of run {whole['run']['id']} assessed again, as of {judge.today.isoformat()}."
    if without:
        told += f" {counted(without, 'host')} without saved evidence stay as they were."
    notes = [*whole.get("notes", []), merge.note("reassessed", told)]
    return {**document.build(records, about, waivers.summaries(judge.waivers, judge.today)), "notes": notes}


def _reassessed(folder: RunFolder, record: Mapping[str, Any], judge: Judge) -> Mapping[str, Any]:
    host = record["host"]
    try:
        saved = folder.read_evidence(host)
    except RunFolderError as error:
        return host_record.of_error(host, str(error))
    if saved is None:
        return record
    anew = judged.of_document(host, saved, judge.policy, judge.today, "the saved evidence")
    return waivers.apply(anew, judge.waivers, judge.groups(host), judge.today)


def store_url(reports: str, asked: str | None) -> str | None:
    """Return the store's URL: what is asked for, or SQLite beside the runs where Python can do that; None for no store.

    Raises:
        StoreError: one is asked for, and the library is missing.
    """
    if asked == NO_STORE or (asked is None and not database_url.is_possible()):
        return None
    if not database_url.is_possible():
        raise database_url.StoreError(database_url.NO_LIBRARY)
    return database_url.url_of(reports, asked)


def record(url: str, whole: Mapping[str, Any], remedied: Iterable[Mapping[str, Any]] = ()) -> History:
    """Put a run into the store at *url*, with what it *remedied*, the lines of its remedies.jsonl; return what earlier runs there tell.

    A slice is no whole, and says nothing of them.

    Raises:
        StoreError: the store can't be used.
    """
    store = database.Store(url)
    try:
        store.add(whole, remedied)
        return NO_HISTORY if whole["run"]["slice"] else history(store, whole)
    finally:
        store.close()


def history(store: database.Store, whole: Mapping[str, Any], compared: diff.RunVerdicts | None = None) -> History:
    """Return what runs before *whole* in *store* tell, and the changes since *compared*, else since the last. Raises StoreError."""
    run_facts, counts = whole["run"], whole["summary"]
    if compared is None:
        before = store.before(run_facts["started"], run_facts["id"])
        compared = None if before is None else store.verdicts(before)
    point = TrendPoint(run_facts["started"], counts["hosts"], counts["fail"], counts["coverage"])
    changes = None if compared is None else diff.hosts(compared, diff.of_document(whole))
    return History(changes, (*store.trend(run_facts["started"], _TREND - 1, run_facts["id"]), point))


def day(text: str) -> datetime.date:
    """Return the day that *text* is, as YYYY-MM-DD. Raises DateError."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise DateError(f"{text!r} is no day: expected YYYY-MM-DD, such as 2027-01-01") from error
