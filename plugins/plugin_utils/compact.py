# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A document small enough to be handed on between jobs: every host with verdict and reason, and the findings that don't pass."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import finding
from ansible_collections.mailtls.fleet.plugins.plugin_utils.merge import MergeError, note
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document as report_document
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import PASS, rank

SCHEMA = "mailtls.compact/1"
DEFAULT_LIMIT = 1_000_000
_MAX_FINDINGS = 20
_MAX_TEXT = 500
_ABRIDGED = (
    "Handed on in short: hosts have their verdict, reason and findings that don't pass; {left_out}the rest is in the runs' own folders."
)
_NO_PLATFORM = {"os": None, "release": None, "arch": None}


def compact(document: Mapping[str, Any], limit: int = DEFAULT_LIMIT) -> dict[str, Any]:
    """Return *document* in short, in at most *limit* bytes of JSON. `expand` makes a document of it again.

    Where that is not enough for all findings that don't pass, those of the worst hosts stay, and `omitted` says of how many hosts
    the findings went. No host goes.

    Raises:
        MergeError: not even the verdicts fit.
    """
    hosts = {host["host"]: _short(host) for host in document["hosts"]}
    short = {"schema": SCHEMA, "run": document["run"], "waivers": document.get("waivers", []), "notes": document.get("notes", [])}
    left = limit - _size(short) - 100 - sum(_size(host) + 2 for host in hosts.values())
    if left < 0:
        raise MergeError(f"{len(hosts)} hosts do not fit into {limit} bytes, not even in short: take more and smaller slices")
    omitted = 0
    for _rank, name, findings in sorted(
        (rank(host["verdict"]), host["host"], host) for host in document["hosts"] if host["verdict"] != PASS
    ):
        told = _findings(findings)
        size = _size(told)
        if size <= left:
            hosts[name]["findings"] = told
            left -= size
        else:
            omitted += 1
    return {**short, "omitted": omitted, "hosts": list(hosts.values())}


def expand(short: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of what `compact` made, with a note that it is not the whole.

    Raises:
        MergeError: it is of another schema.
    """
    if short.get("schema") != SCHEMA:
        raise MergeError(f"expected a document of {SCHEMA}, found {short.get('schema')!r}")
    omitted = short["omitted"]
    told = _ABRIDGED.format(left_out=f"of {omitted:,} hosts even these were too many, and " if omitted else "")
    whole = report_document.compose([_whole(host) for host in short["hosts"]], short["run"], short["waivers"])
    return {**whole, "notes": [*short["notes"], note("abridged", told)]}


def _short(host: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in host["platform"].items() if value is not None}
    return {
        "host": host["host"],
        "verdict": host["verdict"],
        "reach": host["reach"],
        "why": _cut(host["why"]),
        **({"platform": {key: _cut(value) for key, value in known.items()}} if known else {}),
    }


def _findings(host: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the findings of *host* that don't pass, the worst first, their texts bounded."""
    failing = sorted((item for item in host["findings"] if item["verdict"] != PASS), key=lambda item: rank(item["verdict"]))
    return [_cut(item) for item in failing[:_MAX_FINDINGS]]


def _whole(host: Mapping[str, Any]) -> dict[str, Any]:
    platform = {**_NO_PLATFORM, **host.get("platform", {})}
    findings = host.get("findings") or [_stand_in(host)]
    return {"clients": [], "stacks": [], "gaps": [], **host, "platform": platform, "findings": findings}


def _stand_in(host: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands for the findings that were left out."""
    identity = finding.stable_id("audit", "abridged")
    source = "the run's own folder"
    return finding.finding(identity, "audit", "abridged", host["verdict"], "inferred", host["why"], {"text": ""}, source)


def _cut(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value]
    return value[: _MAX_TEXT - 1] + "…" if isinstance(value, str) and len(value) > _MAX_TEXT else value


def _size(value: Any) -> int:
    return len(json.dumps(value)) + 1
