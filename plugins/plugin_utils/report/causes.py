# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Causes: findings of many hosts that one and the same thing mends, so that a list can be worked off from its top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import facts
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import PASS, WAIVED, rank
from ansible_collections.mailtls.fleet.plugins.plugin_utils.wording import spoken

_MAX_NAME = 80
_OF_THE_LIBRARY = ("library", "system_settings")
_REASONS = {
    "pinned": "A setting of the client keeps it below {requirement}.",
    "client_version": "This release of the client offers no {requirement}.",
    "library": "The TLS library can do no more.",
    "system_settings": "The system's settings for the TLS library keep programs below {requirement}.",
    "legacy_endpoint": "The account connects to an opt-in legacy name, which is retired together with old TLS.",
    "plaintext": "The account connects without TLS.",
    "no_common_cipher_suite": "Client and service share no cipher suite.",
    "nothing_offered": "The client offers no TLS version at all.",
    "undecided": "What the client offers could not be told from its configuration.",
    "unreadable": "Something that may hold mail accounts could not be read.",
    "handshake_failed": "A handshake with the server that was probed failed.",
    "old_handshake": "The server that was probed and the TLS library agreed on a version below {requirement}.",
    "unknown_version": "Too little is known of this program or its version.",
    "unreachable": "No connection could be made.",
    "error": "The host was reached, and its audit failed.",
    "not_audited": "The run ended, or left nothing, before this host was audited.",
    "abridged": "The findings were left out where this was handed on; the run's own folder has them.",
}

_TITLES = {
    "client_version": "a release that is too old",
    "library": "a library that is too old",
    "plaintext": "an account without TLS",
    "undecided": "not to be told from its configuration",
    "unreadable": "files that could not be read",
    "handshake_failed": "a probed handshake that failed",
    "old_handshake": "a probed handshake over old TLS",
    "unknown_version": "nothing is known of this version",
    "unreachable": "no connection",
    "error": "the audit failed",
    "not_audited": "not audited",
    "abridged": "findings left out",
}


@dataclass
class Cause:
    """One cause, and whom it affects.

    Attributes:
        identity: what its findings have in common.
        key: short name, unique in the document.
        cause: the word that its findings share.
        verdict: the worst of its findings.
        title: what it is, in a few words.
        reason: what it does, one sentence.
        fix: what mends it, one sentence.
        hosts: names of the hosts, sorted.
        users: (host, user) of the accounts, sorted; "" is the system's own configuration.
        accounts: number of mail accounts.
        example: the reason of its first finding, in full.
    """

    identity: tuple[str, ...]
    cause: str
    title: str
    reason: str
    fix: str
    example: str
    verdict: str
    key: str = ""
    hosts: list[str] = field(default_factory=list)
    users: set[tuple[str, str]] = field(default_factory=set)
    accounts: int = 0


def of_document(document: Mapping[str, Any]) -> list[Cause]:
    """Return the causes in *document*: the worst first, and among these the one with the most hosts."""
    return of_hosts(document["hosts"], document["run"]["requirement"])


def of_hosts(hosts: Iterable[Mapping[str, Any]], requirement: str) -> list[Cause]:
    """Return the causes of what is not as it should be on *hosts*; what is waived is no work to do."""
    found: dict[tuple[str, ...], Cause] = {}
    for host in hosts:
        for finding in host["findings"]:
            if finding["verdict"] not in (PASS, WAIVED):
                _add(found, host["host"], finding, requirement)
    ordered = sorted(found.values(), key=lambda cause: (rank(cause.verdict), -len(cause.hosts), cause.title, cause.identity))
    for number, cause in enumerate(ordered, 1):
        cause.key = f"c{number}"
    return ordered


def identity(finding: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what findings of the same cause have in common."""
    settled = "settled" if finding["verdict"] in ("FAIL", "AT_RISK") else str(finding["verdict"])
    change = finding["fix"].get("change")
    if change is None:
        return (settled, finding["cause"], _subject(finding))
    values = (part for value in facts.changes(change) for part in value)
    return (settled, finding["cause"], _subject(finding), *values)


def reason(cause: str, requirement: str = "TLSv1.2") -> str:
    """Return what *cause*, the word that findings share, stands for, in a sentence; "" for a word that is not known."""
    return _REASONS.get(cause, "").format(requirement=spoken(requirement))


def _add(found: dict[tuple[str, ...], Cause], host: str, finding: Mapping[str, Any], requirement: str) -> None:
    cause = found.get(identity(finding))
    if cause is None:
        told = reason(finding["cause"], requirement)
        cause = Cause(identity(finding), finding["cause"], _title(finding), told, _fix(finding), finding["why"], finding["verdict"])
        found[identity(finding)] = cause
    elif "change" not in finding["fix"] and cause.fix != finding["fix"]["text"] and not cause.fix.startswith(_EXAMPLE):
        cause.fix = f"{_EXAMPLE}{cause.fix}"
    cause.verdict = min(cause.verdict, finding["verdict"], key=rank)
    if not cause.hosts or cause.hosts[-1] != host:
        cause.hosts.append(host)
    if "account" in finding:
        cause.accounts += 1
        cause.users.add((host, finding["account"]["user"]))


_EXAMPLE = "On each host its own; for example: "


def _subject(finding: Mapping[str, Any]) -> str:
    stack, client = finding.get("stack"), finding.get("client")
    if stack and (finding["cause"] in _OF_THE_LIBRARY or not client):
        version = stack["version"] if finding["cause"] == "library" else None
        return f"{stack['kind']} {version}"[:_MAX_NAME] if version else str(stack["kind"])[:_MAX_NAME]
    return str(client["name"])[:_MAX_NAME] if client else ""


def _title(finding: Mapping[str, Any]) -> str:
    subject, change = _subject(finding), finding["fix"].get("change")
    about = _TITLES.get(finding["cause"], finding["cause"].replace("_", " "))
    if change:
        about = ", ".join(f"{name} {before if before == facts.ABSENT else '= ' + before}" for name, before, _after in facts.changes(change))
    return f"{subject}: {about}" if subject else about


def _fix(finding: Mapping[str, Any]) -> str:
    change = finding["fix"].get("change")
    if change is None or "registry" in change:
        return str(finding["fix"]["text"])
    if change["to"] is None:
        return f"Remove {change['key']} = {change['from']}; file and line stand with each host."
    return f"Change {change['key']} from {change['from']} to {change['to']}; file and line stand with each host."
