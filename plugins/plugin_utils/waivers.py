# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waivers: what may fail for a while, why, who answers for that, and until when. Read strictly, applied purely."""

from __future__ import annotations

import datetime
import fnmatch
import functools
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.finding import why_of
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import read
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.yaml_lines import Node, PolicyError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.yaml_lines import load as load_yaml
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import AT_RISK, FAIL, WAIVED, worst

SCHEMA = "mailtls.waivers/1"
CHECKS = ("account", "client", "stack", "probe")
_WHOM = ("host", "group", "check", "finding")
_MAX_TEXT = 500
# A waiver excuses what is known to fail. It is no answer where none is known, so nothing else can be waived.
_WAIVABLE = (FAIL, AT_RISK)


@dataclass(frozen=True)
class Waiver:
    """One waiver. It bears on the findings that meet all of host, group, check and finding, as far as these are given.

    Attributes:
        place: file and line.
        host: name of a host, with the wildcards of a shell.
        group: name of an inventory group.
        check: account, client, stack or probe.
        finding: id of a finding.
        until: the last day on which it holds.
    """

    place: str
    reason: str
    owner: str
    until: datetime.date
    host: str | None = None
    group: str | None = None
    check: str | None = None
    finding: str | None = None

    def covers(self, host: str, groups: Collection[str], finding: Mapping[str, Any]) -> bool:
        """Whether it bears on *finding* of *host*, which is in *groups*."""
        return (
            (self.finding is None or self.finding == finding["id"])
            and (self.check is None or self.check == finding["check"])
            and (self.group is None or self.group in groups)
            and (self.host is None or fnmatch.fnmatchcase(host, self.host))
        )

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return self.until < today


def load(files: Iterable[str], deadline: datetime.date) -> tuple[Waiver, ...]:
    """Return the waivers in *files*.

    Raises:
        PolicyError: a file can't be read, something in it is wrong, or a waiver goes past *deadline* without saying so; names file
            and line.
    """
    paths = tuple(os.path.abspath(file) for file in files)
    return _load(paths, tuple(_stamp(path) for path in paths), deadline)


@functools.lru_cache(maxsize=8)
def _load(files: tuple[str, ...], _stamps: tuple[float, ...], deadline: datetime.date) -> tuple[Waiver, ...]:
    return tuple(waiver for file in files for waiver in of_document(load_yaml(file), deadline))


def _stamp(file: str) -> float:
    try:
        return os.stat(file).st_mtime
    except OSError:
        return 0.0


def of_document(document: Node, deadline: datetime.date) -> tuple[Waiver, ...]:
    """Return the waivers in *document*. Raises PolicyError as `load` does."""
    given = read.keys(document, ("schema", "waivers"))
    if given["schema"].text() != SCHEMA:
        raise given["schema"].error(f"expected the schema {SCHEMA}")
    return read.each(given["waivers"], lambda node: _waiver(node, deadline))


def _waiver(node: Node, deadline: datetime.date) -> Waiver:
    given = read.keys(node, ("reason", "owner", "until"), (*_WHOM, "past_deadline"))
    if not any(key in given for key in _WHOM):
        raise node.error(f"expected at least one of {', '.join(_WHOM)}: whom the waiver is for")
    until = read.date(given["until"])
    if until > deadline and not read.switch(given.get("past_deadline")):
        raise given["until"].error(
            f"{until} is past the deadline {deadline}, from which on the client does stop working;"
            " expected an earlier day, or past_deadline: true beside it"
        )
    return Waiver(
        place=f"{node.place.file}:{node.place.line}",
        reason=_short(given["reason"]),
        owner=_short(given["owner"]),
        until=until,
        check=read.choice(given["check"], CHECKS) if "check" in given else None,
        **{key: _short(given[key]) if key in given else None for key in ("host", "group", "finding")},
    )


def _short(node: Node) -> str:
    text = node.text()
    if len(text) > _MAX_TEXT:
        raise node.error(f"expected at most {_MAX_TEXT} characters, found {len(text)}")
    return text


def apply(record: Mapping[str, Any], waivers: Iterable[Waiver], groups: Collection[str], today: datetime.date) -> dict[str, Any]:
    """Return the host record *record* with each finding that a waiver covers WAIVED; under an expired one it fails, and says so.

    Args:
        record: a host record, of assess.
        waivers: from `load`.
        groups: the inventory groups that the host is in.
        today: the day for which waivers hold or not.
    """
    findings = [_judged(finding, _chosen(record["host"], finding, waivers, groups), today) for finding in record["findings"]]
    if findings == record["findings"]:
        return dict(record)
    verdict = worst(finding["verdict"] for finding in findings)
    return {**record, "verdict": verdict, "why": why_of(findings, verdict), "findings": findings}


def _chosen(host: str, finding: Mapping[str, Any], waivers: Iterable[Waiver], groups: Collection[str]) -> Waiver | None:
    """Return the waiver that bears on *finding*: of several, the one that holds longest."""
    if finding["verdict"] not in _WAIVABLE:
        return None
    covering = [waiver for waiver in waivers if waiver.covers(host, groups, finding)]
    return max(covering, key=lambda waiver: waiver.until, default=None)


def _judged(finding: dict[str, Any], waiver: Waiver | None, today: datetime.date) -> dict[str, Any]:
    if waiver is None:
        return finding
    expired, until = waiver.expired(today), waiver.until.isoformat()
    details = {
        "place": waiver.place, "reason": waiver.reason, "owner": waiver.owner, "until": until, "was": finding["verdict"],
        "expired": expired,
    }  # fmt: skip
    if expired:
        return {**finding, "why": f"{finding['why']} Its waiver, of {waiver.owner}, ended on {until}.", "waiver": details}
    return {**finding, "verdict": WAIVED, "waiver": details}


def summaries(waivers: Iterable[Waiver], today: datetime.date) -> list[dict[str, Any]]:
    """Return what a report says of each waiver; document.build adds how many findings it bears on."""
    return [
        {
            "place": waiver.place,
            "reason": waiver.reason,
            "owner": waiver.owner,
            "until": waiver.until.isoformat(),
            "expired": waiver.expired(today),
            **{key: getattr(waiver, key) for key in _WHOM},
        }
        for waiver in waivers
    ]


__all__ = ["PolicyError", "Waiver", "apply", "load", "summaries"]
