# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From evidence to findings and a verdict: pure, so that saved evidence can be assessed again at any time."""

from __future__ import annotations

import datetime
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import account_finding, dotnet, hardening, probe_finding, wording
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Client, Evidence, Gap, Stack
from ansible_collections.mailtls.fleet.plugins.plugin_utils.finding import finding, stable_id, why_of
from ansible_collections.mailtls.fleet.plugins.plugin_utils.mail_path import Path, of_account, of_stack
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import ClientFacts, Policy, Unread
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import AT_RISK, FAIL, PASS, UNKNOWN, worst

NO_CLIENT = "no POP/IMAP client found"


def assess(evidence: Evidence, policy: Policy, today: datetime.date) -> dict[str, Any]:
    """Return what *evidence* comes to under *policy*.

    Args:
        evidence: what was collected of one host.
        policy: the facts to judge it by.
        today: the day to judge it for; waivers and deadlines count from it.

    Returns:
        A host record without its `host`: {verdict, reach, platform, why, findings, clients, stacks, gaps}, as docs/architecture.md has it.
    """
    paths = {stack.path: of_stack(evidence, policy, stack) for stack in evidence.stacks}
    findings = [item for client in evidence.clients for item in _client_findings(evidence, policy, client)]
    judged = [stack for stack in evidence.stacks if _is_judged(evidence, policy, stack, paths[stack.path])]
    findings += [_stack_finding(evidence, policy, stack, paths[stack.path]) for stack in judged]
    findings += dotnet.of_host(evidence, policy)
    findings += [_coverage_finding(gap, policy) for gap in evidence.gaps if _could_matter(gap, evidence)]
    # The probes last: what was not seen without them is not seen with them.
    findings = [*(findings or [_nothing_seen(policy)]), *probe_finding.of_host(evidence, policy)]
    verdict = worst(item["verdict"] for item in findings)
    return {
        "verdict": verdict,
        "reach": evidence.reach,
        "platform": {key: evidence.platform.get(key) for key in ("os", "release", "arch")},
        "why": _why(evidence, findings, verdict),
        "findings": findings,
        "clients": [_client_summary(client) for client in evidence.clients],
        "stacks": [_stack_summary(stack, paths[stack.path]) for stack in evidence.stacks],
        "gaps": [{"what": gap.what, "why": gap.why} for gap in evidence.gaps],
    }


def _client_findings(evidence: Evidence, policy: Policy, client: Client) -> list[dict[str, Any]]:
    facts = policy.clients.get(client.name)
    if facts is not None and facts.unread is not None:
        return [_unread_client(client, facts, facts.unread)]
    if client.accounts:
        return account_finding.of_client(evidence, policy, client)
    # Services count where a mail client speaks to one.
    return [] if client.relays else [_unused_client(evidence, policy, client)]


def _unread_client(client: Client, facts: ClientFacts, unread: Unread) -> dict[str, Any]:
    """A client whose accounts can't be read: what its presence alone comes to."""
    version = client.installs[0].version if client.installs else None
    return finding(
        stable_id("client", client.name),
        "client",
        "ok" if unread.passes else "undecided",
        PASS if unread.passes else UNKNOWN,
        "inferred",
        f"{wording.client_name(facts, client.name, version)} is installed; {unread.why}.",
        {"text": unread.mend},
        str(unread.source),
        client={"name": client.name, "version": version},
    )


def _unused_client(evidence: Evidence, policy: Policy, client: Client) -> dict[str, Any]:
    """A client that is installed and has no account: nothing of it stops working, but it may be unable to begin."""
    facts, install = policy.clients.get(client.name), client.installs[0]
    subject = wording.client_name(facts, client.name, install.version)
    known: dict[str, Any] = {"client": {"name": client.name, "version": install.version}}
    if facts is None:
        return finding(
            stable_id("client", client.name),
            "client",
            "unknown_version",
            UNKNOWN,
            "inferred",
            f"{subject} is installed without an account, and the policy has no facts about it.",
            {"text": f"Ask the maker of {subject} which TLS versions it offers."},
            str(policy.protocol_source),
            **known,
        )
    path = of_account(evidence, policy, facts, install, None)
    known.update(_path_details(path))
    if path.passes is False:
        return finding(
            stable_id("client", client.name),
            "client",
            wording.cause_of(path),
            AT_RISK,
            path.confidence,
            f"No account of {subject} was found; one would not get through: {wording.why_blocked(subject, path, policy)}",
            wording.fix_blocked(path, facts, policy),
            _source(path, policy),
            **known,
        )
    return finding(
        stable_id("client", client.name),
        "client",
        "ok",
        PASS,
        path.confidence,
        f"{subject} is installed, and no account of it was found.",
        {"text": ""},
        _source(path, policy),
        **known,
    )


def _is_judged(evidence: Evidence, policy: Policy, stack: Stack, path: Path) -> bool:
    """Whether *stack* gets a finding of its own: not one that only certain programs have, nor a runtime that no client needs;
    of those that no client is known to use only what does not pass."""
    if stack.origin == "found":
        return path.passes is False
    if stack.origin != "system" or stack.environment:
        return False
    if path.facts is not None and not path.facts.carries_mail:
        return stack.path in _used(evidence)
    return not _is_runtime(policy, stack) or (path.passes is not None and stack.path in _used(evidence))


def _is_runtime(policy: Policy, stack: Stack) -> bool:
    facts = policy.libraries.get(stack.kind)
    return facts is not None and facts.runtime


def _used(evidence: Evidence) -> set[str]:
    of_installs = {path for client in evidence.clients for install in client.installs for path in install.stacks}
    return of_installs | {path for client in evidence.clients for account in client.accounts for path in account.stacks}


def _stack_finding(evidence: Evidence, policy: Policy, stack: Stack, path: Path) -> dict[str, Any]:
    title = path.facts.title if path.facts else stack.kind
    subject = f"{title} {stack.version or ''}".strip()
    known = {"stack": {"kind": stack.kind, "version": stack.version, "path": stack.path}, **_path_details(path)}
    identity = stable_id("stack", stack.kind, stack.path)
    source = _source(path, policy)
    if stack.origin == "found":
        return _found_finding(identity, stack, subject, path, policy, known)
    if path.facts is not None and not path.facts.carries_mail and not path.passes:
        return _aside_finding(identity, subject, path, policy, source, known)
    if path.passes is None:
        missing = "; ".join(path.unknown) or "its ClientHello could not be had"
        return finding(
            identity,
            "stack",
            "unknown_version",
            UNKNOWN,
            path.confidence,
            f"What {subject} offers can't be told: {missing}.",
            wording.fix_unknown(path, policy, f"Make {stack.path} and its settings readable for the audit, and audit again."),
            source,
            **known,
        )
    if path.passes and path.waits_for_restart:
        why = f"{_offers(subject, path)} {wording.RESTART}"
        return finding(identity, "stack", "restart_pending", AT_RISK, path.confidence, why, wording.RESTART_FIX, source, **known)
    if path.facts is not None:
        known.update(hardening.of_stack(evidence, path.facts, stack, policy))
    if path.passes:
        return finding(identity, "stack", "ok", PASS, path.confidence, _offers(subject, path), {"text": ""}, source, **known)
    verdict = FAIL if _nothing_else_decides(evidence) and not _is_runtime(policy, stack) else AT_RISK
    note = "" if verdict == FAIL else " The mail accounts that were found are judged by themselves."
    return finding(
        identity,
        "stack",
        wording.cause_of(path),
        verdict,
        path.confidence,
        wording.why_blocked(subject, path, policy) + note,
        wording.fix_blocked(path, None, policy),
        source,
        **known,
    )


def _found_finding(identity: str, stack: Stack, subject: str, path: Path, policy: Policy, known: dict[str, Any]) -> dict[str, Any]:
    """A copy that some program has brought along: a warning, since no mail client is known to use it."""
    owner = stack.owner or stack.path
    why = wording.why_blocked(subject, path, policy) + f" It belongs to {owner}; no mail client that was found uses it."
    text = f"Find out whether {owner} fetches mail by POP3 or IMAP. If it does: "
    fix = wording.fix_blocked(path, None, policy)
    if not path.blockers and path.facts is not None:
        fix = {"text": f"have it brought up to date, with {path.facts.title} {path.facts.fixed_in} or later."}
    fix["text"] = text + fix["text"]
    return finding(identity, "stack", wording.cause_of(path), AT_RISK, path.confidence, why, fix, _source(path, policy), **known)


def _aside_finding(identity: str, subject: str, path: Path, policy: Policy, source: str, known: dict[str, Any]) -> dict[str, Any]:
    """A library that a mail client uses for signing in and for finding its server: a warning, since no mail goes through it."""
    if path.passes is False:
        why, fix = wording.why_blocked(subject, path, policy), wording.fix_blocked(path, None, policy)
    else:
        why = f"What {subject} offers can't be told: {'; '.join(path.unknown)}."
        fix = wording.fix_unknown(path, policy, "")
    why += " No mail goes through it, but a mail client signs in and finds its server with it."
    return finding(identity, "stack", wording.cause_of(path), AT_RISK, path.confidence, why, fix, source, **known)


def _nothing_else_decides(evidence: Evidence) -> bool:
    """Where no mail account was found, the system's libraries stand for whatever fetches mail there; accounts decide for themselves."""
    return not any(client.accounts for client in evidence.clients)


def _could_matter(gap: Gap, evidence: Evidence) -> bool:
    installed = {client.name for client in evidence.clients if client.installs}
    if gap.affects == "clients":
        return True
    if gap.affects == "accounts":
        # Without root whole tables and homes are closed, and a script that one of them starts needs no mail client.
        return bool(installed) or not evidence.privileged
    return gap.affects is not None and gap.affects.startswith("client:") and gap.affects.partition(":")[2] in installed


def _coverage_finding(gap: Gap, policy: Policy) -> dict[str, Any]:
    return finding(
        stable_id("coverage", gap.what, gap.affects or ""),
        "coverage",
        "unreadable",
        UNKNOWN,
        "observed",
        f"{gap.what} could not be read ({gap.why}): a mail account may be configured there.",
        {"text": f"Let the audit read {gap.what} (for other users' files: run it with become), and audit again."},
        str(policy.protocol_source),
    )


def _nothing_seen(policy: Policy) -> dict[str, Any]:
    return finding(
        stable_id("coverage", "nothing"),
        "coverage",
        "unreadable",
        UNKNOWN,
        "observed",
        "Neither a mail client nor a TLS library of this system was found.",
        {"text": "Check by hand what this host speaks TLS with."},
        str(policy.protocol_source),
    )


def _why(evidence: Evidence, findings: list[dict[str, Any]], verdict: str) -> str:
    if verdict != PASS:
        return why_of(findings, verdict)
    accounts = sum(len(client.accounts) for client in evidence.clients)
    if accounts:
        return f"Every mail account found goes on working: {accounts} of {accounts}."
    stacks = "the system's TLS libraries offer TLS 1.2 or later"
    return f"{stacks[0].upper()}{stacks[1:]}; {NO_CLIENT if not evidence.clients else 'no mail account found'}."


def _offers(subject: str, path: Path) -> str:
    return f"{subject} offers {wording.span(path.offered or ())}."


def _path_details(path: Path) -> dict[str, Any]:
    return account_finding.path_details(path)


def _source(path: Path, policy: Policy) -> str:
    return account_finding.source_of(path, policy)


def _client_summary(client: Client) -> dict[str, Any]:
    version = client.installs[0].version if client.installs else None
    return {"name": client.name, "version": version, "accounts": len(client.accounts)}


def _stack_summary(stack: Stack, path: Path) -> dict[str, Any]:
    return {"kind": stack.kind, "version": stack.version, "path": stack.path, "offered": list(path.offered or ())}
