"""Floors below the requirement: nothing fails by them, each finding names its own, and they are raised only where that is asked for."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest
from remedy_lines import line

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence, remedy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import html_changes, remedies


def judged(**changes: Any) -> dict[str, Any]:
    return assess(evidence.load(make.evidence(**changes)), load(), datetime.date(2026, 11, 24))


def with_account(*settings: dict[str, Any], name: str = "fetchmail", version: str = "6.4.37", stack: Any = None) -> dict[str, Any]:
    client = make.client(make.account(settings=list(settings)), name=name, installs=[make.install(version)])
    return judged(clients=[client], stacks=[stack or make.stack()])


def floors(record: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = [change for change in remedy.changes_of(record, harden=True) if change.get("harden")]
    return [(change["key"], change["from"], change["to"]) for change in found]


@pytest.mark.parametrize("value", ["TLS1+", "SSL3+", "tls1.1+"])
def test_a_floor_of_an_account_is_named_and_its_finding_passes(value: str) -> None:
    record = with_account(make.setting("sslproto", value))
    [found] = [item for item in record["findings"] if item["check"] == "account"]
    assert found["verdict"] == "PASS"
    assert found["harden"]["text"] == f"In /home/alice/.fetchmailrc, line 3, raise sslproto from {value} to TLS1.2+."
    assert floors(record) == [("sslproto", value, "TLS1.2+")]
    assert remedy.changes_of(record) == []


@pytest.mark.parametrize("value", ["TLS1.2+", "TLS1.3+", "auto", "nonsense", "TLS1.2"])
def test_what_is_no_floor_below_the_requirement_is_left_alone(value: str) -> None:
    assert floors(with_account(make.setting("sslproto", value))) == []


def test_a_floor_of_the_system_belongs_to_the_library() -> None:
    record = judged(settings=[make.system_setting("MinProtocol", "TLSv1")])
    assert record["verdict"] == "PASS"
    assert floors(record) == [("MinProtocol", "TLSv1", "TLSv1.2")]


def test_a_file_that_a_program_writes_is_left_to_that() -> None:
    generated = {**make.system_setting("MinProtocol", "TLSv1"), "file": "/etc/crypto-policies/back-ends/opensslcnf.config"}
    assert floors(judged(settings=[generated])) == []


def test_a_setting_that_is_mended_is_not_raised_besides() -> None:
    capped = [make.system_setting("MinProtocol", "TLSv1"), make.system_setting("MaxProtocol", "TLSv1.1", line=8)]
    record = judged(settings=capped, stacks=[make.stack(hellos=[])])
    assert record["verdict"] == "FAIL"
    asked = remedy.changes_of(record, harden=True)
    assert [(change["key"], change["to"], change.get("harden", False)) for change in asked] == [
        ("MaxProtocol", "TLSv1.3", False),
        ("MinProtocol", "TLSv1.2", True),
    ]
    # That a floor can't be raised must not keep the finding from being mended.
    assert set(asked[0]["findings"]).isdisjoint(asked[1]["findings"])


def test_raised_floors_are_told_apart() -> None:
    [change] = remedy.changes_of(with_account(make.setting("sslproto", "TLS1+")), harden=True)
    told = [line("a", "applied", ("applied", change))]
    assert "Changed, to raise a floor\n  fetchmail sslproto from TLS1+ to TLS1.2+: 1 place" in remedies.render(told)
    assert "\nChanged\n" not in remedies.render(told)
    assert [row.key for row in html_changes.of(told).rows] == ["sslproto (floor raised)"]


def test_a_host_on_which_only_floors_were_raised_is_no_worse() -> None:
    record = with_account(make.setting("sslproto", "TLS1+"))
    items = [{"state": "applied", "changes": remedy.changes_of(record, harden=True)}]
    assert remedy.not_better(record, record, [{"items": items}]) == []
