# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One host on a terminal: who, why, what was seen, what mends it. Takes records that are inert already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import facts
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.terminal_page import Page
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import PASS, rank

_MAX_FINDINGS = 3
_MAX_FINDINGS_ALONE = 30
_MAX_ITEMS = 30
_MAX_SETTINGS = 5


def short(page: Page, host: Mapping[str, Any]) -> None:
    """Add a host with its reason."""
    page.wrapped(f"{_title(host)}: {host['why']}", indent=4, first="  ")


def full(page: Page, host: Mapping[str, Any], alone: bool) -> None:
    """Add a host with each finding that is no PASS, the worst first; of a host that stands *alone*, all of them."""
    page.line()
    page.line(f"  {_title(host)}")
    findings = sorted((item for item in host["findings"] if item["verdict"] != PASS), key=lambda item: rank(item["verdict"]))
    shown = findings[: _MAX_FINDINGS_ALONE if alone else _MAX_FINDINGS]
    for finding in shown:
        _finding(page, finding)
    page.more(len(findings) - len(shown), "finding", indent=4)


def looked_at(page: Page, host: Mapping[str, Any]) -> None:
    """Add what was seen of a host besides what is wrong: libraries, clients, accounts, and what could not be read."""
    page.line()
    page.line("Looked at")
    for label, lines in (
        ("libraries", [_stack(stack) for stack in host["stacks"]]),
        ("clients", [_client(client) for client in host["clients"]]),
        ("accounts", [_account(page, finding) for finding in host["findings"] if "account" in finding]),
        ("not read", [facts.gap(gap) for gap in host["gaps"]]),
    ):
        _list(page, label, lines)


def _list(page: Page, label: str, lines: list[str]) -> None:
    for index, line in enumerate(lines[:_MAX_ITEMS] or ["none"]):
        page.item(label if index == 0 else "", line, indent=2)
    page.more(len(lines) - _MAX_ITEMS, "line", indent=12)


def _title(host: Mapping[str, Any]) -> str:
    platform = facts.platform(host)
    return f"{host['host']} ({platform})" if platform else host["host"]


def _finding(page: Page, finding: Mapping[str, Any]) -> None:
    page.wrapped(facts.subject(finding), indent=6, first=f"    {page.word(finding['verdict'])}  ")
    page.item("why", finding["why"], indent=6)
    for index, line in enumerate(_evidence(finding)):
        page.item("evidence" if index == 0 else "", line, indent=6)
    if finding["fix"]["text"]:
        page.item("fix", finding["fix"]["text"], indent=6)
    if "waiver" in finding:
        page.item("waiver", facts.waiver(finding["waiver"]), indent=6)


def _evidence(finding: Mapping[str, Any]) -> Iterator[str]:
    """Yield the raw settings, then what they come to."""
    if "account" in finding:
        yield f"account at {facts.place(finding['account']['config'], finding['account']['line'])}"
    settings = finding["settings"]
    for setting in settings[:_MAX_SETTINGS]:
        yield f"{facts.place(setting['file'], setting['line'])}: {setting['key']} = {setting['value']}"
    if len(settings) > _MAX_SETTINGS:
        yield f"and {len(settings) - _MAX_SETTINGS} more settings"
    if "stack" in finding:
        yield f"{facts.named(finding['stack'], 'kind')}, {finding['stack']['path']}"
    yield from facts.states(finding)
    if "offered" in finding:
        yield f"offers {facts.protocols(finding['offered'])} ({finding['confidence']})"


def _stack(stack: Mapping[str, Any]) -> str:
    offers = f"offers {facts.protocols(stack['offered'])}" if stack["offered"] else "what it offers is not known"
    return f"{facts.named(stack, 'kind')}, {offers}, {stack['path']}"


def _client(client: Mapping[str, Any]) -> str:
    count = client["accounts"]
    return f"{facts.named(client)}, {count} account{'' if count == 1 else 's'}"


def _account(page: Page, finding: Mapping[str, Any]) -> str:
    account = finding["account"]
    who = f"{page.word(finding['verdict'])} {finding['client']['name']}, {facts.owner(account)}: {facts.connection(account)}"
    offers = f", offers {facts.protocols(finding['offered'])}" if "offered" in finding else ""
    return f"{who}{offers}, {facts.place(account['config'], account['line'])}"
