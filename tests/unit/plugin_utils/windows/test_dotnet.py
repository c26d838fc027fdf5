"""The .NET Framework's values in both versions and views: what is switched off is a warning, what is absent is mended only on demand."""

from __future__ import annotations

import datetime
from typing import Any

import jsonschema
from schema import RECORD_SCHEMA
from windows_host import SOFTWARE, WindowsHost, dword, windows

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence, remedy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.collect import collect

DOTNET = SOFTWARE + r"\.NETFramework"
ALL = [(version, view) for view in ("64", "32") for version in ("v2.0.50727", "v4.0.30319")]


def record_of(**values: Any) -> dict[str, Any]:
    """The record of a host with .NET of both versions in both views; *values* by "version view"."""
    keys = {("32:" if view == "32" else "") + rf"{DOTNET}\{version}": values.get(f"{version} {view}", {}) for version, view in ALL}
    document = collect(WindowsHost(windows("19045", **keys)).execute, commands.CMD, False)
    record = assess(evidence.load(document), load(), datetime.date(2026, 11, 24))
    jsonschema.validate({"host": "windows", **record}, RECORD_SCHEMA)
    return record


def places(changes: list[dict[str, Any]]) -> set[tuple[str, str, str, str | None, str]]:
    return {
        (change["file"].rpartition("\\")[2], change["registry"]["view"], change["key"], change["from"], change["to"]) for change in changes
    }


def test_values_that_nobody_set_are_no_warning_and_set_in_all_four_places_on_demand() -> None:
    record = record_of()
    assert record["verdict"] == "PASS"
    assert remedy.changes_of(record) == []
    asked = remedy.changes_of(record, harden=True)
    assert places(asked) == {
        (version, view, name, None, "0x1") for version, view in ALL for name in ("SchUseStrongCrypto", "SystemDefaultTlsVersions")
    }
    assert all(change["harden"] for change in asked)


def test_a_value_that_somebody_switched_off_is_a_warning_with_its_place() -> None:
    record = record_of(**{"v4.0.30319 32": {"SchUseStrongCrypto": dword(0), "SystemDefaultTlsVersions": dword(1)}})
    [found] = [item for item in record["findings"] if item["verdict"] == "AT_RISK"]
    assert r"\.NETFramework\v4.0.30319, 32-bit view" in found["why"]
    assert places(remedy.changes_of(record)) == {("v4.0.30319", "32", "SchUseStrongCrypto", "0x0", "0x1")}


def test_what_is_on_is_left_alone() -> None:
    on = {"SchUseStrongCrypto": dword(1), "SystemDefaultTlsVersions": dword(1)}
    record = record_of(**{f"{version} {view}": on for version, view in ALL})
    assert remedy.changes_of(record, harden=True) == []
