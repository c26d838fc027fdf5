"""The playbooks that mend and take back, over real hosts: what they show, what they refuse, where they stop."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fleet import CAPPED, PLACE, SECRET, fetchmailrc
from lab import snapshot
from lab.container import File
from lab.host import Host, User
from lab.session import Lab

ROOT = Path(__file__).parents[2]
CORES = {"newest": Path(sys.executable).parent, "oldest": ROOT / ".venv-2.16/bin"}
PINNED_FILE = fetchmailrc("ssl sslproto TLS1")
PINNED = str(PINNED_FILE.content)
MENDED = PINNED.replace("TLS1", "TLS1.2+")
# A policy that mends with what makes it worse.
WRONG = """---
schema: mailtls.policy/1
clients:
  fetchmail:
    title: fetchmail
    libraries: [openssl]
    settings:
      sslproto:
        - versions: ">= 6.4.0"
          words: {TLS1: {only: TLSv1}}
          otherwise: {only: SSLv3}
          mend: SSL3
          source: T
sources:
  T: a fact that is wrong on purpose
"""

Play = Callable[..., tuple[subprocess.CompletedProcess[str], Path]]


@pytest.fixture
def hosts(start_host: Callable[..., Host]) -> list[Host]:
    """Three hosts with a pinned client, in the inventory's order."""
    made = [start_host(f"pinned{number}", users=[User("alice")]) for number in range(3)]
    for host in made:
        host.put({PLACE: PINNED_FILE})
    return made


@pytest.fixture
def play(lab: Lab, hosts: list[Host], tmp_path: Path) -> Play:
    """Run a playbook over the hosts, and return how it ended and its run folder."""

    def run(playbook: str, *arguments: str, core: str = "newest", **inventory: Any) -> tuple[subprocess.CompletedProcess[str], Path]:
        reports = tmp_path / "reports"
        done = lab.run(
            [
                str(CORES[core] / "ansible-playbook"),
                "-i",
                str(lab.inventory("plays", hosts, **inventory)),
                f"playbooks/{playbook}",
                *arguments,
            ],
            cwd=ROOT,
            env={"MAILTLS_REPORTS": str(reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "NO_COLOR": "1"},
            timeout=300,
        )
        assert SECRET not in done.stdout + done.stderr
        return done, (reports / "latest").resolve()

    return run


def contents(hosts: list[Host]) -> list[str]:
    return [host.read(PLACE) for host in hosts]


def verdicts(folder: Path) -> set[str]:
    return {host["verdict"] for host in json.loads((folder / "results.json").read_text())["hosts"]}


@pytest.mark.parametrize("core", CORES)
def test_check_mode_shows_the_changes_and_makes_none(play: Play, hosts: list[Host], core: str) -> None:
    before = hosts[0].snapshot()
    done, _folder = play("remediate.yml", "--check", "--diff", core=core)
    assert done.returncode == 0, done.stdout
    assert "-line 1: sslproto = TLS1\n" in done.stdout
    assert "+line 1: sslproto = TLS1.2+\n" in done.stdout
    assert "fetchmail sslproto from TLS1 to TLS1.2+: 3 places" in done.stdout
    changed = [
        path
        for path in snapshot.differences(before, hosts[0].snapshot())
        if not path.startswith(("/tmp", "/var/log", "/run", "/root/.ansible"))
    ]
    assert changed == []


@pytest.mark.parametrize("core", CORES)
def test_a_second_run_and_a_check_after_it_change_nothing(play: Play, hosts: list[Host], core: str) -> None:
    done, folder = play("remediate.yml", core=core)
    assert done.returncode == 0, done.stdout
    assert contents(hosts) == [MENDED] * 3
    assert verdicts(folder) == {"PASS"}
    for arguments in ([], ["--check"]):
        done, folder = play("remediate.yml", *arguments, core=core)
        assert done.returncode == 0
        assert "changed=0" in done.stdout
        assert "changed=1" not in done.stdout
        assert not (folder / "remedies.jsonl").exists()


def test_who_changed_what_stands_in_the_run_folder_without_secrets(play: Play, hosts: list[Host]) -> None:
    _done, folder = play("remediate.yml", "-e", "awx_user_name=olga")
    lines = [json.loads(line) for line in (folder / "remedies.jsonl").read_text().splitlines()]
    assert {(line["host"], line["by"], line["state"]) for line in lines} == {(host.name, "olga", "applied") for host in hosts}
    assert lines[0]["items"][0]["changes"][0]["from"] == "TLS1"
    assert SECRET not in (folder / "remedies.jsonl").read_text()


def test_a_saved_plan_is_made_and_no_file_that_changed_since(play: Play, hosts: list[Host]) -> None:
    _done, planned = play("remediate.yml", "--check")
    changed = PINNED + "# mine\n"
    hosts[1].write(PLACE, changed)
    done, _folder = play("remediate.yml", "-e", f"mailtls_plan={planned}/remedies.jsonl")
    assert contents(hosts) == [MENDED, changed, MENDED]
    assert "it changed since the plan was made" in done.stdout


def test_floors_are_raised_only_where_that_is_asked_for_and_come_back(play: Play, hosts: list[Host]) -> None:
    floor = PINNED.replace("TLS1", "TLS1+")
    for host in hosts:
        host.write(PLACE, floor)
    at_once = ("-e", '{"mailtls_serial": ["100%"]}')
    done, _folder = play("remediate.yml", *at_once)
    assert "changed=1" not in done.stdout
    done, folder = play("remediate.yml", "-e", "mailtls_harden=true", *at_once)
    assert "Changed, to raise a floor\n  fetchmail sslproto from TLS1+ to TLS1.2+: 3 places" in done.stdout
    assert contents(hosts) == [PINNED.replace("TLS1", "TLS1.2+")] * 3
    assert verdicts(folder) == {"PASS"}
    play("rollback.yml", "-e", f"mailtls_rollback_run={folder.name}")
    assert contents(hosts) == [floor] * 3


def test_a_plan_that_is_none_stops_with_file_and_line(play: Play, hosts: list[Host], tmp_path: Path) -> None:
    plan = tmp_path / "plan.jsonl"
    plan.write_text('{"host": "pinned0"}\n')
    done, _folder = play("remediate.yml", "-e", f"mailtls_plan={plan}")
    assert done.returncode != 0
    assert f"{plan}, line 1: expected a JSON object" in " ".join(done.stdout.split())
    assert contents(hosts) == [PINNED] * 3


def test_a_remedy_that_makes_it_worse_is_taken_back_and_ends_with_the_first_host(play: Play, hosts: list[Host], tmp_path: Path) -> None:
    policy = tmp_path / "wrong.yml"
    policy.write_text(WRONG)
    done, folder = play("remediate.yml", "-e", json.dumps({"mailtls_policy": [str(policy)]}))
    assert done.returncode != 0
    assert "did not help" in done.stdout
    assert contents(hosts) == [PINNED] * 3
    lines = [json.loads(line) for line in (folder / "remedies.jsonl").read_text().splitlines()]
    assert [(line["host"], line["state"]) for line in lines] == [("pinned0", "applied"), ("pinned0", "rolled_back")]


def test_a_read_only_file_system_is_named_and_the_rest_is_mended(play: Play, hosts: list[Host]) -> None:
    hosts[0].write("/etc/ssl/openssl.cnf", CAPPED)
    hosts[0].do("mount --bind /home /home && mount -o remount,bind,ro /home")
    done, _folder = play("remediate.yml", "-e", '{"mailtls_serial": ["100%"], "mailtls_rollback_on_failure": false}')
    assert "read-only file system" in done.stdout
    assert contents(hosts) == [PINNED, MENDED, MENDED]
    assert "MaxProtocol = TLSv1.3" in hosts[0].read("/etc/ssl/openssl.cnf")


def test_a_rollback_reaches_later_those_that_were_away(play: Play, lab: Lab, hosts: list[Host]) -> None:
    _done, folder = play("remediate.yml")
    back = ("-e", f"mailtls_rollback_run={folder.name}")
    away = hosts.pop()
    done, _folder = play("rollback.yml", *back, unreachable={"pinned2": lab.network.refusing_address()})
    assert contents(hosts) == [PINNED] * 2
    assert "UNREACHABLE" in done.stdout
    assert away.read(PLACE) == MENDED
    hosts.append(away)
    done, _folder = play("rollback.yml", *back)
    assert done.returncode == 0, done.stdout
    assert contents(hosts) == [PINNED] * 3


def test_a_run_that_nobody_knows_is_an_error(play: Play) -> None:
    done, _folder = play("rollback.yml", "-e", "mailtls_rollback_run=20200101T000000Z-0000")
    assert done.returncode != 0
    assert "None of the hosts that answered has a backup set" in " ".join(done.stdout.split())


def test_what_a_host_can_not_have_changed_is_said_and_left(lab: Lab, start_host: Callable[..., Host], tmp_path: Path) -> None:
    pinerc = "inbox-path={imap-legacy.office365.com/ssl/user=u@contoso.example}inbox\nlast-version-used=7.00\n"
    files = {"/home/alice/.pinerc": File(pinerc, "alice", 0o600), "/home/alice/mail": File.directory("alice")}
    host = start_host("reader", "bookworm-movers", users=[User("alice")], files=files)
    bare = start_host("bare", "bookworm-bare", users=[User("alice")], files={PLACE: PINNED_FILE})
    # At the end of its input it would end.
    reading = "sleep 600 | exec script --quiet --flush --command alpine /dev/null"
    group = host.start(["sh", "-c", reading], user="alice", output="/tmp/alpine", env={"TERM": "xterm"})
    host.do("until pgrep -x alpine >/dev/null; do sleep 0.1; done")

    def mend() -> str:
        done = lab.run(
            [str(CORES["newest"] / "ansible-playbook"), "-i", str(lab.inventory("reader", [host, bare])), "playbooks/remediate.yml"],
            cwd=ROOT,
            env={"MAILTLS_REPORTS": str(tmp_path / "reports"), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "NO_COLOR": "1"},
            timeout=300,
        )
        return done.stdout

    told = " ".join(mend().split())
    assert "alpine runs as alice, and writes this file anew" in told
    assert "the host was audited by shell, and its change needs a Python there" in told
    assert bare.read(PLACE) == PINNED
    assert "imap-legacy" in host.read("/home/alice/.pinerc")
    host.end(group)
    host.do("while pgrep -x alpine >/dev/null; do sleep 0.1; done")
    mend()
    assert "{outlook.office365.com/ssl/user=u@contoso.example}" in host.read("/home/alice/.pinerc")


# Ends with all that it started, once a first host was changed.
KILLED = """
"$@" >/dev/null 2>&1 &
until [ -s "$MAILTLS_REPORTS"/2*/remedies.jsonl ]; do kill -0 $! || exit 1; sleep 0.05; done
kill -9 $(cat /proc/$!/task/$!/children) $!
"""


def test_what_a_killed_controller_changed_is_rolled_back_by_its_run(play: Play, lab: Lab, hosts: list[Host], tmp_path: Path) -> None:
    reports = tmp_path / "killed"
    command = [str(CORES["newest"] / "ansible-playbook"), "-i", str(lab.inventory("plays", hosts)), "playbooks/remediate.yml"]
    environment = {"MAILTLS_REPORTS": str(reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    lab.run(["sh", "-c", KILLED, "sh", *command], cwd=ROOT, env=environment, timeout=300)
    [folder] = reports.glob("2*")
    assert contents(hosts)[0] == MENDED
    for host in hosts:
        # What a controller has begun on a host goes on without it.
        host.do("while pgrep -f [A]nsiballZ_tls_remedy >/dev/null; do sleep 0.1; done")
    play("rollback.yml", "-e", f"mailtls_rollback_run={folder.name}")
    assert contents(hosts) == [PINNED] * 3
