# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results document, mailtls.report/1 (results.schema.json): all renderings are made from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import ANSWERED, VERDICTS

SCHEMA = "mailtls.report/1"
_SHARE_STEPS = 10_000


def build(records: Iterable[Mapping[str, Any]], run: Mapping[str, Any], waivers: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the document of one run.

    Args:
        records: host records in the order in which they were made; of a host with several, the last one counts.
        run: {id, started, finished, policy, requirement, deadline, collection, slice}; finished is None while it is not.
        waivers: what waivers.summaries gives.

    Returns:
        {schema, run, summary, hosts, waivers}, hosts by name.
    """
    by_host = {record["host"]: record for record in records}
    return compose([by_host[name] for name in sorted(by_host)], run, waivers)


def compose(hosts: Collection[Mapping[str, Any]], run: Mapping[str, Any], waivers: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the document of *hosts*, which are there by name and once each; it holds them as they are (StoredHosts, say)."""
    used: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for record in hosts:
        counts[record["verdict"]] += 1
        used.update(finding["waiver"]["place"] for finding in record["findings"] if "waiver" in finding)
    return {
        "schema": SCHEMA,
        "run": dict(run),
        "summary": summary(counts.elements()),
        "hosts": hosts,
        "waivers": [{**waiver, "findings": used[waiver["place"]]} for waiver in waivers],
    }


def summary(verdicts: Iterable[str]) -> dict[str, Any]:
    """Return the number of hosts, of each verdict, and the coverage: the share of hosts of which the answer is known.

    Coverage is rounded down, so that it is 1.0 only when no host is missing; without a host it is 0.
    """
    counts = Counter(verdicts)
    hosts = counts.total()
    answered = sum(counts[verdict] for verdict in ANSWERED)
    coverage = answered * _SHARE_STEPS // hosts / _SHARE_STEPS if hosts else 0.0
    return {"hosts": hosts, "coverage": coverage, **{verdict.lower(): counts[verdict] for verdict in VERDICTS}}
