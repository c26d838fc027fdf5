# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run changed, or would change, as text: grouped by the change, because many hosts need the same one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape

_HEADINGS = {
    "would_change": "Would change",
    "applied": "Changed",
    "restored": "Put back",
    "present": "Was as before already",
    "refused": "Not changed",
}
_MAX_PLACES = 20


def render(lines: Iterable[Mapping[str, Any]], detail: bool = True) -> str:
    """Return the text for the *lines* of remedies.jsonl; empty when there are none. *detail*: whether hosts and files are named."""
    groups = _grouped(lines)
    text: list[str] = []
    for state, heading in _HEADINGS.items():
        mine = {key: places for key, places in groups.items() if key[0] == state}
        if mine:
            text += ["", heading]
        for (_state, what), places in sorted(mine.items(), key=lambda entry: (-len(entry[1]), entry[0])):
            text.append(f"  {what}: {len(places)} {'place' if len(places) == 1 else 'places'}")
            text += [f"    {place}" for place in places[:_MAX_PLACES] if detail]
            if detail and len(places) > _MAX_PLACES:
                text.append(f"    and {len(places) - _MAX_PLACES} more, all of them in remedies.jsonl")
    return "\n".join(text)


def _grouped(lines: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        for item in line["items"]:
            for change in item["changes"]:
                _add(groups, item["state"], change, line["host"], item["why"])
        for refusal in line["refused"]:
            _add(groups, "refused", refusal["change"], line["host"], refusal["why"])
    return groups


def _add(groups: dict[tuple[str, str], list[str]], state: str, change: Mapping[str, Any], host: str, why: str | None) -> None:
    place = f"{host}: {where(change)}" + (f" ({why})" if why else "")
    groups.setdefault((state, escape(_what(change))), []).append(escape(place))


def where(change: Mapping[str, Any]) -> str:
    """Return where a *change* is made: file and line, or registry key with view and type."""
    if "registry" not in change:
        return f"{change['file']}, line {change['line']}"
    view, kind = change["registry"]["view"], change["registry"]["type"]
    return f"{change['file']} ({f'{view}-bit view, ' if view else ''}{kind})"


def _what(change: Mapping[str, Any]) -> str:
    client = f"{change['client']} " if change["client"] else ""
    if change["to"] is None:
        return f"{client}{change['key']} = {change['from']} removed"
    if change["from"] is None:
        done = "set" if "registry" in change else "brought back"
        return f"{client}{change['key']} = {change['to']} {done}"
    return f"{client}{change['key']} from {change['from']} to {change['to']}"
