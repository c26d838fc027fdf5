"""Remedies against the wire: what failed connects, what was changed comes back to the byte, and then it fails again."""

from __future__ import annotations

import collections
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from judge import table, trial
from lab.session import Lab
from lab.snapshot import Entry

# A daemon goes on with what it read when it started, so cases that start one would need its restart.
TRIED = [case for case in table.cases() if case.unknown is None and case.command is not None and not case.start]
CASES = [case for case in TRIED if not case.not_mended]
_ALL_AT_ONCE = ("-e", '{"mailtls_serial": ["100%"], "mailtls_max_fail_percentage": 100, "mailtls_rollback_on_failure": false}')


@dataclass
class Story:
    """What became of a failing case with a remedy.

    Attributes:
        changes: what the finding asked for.
        connects: whether the client gets through to the service as it will be, once it is mended.
        mended: the finding then.
        again: whether it gets through once that is rolled back.
    """

    case: table.Case
    changes: list[dict[str, Any]]
    connects: tuple[bool, str]
    mended: dict[str, Any]
    again: bool


@dataclass
class Told:
    """All stories, what was refused, and by host and file what differs between before the remedy and after the rollback."""

    stories: list[Story]
    refused: list[dict[str, Any]]
    differences: dict[str, str]
    mended_files: int


@pytest.fixture(scope="module")
def told(lab: Lab) -> Told:
    """What became of every failing case that has a remedy."""
    groups = trial.start(lab, "mend", CASES)
    before = trial.audit(lab, [group.host for group in groups])
    found = {user: trial.finding(before, group.host, user, case) or {} for group in groups for user, case in group.members}
    failing = {user: finding["fix"].get("changes", []) for user, finding in found.items() if finding.get("verdict") == "FAIL"}
    users = {user for user, changes in failing.items() if changes}
    groups = [left for group in groups if (left := group.only(users)).members]
    hosts = [group.host for group in groups]
    files = {host.name: host.snapshot() for host in hosts}
    folder, mended = trial.play(lab, hosts, "remediate.yml", *_ALL_AT_ONCE)
    lines = [json.loads(line) for line in (folder / "remedies.jsonl").read_text().splitlines()]
    connects = trial.reached(groups, lab.modern, lab.names_after())
    trial.play(lab, hosts, "rollback.yml", "-e", f"mailtls_rollback_run={folder.name}")
    targets = {(line["host"], item["target"]) for line in lines for item in line["items"]}
    after = {host.name: host.snapshot() for host in hosts}
    again = trial.reached(groups, lab.modern, lab.names_after(), refused=users)
    stories = [
        Story(case, failing[user], connects[user], trial.finding(mended, group.host, user, case) or {}, again[user][0])
        for group in groups
        for user, case in group.members
    ]
    differences = {f"{host}:{path}": _difference(files[host][path], after[host].get(path)) for host, path in targets}
    refused = [refusal for line in lines for refusal in line["refused"]]
    return Told(stories, refused, {place: what for place, what in differences.items() if what}, len(targets))


def _difference(old: Entry, new: Entry | None) -> str:
    """What differs, but for the time of the inode's change, which nobody can set."""
    if new is None:
        return "is gone"
    return ", ".join(name for name in vars(old) if name != "changed" and getattr(old, name) != getattr(new, name))


def test_every_remedy_that_was_made_lets_the_client_through(told: Told, show_at_the_end: Callable[[str], None]) -> None:
    show_at_the_end(_matrix(told))
    bad = {
        story.case.id: (story.mended["why"], story.changes, story.connects[1][-500:])
        for story in told.stories
        if story.mended["verdict"] == "PASS" and not story.connects[0]
    }
    assert bad == {}


def test_every_failing_case_with_a_remedy_was_mended_or_is_to_be_mended_by_hand(told: Told) -> None:
    left = {story.case.id: story.mended["why"] for story in told.stories if (story.mended["verdict"] == "PASS") == bool(story.case.by_hand)}
    assert not left, "\n".join([*(f"{name}: {why}" for name, why in left.items()), *map(str, told.refused)])


def test_a_rollback_brings_every_file_back(told: Told) -> None:
    assert told.mended_files > 0
    assert told.differences == {}


def test_after_a_rollback_the_client_fails_again(told: Told) -> None:
    assert [story.case.id for story in told.stories if story.again] == []


def _matrix(told: Told) -> str:
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    for story in told.stories:
        for column, holds in (
            ("failing", True),
            ("mended", story.mended["verdict"] == "PASS"),
            ("connects", story.connects[0]),
            ("fails again", not story.again),
        ):
            counts[story.case.client, column] += holds
    columns = ("failing", "mended", "connects", "fails again")
    lines = [f"{'client':<20}" + "".join(f"{column:>13}" for column in columns)]
    for client in sorted({story.case.client for story in told.stories}):
        lines.append(f"{client:<20}" + "".join(f"{counts[client, column]:>13}" for column in columns))
    return "\n".join(lines)
