"""A document in which everything that a host says is hostile."""

from __future__ import annotations

from typing import Any

import fleet_generator

from ansible_collections.mailtls.fleet.plugins.plugin_utils import waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document

# What a host has no say in stays as it is: words that we choose from, numbers, and what is ours.
OURS = {"schema", "verdict", "check", "cause", "confidence", "remedy", "protocol", "security", "reach", "offered", "run", "summary",
        "waivers", "waiver", "id"}  # fmt: skip


def made_hostile(text: str) -> dict[str, Any]:
    """A fleet's document in which *text* stands wherever a host could put it."""
    records = fleet_generator.with_waivers(fleet_generator.records(40, seed=3))
    hostile = [_hostile(record, f"{number}{text}" if text[:1].isalnum() else f"{text}{number}") for number, record in enumerate(records)]
    return document.build(hostile, fleet_generator.run_facts(), waivers.summaries(fleet_generator.WAIVERS, fleet_generator.TODAY))


def _hostile(value: Any, text: str, key: str = "") -> Any:
    if key in OURS:
        return value
    if isinstance(value, dict):
        return {name: _hostile(item, text, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_hostile(item, text, key) for item in value]
    return text if isinstance(value, str) else value
