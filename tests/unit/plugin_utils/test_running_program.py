"""Programs that were only seen running: their library decides, and replaced files wait for a restart."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load

PROGRAM = "/opt/fetcher/fetch"
OLD = [make.hello(case, ["TLSv1"]) for case in ("system", "bare")]


def linked(kind: str, version: str | None) -> dict[str, Any]:
    return {**make.stack(kind, version, f"{PROGRAM} ({kind})", config=None, hellos=[]), "origin": "bundled", "owner": PROGRAM}


def judge(*stacks: dict[str, Any], **given: Any) -> dict[str, Any]:
    account = make.account(server="192.0.2.1", config=PROGRAM, line=0, name="fetch.service", settings=[], **given)
    account["stacks"] = [stack["path"] for stack in stacks]
    client = make.client(account, name="running program", installs=[make.install(None, [], PROGRAM)])
    document = make.evidence(stacks=[make.stack(), *stacks], clients=[client])
    record = assess(evidence.load(document), load(), datetime.date(2026, 11, 24))
    [found] = [item for item in record["findings"] if item["check"] == "account"]
    return found


def test_its_own_library_decides_and_not_the_systems():
    found = judge(make.stack("openssl", "1.0.0m", "/opt/fetcher/libssl.so.1.0.0", hellos=OLD))
    assert (found["verdict"], found["confidence"], found["cause"]) == ("FAIL", "observed", "library")
    assert PROGRAM in found["why"]
    assert "fetch.service" in found["why"]


@pytest.mark.parametrize(
    ("kind", "version", "verdict"),
    [
        ("go", "1.22.1", "PASS"),
        ("go", "1.9", "UNKNOWN"),
        ("go", None, "UNKNOWN"),
        ("rustls", "0.23.37", "PASS"),
        ("openssl", "3.0.19", "PASS"),
        ("openssl", "1.0.0m", "FAIL"),
        ("openssl", "0.9.8zh", "FAIL"),
        ("wolfssl", "5.5.4", "UNKNOWN"),
        ("boringssl", None, "UNKNOWN"),
    ],
)
def test_a_library_inside_of_the_program_is_judged_by_its_release(kind: str, version: str | None, verdict: str):
    found = judge(linked(kind, version))
    assert (found["verdict"], found["confidence"]) == (verdict, "inferred")


def test_what_the_program_itself_sets_was_not_seen_and_the_finding_says_so():
    assert "was not seen" in judge(make.stack(path="/opt/fetcher/libssl.so.3"))["why"]


def test_replaced_files_wait_for_a_restart():
    found = judge(make.stack(path="/opt/fetcher/libssl.so.3"), replaced=["/opt/fetcher/libssl.so.3"])
    assert (found["verdict"], found["cause"]) == ("AT_RISK", "restart_pending")
    assert "/opt/fetcher/libssl.so.3" in found["why"]
    assert "Restart" in found["fix"]["text"]


def test_without_a_library_nothing_is_known():
    assert judge()["verdict"] == "UNKNOWN"
