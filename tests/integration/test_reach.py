"""Hosts that Ansible can't run modules on: found out by itself, audited by their shell alone, over every kind of connection."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from audits import CORES, ROOT
from fleet import SECRET
from lab import bootstrap, snapshot
from lab.container import File
from lab.host import Host, User
from lab.session import Lab
from test_fleet import TOUCHED

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.saved_host import NOT_TAKEN

PINNED = f'poll outlook.office365.com protocol imap user "{SECRET}" password "{SECRET}\n{SECRET}" ssl sslproto TLS1 # {SECRET}\n'
MBSYNCRC = f'IMAPAccount work\nHost outlook.office365.com # {SECRET}\nUser u\nPassCmd "echo {SECRET}"\nSSLType IMAPS\n'
MPOPRC = f"defaults\ntls on\naccount a\nhost pop-legacy.office365.com\nuser u\npassword {SECRET}\n"
OPENSSL = "openssl_conf = top\n[top]\nssl_conf = modules\n"
OPENSSL += f"[req]\noutput_password = {SECRET} \\\n {SECRET}\n[modules]\nsystem_default = all\n[all]\n"
FILES = {
    "/home/alice/.fetchmailrc": File(PINNED, "alice", 0o600),
    "/home/alice/.mbsyncrc": File(MBSYNCRC, "alice", 0o600),
    "/home/alice/.mpoprc": File(MPOPRC, "alice", 0o600),
    "/etc/ssl/openssl.cnf": OPENSSL,
    "/etc/environment": f"TOKEN={SECRET}\n",
    "/home/alice/.profile": f"export TOKEN={SECRET} FETCHMAILHOME=/nowhere # {SECRET}\n",
    "/etc/default/fetchmail": f"START_DAEMON=yes # {SECRET}\nOPTIONS='{SECRET}'\n",
}
BUSYBOX = ["ls", "sed", "awk", "grep", "tr", "dd", "wc", "tail", "sort", "cat", "readlink", "uname", "id", "chroot", "sleep", "cut", "sh"]
# What stands before the shell, and keeps all that goes back over the wire.
TEE = '#!/bin/bash\n/bin/sh "$@" | tee -a /tmp/wire\n'


@dataclass(frozen=True)
class Kind:
    """A host of the lab, or a way to it.

    Attributes:
        note: what the record says of why no Python was used; None where one was.
        verdicts: of the accounts that are found, by client.
        variables: of the inventory.
        host: the host's name, where several ways lead to one.
        reach: the reach; by default `shell` where there is a note.
    """

    image: str = "bookworm-bare"
    note: str | None = "none was found"
    verdicts: dict[str, str] = field(default_factory=lambda: {"fetchmail": "FAIL", "mbsync": "PASS", "mpop": "FAIL"})
    variables: dict[str, Any] = field(default_factory=dict)
    host: str | None = None
    reach: str | None = None

    @property
    def is_by(self) -> str:
        """The reach that is expected."""
        return self.reach or ("shell" if self.note else "python")


# In place of a home-made fetcher that stays connected: a copy of a program that sets nothing of TLS, with a library of its own.
INSTALL = "mkdir -p /opt/lib && cp /usr/bin/openssl /opt/fetch && cp /usr/lib/*/libssl.so.3 /opt/lib"
FETCH = "LD_LIBRARY_PATH=/opt/lib /opt/fetch s_client -connect outlook.office365.com:993 -servername outlook.office365.com"
FETCHING = f"while :; do sleep 600 | {FETCH}; sleep 0.1; done"
BARE = {"fetchmail": "FAIL", "mbsync": "PASS", "mpop": "FAIL", "running program": "PASS"}
ADMIN = {"ansible_user": "admin", "ansible_become": True}
PARAMIKO = {"ansible_connection": "ansible.builtin.paramiko_ssh", "ansible_host_key_checking": False}
KINDS = {
    "bare": Kind(verdicts=BARE),
    "bare-copied": Kind(host="bare", verdicts=BARE, variables={"ansible_pipelining": False}),
    "bare-paramiko": Kind(host="bare", verdicts=BARE, variables=PARAMIKO),
    "bare-sudo": Kind(host="bare", verdicts=BARE, variables=ADMIN),
    "bare-sudo-copied": Kind(host="bare", verdicts=BARE, variables={**ADMIN, "ansible_pipelining": False}),
    "bare-set": Kind(host="bare", note="/usr/bin/python3", verdicts=BARE, variables={"ansible_python_interpreter": "/usr/bin/python3"}),
    "bare-no-root": Kind(
        host="bare", note="could not become another user", verdicts={}, variables={"ansible_user": "guest", "ansible_become": True}
    ),
    "old-python": Kind("bullseye-python2", "/usr/bin/python2.7 is Python 2.7"),
    "python-3.9": Kind("bullseye", None),
    "busybox": Kind("bookworm-busybox"),
    "broken": Kind("bookworm", "/usr/bin/python3 does not run"),
    "read-only": Kind("bookworm", None),
    "read-only-copied": Kind("bookworm", "emporary directory", host="read-only", variables={"ansible_pipelining": False}),
    "full": Kind("bookworm", None),
    "full-copied": Kind("bookworm", "No space left on device", host="full", variables={"ansible_pipelining": False}),
    "no-exec": Kind("bookworm", None),
    "python": Kind("bookworm", None),
    "python-copied": Kind(host="python", note=None, variables={"ansible_pipelining": False}),
    "python-no-root": Kind(
        host="python",
        reach="python",
        note="could not become another user",
        verdicts={},
        variables={"ansible_user": "guest", "ansible_become": True},
    ),
}
# Where Python is to find no place to write, or none to start a program from.
FULL = """cp -a /root /run/root
for at in /tmp /var/tmp /root; do mount -t tmpfs -o size=64k,mode=700 none $at; done
cp -a /run/root/. /root
for at in /tmp /var/tmp /root; do cat /dev/zero >$at/filled || true; done"""
NO_EXEC = "for at in /tmp /var/tmp /root; do mount --bind $at $at; mount -o remount,bind,noexec $at; done"


class Reached:
    """The hosts, and what the audit says of them."""

    def __init__(self, lab: Lab, hosts: dict[str, Host]) -> None:
        self.lab, self.hosts = lab, hosts
        self._runs: dict[str, tuple[subprocess.CompletedProcess[str], Path]] = {}

    def run(self, core: str) -> tuple[subprocess.CompletedProcess[str], Path]:
        if core not in self._runs:
            reports = self.lab.directory / f"reach-reports-{core}"
            done = self.lab.run(
                [str(CORES[core] / "ansible-playbook"), "-vvv", "-i", str(self._inventory()), "playbooks/audit.yml"],
                cwd=ROOT,
                env={"MAILTLS_REPORTS": str(reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
                timeout=300,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            self._runs[core] = done, reports / "latest"
        return self._runs[core]

    def records(self, core: str) -> dict[str, dict[str, Any]]:
        return {host["host"]: host for host in json.loads((self.run(core)[1] / "results.json").read_text())["hosts"]}

    def offered(self, name: str) -> list[str]:
        """What the system's OpenSSL of that host offers with no settings, by the evidence."""
        evidence = json.loads(gzip.decompress((self.run("newest")[1] / "evidence" / f"{name}.json.gz").read_bytes()))
        [stack] = [item for item in evidence["stacks"] if (item["kind"], item["origin"]) == ("openssl", "system")]
        return next(list(hello["versions"]) for hello in stack["hellos"] if hello["case"] == "bare")

    def _inventory(self) -> Path:
        inventory = self.lab.inventory("reach", self.hosts.values(), variables={"ansible_python_interpreter": "auto_silent"})
        document = json.loads(inventory.read_text())
        machines = document["all"]["hosts"]
        document["all"]["hosts"] = {name: {**machines[kind.host or name], **kind.variables} for name, kind in KINDS.items()}
        inventory.write_text(json.dumps(document))
        return inventory


@pytest.fixture(scope="module")
def reached(lab: Lab) -> Iterator[Reached]:
    users = [User("alice"), User("admin", administrator=True), User("guest")]
    hosts = {name: lab.host(name, kind.image, users=users, files=FILES) for name, kind in KINDS.items() if not kind.host}
    key = File(lab.key.with_suffix(".pub").read_text(), "guest", 0o600)
    for name in ("bare", "python"):
        hosts[name].put({"/home/guest/.ssh/authorized_keys": key})
    hosts["busybox"].put({f"/usr/bin/{name}": File.link("/usr/bin/busybox") for name in BUSYBOX})
    hosts["broken"].put({"/usr/bin/python3.11": File("#!/bin/sh\necho nonsense\n", mode=0o755)})
    hosts["read-only"].do("for at in /tmp /var/tmp /root; do mount --bind $at $at; mount -o remount,bind,ro $at; done")
    hosts["full"].do(FULL)
    hosts["no-exec"].do(NO_EXEC)
    hosts["bare"].do(INSTALL)
    fetching = hosts["bare"].start(["sh", "-c", FETCHING], user="root", output="/var/log/fetching")
    yield Reached(lab, hosts)
    hosts["bare"].end(fetching)
    for host in hosts.values():
        host.stop()


@pytest.mark.parametrize("core", sorted(CORES))
@pytest.mark.parametrize("name", KINDS)
def test_the_host_is_audited_and_says_by_what(reached: Reached, core: str, name: str) -> None:
    record, kind = reached.records(core)[name], KINDS[name]
    verdicts = {finding["client"]["name"]: finding["verdict"] for finding in record["findings"] if finding["check"] == "account"}
    assert verdicts == kind.verdicts, record["why"]
    notes = [gap["why"] for gap in record["gaps"] if gap["what"] == "reach"]
    assert record["reach"] == kind.is_by, notes
    assert any(kind.note in note for note in notes) if kind.note else not notes, notes
    # What a reader asks for and the program does not take would be missing without a word, were it not for this.
    assert [gap for gap in record["gaps"] if NOT_TAKEN in gap["why"]] == []


def test_a_host_s_own_program_tells_of_its_library_what_the_library_itself_writes(reached: Reached) -> None:
    written = reached.offered("python")
    assert (reached.offered("bare"), reached.offered("busybox")) == (written, written)
    # Debian 11, whose library no Python is there to ask.
    assert "TLSv1.3" in reached.offered("old-python")


def test_a_program_that_nobody_knows_is_found_without_python(lab: Lab, reached: Reached) -> None:
    findings = [item for item in reached.records("newest")["bare"]["findings"] if item["check"] == "account"]
    [finding] = [item for item in findings if item["client"]["name"] == "running program"]
    host, before = reached.hosts["bare"], lab.modern.last_number()
    host.resolve(lab.names_after())
    host.run(["sh", "-c", f"sleep 2 | {FETCH}"])
    reached_it = {connection.completed for connection in lab.modern.connections(peer=host.address, after=before)}
    assert {finding["verdict"] == "PASS"} == reached_it, finding["why"]
    assert (finding["account"]["config"], finding["stack"]["path"]) == ("/opt/fetch", "/opt/lib/libssl.so.3")


def test_what_could_not_be_seen_without_root_is_unknown(reached: Reached) -> None:
    record = reached.records("newest")["bare-no-root"]
    assert record["verdict"] == "UNKNOWN"
    assert [finding for finding in record["findings"] if finding["check"] == "coverage" and "/home/alice" in finding["why"]]


def test_a_host_takes_one_call_with_python_and_two_without(reached: Reached) -> None:
    calls = dict.fromkeys(KINDS, 0)
    addresses = {str(host.address): name for name, host in reached.hosts.items()}
    inventory = json.loads((reached.lab.directory / "reach" / "inventory.yml").read_text())["all"]["hosts"]
    shared = {inventory[name]["ansible_host"] for name, kind in KINDS.items() if kind.host}
    for found in re.finditer(r"^<(\S+)> SSH: EXEC", reached.run("newest")[0].stdout, re.MULTILINE):
        if found[1] not in shared:
            calls[addresses[found[1]]] += 1
    assert calls["busybox"] == calls["old-python"] == calls["broken"] == 2
    assert calls["no-exec"] == 1


def test_a_tree_of_another_release_is_audited_by_what_lies_in_it(lab: Lab) -> None:
    reports = lab.directory / "tree-reports"
    tree = bootstrap.ensure("bullseye-python2").directory
    done = lab.run(
        [str(CORES["newest"] / "ansible-playbook"), "playbooks/audit.yml", "-e", f"mailtls_root={tree}"],
        cwd=ROOT,
        env={"MAILTLS_REPORTS": str(reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [record] = json.loads((reports / "latest" / "results.json").read_text())["hosts"]
    assert record["platform"]["release"] == "11"
    assert {stack["version"][:5] for stack in record["stacks"] if stack["kind"] == "openssl"} == {"1.1.1"}
    assert {client["name"]: client["version"] for client in record["clients"]}.items() >= {"fetchmail": "6.4.16"}.items()
    assert {finding["confidence"] for finding in record["findings"] if finding["check"] == "stack"} <= {"inferred", "configured"}


def test_no_secret_goes_over_the_wire(lab: Lab) -> None:
    with_tee = lab.host("wire", "bookworm-bare", users=[User("alice")], files={**FILES, "/usr/local/bin/tee-sh": File(TEE, mode=0o755)})
    inventory = lab.inventory("wire", [with_tee], variables={"ansible_shell_executable": "/usr/local/bin/tee-sh", "mailtls_reach": "shell"})
    reports = lab.directory / "wire-reports"
    before = with_tee.snapshot()
    done = lab.run(
        [str(CORES["newest"] / "ansible-playbook"), "-vvv", "-i", str(inventory), "playbooks/audit.yml"],
        cwd=ROOT,
        env={"MAILTLS_REPORTS": str(reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
    )
    wire = with_tee.do("cat /tmp/wire")
    changed = snapshot.differences(before, with_tee.snapshot())
    with_tee.stop()
    assert "outlook.office365.com" in wire
    assert SECRET not in wire
    assert SECRET not in done.stdout
    evidence = gzip.decompress((reports / "latest" / "evidence" / "wire.json.gz").read_bytes())
    assert SECRET.encode() not in evidence
    assert [path for path in changed if not str(path).startswith(TOUCHED)] == []
