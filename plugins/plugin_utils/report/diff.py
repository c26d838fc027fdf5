# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What moved between two runs: hosts, as the renderings tell it, and single findings, by their id. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import Changes
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import AT_RISK, FAIL, PASS, WAIVED

_MENDED = frozenset((PASS, AT_RISK, WAIVED))
_Key = tuple[str, str]


@dataclass(frozen=True)
class RunVerdicts:
    """The verdicts of one run.

    Attributes:
        run: its id.
        started: when it began, as in results.json.
        hosts: verdict by host.
        findings: verdict by (host, id of the finding).
    """

    run: str
    started: str
    hosts: Mapping[str, str]
    findings: Mapping[_Key, str]


def of_document(document: Mapping[str, Any]) -> RunVerdicts:
    """Return the verdicts of a results document."""
    hosts = {host["host"]: host["verdict"] for host in document["hosts"]}
    findings = {(host["host"], item["id"]): item["verdict"] for host in document["hosts"] for item in host["findings"]}
    return RunVerdicts(document["run"]["id"], document["run"]["started"], hosts, findings)


def hosts(then: RunVerdicts, now: RunVerdicts) -> Changes:
    """Return how hosts moved from the run *then* to the run *now*."""
    return Changes(then.run, then.started, **_moved(then.hosts, now.hosts))


def findings(then: RunVerdicts, now: RunVerdicts) -> dict[str, list[_Key]]:
    """Return {newly_failing, fixed, still_failing, appeared, disappeared}: (host, id) of findings, sorted.

    A finding that is not there any more has disappeared; whether that is good news depends on whether its host was audited.
    """
    return {word: list(keys) for word, keys in _moved(then.findings, now.findings).items()}


def _moved(then: Mapping[Any, str], now: Mapping[Any, str]) -> dict[str, tuple[Any, ...]]:
    return {
        "newly_failing": _sorted(key for key, verdict in now.items() if verdict == FAIL and then.get(key, FAIL) != FAIL),
        "fixed": _sorted(key for key, verdict in then.items() if verdict == FAIL and now.get(key) in _MENDED),
        "still_failing": _sorted(key for key, verdict in then.items() if verdict == FAIL and now.get(key) == FAIL),
        "appeared": _sorted(key for key in now if key not in then),
        "disappeared": _sorted(key for key in then if key not in now),
    }


def _sorted(keys: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(keys))
