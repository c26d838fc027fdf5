# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What several renderers say of a document: dates, shares, counts, and the words for verdicts. Numbers and words, no layout."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import ANSWERED

MEANING = {
    "FAIL": "a mail client stops working",
    "AT_RISK": "works now, but rests on something that is going",
    "UNKNOWN": "evidence is missing that could change the answer",
    "ERROR": "reached, but the audit failed",
    "UNREACHABLE": "no connection",
    "WAIVED": "would fail, and is excepted",
    "PASS": "goes on working",
}
ABSENT, REMOVE = "absent", "(remove)"
CONFIDENCE = {
    "observed": "the library wrote a ClientHello, or a connection was tried",
    "configured": "read from settings",
    "inferred": "from the versions of programs",
}
_SECURITY = {"implicit": "implicit TLS", "starttls": "STARTTLS", "none": "no TLS", None: "security not known"}


def counted(count: int, what: str) -> str:
    """Return "1 host", "2 hosts"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def answered(summary: Mapping[str, Any]) -> int:
    """Return the number of hosts of which the answer is known."""
    return sum(int(summary[verdict.lower()]) for verdict in ANSWERED)


def percent(share: float) -> str:
    """Return a share, 0 to 1, in per cent, down to the tenth: as coverage itself is rounded down, 100 % has to mean all."""
    return f"{int(share * 1000 + 1e-6) / 10:g} %"


def days_left(run: Mapping[str, Any]) -> int:
    """Return the days from the run to the deadline; negative after it."""
    deadline = datetime.date.fromisoformat(run["deadline"])
    return (deadline - datetime.datetime.fromisoformat(run["started"]).date()).days


def days_left_in_words(run: Mapping[str, Any]) -> str:
    """Return "37 days left", "today" or "3 days ago"."""
    days = days_left(run)
    if days == 0:
        return "today"
    return f"{counted(days, 'day')} left" if days > 0 else f"{counted(-days, 'day')} ago"


def named(thing: Mapping[str, Any], key: str = "name") -> str:
    """Return a client or library with its version."""
    return f"{thing[key]} {thing['version'] or '(version not known)'}"


def owner(account: Mapping[str, Any]) -> str:
    """Return whose account it is."""
    return f"user {account['user']}" if account["user"] else "the system's configuration"


def connection(account: Mapping[str, Any]) -> str:
    """Return where an account connects, and how."""
    port = "" if account["port"] is None else f":{account['port']}"
    protocol = account["protocol"].upper() if account["protocol"] else "protocol not known"
    return f"{account['server'] or 'server not known'}{port} ({protocol}, {_SECURITY[account['security']]})"


def protocols(offered: list[str]) -> str:
    """Return what is offered."""
    return ", ".join(offered) or "nothing"


def place(file: str, line: int) -> str:
    """Return a file with the line in it, where there is one."""
    return f"{file}:{line}" if line else file


def platform(host: Mapping[str, Any]) -> str:
    """Return operating system, release and architecture, as far as they are known."""
    return " ".join(host["platform"][key] for key in ("os", "release", "arch") if host["platform"][key])


def gap(told: Mapping[str, Any]) -> str:
    """Return what could not be read, and why."""
    return f"{told['what']}: {told['why']}"


def waiver(given: Mapping[str, Any]) -> str:
    """Return the waiver of a finding: until when, by whom, why, and where it stands."""
    state = "ended on" if given["expired"] else "until"
    return f"{state} {given['until']}, {given['owner']}: {given['reason']} ({given['place']})"


def subject(finding: Mapping[str, Any]) -> str:
    """Return who a finding is about: the client and account, the client, the library, or the audit itself."""
    if "account" in finding:
        return f"{named(finding['client'])}, {owner(finding['account'])}: {connection(finding['account'])}"
    if "client" in finding:
        return named(finding["client"])
    if "stack" in finding:
        return f"{finding['stack']['kind']} {finding['stack']['version'] or ''}".strip()
    return {"coverage": "not everything could be read"}.get(finding["check"], finding["check"])


def states(finding: Mapping[str, Any]) -> list[str]:
    """Return what each protocol's values in a Windows registry come to, where they say something or this Windows leaves it off."""
    telling = [state for state in finding.get("states", []) if any(state["raw"].values()) or state["default"] == "off"]
    return [f"{state['protocol']}: {_raw(state)}; default {state['default']}; effective {state['effective']}" for state in telling]


def _raw(state: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {'absent' if value is None else value}" for name, value in sorted(state["raw"].items()))


def changes(change: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what a fix changes, from what and to what: a key of a file, or values of a registry key."""
    if "registry" in change:
        return [(value["value"], _or(value["from"], ABSENT), _or(value["to"], REMOVE)) for value in change["values"]]
    return [(change["key"], _or(change["from"], ABSENT), _or(change["to"], REMOVE))]


def _or(value: str | None, otherwise: str) -> str:
    return otherwise if value is None else value
