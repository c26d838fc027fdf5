# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts of a fleet are probed: a few, and the same ones in every run, so that ten thousand don't knock at one door."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils import probe
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import Evidence, ReachError

# As the documentation of the modules has them.
JITTER = 30
HOSTS = 20
LONGEST_JITTER = 3600


def chosen(hosts: Iterable[str], most: int) -> set[str]:
    """Return at most *most* of the *hosts*; one that comes or goes changes at most one of the others' places."""
    return set(heapq.nsmallest(most, set(hosts), key=lambda host: hashlib.sha256(host.encode("utf-8", "surrogatepass")).digest()))


def wrong(given: Mapping[str, Any]) -> str | None:
    """Return what is wrong with `probe`, `probe_jitter` or `probe_hosts` of a task's arguments, in a sentence, or None."""
    try:
        for text in _targets(given):
            probe.target(text)
    except ValueError as error:
        return f"probe: {error}"
    for name, standard, most in (("probe_jitter", JITTER, LONGEST_JITTER), ("probe_hosts", HOSTS, None)):
        value = str(given.get(name, standard))
        if not value.isdecimal() or (most is not None and int(value) > most):
            expected = "a whole number, 0 or more" if most is None else f"seconds, 0 to {most}"
            return f"{name}: expected {expected}, found {value:.40}"
    return None


def arguments(given: Mapping[str, Any], host: str, task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the audit of *host*, without a probe where it is not among the chosen ones of its play.

    Raises ReachError where they can't be used.
    """
    problem = wrong(given)
    if problem:
        raise ReachError(problem)
    hosts = [str(name) for name in task_vars.get("ansible_play_hosts_all") or (host,)]
    probed = bool(_targets(given)) and host in chosen(hosts, int(given.get("probe_hosts", HOSTS)))
    return {**given, "probe": _targets(given) if probed else []}


def seconds(given: Mapping[str, Any]) -> int:
    """Return how many seconds the probe of these arguments may take."""
    return int(given.get("probe_jitter", JITTER)) + probe.ALL_SECONDS if _targets(given) else 0


def noted(evidence: Evidence, given: Mapping[str, Any]) -> Evidence:
    """Return the evidence, with a gap that affects nothing where a probe was asked for that this reach can't make."""
    if not _targets(given) or not isinstance(evidence, dict) or not isinstance(evidence.get("gaps"), list) or "probes" in evidence:
        return evidence  # what is not of the agreed form is for its reader to refuse
    why = "not made: only where Python is used can a library of the host be had to shake hands"
    return {**evidence, "gaps": [*evidence["gaps"], {"what": "probe", "why": why, "affects": None}]}


def _targets(given: Mapping[str, Any]) -> list[str]:
    targets = given.get("probe") or []
    return [part.strip() for part in targets.split(",")] if isinstance(targets, str) else [str(target) for target in targets]
