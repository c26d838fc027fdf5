"""What a host says of its remedy is checked before a fleet's report shows it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils.remedy_answer import AnswerError, checked

CHANGE = {
    "client": "fetchmail",
    "file": "/home/alice/.fetchmailrc",
    "line": 1,
    "key": "sslproto",
    "from": "TLS1",
    "to": "auto",
    "findings": ["account-1"],
    "accounts": [{"client": "fetchmail", "config": "/home/alice/.fetchmailrc", "user": "alice"}],
}
PACKAGE = {**CHANGE, "to": None, "package": {"name": "fetchmail", "at_least": None, "manager": "apt", "with": "curl"}}
ITEM = {
    "path": "/home/alice/.fetchmailrc",
    "target": "/home/alice/.fetchmailrc",
    "sha256": "a" * 64,
    "sha256_after": "b" * 64,
    "metadata": {"mode": "0600", "uid": 1000, "gid": 1000, "mtime_ns": 1},
    "state": "applied",
    "why": None,
    "changes": [CHANGE],
}
RESTART = {
    "name": "fetchmail.service",
    "manager": "systemd",
    "client": "fetchmail",
    "program": "/usr/bin/fetchmail",
    "user": "alice",
    "files": ["/home/alice/.fetchmailrc"],
    "findings": ["account-1"],
    "state": "needed",
    "why": None,
}
ANSWER: dict[str, Any] = {
    "changed": True,
    "items": [ITEM],
    "refused": [{"change": PACKAGE, "why": "none is newer"}],
    "restarts": [RESTART],
    "found": True,
    "upgraded": False,
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


def test_what_is_agreed_is_taken() -> None:
    assert checked(ANSWER) == ANSWER


def test_nothing_else_is() -> None:
    forged = {**ANSWER, "by": "somebody else", "state": "verified", "ansible_facts": {"x": 1}, "items": [{**ITEM, "host": "another"}]}
    assert checked(forged) == ANSWER


def test_of_a_failure_the_reason_is_taken_and_no_change() -> None:
    assert checked({**ANSWER, "failed": True, "msg": "it is locked"}) == {"failed": True, "msg": "it is locked"}


@pytest.mark.parametrize("place", places(ANSWER)[1:], ids=lambda place: ".".join(map(str, place)))
def test_a_value_of_another_type_is_named_by_its_place(place: tuple[Any, ...]) -> None:
    forged = copy.deepcopy(ANSWER)
    target: Any = forged
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = 1.5
    with pytest.raises(AnswerError, match=r"^answer\."):
        checked(forged)


@pytest.mark.parametrize("key", ["changed", "items", "refused", "restarts"])
def test_what_is_missing_is_named(key: str) -> None:
    with pytest.raises(AnswerError, match=f"answer.{key}: is missing"):
        checked({name: value for name, value in ANSWER.items() if name != key})


def test_sizes_are_bounded() -> None:
    assert len(checked({**ANSWER, "items": [{**ITEM, "why": "x" * 100_000}]})["items"][0]["why"]) < 5000
    with pytest.raises(AnswerError, match="at most"):
        checked({**ANSWER, "items": [ITEM] * 30_000})
