# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run changed, or would change, as text: grouped by the change, because many hosts need the same one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape

_FLOOR = "floor "
_HEADINGS = {
    "would_change": "Would change",
    "applied": "Changed",
    "restored": "Put back",
    "present": "Was as before already",
    "refused": "Not changed",
}
# Floors that were raised, a step of its own (mailtls_harden).
_HARDENING = {_FLOOR + state: f"{heading}, to raise a floor" for state, heading in _HEADINGS.items()}
# What is still to be done comes last, where it is seen.
RESTARTS = {
    "would_restart": "Would restart",
    "restarted": "Restarted",
    "failed": "Did not come back from its restart",
    "needed": "Has to be restarted before the changes count (mailtls_restart)",
}
_REBOOT = "Windows has to restart before all programs heed the changes"
_MAX_PLACES = 20


def render(lines: Iterable[Mapping[str, Any]], detail: bool = True) -> str:
    """Return the text for the *lines* of remedies.jsonl; empty when there are none. *detail*: whether hosts and files are named."""
    lines = list(lines)
    text = _told(_grouped(lines), {**_HEADINGS, **_HARDENING}, "place", detail) + _told(_restarts(lines), RESTARTS, "host", detail)
    waiting = [escape(line["host"]) for line in lines if line.get("reboot_required")]
    if waiting:
        text += ["", f"{_REBOOT}: {_counted(waiting, 'host')}", *_places(waiting, detail)]
    return "\n".join(text)


def _told(groups: Mapping[tuple[str, str], list[str]], headings: Mapping[str, str], unit: str, detail: bool) -> list[str]:
    text: list[str] = []
    for state, heading in headings.items():
        mine = {key: places for key, places in groups.items() if key[0] == state}
        if mine:
            text += ["", heading]
        for (_state, what), places in sorted(mine.items(), key=lambda entry: (-len(entry[1]), entry[0])):
            text += [f"  {what}: {_counted(places, unit)}", *_places(places, detail)]
    return text


def _counted(places: Sequence[str], unit: str) -> str:
    return f"{len(places)} {unit}{'' if len(places) == 1 else 's'}"


def _places(places: Sequence[str], detail: bool) -> Iterator[str]:
    if detail:
        yield from (f"    {place}" for place in places[:_MAX_PLACES])
        if len(places) > _MAX_PLACES:
            yield f"    and {len(places) - _MAX_PLACES} more, all of them in remedies.jsonl"


def _restarts(lines: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        for item in line.get("restarts", ()):
            what = f"{item['name']} ({item['manager'] or 'by hand'})"
            groups.setdefault((item["state"], escape(what)), []).append(escape(f"{line['host']}: {reason(item)}"))
    return groups


def reason(item: Mapping[str, Any]) -> str:
    """Return what is restarted, for which files, and what is to be said of that."""
    because = f" ({item['why']})" if item["why"] else ""
    return f"{item['client']}, as {item['user']}, for {', '.join(item['files'])}{because}"


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
    step = _FLOOR + state if "harden" in change else state
    groups.setdefault((step, escape(_what(change))), []).append(escape(place))


def flat(line: Mapping[str, Any]) -> Iterator[dict[str, str | None]]:
    """Yield each change of a *line* of remedies.jsonl as one row: who, when, what, from what to what, and what became of it."""
    told = [(item["state"], item["why"], change) for item in line["items"] for change in item["changes"]]
    told += [("refused", refusal["why"], refusal["change"]) for refusal in line["refused"]]
    for state, why, change in told:
        yield {
            "host": line["host"],
            "moment": line["when"],
            "made_by": line["by"],
            "state": state,
            "place": where(change),
            "setting": change["key"],
            "value_before": change["from"],
            "value_after": change["to"],
            "why": why or "",
        }


def where(change: Mapping[str, Any]) -> str:
    """Return where a *change* is made: file and line, or registry key with view and type."""
    if "package" in change:
        companion = f", with {change['package']['with']}" if "with" in change["package"] else ""
        manager = f" ({change['package']['manager']})" if "manager" in change["package"] else ""
        return f"{change['file']}{manager}{companion}"
    if "registry" not in change:
        return f"{change['file']}, line {change['line']}"
    view, kind = change["registry"]["view"], change["registry"]["type"]
    return f"{change['file']} ({f'{view}-bit view, ' if view else ''}{kind})"


def _what(change: Mapping[str, Any]) -> str:
    if "package" in change:
        return _what_of_package(change)
    client = f"{change['client']} " if change["client"] else ""
    if change["to"] is None:
        return f"{client}{change['key']} = {change['from']} removed"
    if change["from"] is None:
        done = "set" if "registry" in change else "brought back"
        return f"{client}{change['key']} = {change['to']} {done}"
    return f"{client}{change['key']} from {change['from']} to {change['to']}"


def _what_of_package(change: Mapping[str, Any]) -> str:
    if change["to"] is None:
        return f"{change['file']} {change['from']}"
    return f"{change['file']} from {change['from'] or 'not installed'} to {change['to']}"
