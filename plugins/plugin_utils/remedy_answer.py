# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host says of its remedy: only what is agreed is taken, and each value checked, since the report of a whole fleet shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import MAX_ITEMS, MAX_TEXT

Check = Callable[[Any, str], Any]

# Of a module that failed, what tells why.
_OF_A_FAILURE = ("failed", "unreachable", "msg", "exception", "module_stdout", "module_stderr", "rc")


class AnswerError(Exception):
    """It is not of the agreed form; the text names the place in it."""


def checked(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return of an *answer* of the module tls_remedy what is agreed: its RETURN, or of a failure the reason.

    Raises:
        AnswerError: something in it is missing, or of another type or size.
    """
    if answer.get("failed") or answer.get("unreachable"):
        return {key: answer[key] for key in _OF_A_FAILURE if key in answer}
    found: dict[str, Any] = _ANSWER(answer, "answer")
    return found


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise AnswerError(f"{place}: expected a text, found {type(value).__name__}")
    return str(value[:MAX_TEXT])


def _number(value: Any, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise AnswerError(f"{place}: expected a whole number, found {type(value).__name__}")
    return int(value)


def _switch(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise AnswerError(f"{place}: expected true or false, found {type(value).__name__}")
    return value


def _or_none(check: Check) -> Check:
    return lambda value, place: None if value is None else check(value, place)


def _one_of(*words: str) -> Check:
    def check(value: Any, place: str) -> str:
        if value not in words:
            raise AnswerError(f"{place}: expected one of {', '.join(words)}")
        return str(value)

    return check


def _list(check: Check) -> Check:
    def checked_list(value: Any, place: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise AnswerError(f"{place}: expected a list of at most {MAX_ITEMS}")
        return [check(item, f"{place}[{number}]") for number, item in enumerate(value)]

    return checked_list


def _mapping(needed: Mapping[str, Check], others: Mapping[str, Check] | None = None) -> Check:
    def check(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise AnswerError(f"{place}: expected a mapping, found {type(value).__name__}")
        for key in needed:
            if key not in value:
                raise AnswerError(f"{place}.{key}: is missing")
        known = {**needed, **(others or {})}
        return {key: known[key](value[key], f"{place}.{key}") for key in known if key in value}

    return check


_PERHAPS = _or_none(_text)
_CHANGE = _mapping(
    {"client": _PERHAPS, "file": _text, "line": _number, "key": _text, "from": _PERHAPS, "to": _PERHAPS, "findings": _list(_text)},
    {
        "accounts": _list(_mapping({"client": _text, "config": _text, "user": _text})),
        "harden": _switch,
        "package": _mapping({"name": _text}, {"at_least": _PERHAPS, "manager": _text, "with": _text}),
    },
)
_ITEM = _mapping(
    {
        "path": _text,
        "target": _text,
        "sha256": _text,
        "state": _one_of("applied", "present", "refused", "restored", "would_change"),
        "why": _PERHAPS,
        "changes": _list(_CHANGE),
    },
    {"sha256_after": _text, "metadata": _mapping({"mode": _text, "uid": _number, "gid": _number, "mtime_ns": _number})},
)
_RESTART = _mapping(
    {
        "name": _text,
        "manager": _PERHAPS,
        "client": _text,
        "program": _text,
        "user": _text,
        "files": _list(_text),
        "findings": _list(_text),
        "state": _one_of("needed", "would_restart", "restarted", "failed"),
        "why": _PERHAPS,
    }
)
_ANSWER = _mapping(
    {"changed": _switch, "items": _list(_ITEM), "refused": _list(_mapping({"change": _CHANGE, "why": _text})), "restarts": _list(_RESTART)},
    {"found": _switch, "upgraded": _switch},
)
