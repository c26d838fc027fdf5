"""What a slice hands on comes back as it was, in short where it has to, and whatever else comes is named."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import fleet_generator
import jsonschema
import pytest
import record_factory as make
from schema import SCHEMA

from ansible_collections.mailtls.fleet.plugins.plugin_utils import artifact
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document

WHOLE = document.build(fleet_generator.records(300, seed=7), make.RUN)
PACKED = artifact.pack(WHOLE, artifact.DEFAULT_LIMIT)


def packed(text: bytes) -> dict[str, Any]:
    return {**PACKED, "data": base64.b64encode(text).decode()}


def test_what_fits_comes_back_as_it_was() -> None:
    assert artifact.unpack(json.loads(json.dumps(PACKED))) == WHOLE


def test_what_does_not_fit_comes_in_short_with_every_verdict() -> None:
    limit = len(json.dumps(PACKED)) // 2
    short = artifact.pack(WHOLE, limit)
    assert len(json.dumps(short)) <= limit
    found = artifact.unpack(short)
    jsonschema.validate(found, SCHEMA)
    assert found["summary"] == WHOLE["summary"]
    assert [note["kind"] for note in found["notes"]] == ["abridged"]


def test_what_can_not_fit_is_an_error_that_names_the_way_out() -> None:
    with pytest.raises(artifact.ArtifactError, match=r"300 hosts do not fit into an artifact of 500 bytes .*mailtls_store"):
        artifact.pack(WHOLE, 500)
    with pytest.raises(artifact.ArtifactError, match="mailtls_store"):
        artifact.check_size(100_000, artifact.DEFAULT_LIMIT, 1, 200_000)
    artifact.check_size(10_000, artifact.DEFAULT_LIMIT, 2, 20_000)


def test_fleets_that_are_too_large_for_artifacts_need_the_store() -> None:
    with pytest.raises(artifact.ArtifactError, match=r"20 slices of 5,000 hosts are more than the 20,000 .*mailtls_store or MAILTLS_STORE"):
        artifact.check_size(5_000, artifact.DEFAULT_LIMIT, 20, artifact.DEFAULT_HOSTS)


def test_what_says_that_a_slice_is_stored_is_no_document_and_nothing_else_says_so() -> None:
    told = json.loads(json.dumps(artifact.pointer(WHOLE, "40")))
    assert artifact.stored(told) == ("40", WHOLE["run"]["id"])
    with pytest.raises(artifact.ArtifactError):
        artifact.unpack(told)
    for other in ({}, None, "40", PACKED, {**told, "stored": 40}, {**told, "run": None}, {**told, "run": {}}, {**told, "schema": "other"}):
        assert artifact.stored(other) is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({}, "it is empty"),
        ("", "found str"),
        (None, "found NoneType"),
        ([], "found list"),
        ({"schema": "mailtls.artifact/9", "data": ""}, "expected an artifact of mailtls.artifact/1"),
        ({**PACKED, "data": None}, "expected an artifact"),
        ({**PACKED, "data": "§"}, "it is damaged"),
        ({**PACKED, "data": PACKED["data"][: len(PACKED["data"]) // 8 * 4]}, "it is cut short"),
        (packed(b"none"), "it is damaged"),
        (packed(zlib.compress(b"[1, ")), "it is damaged"),
        (packed(zlib.compress(b"[]")), "it holds no document"),
        (packed(zlib.compress(b'{"schema": "mailtls.report/9"}')), "expected a document of mailtls.report/1"),
        (packed(zlib.compress(b'{"schema": "mailtls.compact/1"}')), "it holds no document"),
    ],
)
def test_what_is_none_is_named(value: Any, says: str) -> None:
    documents, notes = artifact.unpack_all({"mailtls_fleet_1": PACKED, "mailtls_fleet_2": value})
    assert documents == [WHOLE]
    (note,) = notes
    assert note["kind"] == "lost_slices"
    assert note["text"].startswith("The artifact mailtls_fleet_2 is lost: ")
    assert says in note["text"]


@pytest.mark.parametrize("job", ["", "a b", "{{ x }}", "x" * 65, "a-b"])
def test_a_slice_needs_a_name_that_a_variable_can_have(job: str) -> None:
    with pytest.raises(artifact.ArtifactError, match="can't name a slice"):
        artifact.key(job)
