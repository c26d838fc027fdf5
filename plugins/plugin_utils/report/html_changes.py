# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the page shows of the changes that a run made: each setting of each host before and after, and what became of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.facts import ABSENT
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.remedies import reason, where

# A page with so many more rows still opens in a second or two.
MAX_ROWS = 2000
OUTCOMES = {
    "would_change": "would change",
    "applied": "changed",
    "restored": "put back",
    "present": "was as before already",
    "refused": "not changed",
}
RESTART_STATES = {
    "would_restart": "would be restarted",
    "restarted": "restarted",
    "failed": "did not come back",
    "needed": "has to be restarted",
}
_FLOOR = " (floor raised)"
_NEWER = "a newer one"
_NOT_PUT_BACK = "not put back"
_CHANGED_AND_PUT_BACK = "changed, then put back"


@dataclasses.dataclass(frozen=True)
class Row:
    """One setting of one host, every text inert.

    Attributes:
        place: file and line, or registry key, view and type.
        before: the value before, or that it was absent.
        after: the value that was set or would be, or that it is absent then.
        when: the time of the last thing that happened to it, as in remedies.jsonl.
        by: who did that.
        outcome: what became of it, in words.
        why: the reason where it was refused, or nothing.
    """

    host: str
    place: str
    key: str
    before: str
    after: str
    when: str
    by: str
    outcome: str
    why: str


@dataclasses.dataclass(frozen=True)
class Restart:
    """One service, or program outside of one, that runs on with old settings, every text inert; `state` in words."""

    host: str
    name: str
    what: str
    state: str


@dataclasses.dataclass(frozen=True)
class Changes:
    """The rows that are shown, how many more there are, whether the run only said what it would do, and what is restarted for it."""

    rows: tuple[Row, ...]
    more: int
    planned: bool
    restarts: tuple[Restart, ...] = ()
    more_restarts: int = 0
    waiting: tuple[str, ...] = ()


def of(lines: Iterable[Mapping[str, Any]]) -> Changes:
    """Return the changes for the *lines* of remedies.jsonl, in the order of hosts, and of time within a host."""
    lines = list(lines)
    rows: dict[tuple[str, ...], Row] = {}
    for row in (row for line in lines for row in _rows(line)):
        made = (row.host, row.place, row.key, row.after, row.before, OUTCOMES["applied"])
        if row.outcome == OUTCOMES["restored"] and made in rows:
            rows[made] = dataclasses.replace(rows[made], outcome=_CHANGED_AND_PUT_BACK, when=row.when, by=row.by)
        else:
            rows[(row.host, row.place, row.key, row.before, row.after, row.outcome)] = row
    found = sorted(rows.values(), key=lambda row: row.host)
    restarts = sorted((item for line in lines for item in _restarts(line)), key=lambda item: item.host)
    return Changes(
        tuple(found[:MAX_ROWS]),
        max(len(found) - MAX_ROWS, 0),
        any(row.outcome == OUTCOMES["would_change"] for row in found),
        tuple(restarts[:MAX_ROWS]),
        max(len(restarts) - MAX_ROWS, 0),
        tuple(sorted({escape(line["host"]) for line in lines if line.get("reboot_required")})),
    )


def _restarts(line: Mapping[str, Any]) -> Iterator[Restart]:
    for item in line.get("restarts", ()):
        name = escape(item["name"] if item["manager"] else f"{item['name']} (by hand)")
        yield Restart(escape(line["host"]), name, escape(reason(item)), RESTART_STATES[item["state"]])


def _rows(line: Mapping[str, Any]) -> Iterator[Row]:
    for item in line["items"]:
        for change in item["changes"]:
            yield _row(line, change, item["state"], item["why"])
    for refusal in line["refused"]:
        yield _row(line, refusal["change"], "refused", refusal["why"])


def _row(line: Mapping[str, Any], change: Mapping[str, Any], state: str, why: str | None) -> Row:
    put_back = line["state"] == "rolled_back"
    return Row(
        host=escape(line["host"]),
        place=escape(where(change)),
        key=escape(change["key"]) + (_FLOOR if "harden" in change else ""),
        before=_value(change["from"]),
        after=_NEWER if change["to"] is None and "package" in change and not put_back else _value(change["to"]),
        when=escape(line["when"]),
        by=escape(line["by"]),
        outcome=_NOT_PUT_BACK if put_back and state == "refused" else OUTCOMES[state],
        why=escape(why or ""),
    )


def _value(value: str | None) -> str:
    return ABSENT if value is None else escape(value)
