"""Registry values mended and taken back on real registries (Wine): what fails then connects, passes, and comes back to what it was."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audits import CORES, ROOT
from lab import windows as lab_windows
from lab.container import Container, File
from lab.host import Host
from lab.session import Lab
from windows_fleet import WINDOWS_FLEET
from windows_host import IMAP, OUTLOOK, PROFILE, TLS12, dword, windows

pytestmark = pytest.mark.requires_program(lab_windows.COMPILER, package=lab_windows.PACKAGE)
# Name, registry, whether the client of Schannel fails before: Wine has no defaults by build, and no Outlook.
DISABLED = windows("19045", **{**OUTLOOK, PROFILE: IMAP, TLS12: {"Enabled": dword(0), "DisabledByDefault": dword(1)}})
RETIRED = windows("22631", **{**OUTLOOK, PROFILE: {**IMAP, "IMAP Server": ("REG_SZ", "imap-legacy.office365.com")}})
CASES: dict[str, tuple[dict[str, Any], bool]] = {
    "disabled": (DISABLED, True),
    "default-off": (dict(WINDOWS_FLEET["windows7"].registry), False),
    "retired": (RETIRED, False),
}
Play = tuple[subprocess.CompletedProcess[str], Path]


class Fleet:
    """Windows-like hosts, and the plays over them."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self._lab, self._directory = lab, directory
        self.hosts: dict[str, Host] = {name: lab_windows.start(lab, name, registry) for name, (registry, _fails) in CASES.items()}
        program = lab_windows.compiled(lab.directory, "schannel_client", "secur32", "ws2_32")
        for host in self.hosts.values():
            host.put({lab_windows.path_of(r"C:\schannel_client.exe"): File(program)})

    def play(self, playbook: str, *options: str, core: str = "newest") -> Play:
        inventory = self._lab.inventory("rw", self.hosts.values())
        document = json.loads(inventory.read_text())
        for name in self.hosts:
            document["all"]["hosts"][name].update(lab_windows.variables())
        inventory.write_text(json.dumps(document))
        reports = self._directory / "reports"
        done = self._lab.run(
            [str(CORES[core] / "ansible-playbook"), "-i", str(inventory), f"playbooks/{playbook}", "-e", "mailtls_serial=100%", *options],
            cwd=ROOT,
            env={"MAILTLS_REPORTS": str(reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "NO_COLOR": "1"},
            timeout=300,
        )
        return done, (reports / "latest").resolve()

    def states(self) -> dict[str, str]:
        return {name: lab_windows.state(host) for name, host in self.hosts.items()}


@pytest.fixture(scope="module")
def fleet(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    lab_windows.compile_all(lab)
    made = Fleet(lab, tmp_path_factory.mktemp("windows"))
    yield made
    for host in made.hosts.values():
        host.stop()


@pytest.fixture(scope="module")
def server(lab: Lab) -> Iterator[Container]:
    """A server that takes TLS 1.2 and nothing else."""
    made = Container(lab.network, lab.directory, "only12", "bookworm-mailserver")
    made.do("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=lab -keyout /tmp/key.pem -out /tmp/certificate.pem 2>/dev/null")
    made.start(
        ["openssl", "s_server", "-accept", "993", "-tls1_2", "-key", "/tmp/key.pem", "-cert", "/tmp/certificate.pem", "-quiet"],
        user="root",
        output="/tmp/log",
    )
    yield made
    made.stop()


def connects(host: Host, server: Container) -> bool:
    """Whether a client that takes Schannel's default comes to an agreement."""
    return "default 1" in lab_windows.command(host, rf"C:\schannel_client.exe {server.address} 993").stdout


def accounts(folder: Path) -> dict[str, str]:
    document = json.loads((folder / "results.json").read_text())
    return {host["host"]: next(item["verdict"] for item in host["findings"] if item["check"] == "account") for host in document["hosts"]}


# The oldest core goes through PowerShell, the newest, which the other tests run on, straight to cmd.
@pytest.mark.parametrize("core", ["oldest"])
def test_values_are_mended_heeded_and_taken_back(fleet: Fleet, server: Container, core: str) -> None:
    before = fleet.states()
    failed = {name: not connects(host, server) for name, host in fleet.hosts.items()}
    assert failed == {name: fails for name, (_registry, fails) in CASES.items()}

    done, planned = fleet.play("remediate.yml", "--check", "--diff", core=core)
    assert done.returncode == 0, done.stdout
    assert set(accounts(planned).values()) == {"FAIL"}
    assert "+Enabled (REG_DWORD) = 0x1" in done.stdout
    assert fleet.states() == before

    done, folder = fleet.play("remediate.yml", core=core)
    assert done.returncode == 0, done.stdout
    assert set(accounts(folder).values()) == {"PASS"}
    assert all(connects(host, server) for host in fleet.hosts.values())

    done, again = fleet.play("remediate.yml", core=core)
    assert done.returncode == 0, done.stdout
    assert not (again / "remedies.jsonl").exists()

    done, back = fleet.play("rollback.yml", "-e", f"mailtls_rollback_run={folder.name}", core=core)
    assert done.returncode == 0, done.stdout
    assert fleet.states() == before
    assert set(accounts(back).values()) == {"FAIL"}
    assert {name: not connects(host, server) for name, host in fleet.hosts.items()} == failed
    for name, (_registry, fails) in CASES.items():
        client = "fails, connects, fails" if fails else "not measurable under Wine"
        print(f"{name}: audit FAIL, PASS, FAIL; client {client}; registry as before")


def test_a_value_that_somebody_changed_since_stays(fleet: Fleet) -> None:
    _done, folder = fleet.play("remediate.yml", "--limit", "disabled")
    host = fleet.hosts["disabled"]
    lab_windows.command(host, f'reg add "{TLS12}" /v Enabled /t REG_DWORD /d 7 /f')
    _done, back = fleet.play("rollback.yml", "--limit", "disabled", "-e", f"mailtls_rollback_run={folder.name}")
    line = json.loads((back / "remedies.jsonl").read_text())
    states = {item["changes"][0]["key"]: item["state"] for item in line["items"]}
    assert states == {"Enabled": "refused", "DisabledByDefault": "restored"}
    assert "0x7" in lab_windows.command(host, f'reg query "{TLS12}" /v Enabled').stdout


def test_two_at_once_are_kept_apart_by_the_lock(fleet: Fleet) -> None:
    host = fleet.hosts["retired"]
    before = lab_windows.state(host)
    lock = r"C:\backups\.lock"
    lab_windows.command(host, rf"mkdir {lock}\another")
    done, _folder = fleet.play("remediate.yml", "--limit", "retired", "-e", json.dumps({"mailtls_backups": r"C:\backups"}))
    assert done.returncode != 0
    assert "another remediation or rollback is at work" in " ".join(done.stdout.split()), done.stdout
    assert lab_windows.state(host) == before
    lab_windows.command(host, rf"rmdir {lock}\another")
    done, _folder = fleet.play("remediate.yml", "--limit", "retired", "-e", json.dumps({"mailtls_backups": r"C:\backups"}))
    assert done.returncode == 0, done.stdout
    assert lab_windows.state(host) != before
