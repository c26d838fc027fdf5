# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run that is being recorded: one for each process.

The callback begins it in Ansible's main process. Worker processes are forked from there, so they find it as it stood at that moment;
what a worker changes here stays in the worker.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.version import VERSION
from ansible_collections.mailtls.fleet.plugins.plugin_utils import slice_feed, waivers, workers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Policy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder, RunFolderError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import FAIL


@dataclass(frozen=True)
class HandOn:
    """How a slice gets to the job that merges.

    Attributes:
        way: "artifact" or "store".
        name: what names the slice.
        workflow: what names the divided run, for the store.
    """

    way: str
    name: str
    workflow: str


class Run:
    """One run: where it is kept, which hosts it owes an answer, and what they came to. Holds a word for each host, no more.

    Attributes:
        folder: where it is kept.
        started: when it began.
        policy: {name, requirement, deadline} that hosts are judged by.
        expected: the hosts that the report has to name.
        verdicts: verdict by host, of those that are recorded.
        unsaved: why, by host, of those whose record could not be written.
        failing: how many of these are FAIL.
        waivers: summaries of the waivers that the run was given.
        formats: what the report is rendered in; None: what the callback says.
        slice: the part of a divided run that this is; None: a whole run.
        store: the URL of the store; None: there is none. It may hold a password.
        hand_on: how the run gets to the job that merges; None: it is no part of another.
        keep: how long older runs are kept (retention.SPEC); None: for ever.
        feed: what takes each finished host into the store besides; None: nothing does.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.started = now()
        self.policy = policy_summary(policy_load.load())
        self.expected: set[str] = set()
        self.verdicts: dict[str, str] = {}
        self.unsaved: dict[str, str] = {}
        self.failing = 0
        self.waivers: list[dict[str, Any]] = []
        self.formats: list[str] | None = None
        self.slice: str | None = None
        self.store: str | None = None
        self.hand_on: HandOn | None = None
        self.keep: Mapping[str, Any] | None = None
        self.feed: slice_feed.Feed | None = None
        self._policy_from: str | None = None

    def record(self, record: Mapping[str, Any]) -> None:
        """Keep a host's record. Raises RunFolderError when that can't be done."""
        host, verdict = record["host"], record["verdict"]
        try:
            self.folder.append(record)
        except RunFolderError as error:
            self.unsaved[host] = f"what this host came to could not be saved: {error}"
            raise
        self.failing += (verdict == FAIL) - (self.verdicts.get(host) == FAIL)
        self.verdicts[host] = verdict

    def stop_feed(self) -> None:
        """Stop `feed`, where there is one."""
        if self.feed is not None:
            self.feed.stop()
            self.feed = None

    def save_evidence(self, host: str, evidence: Mapping[str, Any]) -> None:
        """Keep what was collected of *host*. Raises RunFolderError when that can't be done."""
        self.folder.save_evidence(host, evidence)

    def missing(self) -> list[str]:
        """Return the hosts without a record."""
        return sorted(self.expected.difference(self.verdicts))

    def judged_by(self, policy: Mapping[str, str], who: str) -> None:
        """Note the policy that *who* (a host, or "the run") was judged by.

        Raises:
            ValueError: others were judged by another: one report can't hold both.
        """
        if self._policy_from is not None and policy != self.policy:
            raise ValueError(
                f"{who} was judged by {_named(policy)}, {self._policy_from} by {_named(self.policy)};"
                " a report has one policy: audit these hosts in runs of their own"
            )
        self.policy, self._policy_from = dict(policy), self._policy_from or who

    def plan(self) -> None:
        """Write to the folder what a report needs should this process be killed. Raises RunFolderError when that can't be done."""
        plan = {"run": self.describe(None), "expected": sorted(self.expected), "waivers": self.waivers}
        self.folder.write_plan(plan)

    def describe(self, finished: datetime.datetime | None) -> dict[str, Any]:
        """Return the part `run` of the results document."""
        return {
            "id": self.folder.run_id,
            "started": written(self.started),
            "finished": None if finished is None else written(finished),
            "policy": self.policy["name"],
            "requirement": self.policy["requirement"],
            "deadline": self.policy["deadline"],
            "collection": VERSION,
            "slice": self.slice,
        }


_current: Run | None = None
_problems: list[str] = []
_MAX_PROBLEMS = 5


def begin(folder: RunFolder) -> Run:
    """Record in *folder* from now on, and load what workers would otherwise load one by one."""
    global _current
    workers.share_memory()
    _current = Run(folder)
    return _current


def current() -> Run | None:
    """Return the run that is being recorded, or None."""
    return _current


def end() -> None:
    """Record no more, and forget what went wrong."""
    global _current
    _current = None
    _problems.clear()


def problem(text: str) -> None:
    """Note that recording went wrong, so that the run does not end as if it had not."""
    if text not in _problems and len(_problems) < _MAX_PROBLEMS:
        _problems.append(text)


def problems() -> tuple[str, ...]:
    """Return what went wrong with recording."""
    return tuple(_problems)


def warm(policy_files: Iterable[str], waiver_files: Iterable[str] = ()) -> None:
    """Load the policy with these files, and the waivers, once for all worker processes that are forked from here."""
    policy = policy_load.load(*policy_files)
    waivers.load(waiver_files, policy.deadline)


def policy_summary(policy: Policy) -> dict[str, str]:
    """Return what a report says of the policy."""
    return {"name": policy.name, "requirement": policy.protocol, "deadline": policy.deadline.isoformat()}


def now() -> datetime.datetime:
    """Return the time, to the second, in UTC."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def written(moment: datetime.datetime) -> str:
    """Return *moment* as results.json has it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _named(policy: Mapping[str, str]) -> str:
    return f"{policy['name']} ({policy['requirement']}, {policy['deadline']})"
