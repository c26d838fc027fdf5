"""Running the cases, and asking the audit about the same users on the same hosts."""

from __future__ import annotations

import collections
import fnmatch
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from lab.clients import Key, put_terminal, put_thunderbird_profile, run_in_terminal, run_thunderbird, thunderbird_account
from lab.container import File
from lab.host import Host, User
from lab.servers import PASSWORD, MailServer
from lab.session import Lab

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import wanted

from .table import Case

ROOT = Path(__file__).parents[3]
_SECONDS = 40.0
# Clients mostly wait, for their server or for the end of their quiet.
_AT_ONCE = 12
_FIRST_PORT = 20000


@dataclass
class Outcome:
    """What happened to a case, and what the audit said.

    Attributes:
        before, after: whether the client got through its handshake (and in, where it has the password)
            at the service as it was, and as it will be.
        output: what the client said about the latter.
        finding: the audit's finding for the account, None when there is none.
        by_shell: the same, of an audit that runs no Python on the host; see `run`.
        unseen: whether that audit said that something of the client was not seen.
    """

    case: Case
    before: bool
    after: bool
    output: str
    finding: dict[str, Any] | None
    by_shell: dict[str, Any] | None
    unseen: bool


@dataclass
class Group:
    """The cases that share a host, each with its user."""

    host: Host
    members: list[tuple[str, Case]]

    def only(self, users: Set[str]) -> Group:
        """The same with those of these users alone."""
        return Group(self.host, [(user, case) for user, case in self.members if user in users])


def run(lab: Lab, cases: Iterable[Case]) -> list[Outcome]:
    """Run every case against both servers, and audit their hosts, each way once.

    Where a host starts a client in a way that is not told without Python, the accounts of all its users are open. So a case that could
    be one of these is audited that way on a host of its own, or others would hide that it was not seen.
    """
    groups, apart = start(lab, "judge", cases), start(lab, "apart", [case for case in cases if _may_be_led_to(case)], is_apart=True)
    findings = audit(lab, [group.host for group in groups])
    by_shell = audit(lab, [group.host for group in (*groups, *apart)], "shell")
    members = [(group.host, user, case) for group in groups for user, case in group.members]
    seen_by_shell = {case.id: (group.host, user) for group in (*groups, *apart) for user, case in group.members}
    failing = {user for host, user, case in members if (finding(findings, host, user, case) or {}).get("verdict") == "FAIL"}
    after = reached(groups, lab.modern, lab.names_after(), refused=failing)
    before = reached(groups, lab.legacy, lab.names_before(), refused={user for _host, user, case in members if not case.works_before})
    return [
        Outcome(
            case,
            before[user][0],
            *after[user],
            finding(findings, group.host, user, case),
            finding(by_shell, *seen_by_shell[case.id], case),
            any(f"starts {case.client} " in why for why in by_shell[f"{seen_by_shell[case.id][0].name}//coverage"]),
        )
        for group in groups
        for user, case in group.members
    ]


def finding(findings: Mapping[str, Any], host: Host, user: str, case: Case) -> dict[str, Any] | None:
    """The finding of the user's account, or else of the system's, which is no user's or root's."""
    found = (findings.get(f"{host.name}/{name}/{case.client}") for name in (user, "", "root"))
    return next(filter(None, found), None)


def _may_be_led_to(case: Case) -> bool:
    """Whether the reach `shell` reads the client, and the case has more files than those that it reads."""
    read = [path for path, _filter in wanted.CLIENTS[case.client].files] if case.client in wanted.CLIENTS else ["*"]
    return any(not any(fnmatch.fnmatch(path if path.startswith("/") else f"~/{path}", pattern) for pattern in read) for path in case.files)


def start(lab: Lab, name: str, cases: Iterable[Case], is_apart: bool = False) -> list[Group]:
    """Start hosts for the cases, named *name* and a number; users are case000 and so on, in the cases' order.

    Of each client, a host has many cases, or one if *is_apart*.
    """
    alike: dict[tuple[Any, ...], list[tuple[str, Case]]] = {}
    of_client: collections.Counter[tuple[Any, ...]] = collections.Counter()
    for number, case in enumerate(cases):
        key: tuple[Any, ...] = (case.image, case.start, *sorted(case.system.items()))
        of_client[(*key, case.client)] += 1
        key = (*key, of_client[(*key, case.client)] if is_apart else 0)
        alike.setdefault(key, []).append((f"case{number:03}", case))
    return [Group(_host(lab, f"{name}{number}", members), members) for number, members in enumerate(alike.values())]


def _host(lab: Lab, name: str, members: list[tuple[str, Case]]) -> Host:
    first = members[0][1]
    host = lab.host(name, first.image, users=[User(user) for user, _ in members])
    host.put({path: text.replace("<password>", PASSWORD) for path, text in first.system.items()})
    put_terminal(host)
    for user, case in members:
        _configure(host, user, case)
    host.do(first.start)
    return host


def _configure(host: Host, user: str, case: Case) -> None:
    home = host.homes[user]
    host.put({f"{home}/Mail": File.directory(user)})
    if case.account:
        preferences = thunderbird_account(1, user=f"{user}@contoso.example", **case.account)
        put_thunderbird_profile(host, user, {**preferences, **case.preferences})
    files = {path if path.startswith("/") else f"{home}/{path}": text for path, text in case.files.items()}
    host.put({_personal(path, user): File(_personal(text, user), user, 0o600) for path, text in files.items()})


def _personal(text: str, user: str) -> str:
    """Put what is the user's own in the places <user>, <password> and <local>, a port of the loopback."""
    return text.replace("<user>", user).replace("<password>", PASSWORD).replace("<local>", str(_FIRST_PORT + int(user[len("case") :])))


def reached(
    groups: Sequence[Group], server: MailServer, names: Mapping[str, IPv4Address], refused: Set[str] = frozenset()
) -> dict[str, tuple[bool, str]]:
    """Return, by user, whether the client got through in one of two tries, and what it said last.

    The second try is there because a busy machine must not pass for a refusal. Those who are expected to be *refused* get none.
    """
    for group in groups:
        group.host.resolve(names)
    first = _try(groups, server)
    missed = {user for user, (reached, _output) in first.items() if not reached} - refused
    return {**first, **_try([group.only(missed) for group in groups], server)}


def _try(groups: Sequence[Group], server: MailServer) -> dict[str, tuple[bool, str]]:
    """Run every case once, several at a time: the users who log in tell the connections apart."""
    before = server.last_number()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        # First, since those of a host run one after the other.
        thunderbirds = [pool.submit(_try_thunderbird, group, server) for group in groups]
        members = [(group.host, user, case) for group in groups for user, case in group.members if case.command is not None]
        outputs = dict(pool.map(lambda member: (member[1], _run(*member)), members))
        tried = dict(item for future in thunderbirds for item in future.result().items())
    seen = [connection for group in groups for connection in server.connections(peer=group.host.address, after=before)]
    known = {(connection.user or "").partition("@")[0] for connection in seen if connection.completed}
    return {user: (user in known, output) for user, output in outputs.items()} | tried


def _run(host: Host, user: str, case: Case) -> str:
    command = _of_crontab(host, user) if case.cron else [_personal(word, user) for word in case.command or ()]
    in_terminal, keys = case.keys is not None, [_typed(key, user) for key in case.keys or ()]
    done = run_in_terminal(host, user, command, keys) if in_terminal else host.run(command, user=user, timeout=_SECONDS)
    return done.stdout + done.stderr


def _of_crontab(host: Host, user: str) -> list[str]:
    """The only command of the user's crontab, as cron runs it: by sh, with the variables that stand above it."""
    *variables, line = host.read(f"/var/spool/cron/crontabs/{user}").splitlines()
    return ["env", *variables, "sh", "-c", line.split(maxsplit=5)[5]]


def _typed(key: Key, user: str) -> Key:
    return _personal(key, user) if isinstance(key, str) else {**key, "type": _personal(key["type"], user)}


def _try_thunderbird(group: Group, server: MailServer) -> dict[str, tuple[bool, str]]:
    """Thunderbird ends before its login: the handshakes of those on one host are told apart by time."""
    tried: dict[str, tuple[bool, str]] = {}
    for user in [user for user, case in group.members if case.command is None]:
        number = server.last_number()
        output = run_thunderbird(group.host, user, server)
        seen = server.connections(peer=group.host.address, after=number)
        tried[user] = any(connection.completed for connection in seen), output
    return tried


def audit(lab: Lab, hosts: list[Host], reach: str = "auto") -> dict[str, Any]:
    """Audit the *hosts* by that *reach*, and return the findings of all their accounts by host, user and client."""
    return play(lab, hosts, "audit.yml", "-e", f"mailtls_reach={reach}")[1]


def played(lab: Lab, hosts: list[Host], playbook: str, *arguments: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run a playbook of ours, and return how it ended and its run folder."""
    reports = lab.directory / "judge-reports"
    program = str(Path(sys.executable).parent / "ansible-playbook")
    done = lab.run(
        [program, "-i", str(lab.inventory("judge", hosts)), f"playbooks/{playbook}", *arguments],
        cwd=ROOT,
        env={"MAILTLS_REPORTS": str(reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        timeout=1200,
    )
    return done, (reports / "latest").resolve()


def play(lab: Lab, hosts: list[Host], playbook: str, *arguments: str) -> tuple[Path, dict[str, Any]]:
    """Run a playbook of ours, and return its run folder and the findings of all accounts by host, user and client."""
    done, folder = played(lab, hosts, playbook, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((folder / "results.json").read_text())
    found: dict[str, Any] = {}
    for host in results["hosts"]:
        found[f"{host['host']}//coverage"] = [item["why"] for item in host["findings"] if item["check"] == "coverage"]
        for item in host["findings"]:
            key = f"{host['host']}/{item['account']['user']}/{item['client']['name']}" if item["check"] == "account" else ""
            # A file may hold another account, which the case does not use.
            if key and not (key in found and item["why"].startswith("Not active now")):
                found[key] = item
    return folder, found
