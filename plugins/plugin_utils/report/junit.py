# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""junit.xml: a test case for each check of each host, so that a pipeline shows them as it shows tests.

FAIL is a failure. UNKNOWN, ERROR and UNREACHABLE are errors: the test could not be made. WAIVED is skipped, with its reason.
AT_RISK passes, and its output says why it is at risk.
What could not be read of a host is output of its first case; notes of the whole run are output of the suite.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import facts
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import worst

_ELEMENT = {"FAIL": "failure", "UNKNOWN": "error", "ERROR": "error", "UNREACHABLE": "error", "WAIVED": "skipped"}
_MAX_NAME = 200
_MAX_MESSAGE = 500
_MAX_LINE = 2000
_MAX_FINDINGS = 20
_MAX_OUTPUT = 20


def render(document: Mapping[str, Any]) -> str:
    """Return the results as one test suite."""
    cases = [case for host in document["hosts"] for case in _cases(host)]
    counts = {element: sum(found == element for found, _text in cases) for element in ("failure", "error", "skipped")}
    run = document["run"]
    numbers = f'tests="{len(cases)}" failures="{counts["failure"]}" errors="{counts["error"]}"'
    seconds = _seconds(run)
    return "".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            f'<testsuites name="Mail TLS audit" {numbers} time="{seconds}">\n',
            f'<testsuite name={_attribute(run["policy"], _MAX_NAME)} {numbers} skipped="{counts["skipped"]}" time="{seconds}"',
            f" timestamp={_attribute(run['started'].rstrip('Z'), _MAX_NAME)}>\n",
            *(text for _found, text in cases),
            _output([note["text"] for note in document.get("notes", [])]),
            "</testsuite>\n</testsuites>\n",
        ]
    )


def _cases(host: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (the element that tells how it came out, the whole case) of each check of *host*."""
    checks: dict[str, list[Mapping[str, Any]]] = {}
    for finding in host["findings"]:
        checks.setdefault(finding["check"], []).append(finding)
    output = [f"Not read: {facts.gap(gap)}" for gap in host["gaps"]]
    for check, findings in sorted(checks.items()):
        verdict = worst(finding["verdict"] for finding in findings)
        head = f'<testcase classname={_attribute(host["host"], _MAX_NAME)} name="{check}" time="0"'
        counting = [finding for finding in findings if finding["verdict"] == verdict]
        body = _result(verdict, counting) + _output(_risks(verdict, counting) + output)
        output = []
        yield _ELEMENT.get(verdict, ""), f"{head}>{body}</testcase>\n" if body else f"{head}/>\n"


def _risks(verdict: str, findings: list[Mapping[str, Any]]) -> list[str]:
    return [_told(finding) for finding in findings[:_MAX_FINDINGS]] if verdict == "AT_RISK" else []


def _output(lines: list[str]) -> str:
    if not lines:
        return ""
    told = [escape(line, _MAX_LINE) for line in lines[:_MAX_OUTPUT]]
    more = [f"and {len(lines) - _MAX_OUTPUT} more"] if len(lines) > _MAX_OUTPUT else []
    return "<system-out>" + escape_xml("\n".join([*told, *more])) + "</system-out>"


def _result(verdict: str, findings: list[Mapping[str, Any]]) -> str:
    if verdict not in _ELEMENT:
        return ""
    text = escape_xml("\n".join(_told(finding) for finding in findings[:_MAX_FINDINGS]))
    message = f"message={_attribute(_message(findings[0]), _MAX_MESSAGE)}"
    if verdict == "WAIVED":
        return f"<skipped {message}/>"
    return f'<{_ELEMENT[verdict]} type="{verdict}" {message}>{text}</{_ELEMENT[verdict]}>'


def _message(finding: Mapping[str, Any]) -> str:
    waiver = finding.get("waiver")
    if waiver and not waiver["expired"]:
        return f"waived until {waiver['until']} by {waiver['owner']}: {waiver['reason']}"
    return str(finding["why"])


def _told(finding: Mapping[str, Any]) -> str:
    fix = f" Fix: {escape(finding['fix']['text'], _MAX_MESSAGE)}" if finding["fix"]["text"] else ""
    return f"{escape(facts.subject(finding), _MAX_MESSAGE)}: {escape(finding['why'], _MAX_MESSAGE)}{fix}"


def _attribute(value: object, limit: int) -> str:
    return quoteattr(escape(value, limit))


def _seconds(run: Mapping[str, Any]) -> int:
    if run["finished"] is None:
        return 0
    started, finished = (datetime.datetime.fromisoformat(run[key]) for key in ("started", "finished"))
    return max(int((finished - started).total_seconds()), 0)
