# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""hosts.csv: one row for each finding, for spreadsheets and scripts. No cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import facts

COLUMNS = (
    "host", "host_verdict", "os", "release", "arch", "check", "verdict", "cause", "client", "client_version", "user", "server", "port",
    "protocol", "security", "offered", "confidence", "library", "library_version", "library_path", "config", "why", "fix", "remedy",
    "waiver_owner", "waiver_until", "waiver_reason", "finding", "gaps", "not_read",
)  # fmt: skip
_MAX_CELL = 1000
_MAX_GAPS = 10
_MAX_GAP = 200
# What begins a formula in Excel, LibreOffice or Google Sheets, the wide forms among them; also after a semicolon, which is
# the separator where the comma is the decimal sign.
# What reads a semicolon as the end of a cell sees nothing in the quotes that would be doubled behind it.
_FORMULA = re.compile('(^|;)(?=[" ]*[=+\\-@\uff1d\uff0b\uff0d\uff20])')


def render(document: Mapping[str, Any]) -> str:
    """Return the table: a header, then a row for each finding, all cells quoted (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for host in document["hosts"]:
        for row in _rows(host):
            writer.writerow([cell(row.get(column)) for column in COLUMNS])
    return text.getvalue()


def cell(value: object) -> str:
    """Return *value* as a cell: inert, bounded, and text to every spreadsheet; an apostrophe goes before what would be a formula."""
    return "" if value is None else _FORMULA.sub(r"\1'", escape(value, _MAX_CELL))


def _rows(host: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    # A row stands alone once a spreadsheet sorts and filters: what could not be read of the host is in each of its rows.
    shared = {"host": host["host"], "host_verdict": host["verdict"], **host["platform"], **_gaps(host["gaps"])}
    for finding in host["findings"]:
        yield {**shared, **_finding(finding), **_account(finding.get("account")), **_parts(finding)}


def _gaps(gaps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    told = [escape(facts.gap(gap), _MAX_GAP) for gap in gaps[:_MAX_GAPS]]
    more = [f"and {len(gaps) - _MAX_GAPS} more"] if len(gaps) > _MAX_GAPS else []
    return {"gaps": len(gaps), "not_read": " | ".join([*told, *more])}


def _finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "finding": finding["id"],
        "why": finding["why"],
        "fix": finding["fix"]["text"],
        "remedy": finding["fix"].get("remedy"),
        "offered": " ".join(finding.get("offered", ())),
        **{key: finding[key] for key in ("check", "verdict", "cause", "confidence")},
    }


def _account(account: Mapping[str, Any] | None) -> dict[str, Any]:
    if account is None:
        return {}
    known = {key: account[key] for key in ("user", "server", "port", "protocol", "security")}
    return {**known, "config": facts.place(account["config"], account["line"])}


def _parts(finding: Mapping[str, Any]) -> dict[str, Any]:
    client, stack, waiver = finding.get("client", {}), finding.get("stack", {}), finding.get("waiver", {})
    return {
        "client": client.get("name"),
        "client_version": client.get("version"),
        "library": stack.get("kind"),
        "library_version": stack.get("version"),
        "library_path": stack.get("path"),
        **{f"waiver_{key}": waiver.get(key) for key in ("owner", "until", "reason")},
    }
