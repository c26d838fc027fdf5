"""Waivers: whom they bear on, until when, and which files are refused."""

from __future__ import annotations

import datetime
from pathlib import Path

import jsonschema
import pytest
import record_factory as make
from schema import SCHEMA

from ansible_collections.mailtls.fleet.plugins.plugin_utils import waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document

DEADLINE = datetime.date(2026, 12, 31)
TODAY = datetime.date(2026, 11, 24)
HEAD = "schema: mailtls.waivers/1\nwaivers:\n"
FULL = "    reason: being replaced\n    owner: office-it\n    until: 2026-12-15\n"


def written(directory: Path, text: str) -> list[str]:
    path = directory / "waivers.yml"
    path.write_text(text)
    return [str(path)]


def given(**changes):
    values = {"place": "w.yml:3", "reason": "being replaced", "owner": "office-it", "until": datetime.date(2026, 12, 15), **changes}
    return waivers.Waiver(**values)


def applied(*covering, record=None, groups=("all", "kiosks"), today=TODAY):
    return waivers.apply(record or make.record(), covering, groups, today)


class TestWhom:
    @pytest.mark.parametrize(
        "whom",
        [
            {"host": "mail1"},
            {"host": "mail?"},
            {"group": "kiosks"},
            {"check": "account"},
            {"finding": "account-0123456789ab"},
            {"host": "mail1", "group": "all", "check": "account", "finding": "account-0123456789ab"},
        ],
    )
    def test_bears_on_what_meets_all_that_it_names(self, whom):
        record = applied(given(**whom))
        assert record["verdict"] == "WAIVED"
        assert record["findings"][0]["waiver"] == {
            "place": "w.yml:3", "reason": "being replaced", "owner": "office-it", "until": "2026-12-15", "was": "FAIL", "expired": False,
        }  # fmt: skip

    @pytest.mark.parametrize(
        "whom",
        [
            {"host": "mail"},
            {"host": "MAIL1"},
            {"group": "servers"},
            {"check": "stack"},
            {"finding": "account-0"},
            {"host": "mail1", "group": "servers"},
            {"check": "account", "finding": "account-0"},
        ],
    )
    def test_bears_on_nothing_else(self, whom):
        assert applied(given(**whom)) == make.record()

    @pytest.mark.parametrize("verdict", ["UNKNOWN", "ERROR", "UNREACHABLE", "PASS"])
    def test_is_no_answer_where_none_is_known(self, verdict):
        record = make.record(verdict=verdict)
        assert applied(given(host="*"), record=record) == record

    def test_a_host_is_as_bad_as_its_worst_finding_that_is_not_waived(self):
        record = make.record(findings=[make.finding("FAIL"), make.finding("FAIL", id="account-2", why="another"), make.finding("PASS")])
        assert applied(given(finding="account-2"), record=record)["verdict"] == "FAIL"
        both = applied(given(check="account"), record=record)
        assert both["verdict"] == "WAIVED"
        assert both["why"].endswith("(and 1 more)")

    def test_what_is_at_risk_can_be_waived_as_well(self):
        record = applied(given(host="mail1"), record=make.record(verdict="AT_RISK"))
        assert (record["verdict"], record["findings"][0]["waiver"]["was"]) == ("WAIVED", "AT_RISK")


class TestUntil:
    @pytest.mark.parametrize(("day", "verdict"), [(14, "WAIVED"), (15, "WAIVED"), (16, "FAIL")])
    def test_holds_up_to_and_on_its_last_day(self, day, verdict):
        assert applied(given(host="mail1"), today=datetime.date(2026, 12, day))["verdict"] == verdict

    def test_an_expired_one_fails_again_and_says_so(self):
        record = applied(given(host="mail1", until=datetime.date(2026, 10, 1)))
        assert record["verdict"] == "FAIL"
        assert record["why"].endswith("Its waiver, of office-it, ended on 2026-10-01.")
        assert record["findings"][0]["waiver"]["expired"] is True

    def test_of_several_the_one_that_holds_longest_counts(self):
        longer = given(host="mail1", until=datetime.date(2026, 12, 20), owner="other")
        record = applied(given(host="mail1", until=datetime.date(2026, 10, 1)), longer, given(host="mail1"))
        assert record["findings"][0]["waiver"]["owner"] == "other"


class TestFile:
    def test_everything_that_it_may_hold(self, tmp_path):
        text = HEAD + "  - host: mail*\n    group: kiosks\n    check: client\n    finding: x-1\n    past_deadline: true\n" + FULL
        files = written(tmp_path, text.replace("2026-12-15", "2027-06-30"))
        assert waivers.load(files, DEADLINE) == (
            given(
                place=f"{files[0]}:3", host="mail*", group="kiosks", check="client", finding="x-1", until=datetime.date(2027, 6, 30)
            ),
        )  # fmt: skip

    def test_a_changed_file_is_read_again(self, tmp_path):
        files = written(tmp_path, HEAD + "  - host: a\n" + FULL)
        assert waivers.load(files, DEADLINE)[0].host == "a"
        written(tmp_path, HEAD + "  - host: bb\n" + FULL)
        assert waivers.load(files, DEADLINE)[0].host == "bb"

    @pytest.mark.parametrize(
        ("text", "line", "told"),
        [
            ("schema: mailtls.waivers/2\nwaivers: []\n", 1, "expected the schema mailtls.waivers/1"),
            (HEAD + "  - host: a\n    reason: r\n    until: 2026-12-01\n", 3, "the key 'owner' is missing"),
            (HEAD + "  - host: a\n    owner: o\n    until: 2026-12-01\n", 3, "the key 'reason' is missing"),
            (HEAD + "  - host: a\n    owner: o\n    reason: r\n", 3, "the key 'until' is missing"),
            (HEAD + FULL.replace("    reason", "  - reason", 1), 3, "expected at least one of host, group, check, finding"),
            (HEAD + "  - hosts: a\n" + FULL, 3, "unknown key 'hosts'"),
            (HEAD + "  - host: a\n    until: soon\n    reason: r\n    owner: o\n", 4, "expected a date such as 2026-12-31"),
            (HEAD + "  - host: a\n    until: 2027-01-01\n    reason: r\n    owner: o\n", 4, "past the deadline 2026-12-31"),
            (HEAD + "  - host: a\n    past_deadline: false\n    until: 2027-01-01\n    reason: r\n    owner: o\n", 5, "past the deadline"),
            (HEAD + "  - check: coverage\n" + FULL, 3, "expected one of account, client, stack"),
            (HEAD + "  - host: ''\n" + FULL, 3, "expected a text"),
            (HEAD + f"  - host: a\n    reason: {'x' * 501}\n    owner: o\n    until: 2026-12-01\n", 4, "at most 500 characters"),
            (HEAD + "  - host: [\n", 5, "not valid YAML"),
            ("", 1, "is empty"),
        ],
    )
    def test_a_mistake_is_refused_with_file_and_line(self, tmp_path, text, line, told):
        files = written(tmp_path, text)
        with pytest.raises(waivers.PolicyError) as caught:
            waivers.load(files, DEADLINE)
        assert str(caught.value).startswith(f"{files[0]}, line ")
        assert told in str(caught.value)
        assert f"line {line}:" in str(caught.value) or "YAML" in told

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(waivers.PolicyError, match="can't be read"):
            waivers.load([str(tmp_path / "none.yml")], DEADLINE)


def test_the_report_lists_each_with_how_many_findings_it_bears_on():
    covering = (
        given(host="mail1"),
        given(place="w.yml:8", group="nobody"),
        given(place="w.yml:9", host="mail2", until=datetime.date(2026, 1, 1)),
    )
    records = [applied(*covering, record=make.record(name)) for name in ("mail1", "mail2")]
    whole = document.build(records, make.RUN, waivers.summaries(covering, TODAY))
    jsonschema.validate(whole, SCHEMA)
    assert [(item["place"], item["expired"], item["findings"]) for item in whole["waivers"]] == [
        ("w.yml:3", False, 1),
        ("w.yml:8", False, 0),
        ("w.yml:9", True, 1),
    ]
    assert whole["summary"]["waived"] == 1
