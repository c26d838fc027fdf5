"""Findings whose cause is a package that is too old: when they name it, what is asked for, and how that is told."""

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

TODAY = datetime.date(2026, 11, 24)
PACKAGE = {"name": "fetchmail", "version": "6.3.26-1"}


def judged(version: str = "6.3.26", package: dict[str, str] | None = PACKAGE, stack: Any = None, **account: Any) -> dict[str, Any]:
    installs = [{**make.install(version), "package": package}]
    client = make.client(make.account(**account), installs=installs)
    return assess(evidence.load(make.evidence(clients=[client], stacks=[stack or make.stack()])), load(), TODAY)


def fix(record: dict[str, Any]) -> dict[str, Any]:
    [found] = [item for item in record["findings"] if item["check"] == "account"]
    assert found["verdict"] == "FAIL"
    return found["fix"]


def test_a_client_that_is_too_old_names_its_package_and_the_version_that_is_enough() -> None:
    found = fix(judged(security="starttls", port=143))
    assert found["package"] == {**PACKAGE, "at_least": "6.4.0"}
    assert found["remedy"] == "package"


def test_a_library_that_is_too_old_names_its_package() -> None:
    old = make.stack(version="0.9.8j", hellos=[], package={"name": "libssl0.9.8", "version": "0.9.8j-1"})
    assert fix(judged(stack=old))["package"] == {"name": "libssl0.9.8", "version": "0.9.8j-1", "at_least": "1.0.1"}


@pytest.mark.parametrize(
    "record",
    [
        judged(package=None, security="starttls"),
        # A pin would keep it from TLS 1.2 in the newer version, too.
        judged(security="starttls", settings=[make.setting("sslproto", "TLS1")]),
        judged(stack=make.stack(version="0.9.8j", hellos=[], package=None)),
    ],
)
def test_no_package_is_named_where_a_newer_one_alone_does_not_mend_it(record: dict[str, Any]) -> None:
    assert "package" not in fix(record)
    assert remedy.upgrades_of(record) == []


def test_what_is_asked_for_is_of_one_part() -> None:
    upgrade, setting = judged(security="starttls"), judged("6.4.37", settings=[make.setting("sslproto", "TLS1")])
    [asked] = remedy.upgrades_of(upgrade)
    assert (asked["from"], asked["to"], asked["package"]) == ("6.3.26-1", None, {"name": "fetchmail", "at_least": "6.4.0"})
    assert asked["accounts"] == [{"client": "fetchmail", "config": "/home/alice/.fetchmailrc", "user": "alice"}]
    assert remedy.changes_of(upgrade) == []
    [changed] = remedy.changes_of(setting)
    companion = {**asked, "package": {"name": "other", "at_least": None, "with": "fetchmail"}}
    for part, mine in ((remedy.PACKAGES, asked), (remedy.SETTINGS, changed)):
        assert [change for change in (asked, changed, companion) if remedy.PARTS[part](change)] == [mine]


def move(before: str | None, after: str | None, **package: Any) -> dict[str, Any]:
    name = package.get("name", "fetchmail")
    place = {"client": "fetchmail", "file": f"package {name}", "line": 0, "key": "version", "from": before, "to": after}
    return {**place, "findings": ["account/1"], "package": {"name": name, "manager": "apt", "at_least": None, **package}}


def test_upgrades_are_told_with_both_versions_and_what_comes_along() -> None:
    told = [
        line("a", "applied", ("applied", move("1-1", "2-1")), ("applied", move(None, "3", name="new", **{"with": "fetchmail"}))),
        line("b", "applied", refused=((move("1-1", None), "its distribution has no newer one"),)),
    ]
    text = remedies.render(told)
    assert "package fetchmail from 1-1 to 2-1: 1 place\n    a: package fetchmail (apt)\n" in text
    assert "package new from not installed to 3: 1 place\n    a: package new (apt), with fetchmail\n" in text
    assert "package fetchmail 1-1: 1 place\n    b: package fetchmail (apt) (its distribution has no newer one)" in text
    rows = [(row.place, row.key, row.before, row.after, row.outcome) for row in html_changes.of(told).rows]
    assert rows == [
        ("package fetchmail (apt)", "version", "1-1", "2-1", "changed"),
        ("package new (apt), with fetchmail", "version", "absent", "3", "changed"),
        ("package fetchmail (apt)", "version", "1-1", "a newer one", "not changed"),
    ]
    assert remedy.diff(told[0]["items"])[0]["after"] == "fetchmail 2-1\n"


def test_each_part_counts_for_whether_a_host_is_better() -> None:
    before = judged(security="starttls")
    [name] = [item["id"] for item in before["findings"] if item["check"] == "account"]
    item = {"state": "applied", "changes": [{**move("1-1", "2-1"), "findings": [name]}]}
    [why] = remedy.not_better(before, before, [{"items": []}, {"items": [item]}])
    assert why.startswith(f"{name}: is still FAIL")
    assert remedy.not_better(before, before, [{"skipped": True}]) == []
