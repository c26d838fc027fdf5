# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several runs, or the slices of one, as one document. Pure; in whatever order they come, the result is the same."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import host_record
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.facts import counted

LOST = "not audited: the run or slice that it belongs to left nothing of it"
_SLICE = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
_MAX_NAMED = 10
# What earlier merging said that later runs may have mended, and that the documents themselves tell.
_FOUND_ANEW = frozenset(("lost_hosts", "lost_slices", "unfinished"))
_POLICY = ("policy", "requirement", "deadline")
_Place = tuple[int, Mapping[str, Any]]


class MergeError(ValueError):
    """There is nothing to merge, or something that is no document; the text says what."""


def merge(
    documents: Iterable[Mapping[str, Any]],
    expected: Iterable[str] = (),
    run_id: str | None = None,
    now: datetime.datetime | None = None,
) -> dict[str, Any]:
    """Return one document for *documents*, each host in it exactly once.

    Of a host in several, the record of the one that finished last counts, but a record never gives way to one that says that the host
    was not audited. What a reader has to know of the merging stands in `notes`: hosts that were in several, lost hosts and slices,
    policies and versions that differ, clocks that can't be right.

    Args:
        documents: results documents, as in results.json. The same one given twice counts once.
        expected: the hosts of the inventory; one that no document has gets an ERROR that says so. Empty: the documents are all there is.
        run_id: the name of the merged run; None: that of the document that began first.
        now: the time, to find documents that come from the future; None: not looked for.

    Raises:
        MergeError: there is no document, or one is of another schema.
    """
    parts = _sorted(documents)
    if not parts:
        raise MergeError("there is no run to merge")
    wanted = set(expected)
    chosen, duplicates = _chosen(parts)
    records: dict[str, Mapping[str, Any]] = {host: host_record.of_lost(host, LOST) for host in wanted.difference(chosen)}
    records.update((host, record) for host, (_place, record) in chosen.items())
    merged = document.compose([records[host] for host in sorted(records)], _run(parts, run_id), _waivers(parts))
    inherited = [note for part in parts for note in part.get("notes", ()) if note["kind"] not in _FOUND_ANEW]
    lost = [host for host in sorted(records) if records[host]["why"] == LOST and host_record.is_lost(records[host])]
    strangers = sorted(set(chosen).difference(wanted)) if wanted else []
    notes = [*inherited, *_host_notes(duplicates, lost, strangers), *_part_notes(parts), *_clock_notes(parts, now)]
    return {**merged, **({"notes": _unique(notes)} if notes else {})}


def _sorted(documents: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return *documents* without copies: what finished first, first."""
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for part in documents:
        if part.get("schema") != document.SCHEMA:
            raise MergeError(f"expected a document of {document.SCHEMA}, found {part.get('schema')!r}")
        found.setdefault(_key(part), part)
    return [found[key] for key in sorted(found)]


def _key(part: Mapping[str, Any]) -> tuple[str, ...]:
    run = part["run"]
    digest = hashlib.sha256()
    for piece in (run, part["summary"], *part["hosts"]):
        digest.update(json.dumps(piece, sort_keys=True).encode())
    # A run that did not come to its end is as old as its beginning: that is all it says of itself.
    return (run["finished"] or run["started"], run["started"], run["id"], digest.hexdigest())


def _chosen(parts: Sequence[Mapping[str, Any]]) -> tuple[dict[str, _Place], dict[str, int]]:
    """Return for each host the record that counts, and how many documents have it where that is more than one."""
    chosen: dict[str, _Place] = {}
    audited: Counter[str] = Counter()
    for place, part in enumerate(parts):
        for record in part["hosts"]:
            host, known = record["host"], record["host"] in chosen
            audited[host] += not host_record.is_lost(record)
            if not known or not host_record.is_lost(record):
                chosen[host] = (place, record)
    return chosen, {host: count for host, count in audited.items() if count > 1}


def _run(parts: Sequence[Mapping[str, Any]], run_id: str | None) -> dict[str, Any]:
    runs = [part["run"] for part in parts]
    if len(runs) == 1 and run_id is None:
        return dict(runs[0])
    first, last = min(runs, key=lambda run: (run["started"], run["id"])), runs[-1]
    finished = [run["finished"] for run in runs]
    return {
        "id": run_id or first["id"],
        "started": first["started"],
        "finished": None if None in finished else max(finished),
        **{key: last[key] for key in _POLICY},
        "collection": last["collection"],
        "slice": None,
        "merged": sorted(_sources(runs), key=lambda run: (run["started"], run["id"])),
    }


def _sources(runs: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for run in runs:
        yield from run.get("merged", [{key: run[key] for key in ("id", "slice", "started", "finished")}])


def _waivers(parts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the waivers of all documents, each once; how many findings they bear on is counted anew."""
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for waiver in part.get("waivers", ()):
            known = {key: value for key, value in waiver.items() if key not in ("findings", "expired")}
            found.setdefault(json.dumps(known, sort_keys=True), {}).update(waiver)
    return list(found.values())


def _host_notes(duplicates: Mapping[str, int], lost: Sequence[str], strangers: Sequence[str]) -> Iterator[dict[str, str]]:
    if duplicates:
        yield note(
            "duplicate_hosts", f"{_counted(duplicates)} in more than one run; the run that finished last counts: {_names(duplicates)}."
        )
    if lost:
        yield note("lost_hosts", f"{_counted(lost)} in the inventory and in no run: {_names(lost)}.")
    if strangers:
        yield note("unexpected_hosts", f"{_counted(strangers)} in a run and not in the inventory: {_names(strangers)}.")


def _part_notes(parts: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    runs = [part["run"] for part in parts]
    sources = list(_sources(runs))
    unfinished = sorted(_label(source) for source in sources if source["finished"] is None)
    if unfinished and len(sources) > 1:
        yield note("unfinished", f"{counted(len(unfinished), 'run')} did not come to an end: {_names(unfinished)}.")
    missing = _missing_slices(source["slice"] for source in sources)
    if missing:
        yield note("lost_slices", f"{counted(len(missing), 'slice')} left nothing: {_names(missing)}.")
    policies = {tuple(run[key] for key in _POLICY) for run in runs}
    if len(policies) > 1:
        told = "; ".join(f"{name}, {requirement}, {deadline}" for name, requirement, deadline in sorted(policies))
        yield note("policies_differ", f"The runs were judged by different policies ({told}); the policy of the last is named above.")
    versions = {run["collection"] for run in runs}
    if len(versions) > 1:
        yield note("versions_differ", f"The runs were made by different versions of mailtls.fleet: {', '.join(sorted(versions))}.")
    days = [run["started"][:10] for run in runs]
    if min(days) != max(days):
        yield note("days_differ", f"The runs are of different days, {min(days)} to {max(days)}: each host is as it was on its day.")


def _clock_notes(parts: Iterable[Mapping[str, Any]], now: datetime.datetime | None) -> Iterator[dict[str, str]]:
    for run in (part["run"] for part in parts):
        if run["finished"] is not None and run["finished"] < run["started"]:
            yield note(
                "clock", f"The clock of {_label(run)} can't be right: it ended, {run['finished']}, before it began, {run['started']}."
            )
        latest = max(run["started"], run["finished"] or "")
        if now is not None and datetime.datetime.fromisoformat(latest) > now + datetime.timedelta(minutes=1):
            yield note("clock", f"The clocks differ: {_label(run)} was at {latest}, which is still to come where the runs were merged.")


def _missing_slices(labels: Iterable[str | None]) -> list[str]:
    """Return the slices that are missing where slices say which of how many they are ("2/5")."""
    found = [match for match in (_SLICE.fullmatch(label or "") for label in labels) if match]
    seen = {(int(match[1]), int(match[2])) for match in found}
    return [f"{number}/{total}" for total in sorted({total for _number, total in seen}) for number in _absent(seen, total)]


def _absent(seen: set[tuple[int, int]], total: int) -> list[int]:
    return [number for number in range(1, total + 1) if (number, total) not in seen]


def note(kind: str, text: str) -> dict[str, str]:
    """Return a note of a document: a word that programs know it by, and a sentence."""
    return {"kind": kind, "text": text}


def with_notes(document: Mapping[str, Any], notes: Iterable[dict[str, str]]) -> dict[str, Any]:
    """Return *document* with *notes* beside its own."""
    told = _unique([*document.get("notes", ()), *notes])
    return {**document, **({"notes": told} if told else {})}


def _unique(notes: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return [{"kind": kind, "text": text} for kind, text in sorted({(item["kind"], item["text"]) for item in notes})]


def _label(run: Mapping[str, Any]) -> str:
    return f"{run['id']}, slice {run['slice']}" if run["slice"] else str(run["id"])


def _counted(hosts: Sequence[str] | Mapping[str, int]) -> str:
    return f"{counted(len(hosts), 'host')} {'is' if len(hosts) == 1 else 'are'}"


def _names(names: Iterable[str]) -> str:
    listed = sorted(names)
    told = ", ".join(listed[:_MAX_NAMED])
    return told if len(listed) <= _MAX_NAMED else f"{told} and {len(listed) - _MAX_NAMED} more"
