"""Copies of TLS libraries that no client is known to use: a warning where they are old, and nothing where they are not."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load

PATH = "/opt/forgotten/lib/libssl.so.6"


def judge(kind: str, version: str | None, **given: Any) -> dict[str, Any]:
    changes = {"config": None, "hellos": [], "package": None, **given}
    found = {**make.stack(kind, version, PATH, **changes), "origin": "found", "owner": "/opt/forgotten"}
    document = make.evidence(stacks=[make.stack(), found], clients=[make.client(make.account())])
    return assess(evidence.load(document), load(), datetime.date(2026, 11, 24))


def finding_of(record: dict[str, Any]) -> dict[str, Any] | None:
    return next((item for item in record["findings"] if item.get("stack", {}).get("path") == PATH and item["check"] == "stack"), None)


@pytest.mark.parametrize(("kind", "version"), [("openssl", "0.9.8e"), ("gnutls", "2.8.6"), ("nss", "3.14"), ("java", "7.0.80")])
def test_an_old_one_is_a_risk_and_says_whose_it_is(kind: str, version: str):
    record = judge(kind, version)
    found = finding_of(record)
    assert found
    assert (record["verdict"], found["verdict"], found["confidence"]) == ("AT_RISK", "AT_RISK", "inferred")
    assert "belongs to /opt/forgotten" in found["why"]
    assert "/opt/forgotten" in found["fix"]["text"]


def test_what_it_says_itself_counts_before_its_release():
    old = [make.hello(case, ["TLSv1"]) for case in ("system", "bare")]
    found = finding_of(judge("openssl", "1.0.1e", hellos=old))
    assert found
    assert (found["verdict"], found["confidence"], found["offered"]) == ("AT_RISK", "observed", ["TLSv1"])


@pytest.mark.parametrize(("kind", "version"), [("openssl", "1.1.1w"), ("java", "17.0.2"), ("java", None), ("openssl", None)])
def test_a_current_one_or_one_that_nobody_knows_changes_nothing(kind: str, version: str | None):
    record = judge(kind, version)
    assert (record["verdict"], finding_of(record)) == ("PASS", None)
    assert PATH in [stack["path"] for stack in record["stacks"]]
