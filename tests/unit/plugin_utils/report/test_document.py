"""The results document: every host once, coverage never rounded up, and of the form that its schema promises."""

from __future__ import annotations

import jsonschema
import pytest
import record_factory as make
from hypothesis import given
from hypothesis import strategies as st
from schema import SCHEMA

from ansible_collections.mailtls.fleet.plugins.plugin_utils import host_record
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import VERDICTS


def test_the_schema_is_one():
    jsonschema.validators.validator_for(SCHEMA).check_schema(SCHEMA)


def test_a_document_with_every_verdict_keeps_to_the_schema():
    records = [make.record(f"host{number}", verdict) for number, verdict in enumerate(VERDICTS)]
    records += [host_record.of_error("error", "x"), host_record.of_unreachable("away", "x")]
    whole = document.build(records, make.RUN)
    jsonschema.validate(whole, SCHEMA)
    assert whole["summary"]["hosts"] == len(records)


@pytest.mark.parametrize("change", [{"verdict": "SPLENDID"}, {"more": 1}, {"host": None}, {"findings": [{}]}])
def test_the_schema_refuses_what_is_no_record(change):
    whole = document.build([make.record()], make.RUN)
    whole["hosts"][0].update(change)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(whole, SCHEMA)


def test_of_a_host_with_several_records_the_last_counts():
    whole = document.build([make.record("a"), make.record("b"), make.record("a", "PASS")], make.RUN)
    assert [(host["host"], host["verdict"]) for host in whole["hosts"]] == [("a", "PASS"), ("b", "FAIL")]
    assert (whole["summary"]["pass"], whole["summary"]["fail"]) == (1, 1)


@pytest.mark.parametrize(
    ("verdicts", "coverage"),
    [
        ([], 0.0),
        (["PASS", "FAIL", "AT_RISK", "WAIVED"], 1.0),
        (["PASS", "UNKNOWN"], 0.5),
        (["PASS", "ERROR", "UNREACHABLE"], 0.3333),
        (["PASS"] * 99_999 + ["UNKNOWN"], 0.9999),
    ],
)
def test_coverage_is_the_share_that_is_answered(verdicts, coverage):
    assert document.summary(verdicts)["coverage"] == coverage


@given(st.lists(st.sampled_from(VERDICTS), min_size=1))
def test_coverage_is_whole_only_when_no_answer_is_missing(verdicts):
    told = document.summary(verdicts)
    assert sum(told[verdict.lower()] for verdict in VERDICTS) == told["hosts"] == len(verdicts)
    assert (told["coverage"] == 1.0) == (not {"UNKNOWN", "ERROR", "UNREACHABLE"}.intersection(verdicts))
