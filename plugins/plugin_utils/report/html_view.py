# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the page shows, chosen and bounded: which hosts in detail, which by name only, and the causes that hosts share."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape, inert
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import causes, facts
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.causes import Cause
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import History
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import PASS, VERDICTS, WAIVED, rank

# A page with so many hosts in detail still opens in a second or two; the others are there by name, with their reason.
MAX_DETAILED = 5000
# In a small fleet, what goes on working is shown in detail as well.
MAX_DETAILED_ALL = 300
MAX_CAUSES = 100
_MAX_AFFECTED = 200
_MAX_FINDINGS = 20
_MAX_SETTINGS = 20
_MAX_GAPS = 10
_MAX_GROUPS = 40
_MAX_TEXT = 700
_MAX_NAME = 120
_NAMES_A_BLOCK = 1000
_ELSE = "Others"


@dataclass(frozen=True)
class Row:
    """A host in detail: its record, inert; its findings with the worst first; the keys of its causes."""

    host: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]]
    passing: Sequence[Mapping[str, Any]]
    causes: str
    omitted: int


@dataclass
class Group:
    """Hosts by name only, that share a verdict and a reason."""

    verdict: str
    why: str
    hosts: list[str] = field(default_factory=list)

    def blocks(self) -> Iterator[str]:
        """Yield the names, one a line, in blocks that a browser can lay out when they come into view."""
        for start in range(0, len(self.hosts), _NAMES_A_BLOCK):
            yield "\n".join(self.hosts[start : start + _NAMES_A_BLOCK])


@dataclass(frozen=True)
class View:
    """Everything that the templates need."""

    run: Mapping[str, Any]
    summary: Mapping[str, Any]
    history: History
    causes: Sequence[Cause]
    more_causes: int
    rows: Sequence[Row]
    groups: Sequence[Group]
    waivers: Sequence[Mapping[str, Any]]
    notes: Sequence[Mapping[str, Any]]
    accounts: bool
    verdicts: tuple[str, ...] = VERDICTS

    @property
    def unanswered(self) -> int:
        """How many hosts there are of which the answer is not known."""
        return int(self.summary["hosts"]) - facts.answered(self.summary)

    @property
    def most_hosts(self) -> int:
        """How many hosts the most frequent cause has."""
        return max((len(cause.hosts) for cause in self.causes), default=0)

    @staticmethod
    def affected(cause: Cause) -> list[str]:
        """Return the first hosts of *cause*, each with the users of its accounts, and how many more there are."""
        users: dict[str, list[str]] = {}
        for host, user in sorted(cause.users):
            users.setdefault(host, []).append(user or "the system")
        told = [_with_users(host, users.get(host, [])) for host in cause.hosts[:_MAX_AFFECTED]]
        more = len(cause.hosts) - len(told)
        return [*told, f"and {more:,} more: see hosts.csv"] if more else told


def of(document: Mapping[str, Any], history: History) -> View:
    """Return the view of *document*."""
    found = causes.of_document(document)
    detailed = _detailed(document)
    keys = {cause.identity: cause.key for cause in found}
    rows, rest = [], []
    for host in document["hosts"]:
        if host["host"] in detailed:
            rows.append(_row(host, keys))
        else:
            rest.append(_reason(host))
    rows.sort(key=lambda row: rank(row.host["verdict"]))
    return View(
        run=inert(document["run"]),
        summary=document["summary"],
        history=history,
        causes=found[:MAX_CAUSES],
        more_causes=max(len(found) - MAX_CAUSES, 0),
        rows=rows,
        groups=_groups(rest),
        waivers=inert(document.get("waivers", [])),
        notes=inert(document.get("notes", []), _MAX_TEXT),
        accounts=any("account" in finding for host in document["hosts"] for finding in host["findings"]) or _abridged(document),
    )


def _abridged(document: Mapping[str, Any]) -> bool:
    """Tell whether findings that pass may have been left out: then nobody can say that there is no account."""
    return any(note["kind"] == "abridged" for note in document.get("notes", []))


def _detailed(document: Mapping[str, Any]) -> set[str]:
    """Return the names of the hosts that are shown in detail: the worst of all that don't pass, or everything in a small fleet."""
    everything = document["summary"]["hosts"] <= MAX_DETAILED_ALL
    candidates = ((rank(host["verdict"]), host["host"]) for host in document["hosts"] if everything or host["verdict"] != PASS)
    return {name for _rank, name in heapq.nsmallest(MAX_DETAILED, candidates)}


def _row(host: Mapping[str, Any], keys: Mapping[tuple[str, ...], str]) -> Row:
    findings = sorted(host["findings"], key=lambda finding: rank(finding["verdict"]))
    failing = [finding for finding in findings if finding["verdict"] != PASS]
    passing = [finding for finding in findings if finding["verdict"] == PASS]
    shared = {keys[causes.identity(finding)] for finding in failing if finding["verdict"] != WAIVED}
    shown = [_bounded(finding) for finding in failing[:_MAX_FINDINGS]]
    listed = [_bounded(finding) for finding in passing[:_MAX_FINDINGS]]
    bounded = {**host, "findings": [], "gaps": host["gaps"][:_MAX_GAPS], "stacks": [], "clients": []}
    omitted = len(findings) - len(shown) - len(listed)
    return Row(inert(bounded, _MAX_TEXT), shown, listed, " ".join(sorted(shared)), omitted)


def _bounded(finding: Mapping[str, Any]) -> Mapping[str, Any]:
    shown: Mapping[str, Any] = inert({**finding, "settings": finding["settings"][:_MAX_SETTINGS]}, _MAX_TEXT)
    return shown


def _reason(host: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return (verdict, reason, name): a reason that hosts can share."""
    if host["verdict"] == PASS:
        return host["verdict"], escape(host["why"]), escape(host["host"], _MAX_NAME)
    first = min(host["findings"], key=lambda finding: rank(finding["verdict"]))
    return host["verdict"], causes.reason(first["cause"]) or facts.MEANING[host["verdict"]], escape(host["host"], _MAX_NAME)


def _groups(reasons: Iterable[tuple[str, str, str]]) -> list[Group]:
    groups: dict[tuple[str, str], Group] = {}
    for verdict, why, name in reasons:
        key = (verdict, why)
        if key not in groups and len(groups) >= _MAX_GROUPS:
            key = (verdict, _ELSE)
        groups.setdefault(key, Group(*key)).hosts.append(name)
    return sorted(groups.values(), key=lambda group: (rank(group.verdict), -len(group.hosts), group.why))


def _with_users(host: str, users: Sequence[str]) -> str:
    name = escape(host, _MAX_NAME)
    return f"{name} ({escape(', '.join(users), _MAX_NAME)})" if users else name
