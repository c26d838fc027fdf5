"""Running the cases, and asking the audit about the same users on the same hosts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.clients import put_thunderbird_profile, run_thunderbird, thunderbird_account
from lab.container import File
from lab.host import Host, User
from lab.servers import PASSWORD, MailServer
from lab.session import Lab

from .table import Case

ROOT = Path(__file__).parents[3]
_SECONDS = 30.0


@dataclass
class Outcome:
    """What happened to a case, and what the audit said.

    Attributes:
        before, after: whether the client got through its handshake (and in, where it has the password)
            at the service as it was, and as it will be.
        output: what the client said about the latter.
        finding: the audit's finding for the account, None when there is none.
    """

    case: Case
    before: bool
    after: bool
    output: str
    finding: dict[str, Any] | None


def run(lab: Lab, cases: Iterable[Case]) -> list[Outcome]:
    """Run every case against both servers, and audit their hosts once."""
    groups: dict[tuple[Any, ...], list[tuple[str, Case]]] = {}
    for number, case in enumerate(cases):
        key = (case.image, *sorted(case.system.items()))
        groups.setdefault(key, []).append((f"case{number:03}", case))
    hosts = {key: _host(lab, f"judge{number}", members) for number, (key, members) in enumerate(groups.items())}
    findings = _audit(lab, list(hosts.values()))
    return [outcome for key, members in groups.items() for outcome in _outcomes(lab, hosts[key], members, findings)]


def _host(lab: Lab, name: str, members: list[tuple[str, Case]]) -> Host:
    first = members[0][1]
    host = lab.host(name, first.image, users=[User(user) for user, _ in members])
    host.put(dict(first.system))
    for user, case in members:
        _configure(host, user, case)
    return host


def _configure(host: Host, user: str, case: Case) -> None:
    home = host.homes[user]
    host.put({f"{home}/Mail": File.directory(user)})
    if case.account:
        preferences = thunderbird_account(1, user=f"{user}@contoso.example", **case.account)
        put_thunderbird_profile(host, user, {**preferences, **case.preferences})
    files = {path if path.startswith("/") else f"{home}/{path}": text for path, text in case.files.items()}
    host.put({path: File(_personal(text, user), user, 0o600) for path, text in files.items()})


def _personal(text: str, user: str) -> str:
    return text.replace("<user>", user).replace("<password>", PASSWORD)


def _outcomes(lab: Lab, host: Host, members: list[tuple[str, Case]], findings: dict[str, Any]) -> Iterable[Outcome]:
    host.resolve(lab.names_after())
    after = {user: _attempt(host, user, case, lab.modern) for user, case in members}
    host.resolve(lab.names_before())
    before = {user: _attempt(host, user, case, lab.legacy) for user, case in members}
    for user, case in members:
        reached, output = after[user]
        yield Outcome(case, before[user][0], reached, output, findings.get(f"{host.name}/{user}/{case.client}"))


def _attempt(host: Host, user: str, case: Case, server: MailServer) -> tuple[bool, str]:
    """Return whether the client got through in one of two tries, and what it said: a busy machine must not pass for a refusal."""
    reached, output = _try(host, user, case, server)
    return (reached, output) if reached else _try(host, user, case, server)


def _try(host: Host, user: str, case: Case, server: MailServer) -> tuple[bool, str]:
    number = server.last_number()
    if case.command is None:
        output = run_thunderbird(host, user, server)
    else:
        done = host.run([_personal(word, user) for word in case.command], user=user, timeout=_SECONDS)
        output = done.stdout + done.stderr
    seen = server.connections(peer=host.address, after=number)
    if case.command is None:
        return any(connection.completed for connection in seen), output
    return any(connection.completed and connection.user for connection in seen), output


def _audit(lab: Lab, hosts: list[Host]) -> dict[str, Any]:
    """Return the findings of all accounts by host, user and client."""
    reports = lab.directory / "judge-reports"
    done = lab.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(lab.inventory("judge", hosts)), "playbooks/audit.yml"],
        cwd=ROOT,
        env={"MAILTLS_REPORTS": str(reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((reports / "latest" / "results.json").read_text())
    return {
        f"{host['host']}/{finding['account']['user']}/{finding['client']['name']}": finding
        for host in results["hosts"]
        for finding in host["findings"]
        if finding["check"] == "account"
    }
