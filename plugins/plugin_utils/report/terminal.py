# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report on a terminal: what is known and until when, then what fails and what mends it, then the rest in short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape, inert
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import causes, facts, terminal_host
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY, Changes, History
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.terminal_page import Page
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import FAIL, NOT_AUDITED, PASS, VERDICTS

_MAX_FAILING = 20
_MAX_CAUSES = 5
_MAX_HOSTS = 10
_MAX_NAMED = 3
_MAX_TEXT = 600


def render(
    document: Mapping[str, Any],
    colour: bool = False,
    width: int = 80,
    results: str = "results.json",
    detail: bool = True,
    page: str | None = None,
    history: History = NO_HISTORY,
) -> str:
    """Return the report.

    Args:
        document: what document.build returns.
        colour: whether words of state get a colour as well.
        width: columns.
        results: where the whole document is, for what is left out here.
        detail: False: no more than coverage, deadline and counts.
        page: where the same is as a page for a browser, if it is.
        history: what is known of earlier runs.
    """
    lines = Page(colour, width, escape(results))
    _overview(lines, document)
    if history.changes:
        _changed(lines, history.changes, detail)
    if detail:
        alone = document["summary"]["hosts"] == 1
        _causes(lines, document)
        shown = _shown(document)
        for verdict in VERDICTS:
            _verdict(lines, verdict, shown[verdict], document["summary"][verdict.lower()], alone)
        if alone:
            terminal_host.looked_at(lines, inert(document["hosts"][0], _MAX_TEXT))
    lines.line()
    if page is not None:
        lines.line(f"As a page: {escape(page)}")
    lines.line(f"Everything: {lines.results}")
    return lines.text()


def _overview(page: Page, document: Mapping[str, Any]) -> None:
    run, summary = inert(document["run"]), document["summary"]
    page.line(f"Mail TLS audit {run['id']}, policy {run['policy']}: {run['requirement']} or later")
    page.line()
    page.item("Coverage", _coverage(summary), indent=0)
    page.item("Deadline", f"{run['deadline']}, {facts.days_left_in_words(run)}", indent=0)
    page.item("Hosts", "   ".join(_counts(page, summary)) or "none", indent=0)
    if run["finished"] is None:
        page.item("", "The run did not finish: hosts are missing here.", indent=0)
    for note in inert(document.get("notes", []), _MAX_TEXT):
        page.item("Note", note["text"], indent=0)
    told = _waivers(document.get("waivers", []))
    if told:
        page.item("Waivers", told, indent=0)


def _changed(page: Page, changes: Changes, detail: bool) -> None:
    """Say what moved since an earlier run: counts, and which hosts fail newly, for these ask for a look."""
    page.item("Changes", f"since {escape(changes.run)}: {changes.in_words()}", indent=0)
    if detail and changes.newly_failing:
        named = ", ".join(escape(host, 80) for host in changes.newly_failing[:_MAX_HOSTS])
        page.item("", f"newly failing: {named}", indent=0)
        page.more(len(changes.newly_failing) - _MAX_HOSTS, "host", indent=10)


def _coverage(summary: Mapping[str, Any]) -> str:
    hosts = summary["hosts"]
    if not hosts:
        return "no host was audited, so nothing is known about any"
    answered = facts.answered(summary)
    told = f"{facts.percent(summary['coverage'])}, {answered:,} of {facts.counted(hosts, 'host')} answered"
    missing = hosts - answered
    return f"{told}; nothing is known of the other {missing:,}" if missing else told


def _waivers(waivers: Sequence[Mapping[str, Any]]) -> str:
    """Say which waivers ask for a look: those that are over, and those that nothing needs any more."""
    over = [waiver for waiver in waivers if waiver["expired"]]
    unused = [waiver for waiver in waivers if not waiver["expired"] and not waiver["findings"]]
    used = len(waivers) - len(over) - len(unused)
    parts = [f"{used} in force"] if used else []
    parts += [f"{len(found)} {word} ({_places(found)})" for word, found in (("expired", over), ("unused", unused)) if found]
    return ", ".join(parts)


def _places(waivers: Sequence[Mapping[str, Any]]) -> str:
    named = ", ".join(escape(waiver["place"], 200) for waiver in waivers[:_MAX_NAMED])
    return named if len(waivers) <= _MAX_NAMED else f"{named}, ..."


def _causes(page: Page, document: Mapping[str, Any]) -> None:
    """Say what to mend first where many hosts share a cause; a few hosts speak for themselves, below."""
    if document["summary"]["fail"] <= _MAX_CAUSES:
        return
    found = causes.of_document(document)
    page.line()
    page.line("What to mend first")
    for cause in found[:_MAX_CAUSES]:
        page.line()
        page.wrapped(escape(cause.title), indent=6, first=f"  {page.word(cause.verdict)}  {facts.counted(len(cause.hosts), 'host')}: ")
        page.item("fix", escape(cause.fix, _MAX_TEXT), indent=4)
    page.more(len(found) - _MAX_CAUSES, "cause", indent=2)


def _shown(document: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the first hosts of each verdict."""
    shown: dict[str, list[Mapping[str, Any]]] = {verdict: [] for verdict in VERDICTS}
    for host in document["hosts"]:
        hosts = shown[host["verdict"]]
        if len(hosts) < (_MAX_FAILING if host["verdict"] == FAIL else _MAX_HOSTS):
            hosts.append(host)
    return shown


def _counts(page: Page, summary: Mapping[str, Any]) -> Iterator[str]:
    for verdict in VERDICTS:
        count = summary[verdict.lower()]
        if count:
            yield f"{page.word(verdict)} {count}"


def _verdict(page: Page, verdict: str, shown: list[Mapping[str, Any]], count: int, alone: bool) -> None:
    if not count:
        return
    page.line()
    page.line(f"{page.word(verdict)}: {facts.counted(count, 'host')}, {facts.MEANING[verdict]}")
    if verdict == PASS and not alone:
        _names(page, shown, count)
        return
    for host in shown:
        if verdict in NOT_AUDITED or verdict == PASS:
            terminal_host.short(page, inert(host, _MAX_TEXT))
        else:
            terminal_host.full(page, inert(host, _MAX_TEXT), alone)
    if verdict in NOT_AUDITED:
        _common_fix(page, shown)
    page.more(count - len(shown), "host", indent=2)


def _names(page: Page, shown: list[Mapping[str, Any]], count: int) -> None:
    page.wrapped(", ".join(escape(host["host"], 80) for host in shown), indent=2)
    page.more(count - len(shown), "host", indent=2)


def _common_fix(page: Page, hosts: list[Mapping[str, Any]]) -> None:
    """Hosts of which nothing was learned are mended alike: say how once."""
    for text in sorted({finding["fix"]["text"] for host in hosts for finding in host["findings"]}):
        page.item("fix", escape(text, _MAX_TEXT), indent=2)
