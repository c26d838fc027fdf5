# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of registry values by reg.exe, and how they are taken back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import registry
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.backup import Backup
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.commands import Query, ask
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.registry import MAX_DATA, Value
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.session import Sections, Session, value_of
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.users import LOADED

Change = dict[str, Any]
Item = dict[str, Any]
Refusal = dict[str, Any]
State = tuple[str, str | None]
_LOADED_BY_THE_AUDIT = registry.full(LOADED).lower()
_UNSAFE = "it holds signs that no command line takes safely: follow the written fix"
_UNREADABLE = "it can't be read: access may be denied"
_NOT_WRITTEN = "reg.exe did not write it: access may be denied"
_NOT_LOADED = "its user is not signed in, so that the user's registry is not loaded: mend it once they are, or follow the written fix"
_CHANGED = "somebody changed it since the audit: audit again"
_CHANGED_SINCE = "somebody changed it since: what it was before stands in the backup"
_SCHANNEL = "\\securityproviders\\schannel\\"
_VIEWS = ("64", "32", "")
_TYPE = re.compile(r"REG_[A-Z_]+\Z")
_CHANGES = ("applied", "restored", "would_change")


def apply(session: Session, backup: Backup, changes: Sequence[Change], check: bool, keep: int) -> dict[str, Any]:
    """Make *changes* (those of a registry, as remedy.changes_of returns them), behind a backup set of all of them.

    Returns:
        What the module returns for files, and `reboot_required`: whether Windows has to restart before all programs heed them.

    Raises:
        BackupError: no backup can be made, so nothing was changed.
        Interrupted: the host did not answer to the end; the backup set tells what it was before.
    """
    changes = [{**change, "file": registry.full(change["file"])} for change in changes]
    if check:
        planned, refused = _planned(session, changes)
        return _outcome([_told(item, "would_change", None) for item in planned], refused)
    backup.take_lock()
    try:
        planned, refused = _planned(session, changes)
        states: list[State] = []
        if planned:
            backup.create(planned)
            states = _written(session, planned)
            if keep:
                backup.keep(keep)
    finally:
        backup.release_lock()
    return _outcome([_told(item, *state) for item, state in zip(planned, states, strict=True)], refused)


def roll_back(session: Session, backup: Backup, check: bool) -> dict[str, Any]:
    """Take back what the run of *backup* changed. What somebody changed since stays as it is, and is named. Raises as `apply`."""
    if check:
        items = backup.load()
        states = _states_before_rollback(session, items or [])
    else:
        backup.take_lock()
        try:
            items = backup.load()
            states = _restored(session, items or [])
        finally:
            backup.release_lock()
    told = [_told(_reversed(item), *state) for item, state in zip(items or [], states, strict=True)]
    return {**_outcome(told, []), "found": items is not None}


# What is there, and what is to be done


def _planned(session: Session, changes: Sequence[Change]) -> tuple[list[Item], list[Refusal]]:
    """Return (items, refusals). A finding that can't be mended as a whole is not half mended."""
    merged = _merged(changes)
    allowed = [change for change in merged if _forbids(change) is None]
    refused = [_refusal(change, why) for change in merged if (why := _forbids(change)) is not None]
    answer = _asked(session, [_query(change) for change in allowed])
    items: list[Item] = []
    for change in allowed:
        before = value_of(answer, _query(change))
        if before is None and not _is_seen(answer, change["file"], change["registry"]["view"]):
            refused.append(_refusal(change, _UNREADABLE))
            continue
        if before is not None and (before.type, before.data) == (change["registry"]["type"], _data(change)):
            continue
        why = _differs(change, before)
        if why is None:
            items.append(_item(change, before, answer))
        else:
            refused.append(_refusal(change, why))
    hopeless = {finding for refusal in refused for finding in refusal["change"]["findings"]}
    return [item for item in items if not hopeless.issuperset(item["change"]["findings"])], refused


def _merged(changes: Sequence[Change]) -> list[Change]:
    """Several findings may ask for the same value."""
    merged: dict[tuple[str, str, str, str | None], Change] = {}
    for change in changes:
        identity = (change["file"].lower(), change["registry"]["view"], change["key"].lower(), change["to"])
        if identity in merged:
            findings = [*merged[identity]["findings"], *change["findings"]]
            merged[identity] = {**merged[identity], "findings": list(dict.fromkeys(findings))}
        else:
            merged[identity] = change
    return list(merged.values())


def _forbids(change: Change) -> str | None:
    """Return why a value is not to be touched, or None."""
    if "\\policies\\" in change["file"].lower():
        return f"Group Policy sets it ({change['file']}), and would set it again: change it there"
    if change["file"].lower().startswith(_LOADED_BY_THE_AUDIT):
        return _NOT_LOADED
    place = change["file"] + change["key"]
    # The place stands in a mark, too, which has no quotes.
    safe = _is_safe(place) and _is_safe(change["key"]) and _is_safe(_data(change) or "") and not any(sign in place for sign in "&|<>^()")
    return None if safe and change["registry"]["view"] in _VIEWS and _TYPE.match(change["registry"]["type"]) else _UNSAFE


def _is_safe(text: str) -> bool:
    """Whether *text* means itself between quotes, to cmd, to PowerShell and to the marks of a command line."""
    plain = text.isascii() and text.isprintable() and not text.endswith("\\") and len(text) < MAX_DATA
    return plain and not any(sign in text for sign in '"%#@!')


def _differs(change: Change, before: Value | None) -> str | None:
    """Return why the value *before* is not the one that the change was planned for, or None when it is."""
    if before is None:
        return None if change["from"] is None else _CHANGED
    if change["from"] not in (before.data, before.text):
        return _CHANGED
    return None if _is_safe(before.data) else _UNSAFE


def _data(change: Change) -> str | None:
    """What the value is to be, as reg.exe writes it: a text that is kept as REG_BINARY is UTF-16 with its end."""
    to: str | None = change["to"]
    if to is None or change["registry"]["type"] != "REG_BINARY":
        return to
    return (to + "\0").encode("utf-16-le").hex().upper()


def _item(change: Change, before: Value | None, answer: Sections) -> Item:
    """One value as the manifest holds it: (type, data) before and after, None when absent, and the keys that have to be made."""
    data = _data(change)
    view = change["registry"]["view"]
    return {
        "key": change["file"],
        "view": view,
        "name": change["key"],
        "before": [before.type, before.data] if before else None,
        "after": [change["registry"]["type"], data] if data is not None else None,
        "absent": [key for key in _ancestry(change["file"]) if not answer[Query(key, view).mark].succeeded],
        "change": change,
    }


def _ancestry(key: str) -> list[str]:
    """The key and those above it that a change may have to make, the deepest first; never a root, nor a user's hive."""
    parts = key.split("\\")
    return ["\\".join(parts[:count]) for count in range(len(parts), 2, -1)]


def _questions(key: str, view: str, name: str) -> Iterator[str]:
    """The value, and the keys above it: a value that is not shown is absent only where a listing above it does not hide it."""
    yield ask(Query(key, view, name))
    yield from (ask(Query(above, view)) for above in _ancestry(key))


def _is_seen(answer: Sections, key: str, view: str) -> bool:
    """Whether a value in *key* would have been shown, were it there. reg.exe fails alike for what is absent and what is denied."""
    below: str | None = None
    for place in _ancestry(key):
        section = answer[Query(place, view).mark]
        if section.succeeded:
            listed = {name.lower() for name in registry.parse(section.lines, place).keys}
            return below is None or below.lower() not in listed
        below = place
    return False


def _query(change: Change) -> Query:
    return Query(change["file"], change["registry"]["view"], change["key"])


def _of_view(view: str) -> str:
    return f" /reg:{view}" if view else ""


# Writing


def _write(key: str, view: str, name: str, value: Sequence[str] | None) -> str:
    if value is None:
        return f'reg delete "{key}" /v "{name}" /f{_of_view(view)} >nul'
    kind, data = value
    return f'reg add "{key}" /v "{name}" /t {kind} /d "{data}" /f{_of_view(view)} >nul'


def _item_query(item: Item) -> Query:
    return Query(item["key"], item["view"], item["name"])


def _now(session: Session, items: Sequence[Item]) -> list[list[str] | None]:
    """Return (type, data) of each item as it is now, None where it is absent, nothing in the list where that can't be seen."""
    answer = _asked(session, [_item_query(item) for item in items])
    return [_value_now(answer, item) for item in items]


def _value_now(answer: Sections, item: Item) -> list[str] | None:
    value = value_of(answer, _item_query(item))
    if value is not None:
        return [value.type, value.data]
    return None if _is_seen(answer, item["key"], item["view"]) else []


def _asked(session: Session, queries: Sequence[Query]) -> Sections:
    parts = [part for query in queries for part in _questions(query.key, query.view, query.name or "")]
    return session.tell(list(dict.fromkeys(parts))) if parts else {}


def _written(session: Session, items: Sequence[Item]) -> list[State]:
    session.tell([_write(item["key"], item["view"], item["name"], item["after"]) for item in items])
    now = _now(session, items)
    return [("applied", None) if value == item["after"] else ("refused", _NOT_WRITTEN) for item, value in zip(items, now, strict=True)]


def _states_before_rollback(session: Session, items: Sequence[Item]) -> list[State]:
    states: list[State] = []
    for item, value in zip(items, _now(session, items), strict=True):
        if value == []:
            states.append(("refused", _UNREADABLE))
        elif value == item["before"]:
            states.append(("present", None))
        else:
            states.append(("would_change", None) if value == item["after"] else ("refused", _CHANGED_SINCE))
    return states


def _restored(session: Session, items: Sequence[Item]) -> list[State]:
    states = _states_before_rollback(session, items)
    mine = [item for item, (state, _why) in zip(items, states, strict=True) if state == "would_change"]
    if mine:
        session.tell([_write(item["key"], item["view"], item["name"], item["before"]) for item in mine])
    _remove_keys(session, items)
    after = _now(session, items)
    return [
        state if state[0] != "would_change" else ("restored", None) if value == item["before"] else ("refused", _NOT_WRITTEN)
        for item, state, value in zip(items, states, after, strict=True)
    ]


def _remove_keys(session: Session, items: Sequence[Item]) -> None:
    """Remove the keys that the run had to make, the deepest first, each only while nothing stands in it."""
    made = {(key, item["view"]) for item in items for key in item["absent"]}
    for key, view in sorted(made, key=lambda place: -place[0].count("\\")):
        query = Query(key, view)
        section = session.tell([ask(query)])[query.mark]
        found = registry.parse(section.lines, key)
        if section.succeeded and not found.values and all(name.lower() == key.lower() for name in found.keys):
            session.tell([f'reg delete "{key}" /f{_of_view(view)} >nul'])


# What is told


def _refusal(change: Change, why: str) -> Refusal:
    return {"change": change, "why": why}


def _told(item: Item, state: str, why: str | None) -> dict[str, Any]:
    path = item["key"] + (f" ({item['view']}-bit view)" if item["view"] else "")
    digest = hashlib.sha256(repr(item["before"]).encode()).hexdigest()
    return {"path": path, "target": path, "sha256": digest, "state": state, "why": why, "changes": [item["change"]]}


def _reversed(item: Item) -> Item:
    change = item["change"]
    return {**item, "change": {**change, "from": change["to"], "to": change["from"]}}


def _outcome(items: list[dict[str, Any]], refused: list[Refusal]) -> dict[str, Any]:
    changed = [item for item in items if item["state"] in _CHANGES]
    return {
        "changed": bool(changed),
        "items": items,
        "refused": refused,
        "reboot_required": any(_SCHANNEL in item["path"].lower() for item in changed),
    }
