"""Documents to render: a plausible fleet with waivers, and a history."""

from __future__ import annotations

from typing import Any

import fleet_generator
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import Changes, History, TrendPoint

HOSTS = 200


@pytest.fixture(scope="session")
def fleet() -> dict[str, Any]:
    """A fleet with every verdict."""
    records = fleet_generator.with_waivers(fleet_generator.records(HOSTS, seed=7))
    return document.build(records, fleet_generator.run_facts(), waivers.summaries(fleet_generator.WAIVERS, fleet_generator.TODAY))


@pytest.fixture(scope="session")
def noted(fleet: dict[str, Any]) -> dict[str, Any]:
    """That fleet where of a host much could not be read, and with notes of the run."""
    many = [{"what": f"/home/u{number}/.fetchmailrc", "why": "permission denied"} for number in range(50)]
    hosts = [{**fleet["hosts"][0], "gaps": many}, *fleet["hosts"][1:]]
    notes = [{"kind": "lost_hosts", "text": "2 hosts are lost."}, {"kind": "lost_slices", "text": "Two slices are <lost>."}]
    return {**document.build(hosts, fleet["run"], fleet["waivers"]), "notes": notes}


@pytest.fixture(scope="session")
def few(fleet: dict[str, Any]) -> dict[str, Any]:
    """One host of that fleet for each thing that can be wrong or right with one."""
    kinds = {(host["verdict"], *sorted({item["cause"] for item in host["findings"]})): host for host in fleet["hosts"]}
    return document.build(kinds.values(), fleet["run"], fleet["waivers"])


@pytest.fixture(scope="session")
def history(fleet: dict[str, Any]) -> History:
    failing = tuple(host["host"] for host in fleet["hosts"] if host["verdict"] == "FAIL")
    changes = Changes(
        "20261117T040500Z-77aa", "2026-11-17T04:05:00Z", failing[:1], ("gone.example.org",), failing[1:], ("new.example.org",)
    )
    points = tuple(TrendPoint(f"2026-11-{day:02}T04:05:00Z", HOSTS, count, 0.9) for day, count in ((3, 40), (17, 25), (24, len(failing))))
    return History(changes, points)
