"""The run that is being recorded: which hosts it owes an answer, and the one policy of its report."""

from __future__ import annotations

import datetime

import pytest
import record_factory as make

from ansible_collections.mailtls.fleet.plugins.plugin_utils import run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder

OURS = {"name": "ours", "requirement": "TLSv1.3", "deadline": "2027-01-31"}
THEIRS = {**OURS, "name": "theirs"}


@pytest.fixture
def current(tmp_path):
    yield run.begin(RunFolder.create(str(tmp_path), "run"))
    run.end()


def test_there_is_no_run_before_it_begins_and_after_it_ends(tmp_path):
    assert run.current() is None
    begun = run.begin(RunFolder.create(str(tmp_path), "run"))
    assert run.current() is begun
    run.end()
    assert run.current() is None


def test_hosts_without_a_record_are_missing(current):
    current.expected.update(["a", "b", "c"])
    current.record(make.record("b"))
    assert current.missing() == ["a", "c"]
    assert current.verdicts == {"b": "FAIL"}


def test_a_report_has_one_policy(current):
    current.judged_by(OURS, "the run")
    current.judged_by(dict(OURS), "mail1")
    with pytest.raises(ValueError, match=r"mail2 was judged by theirs .*, the run by ours"):
        current.judged_by(THEIRS, "mail2")
    assert current.describe(current.started)["policy"] == "ours"


def test_it_describes_itself_in_utc(current):
    finished = datetime.datetime(2026, 11, 24, 12, 0, 1, tzinfo=datetime.UTC)
    described = current.describe(finished)
    assert (described["id"], described["finished"]) == ("run", "2026-11-24T12:00:01Z")


def test_problems_are_told_once_and_not_without_end(current):
    for number in [0, 0, *range(100)]:
        run.problem(f"problem {number}")
    assert run.problems() == tuple(f"problem {number}" for number in range(5))
    run.end()
    assert run.problems() == ()
