# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a slice hands on to the job that merges: its document, packed, whole where it fits into the limit and else in short.

Where slices go through a store, the artifact only says so.
Packed, because artifacts come back as variables, which Ansible may evaluate: no host's text is ever legible as a template there.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import compact, merge
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document as report_document

SCHEMA = "mailtls.artifact/1"
PREFIX = "mailtls_fleet_"
# Below the 700,000 characters from which on ansible-runner empties the result of a task in its event.
DEFAULT_LIMIT = 600_000
# Artifacts are variables of the job that merges, all of them at once: 2 MB, at what a host takes as it is.
DEFAULT_HOSTS = 20_000
# What a host takes in short and packed, generously: generated fleets take 17 bytes a host, and 42 as they are.
LEAST_OF_A_HOST = 40
_MAX_UNPACKED = 500_000_000
# Bytes before packing for each that the artifact may have, from the best that packing does to none at all.
_BUDGETS = (32, 16, 8, 4, 2, 0.7)
_STORE = "let all jobs share a store, a PostgreSQL that mailtls_store or MAILTLS_STORE names for the slices and for the merge"
_KEY = re.compile(r"[A-Za-z0-9_]{1,64}")


class ArtifactError(ValueError):
    """It can't be handed on, or what was handed on can't be read; the text says what and why."""


def key(job: str) -> str:
    """Return the variable that the job *job* hands its document on in. Raises ArtifactError where that would be no variable."""
    if not _KEY.fullmatch(job):
        raise ArtifactError(f"{job!r} can't name a slice: use up to 64 letters, digits and '_'")
    return PREFIX + job


def pointer(document: Mapping[str, Any], workflow: str) -> dict[str, Any]:
    """Return what says that *document* is in the store, a slice of *workflow*."""
    return {"schema": SCHEMA, "run": document["run"], "hosts": len(document["hosts"]), "stored": workflow}


def stored(value: Any) -> tuple[str, str] | None:
    """Return the workflow and the id of the run that *value* says are in the store; None where it says nothing of the kind."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA:
        return None
    workflow, run = value.get("stored"), value.get("run")
    return (workflow, str(run["id"])) if isinstance(workflow, str) and isinstance(run, Mapping) and "id" in run else None


def pack(document: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """Return *document*, packed into at most *limit* bytes. Raises ArtifactError where not even the verdicts fit."""
    told = {"schema": SCHEMA, "run": document["run"], "hosts": len(document["hosts"])}
    packed = {**told, "data": _packed({**document, "hosts": list(document["hosts"])})}
    for budget in _BUDGETS:
        if len(json.dumps(packed)) <= limit:
            return packed
        try:
            packed = {**told, "data": _packed(compact.compact(document, int(budget * limit)))}
        except merge.MergeError:
            break
    if len(json.dumps(packed)) <= limit:
        return packed
    raise ArtifactError(too_large(told["hosts"], limit))


def check_size(hosts: int, limit: int, slices: int, most: int) -> None:
    """Raise ArtifactError where *hosts* hosts can't fit into *limit* bytes, or those of *slices* such slices are more than *most*."""
    if hosts * slices > most:
        raise ArtifactError(
            f"{slices:,} slices of {hosts:,} hosts are more than the {most:,} hosts (mailtls_artifact_hosts) that go by artifacts: {_STORE}"
        )
    if hosts * LEAST_OF_A_HOST > limit:
        raise ArtifactError(too_large(hosts, limit))


def too_large(hosts: int, limit: int) -> str:
    """Return the sentence that says so."""
    what = f"{hosts:,} hosts do not fit into an artifact of {limit:,} bytes (mailtls_artifact_limit)"
    return f"{what}: take more and smaller slices, or {_STORE}"


def unpack(value: Any) -> dict[str, Any]:
    """Return the document in *value*, what `pack` made. Raises ArtifactError."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA or not isinstance(value.get("data"), str):
        raise ArtifactError(_found(value))
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(base64.b64decode(value["data"], validate=True), _MAX_UNPACKED)
        if not unpacking.eof:
            raise ArtifactError("it is cut short, or larger than any artifact can be")
        found = json.loads(text)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ArtifactError(f"it is damaged: {error}") from error
    return _document(found)


def unpack_all(values: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the documents in *values*, artifacts by variable, and a note for each that holds none."""
    documents, notes = [], []
    for name in sorted(values):
        try:
            documents.append(unpack(values[name]))
        except ArtifactError as error:
            notes.append(merge.note("lost_slices", f"The artifact {name} is lost: {error}."))
    return documents, notes


def of_variables(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *variables* that hold artifacts, as they are: nothing in them is evaluated."""
    return {name: variables[name] for name in variables if name.startswith(PREFIX)}


def missing_slices(found: int, slices: int) -> Iterable[dict[str, str]]:
    """Return a note where fewer than *slices* slices left something."""
    if found < slices:
        yield merge.note("lost_slices", f"{found} of {slices} slices left something.")


def _packed(document: Mapping[str, Any]) -> str:
    return base64.b64encode(zlib.compress(json.dumps(document, sort_keys=True).encode(), 9)).decode()


def _document(found: Any) -> dict[str, Any]:
    try:
        return compact.expand(found) if found["schema"] == compact.SCHEMA else _whole(found)
    except (TypeError, KeyError, AttributeError, merge.MergeError) as error:
        raise ArtifactError(f"it holds no document: {error}") from error


def _whole(found: Mapping[str, Any]) -> dict[str, Any]:
    if found["schema"] != report_document.SCHEMA:
        raise ArtifactError(f"expected a document of {report_document.SCHEMA}, found {found['schema']!r}")
    return dict(found)


def _found(value: Any) -> str:
    if value == {}:
        return "it is empty, as what is too large for a job's event becomes"
    return f"expected an artifact of {SCHEMA}, found {type(value).__name__} {str(value)[:40]!r}"
