"""Slices in the store: whole when they have ended, as far as they came when they were killed, and gone after a while."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fleet_generator
import pytest
import record_factory as make

from ansible_collections.mailtls.fleet.plugins.plugin_utils import saved_run, slice_rows
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database import Store
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document

RUN = {**make.RUN, "slice": "job 41"}
RECORDS = list(fleet_generator.records(4))
PLAN = {"run": {**RUN, "finished": None}, "expected": sorted(record["host"] for record in RECORDS), "waivers": []}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/shared.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def rows(store: Store) -> slice_rows.SliceRows:
    rows = slice_rows.SliceRows(store, "40", "41")
    rows.begin(PLAN)
    return rows


def verdicts(whole: dict[str, Any]) -> dict[str, str]:
    return {host["host"]: host["verdict"] for host in whole["hosts"]}


def test_a_slice_that_has_ended_comes_back_as_it_was(store: Store, rows: slice_rows.SliceRows) -> None:
    whole = document.build(RECORDS, RUN)
    rows.add(0, RECORDS[:2])
    rows.finish(whole)
    assert slice_rows.documents(store, "40") == [whole]


def test_a_slice_that_was_killed_is_what_it_came_to(store: Store, rows: slice_rows.SliceRows) -> None:
    rows.add(0, RECORDS[:1])
    [found] = slice_rows.documents(store, "40")
    assert found["run"] == PLAN["run"]
    assert [host for host in found["hosts"] if host["why"] != saved_run.CUT_SHORT] == RECORDS[:1]
    assert verdicts(found) == {**{record["host"]: "ERROR" for record in RECORDS}, RECORDS[0]["host"]: RECORDS[0]["verdict"]}


def test_of_a_host_that_comes_twice_the_last_counts(store: Store, rows: slice_rows.SliceRows) -> None:
    again = {**RECORDS[0], "verdict": "UNKNOWN"}
    rows.add(0, [RECORDS[0]])
    rows.add(1, [again])
    assert verdicts(slice_rows.documents(store, "40")[0])[again["host"]] == "UNKNOWN"


def test_other_runs_are_left_alone_and_told(store: Store, rows: slice_rows.SliceRows) -> None:
    late = {**PLAN, "run": {**PLAN["run"], "started": "2099-01-01T00:00:00Z"}}
    slice_rows.SliceRows(store, "50", "41").begin(late)
    assert [part["run"]["started"] for part in slice_rows.documents(store, "50")] == ["2099-01-01T00:00:00Z"]
    assert slice_rows.documents(store, "60") == []
    assert slice_rows.recent(store) == ["50", "40"]


def test_slices_go_after_a_week(store: Store, rows: slice_rows.SliceRows) -> None:
    rows.add(0, RECORDS)
    began = datetime.datetime.fromisoformat(RUN["started"])
    slice_rows.expire(store, began + datetime.timedelta(days=slice_rows.KEEP_DAYS))
    assert slice_rows.recent(store) == ["40"]
    slice_rows.expire(store, began + datetime.timedelta(days=slice_rows.KEEP_DAYS, seconds=1))
    assert slice_rows.recent(store) == []
    slice_rows.SliceRows(store, "40", "41").begin(PLAN)
    assert not [host for host in slice_rows.documents(store, "40")[0]["hosts"] if host["why"] != saved_run.CUT_SHORT]
