"""What a host sends is not trusted: whatever is not of the agreed form is refused, by its place."""

from __future__ import annotations

import copy
import json
from typing import Any

import evidence_factory as make
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import MAX_TEXT, EvidenceError, load


def whole() -> dict[str, Any]:
    account = make.account(settings=[make.setting("sslproto", "TLS1")])
    return make.evidence(clients=[make.client(account)], settings=[make.system_setting("MaxProtocol", "None")])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found.extend(places(item, (*path, key)))
    return found


def changed(path: tuple[Any, ...], value: Any) -> Any:
    document = copy.deepcopy(whole())
    if not path:
        return value
    target = document
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return document


def test_valid_evidence_loads():
    assert load(whole()).clients[0].accounts[0].settings[0].value == "TLS1"


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("schema",), "mailtls.evidence/2", "evidence.schema"),
        (("stacks",), {}, "evidence.stacks"),
        (("stacks", 0, "hellos", 0, "versions"), ["TLSv9"], "evidence.stacks[0].hellos[0].versions"),
        (("clients", 0, "accounts", 0, "port"), 70000, "evidence.clients[0].accounts[0].port"),
        (("clients", 0, "accounts", 0, "port"), True, "evidence.clients[0].accounts[0].port"),
        (("clients", 0, "accounts", 0, "security"), "maybe", "evidence.clients[0].accounts[0].security"),
        (("gaps",), [{"what": "x"}], "evidence.gaps[0].why"),
        (("gaps",), [{}] * 30000, "evidence.gaps"),
        (("clients", 0), {"name": "fetchmail", "installs": [], "accounts": []}, "evidence.clients[0]"),
        (("clients",), [make.client(*[make.account()] * 7000)] * 3, "evidence.clients"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(path, value, place):
    with pytest.raises(EvidenceError) as caught:
        load(changed(path, value))
    assert str(caught.value).startswith(place + ":")


def test_a_text_of_any_length_is_cut():
    assert len(load(changed(("clients", 0, "name"), "x" * 10_000_000)).clients[0].name) == MAX_TEXT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(places(whole())), JSON)
def test_any_json_anywhere_loads_or_is_refused(path, value):
    try:
        load(json.loads(json.dumps(changed(path, value))))
    except EvidenceError as error:
        assert str(error).startswith("evidence")
