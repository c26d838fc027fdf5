# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remedies: which changes the findings of a host ask for, what they are called in a diff, and whether they helped."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.finding import why_of
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import AT_RISK, FAIL, PASS, rank, worst

Change = dict[str, Any]


SETTINGS, PACKAGES = "settings", "packages"
# Which changes are of which part. What comes with the upgrade of another package is no change to be asked for.
PARTS: Mapping[str, Callable[[Change], bool]] = {
    SETTINGS: lambda change: "package" not in change,
    PACKAGES: lambda change: "package" in change and "with" not in change["package"],
}


class PlanError(Exception):
    """A saved plan can't be used; the text names the file, the line and what was expected."""


def changes_of(record: Mapping[str, Any], harden: bool = False) -> list[Change]:
    """Return what the failing findings of a host *record* ask for: {client, file, line, key, from, to, findings, accounts}.

    With *harden* also what raises floors, each a matter of its own: with `harden`: True, and no finding's id but one made of it.

    A value of a Windows registry has its key as `file`, its name as `key`, and `registry`: {view, type}.
    """
    mending = [
        _asked(finding, change)
        for finding in record["findings"]
        if _is_to_be_mended(finding)
        for asked in finding["fix"].get("changes", ())
        for change in _single(asked)
    ]
    return mending + (_floors(record, {_place(change) for change in mending}) if harden else [])


def _asked(finding: Mapping[str, Any], change: Mapping[str, Any]) -> Change:
    client = (finding.get("client") or {}).get("name")
    return {**change, "client": client, "findings": [finding["id"]], "accounts": _accounts(finding)}


def _floors(record: Mapping[str, Any], mended: set[tuple[Any, ...]]) -> list[Change]:
    """What raises floors, but for those that are mended anyway."""
    floors = [
        {**_asked(finding, change), "findings": [f"{finding['id']}/floor"], "harden": True}
        for finding in record["findings"]
        for asked in finding.get("harden", {}).get("changes", ())
        for change in _single(asked)
    ]
    return [change for change in floors if _place(change) not in mended]


def _place(change: Mapping[str, Any]) -> tuple[Any, ...]:
    return (change["file"], change.get("registry", {}).get("view"), change["line"], change["key"])


def upgrades_of(record: Mapping[str, Any]) -> list[Change]:
    """Return what the failing findings of a host *record* ask for where a package is too old: as `changes_of`, and `package`.

    `file` is the word package and its name, `key` is version; `to` is None: what the distribution has.
    """
    return [
        {
            "client": (finding.get("client") or {}).get("name"),
            "file": f"package {package['name']}",
            "line": 0,
            "key": "version",
            "from": package["version"],
            "to": None,
            "package": {"name": package["name"], "at_least": package["at_least"]},
            "findings": [finding["id"]],
            "accounts": _accounts(finding),
        }
        for finding in record["findings"]
        if finding["verdict"] == FAIL and (package := finding["fix"].get("package"))
    ]


def _accounts(finding: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Whose programs have to be restarted for a change of this finding."""
    if "client" not in finding or "account" not in finding:
        return []
    return [{"client": finding["client"]["name"], **{key: finding["account"][key] for key in ("config", "user")}}]


def _is_to_be_mended(finding: Mapping[str, Any]) -> bool:
    """Besides what fails: libraries of Windows that programs speak through beside the mail, or that no mail client tells of."""
    is_beside = (finding.get("stack") or {}).get("kind") in ("winhttp", "dotnet")
    return finding["verdict"] == FAIL or (finding["verdict"] == AT_RISK and is_beside)


def _single(asked: Mapping[str, Any]) -> Iterator[Change]:
    if "registry" not in asked:
        yield dict(asked)
        return
    for value in asked["values"]:
        if value["from"] != value["to"]:
            place = {"file": asked["registry"], "line": 0, "registry": {"view": asked["view"], "type": value["type"]}}
            yield {**place, "key": value["value"], "from": value["from"], "to": value["to"]}


def diff(items: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the differences as Ansible shows them: settings, not lines, because a password may stand in the same line."""
    return [
        {
            "before_header": item["path"],
            "after_header": item["path"],
            "before": "".join(_line(change, "from") for change in item["changes"]),
            "after": "".join(_line(change, "to") for change in item["changes"]),
        }
        for item in items
        if item["state"] in ("applied", "restored", "would_change")
    ]


def _line(change: Mapping[str, Any], which: str) -> str:
    value = change[which]
    if value is None:
        return ""
    if "registry" in change:
        return f"{change['key']} ({change['registry']['type']}) = {value}\n"
    if "package" in change:
        return f"{change['package']['name']} {value}\n"
    return f"line {change['line']}: {change['key']} = {value}\n"


def not_better(before: Mapping[str, Any], after: Mapping[str, Any], remedied: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return why the record *after* remedies is not better than the one *before*; nothing when it is.

    Every finding whose changes were made has to pass now, and no finding may be worse than it was. *remedied*: the result of each part.
    """
    old = {finding["id"]: finding for finding in before["findings"]}
    new = {finding["id"]: finding for finding in after["findings"]}
    if not new or after["verdict"] in ("ERROR", "UNREACHABLE"):
        return [f"the second audit failed: {after['why']}"]
    remedied = list(remedied)
    mended = {name for result in remedied for name in _mended_ids(result)}
    # What an update of Windows, or its restart, has to follow is better, though not yet good.
    mended = {name for name in mended if old.get(name, {}).get("verdict") == FAIL}
    restarts = [item for result in remedied for item in result.get("restarts", ())]
    reasons = [f"{item['name']}: {item['why']}" for item in restarts if item["state"] == "failed"]
    reasons += [f"{name}: {_told(new.get(name))}" for name in sorted(mended) if not _passes(new.get(name))]
    reasons += [
        f"{name}: was {old[name]['verdict'] if name in old else 'not there'}, is {finding['verdict']}: {finding['why']}"
        for name, finding in new.items()
        if name not in mended and rank(finding["verdict"]) < rank(old[name]["verdict"] if name in old else PASS)
    ]
    return reasons


class ChoiceError(Exception):
    """It is not told in a way that is known what is to be restarted."""


def restart_choice(given: Any) -> str | list[str]:
    """Return "never", "yes", or the names of services, for what *given*, mailtls_restart, says: YAML makes a truth value of yes.

    Raises:
        ChoiceError: it is neither of these.
    """
    if isinstance(given, list) and all(isinstance(name, str) and name for name in given):
        return given
    if not isinstance(given, bool | str | None):
        raise ChoiceError("expected never, yes, or a list of names of services")
    word = str(given).lower()
    if word in ("yes", "true"):
        return "yes"
    if word in ("never", "no", "false", "none", ""):
        return "never"
    return [name.strip() for name in str(given).split(",") if name.strip()]


def waiting(record: Mapping[str, Any], restarts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a host's *record* in which findings that pass only once something is restarted are AT_RISK.

    Args:
        record: of the host, after the changes.
        restarts: what has to be restarted, as the module returns it.
    """
    waits: dict[str, list[str]] = {}
    for item in restarts:
        for name in item["findings"] if item["state"] in ("needed", "failed") else ():
            waits.setdefault(name, []).append(_service(item))
    findings = [_waiting(finding, waits.get(finding["id"], [])) for finding in record["findings"]]
    verdict = worst(finding["verdict"] for finding in findings)
    return {**record, "verdict": verdict, "why": why_of(findings, verdict), "findings": findings} if waits else dict(record)


def _service(item: Mapping[str, Any]) -> str:
    return str(item["name"]) if item["manager"] else f"{item['name']}, which runs as {item['user']}, by hand"


def _waiting(finding: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    if not names or finding["verdict"] != PASS:
        return dict(finding)
    why = f"{finding['why']} But what runs now began before its settings were changed, and goes on with the old ones."
    fix = {"text": f"Restart {' and '.join(names)}."}
    return {**finding, "cause": "restart_pending", "verdict": AT_RISK, "why": why, "fix": fix}


def _passes(finding: Mapping[str, Any] | None) -> bool:
    return finding is not None and (finding["verdict"] == PASS or finding["cause"] == "restart_pending")


def _told(finding: Mapping[str, Any] | None) -> str:
    return f"is still {finding['verdict']}: {finding['why']}" if finding else "is gone"


def _mended_ids(remedied: Mapping[str, Any]) -> set[str]:
    items = remedied.get("items", ())
    made = {name for item in items if item["state"] == "applied" for name in _findings(item)}
    failed = {name for item in items if item["state"] == "refused" for name in _findings(item)}
    return made - failed - {name for refusal in remedied.get("refused", ()) for name in refusal["change"]["findings"]}


def _findings(item: Mapping[str, Any]) -> set[str]:
    return {name for change in item["changes"] for name in change["findings"]}


def audit_trail(host: str, result: Mapping[str, Any], when: datetime.datetime) -> dict[str, Any] | None:
    """Return the line of remedies.jsonl for the *result* of a remedy on *host*; None when it concerned no file."""
    if not result.get("items") and not result.get("refused"):
        return None
    return {
        "host": host,
        "state": result["state"],
        "run": result["run"],
        "by": result["by"],
        "when": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "items": result["items"],
        "refused": result["refused"],
        "restarts": result.get("restarts", []),
        "reboot_required": bool(result.get("reboot_required")),
    }


def saved(path: str, host: str) -> tuple[list[Change], dict[str, str]]:
    """Return the (changes, hashes by path) of *host* in a saved plan, the file remedies.jsonl of a run folder.

    Raises:
        PlanError: it can't be read, or a line in it is no plan of a host.
    """
    changes: list[Change] = []
    hashes: dict[str, str] = {}
    for line in _lines_of(path, host):
        for item in line["items"]:
            changes.extend(item["changes"])
            hashes[item["path"]] = item["sha256"]
    return changes, hashes


def _lines_of(path: str, host: str) -> Iterator[Mapping[str, Any]]:
    try:
        with open(path, encoding="utf-8") as lines:
            for number, text in enumerate(lines, 1):
                line = _parsed(text, f"{path}, line {number}")
                if line["host"] == host and line["state"] == "applied":
                    yield line
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: can't be read: {error}") from error


def _parsed(text: str, place: str) -> Mapping[str, Any]:
    try:
        line = json.loads(text)
        if all(key in line for key in ("host", "state", "items")):
            return line
    except (ValueError, TypeError) as error:
        raise PlanError(f"{place}: expected a JSON object with host, state and items") from error
    raise PlanError(f"{place}: expected a JSON object with host, state and items")
