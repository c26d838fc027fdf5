# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report on a terminal: what is known and until when, then what fails and what mends it, then the rest in short."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape, inert
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import terminal_host
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.terminal_page import Page
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import ANSWERED, FAIL, NOT_AUDITED, PASS, VERDICTS

_MEANING = {
    "FAIL": "a mail client stops working",
    "AT_RISK": "works now, but rests on something that is going",
    "UNKNOWN": "evidence is missing that could change the answer",
    "ERROR": "reached, but the audit failed",
    "UNREACHABLE": "no connection",
    "WAIVED": "would fail, and is excepted",
    "PASS": "goes on working",
}
_MAX_FAILING = 20
_MAX_HOSTS = 10
_MAX_TEXT = 600


def render(document: Mapping[str, Any], colour: bool = False, width: int = 80, results: str = "results.json", detail: bool = True) -> str:
    """Return the report.

    Args:
        document: what document.build returns.
        colour: whether words of state get a colour as well.
        width: columns.
        results: where the whole document is, for what is left out here.
        detail: False: no more than coverage, deadline and counts.
    """
    page = Page(colour, width, escape(results))
    _overview(page, document)
    if detail:
        hosts = document["hosts"]
        alone = len(hosts) == 1
        for verdict in VERDICTS:
            _verdict(page, verdict, [host for host in hosts if host["verdict"] == verdict], alone)
        if alone:
            terminal_host.looked_at(page, inert(hosts[0], _MAX_TEXT))
    page.line()
    page.line(f"Everything: {page.results}")
    return page.text()


def _overview(page: Page, document: Mapping[str, Any]) -> None:
    run, summary = inert(document["run"]), document["summary"]
    page.line(f"Mail TLS audit {run['id']}, policy {run['policy']}: {run['requirement']} or later")
    page.line()
    page.item("Coverage", _coverage(summary), indent=0)
    page.item("Deadline", f"{run['deadline']}, {_days_left(run)}", indent=0)
    page.item("Hosts", "   ".join(_counts(page, summary)) or "none", indent=0)


def _coverage(summary: Mapping[str, Any]) -> str:
    hosts = summary["hosts"]
    if not hosts:
        return "no host was audited, so nothing is known about any"
    answered = sum(summary[verdict.lower()] for verdict in ANSWERED)
    # Down to the tenth, as coverage itself is rounded down: 100 % has to mean all.
    share = f"{int(summary['coverage'] * 1000 + 1e-6) / 10:g} %"
    told = f"{share}, {answered} of {_hosts(hosts)} answered"
    missing = hosts - answered
    return f"{told}; nothing is known of the other {missing}" if missing else told


def _days_left(run: Mapping[str, Any]) -> str:
    deadline = datetime.date.fromisoformat(run["deadline"])
    days = (deadline - datetime.datetime.fromisoformat(run["started"]).date()).days
    if days == 0:
        return "today"
    unit = "day" if abs(days) == 1 else "days"
    return f"{days} {unit} left" if days > 0 else f"{-days} {unit} ago"


def _counts(page: Page, summary: Mapping[str, Any]) -> Iterator[str]:
    for verdict in VERDICTS:
        count = summary[verdict.lower()]
        if count:
            yield f"{page.word(verdict)} {count}"


def _verdict(page: Page, verdict: str, hosts: list[Mapping[str, Any]], alone: bool) -> None:
    if not hosts:
        return
    page.line()
    page.line(f"{page.word(verdict)}: {_hosts(len(hosts))}, {_MEANING[verdict]}")
    if verdict == PASS and not alone:
        _names(page, hosts)
        return
    shown = hosts[: _MAX_FAILING if verdict == FAIL else _MAX_HOSTS]
    for host in shown:
        if verdict in NOT_AUDITED or verdict == PASS:
            terminal_host.short(page, inert(host, _MAX_TEXT))
        else:
            terminal_host.full(page, inert(host, _MAX_TEXT), alone)
    if verdict in NOT_AUDITED:
        _common_fix(page, shown)
    page.more(len(hosts) - len(shown), "host", indent=2)


def _names(page: Page, hosts: list[Mapping[str, Any]]) -> None:
    page.wrapped(", ".join(escape(host["host"], 80) for host in hosts[:_MAX_HOSTS]), indent=2)
    page.more(len(hosts) - _MAX_HOSTS, "host", indent=2)


def _common_fix(page: Page, hosts: list[Mapping[str, Any]]) -> None:
    """Hosts of which nothing was learned are mended alike: say how once."""
    for text in sorted({finding["fix"]["text"] for host in hosts for finding in host["findings"]}):
        page.item("fix", escape(text, _MAX_TEXT), indent=2)


def _hosts(count: int) -> str:
    return "1 host" if count == 1 else f"{count} hosts"
