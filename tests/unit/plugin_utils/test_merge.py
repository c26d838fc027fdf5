"""Runs and slices as one document: nothing is lost, nothing counts twice, and no order matters."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Callable
from typing import Any

import fleet_generator
import jsonschema
import pytest
import record_factory as make
from hypothesis import given, settings
from hypothesis import strategies as st
from schema import SCHEMA

from ansible_collections.mailtls.fleet.plugins.plugin_utils import host_record, waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.compact import compact, expand
from ansible_collections.mailtls.fleet.plugins.plugin_utils.merge import LOST, MergeError, merge
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document, html, markdown, terminal

WAIVERS = waivers.summaries(fleet_generator.WAIVERS, fleet_generator.TODAY)
RECORDS = fleet_generator.with_waivers(fleet_generator.records(120, seed=5))
NAMES = [record["host"] for record in RECORDS]


def of(*records: dict[str, Any], minute: int = 0, **run: Any) -> dict[str, Any]:
    """A run that began in that minute and took one."""
    times = {"started": f"2026-11-24T10:{minute:02}:00Z", "finished": f"2026-11-24T10:{minute + 1:02}:00Z"}
    return document.build(records, {**make.RUN, "id": f"run-{minute}", **times, **run}, run.pop("waivers", ()))


def slices(count: int) -> list[dict[str, Any]]:
    return [
        document.build(
            RECORDS[number::count],
            {**make.RUN, "id": f"slice-{number}", "started": f"2026-11-24T10:0{number}:00Z", "finished": f"2026-11-24T11:0{number}:00Z",
             "slice": f"{number + 1}/{count}"},
            WAIVERS,
        )
        for number in range(count)
    ]  # fmt: skip


def kinds(merged: dict[str, Any]) -> list[str]:
    return [note["kind"] for note in merged.get("notes", [])]


def without_run(whole: dict[str, Any]) -> dict[str, Any]:
    about = {key: value for key, value in whole["run"].items() if key not in ("id", "started", "finished", "merged")}
    return {**whole, "run": about}


@settings(max_examples=15)
@given(st.integers(1, 9), st.randoms(use_true_random=False))
def test_slices_are_the_unsliced_run_whatever_their_order(count: int, draw: random.Random) -> None:
    whole = document.build(RECORDS, make.RUN, WAIVERS)
    parts = slices(count)
    if count == 1:
        parts[0]["run"]["slice"] = None
    draw.shuffle(parts)
    merged = merge(parts, NAMES)
    jsonschema.validate(merged, SCHEMA)
    assert json.dumps(without_run(merged), sort_keys=True) == json.dumps(without_run(whole), sort_keys=True)
    assert (merged["run"]["started"], merged["run"]["finished"]) == ("2026-11-24T10:00:00Z", f"2026-11-24T11:0{count - 1}:00Z")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["PASS", "FAIL"]), st.integers(0, 3)), min_size=1), st.randoms())
def test_no_order_matters_where_hosts_are_in_several(told: list[tuple[str, str, int]], draw: random.Random) -> None:
    parts = [of(make.record(host, verdict), minute=minute) for host, verdict, minute in told]
    straight = merge(parts)
    draw.shuffle(parts)
    assert merge(parts) == straight
    assert [host["host"] for host in straight["hosts"]] == sorted({host for host, _verdict, _minute in told})


def test_merging_the_merged_again_changes_nothing() -> None:
    first, second, third = slices(3)
    assert merge([merge([first, second]), third]) == merge([first, second, third])
    assert merge([of(make.record()), of(make.record())]) == of(make.record())


def test_of_a_host_in_two_runs_the_later_counts_and_it_is_told() -> None:
    merged = merge([of(make.record("a", "PASS"), minute=5), of(make.record("a", "FAIL"), make.record("b"), minute=2)])
    assert [(host["host"], host["verdict"]) for host in merged["hosts"]] == [("a", "PASS"), ("b", "FAIL")]
    assert kinds(merged) == ["duplicate_hosts"]
    assert "1 host is in more than one run; the run that finished last counts: a." in merged["notes"][0]["text"]


def test_that_nobody_came_to_a_host_never_displaces_an_answer() -> None:
    answered, lost = of(make.record("a", "PASS"), minute=1), of(host_record.of_lost("a", "the play ended before"), minute=9)
    merged = merge([answered, lost])
    assert merged["hosts"][0]["verdict"] == "PASS"
    assert kinds(merged) == []


def test_a_lost_slice_and_its_hosts_are_named_once_until_they_come() -> None:
    parts = slices(4)
    incomplete = merge(parts[:1] + parts[2:], NAMES)
    jsonschema.validate(incomplete, SCHEMA)
    missing = set(NAMES[1::4])
    assert {host["host"] for host in incomplete["hosts"] if host["why"] == LOST and host["verdict"] == "ERROR"} == missing
    assert [host["host"] for host in incomplete["hosts"]] == sorted(NAMES)
    assert kinds(incomplete) == ["lost_hosts", "lost_slices"]
    assert "2/4" in incomplete["notes"][1]["text"]
    assert without_run(merge([incomplete, parts[1]])) == without_run(merge(parts))


@pytest.mark.parametrize(
    ("change", "kind", "names"),
    [
        ({"policy": "own"}, "policies_differ", "own, TLSv1.2, 2026-12-31"),
        ({"deadline": "2027-01-31"}, "policies_differ", "2027-01-31"),
        ({"collection": "0.2.0"}, "versions_differ", "0.1.0, 0.2.0"),
        ({"started": "2026-11-22T10:00:00Z"}, "days_differ", "2026-11-22 to 2026-11-24"),
        ({"finished": "2026-11-24T09:00:00Z"}, "clock", "ended, 2026-11-24T09:00:00Z, before it began"),
        ({"finished": "2026-11-24T12:00:00Z"}, "clock", "still to come"),
        ({"finished": None}, "unfinished", "run-5"),
    ],
)
def test_what_differs_among_runs_is_named_in_document_and_renderings(change: dict[str, Any], kind: str, names: str) -> None:
    now = datetime.datetime(2026, 11, 24, 11, tzinfo=datetime.UTC)
    merged = merge([of(make.record("a")), of(make.record("b"), minute=5, **change)], now=now)
    jsonschema.validate(merged, SCHEMA)
    assert kinds(merged) == [kind]
    assert names in merged["notes"][0]["text"]
    for rendered in (terminal.render(merged, width=500), markdown.render(merged), html.render(merged)):
        assert names in rendered


def test_a_host_that_the_inventory_has_not_is_kept_and_named() -> None:
    merged = merge([of(make.record("a"), make.record("stranger"))], ["a"])
    assert [host["host"] for host in merged["hosts"]] == ["a", "stranger"]
    assert kinds(merged) == ["unexpected_hosts"]


@pytest.mark.parametrize("parts", [[], [{"schema": "mailtls.report/2"}], [{}]])
def test_what_can_not_be_merged_is_refused(parts: list[dict[str, Any]]) -> None:
    with pytest.raises(MergeError):
        merge(parts)


class TestCompact:
    def test_nothing_that_people_act_on_is_lost(self) -> None:
        whole = document.build(RECORDS, make.RUN, WAIVERS)
        back = expand(json.loads(json.dumps(compact(whole))))
        jsonschema.validate(back, SCHEMA)
        assert back["summary"] == whole["summary"]
        assert back["waivers"] == whole["waivers"]
        assert kinds(back) == ["abridged"]
        for told, host in zip(back["hosts"], whole["hosts"], strict=True):
            assert {key: told[key] for key in ("host", "verdict", "why", "platform", "reach")} == {
                key: host[key] for key in ("host", "verdict", "why", "platform", "reach")
            }
            failing = {item["id"]: item for item in host["findings"] if item["verdict"] != "PASS"}
            assert not failing or {item["id"]: item for item in told["findings"]} == failing

    @pytest.mark.parametrize("limit", [30_000, 60_000, 1_000_000])
    def test_it_keeps_to_its_size_and_drops_the_least_of_it(self, limit: int) -> None:
        short = compact(document.build(RECORDS, make.RUN, WAIVERS), limit)
        assert len(json.dumps(short)) <= limit
        assert [host["host"] for host in short["hosts"]] == sorted(NAMES)
        bare = [host["verdict"] for host in short["hosts"] if "findings" not in host and host["verdict"] != "PASS"]
        assert len(bare) == short["omitted"]
        assert bool(bare) == (limit == 30_000)

    def test_a_host_that_says_too_much_is_bounded(self) -> None:
        short = compact(of(make.record("a", why="x" * 10**6, findings=[make.finding(why="y" * 10**6) for _number in range(100)])))
        assert len(json.dumps(short)) < 50_000

    def test_what_does_not_fit_at_all_is_refused(self) -> None:
        with pytest.raises(MergeError, match="120 hosts do not fit"):
            compact(document.build(RECORDS, make.RUN, WAIVERS), 5_000)

    def test_a_document_of_another_kind_is_refused(self) -> None:
        with pytest.raises(MergeError, match="mailtls.compact/1"):
            expand({"schema": "other"})

    @pytest.mark.parametrize("shuffled", [False, True])
    def test_slices_handed_on_in_short_merge(self, shuffled: bool) -> None:
        parts = [expand(compact(part)) for part in slices(4)]
        merged = merge(parts[::-1] if shuffled else parts, NAMES)
        jsonschema.validate(merged, SCHEMA)
        assert merged["summary"] == document.build(RECORDS, make.RUN, WAIVERS)["summary"]


@pytest.mark.parametrize(("findings", "says"), [(["stack"], "o POP3 or IMAP account was found"), (["account"], "goes on working")])
def test_the_page_speaks_of_clients_only_where_there_are_accounts(findings: list[str], says: str) -> None:
    told: Callable[..., dict[str, Any]] = make.finding
    page = html.render(of(make.record("a", "PASS", findings=[_without_account(told("PASS", check=check)) for check in findings])))
    heading = page.partition("<h1")[2].partition("</h1>")[0]
    assert says in heading


def _without_account(item: dict[str, Any]) -> dict[str, Any]:
    return item if item["check"] == "account" else {key: value for key, value in item.items() if key not in ("account", "client")}
