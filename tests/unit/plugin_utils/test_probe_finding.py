"""What handshakes of the probe come to: never a FAIL, and never a better verdict than without them."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load

TODAY = datetime.date(2026, 11, 24)
TARGET = "outlook.office365.com:993"


def probe(version: str | None = "TLSv1.3", **changes: Any) -> dict[str, Any]:
    known = {"target": TARGET, "protocol": "imap", "security": "implicit", "stack": make.LIBSSL, "alert": None}
    return {**known, "version": version, "error": None if version else "wrong version number", **changes}


def judge(*probes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return assess(evidence.load(make.evidence(probes=list(probes), **changes)), load(), TODAY)


def probed(record: dict[str, Any]) -> dict[str, Any]:
    [found] = [item for item in record["findings"] if item["check"] == "probe"]
    return found


def test_a_success_passes_and_says_that_it_proves_little():
    found = probed(judge(probe()))
    assert (found["verdict"], found["confidence"], found["stack"]["path"]) == ("PASS", "observed", make.LIBSSL)
    assert TARGET in found["why"]
    assert "TLS 1.3" in found["why"]
    assert "One success proves little" in found["why"]


@pytest.mark.parametrize("version", ["SSLv3", "TLSv1", "TLSv1.1"])
def test_an_old_version_works_until_it_ends(version: str):
    record = judge(probe(version))
    assert (record["verdict"], probed(record)["cause"]) == ("AT_RISK", "old_handshake")


def test_a_failure_says_what_happened_and_fails_nothing():
    record = judge(probe(None, alert=70, error="tlsv1 alert protocol version"))
    found = probed(record)
    assert (record["verdict"], found["verdict"], found["cause"]) == ("AT_RISK", "AT_RISK", "handshake_failed")
    assert "alert 70: tlsv1 alert protocol version" in found["why"]


@pytest.mark.parametrize("probes", [[probe()], [probe("TLSv1")], [probe(None)]], ids=["success", "old", "failure"])
@pytest.mark.parametrize("story", ["pinned", "old library", "nothing seen", "unreadable"])
def test_it_mends_no_verdict(story: str, probes: list[dict[str, Any]]):
    pinned = make.client(make.account(settings=[make.setting("sslproto", "TLS1")]))
    changes: dict[str, Any] = {
        "pinned": {"clients": [pinned]},
        "old library": {"stacks": [make.stack(version="0.9.8j", hellos=[])]},
        "nothing seen": {"stacks": []},
        "unreadable": {"gaps": [{"what": "/home", "why": "permission denied", "affects": "clients"}]},
    }[story]
    without, with_them = judge(**changes), judge(*probes, **changes)
    assert without["verdict"] != "PASS"
    assert with_them["verdict"] in (without["verdict"], "AT_RISK")
    assert (with_them["verdict"] == "FAIL") == (without["verdict"] == "FAIL")
    assert without["findings"] == [item for item in with_them["findings"] if item["check"] != "probe"]


def test_each_server_and_library_has_an_identity_of_its_own():
    other = make.stack(kind="gnutls", version="3.7.9", path="/usr/lib/libgnutls.so.30")
    probes = [probe(), probe(target="outlook.office365.com:995"), probe(stack=other["path"])]
    found = [item for item in judge(*probes, stacks=[make.stack(), other])["findings"] if item["check"] == "probe"]
    assert len({item["id"] for item in found}) == 3


@pytest.mark.parametrize(
    "wrong",
    [{"version": "TLSv9"}, {"version": None}, {"error": "both"}, {"alert": "70"}, {"target": 993}, {"stack": None}],
    ids=str,
)
def test_evidence_of_another_form_is_refused(wrong: dict[str, Any]):
    with pytest.raises(evidence.EvidenceError, match=r"evidence\.probes\[0\]"):
        evidence.load(make.evidence(probes=[{**probe(), **wrong}]))
