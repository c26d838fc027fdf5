# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""metrics.prom: for node_exporter's textfile collector. Numbers of the fleet; no label holds the name of a host."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import VERDICTS

_MAX_LABEL = 100
_Samples = list[tuple[Mapping[str, object], float]]


def render(document: Mapping[str, Any]) -> str:
    """Return the metrics in the Prometheus text format, all of them gauges."""
    return "".join(_metric(name, text, samples) for name, text, samples in _metrics(document))


def _metrics(document: Mapping[str, Any]) -> Iterator[tuple[str, str, _Samples]]:
    run, summary = document["run"], document["summary"]
    about = {key: run[key] for key in ("policy", "requirement", "collection")}
    yield "mailtls_run_info", "The last audit: policy, protocol required, version of the collection.", [(about, 1)]
    yield "mailtls_hosts", "Hosts by verdict.", [({"verdict": verdict.lower()}, summary[verdict.lower()]) for verdict in VERDICTS]
    yield "mailtls_coverage_ratio", "Share of hosts of which the answer is known.", [({}, summary["coverage"])]
    yield "mailtls_findings", "Findings that do not pass, by verdict, check and cause.", _findings(document)
    yield "mailtls_gaps", "Files, settings and programs of hosts that could not be read.", [({}, sum(_gaps(document)))]
    yield "mailtls_hosts_with_gaps", "Hosts of which something could not be read.", [({}, sum(gaps > 0 for gaps in _gaps(document)))]
    yield "mailtls_notes", "What has to be known of the run as a whole, by kind: hosts or slices that are lost, say.", _notes(document)
    yield "mailtls_deadline_timestamp_seconds", "When the service stops taking old TLS.", [({}, _midnight(run["deadline"]))]
    yield "mailtls_run_start_timestamp_seconds", "When the last audit began.", [({}, _seconds(run["started"]))]
    if run["finished"] is not None:
        yield "mailtls_run_end_timestamp_seconds", "When the last audit ended.", [({}, _seconds(run["finished"]))]


def _gaps(document: Mapping[str, Any]) -> Iterator[int]:
    return (len(host["gaps"]) for host in document["hosts"])


def _notes(document: Mapping[str, Any]) -> _Samples:
    kinds = Counter(note["kind"] for note in document.get("notes", []))
    return [({"kind": kind}, count) for kind, count in sorted(kinds.items())]


def _findings(document: Mapping[str, Any]) -> _Samples:
    counts = Counter(
        (finding["verdict"].lower(), finding["check"], finding["cause"])
        for host in document["hosts"]
        for finding in host["findings"]
        if finding["verdict"] != "PASS"
    )
    return [(dict(zip(("verdict", "check", "cause"), key, strict=True)), count) for key, count in sorted(counts.items())]


def _metric(name: str, text: str, samples: _Samples) -> str:
    lines = "".join(f"{name}{_labels(labels)} {value:.10g}\n" for labels, value in samples)
    return f"# HELP {name} {text}\n# TYPE {name} gauge\n{lines}"


def _labels(labels: Mapping[str, object]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_label(value)}"' for name, value in labels.items()) + "}"


def _label(value: object) -> str:
    return escape(value, _MAX_LABEL).replace("\\", "\\\\").replace('"', '\\"')


def _midnight(date: str) -> float:
    return datetime.datetime.combine(datetime.date.fromisoformat(date), datetime.time(), datetime.UTC).timestamp()


def _seconds(moment: str) -> float:
    return datetime.datetime.fromisoformat(moment).timestamp()
