# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a slice gets to the job that merges: in an artifact of its job, or through a store that all jobs share."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import artifact, database, database_url, merge, run, slice_feed, slice_rows
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Policy

NONE, AUTO, ARTIFACT, STORE = "none", "auto", "artifact", "store"
# The phase of tls_run that hands a run on.
PHASE = "hand_on"
WAYS = (NONE, AUTO, ARTIFACT, STORE)


def opened(current: run.Run, arguments: Mapping[str, Any], hosts: Sequence[str], policy: Policy) -> run.HandOn | None:
    """Choose the way of this run, which audits *hosts*, and see that it is open; None where the run is handed on to nobody.

    Args: *arguments* are those of the module tls_run.

    Raises:
        ArtifactError: it can't be handed on that way.
        StoreError: the store can't be used.
    """
    way = _chosen(arguments["hand_on"], current.store)
    if way == NONE:
        return None
    chosen = run.HandOn(way, arguments["artifact"], arguments["workflow"])
    artifact.key(chosen.name)
    if way == ARTIFACT:
        artifact.check_size(len(hosts), arguments["artifact_limit"], max(1, arguments["slices"]), arguments["artifact_hosts"])
        return chosen
    if current.store is None:
        raise artifact.ArtifactError("mailtls_hand_on is store, and there is none: name a PostgreSQL in mailtls_store or MAILTLS_STORE")
    if not chosen.workflow:
        raise artifact.ArtifactError("in a store, slices need the name of the run that they are parts of: set mailtls_workflow")
    current.judged_by(run.policy_summary(policy), "the run")
    current.slice = arguments["slice"] or None
    with _rows(current.store, chosen) as slice_of_run:
        slice_of_run.begin({"run": current.describe(None), "expected": sorted(hosts), "waivers": []})
    return chosen


def feed(current: run.Run) -> slice_feed.Feed | None:
    """Begin what takes each finished host of a run into the store that it goes through; None for other runs. Raises StoreError."""
    chosen = current.hand_on
    if chosen is None or chosen.way != STORE:
        return None
    store = database.Store(current.store or "")
    return slice_feed.Feed(current.folder, slice_rows.SliceRows(store, chosen.workflow, chosen.name).add)


def handed(current: run.Run, whole: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """Hand *whole*, the document of the run, on, and return its artifact, of at most *limit* bytes. Raises as `opened` does."""
    chosen = current.hand_on
    if chosen is None or chosen.way == ARTIFACT:
        return artifact.pack(whole, limit)
    with _rows(current.store or "", chosen) as slice_of_run:
        slice_of_run.finish(whole)
    return artifact.pointer(whole, chosen.workflow)


def taken(
    artifacts: Mapping[str, Any], store: database.Store | None, workflow: str, now: datetime.datetime
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the documents that slices handed on, and a note for each that is lost.

    An artifact that says that its slice is in the store leads to all slices of that divided run: also to those that were killed and
    have no artifact.

    Args:
        artifacts: what the slices left, by variable.
        store: the store; None: there is none.
        workflow: a divided run whose slices are looked for besides; "": only those that artifacts lead to.
        now: the time, from which slices expire.

    Raises:
        StoreError: the store can't be read.
    """
    pointers = {name: found for name, value in artifacts.items() if (found := artifact.stored(value)) is not None}
    documents, notes = artifact.unpack_all({name: value for name, value in artifacts.items() if name not in pointers})
    rows = [] if store is None else _of_store(store, {workflow, *(found for found, _run in pointers.values())} - {""}, now)
    present = {part["run"]["id"] for part in rows}
    where = "the store, and this job has none that it can use" if store is None else f"the store {store.name}, and not there"
    lost = [name for name, (_workflow, run_id) in sorted(pointers.items()) if run_id not in present]
    notes += [merge.note("lost_slices", f"The slice of the artifact {name} is lost: it was put into {where}.") for name in lost]
    if not documents and not rows and store is not None and (others := slice_rows.recent(store)):
        told = ", ".join(others)
        notes.append(merge.note("lost_slices", f"The store has slices of other runs, which mailtls_workflow would name: {told}."))
    return [*documents, *rows], notes


def _of_store(store: database.Store, workflows: Iterable[str], now: datetime.datetime) -> list[dict[str, Any]]:
    slice_rows.expire(store, now)
    return [part for workflow in sorted(workflows) for part in slice_rows.documents(store, workflow)]


@contextlib.contextmanager
def _rows(url: str, chosen: run.HandOn) -> Iterator[slice_rows.SliceRows]:
    store = database.Store(url)
    try:
        yield slice_rows.SliceRows(store, chosen.workflow, chosen.name)
    finally:
        store.close()


def _chosen(asked: str, url: str | None) -> str:
    if asked != AUTO:
        return asked
    return STORE if url is not None and database_url.is_shared(url) else ARTIFACT
