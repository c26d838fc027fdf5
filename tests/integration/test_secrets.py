"""A host with another secret in every place that could hold one, audited by each way and mended: none of them is anywhere but on it."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import planted
import pytest
from audits import CORES, ROOT
from lab.container import File
from lab.host import Host
from lab.session import Lab

from ansible_collections.mailtls.fleet.plugins.plugin_utils import artifact

RUNNER = str(CORES["newest"] / "ansible-runner")
CONNECTED = """import socket, ssl, sys, time
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
kept = context.wrap_socket(socket.create_connection(("outlook.office365.com", 993)))
time.sleep(600)
"""
# Read, and no account is in it.
SILENT = {".thunderbird/profiles.ini", ".davmail.properties"}


@dataclass
class Sweep:
    """The host, its secrets, and what the jobs over it left on the controller."""

    plants: planted.Plants
    host: Host
    directory: Path

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """All that is on the controller, unpacked, with its name."""
        for path in sorted(self.directory.rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            content = path.read_bytes()
            yield path.name, gzip.decompress(content) if path.suffix == ".gz" else content
            if path.suffix == ".sqlite":
                yield path.name, "\n".join(sqlite3.connect(path).iterdump()).encode()
            if path.suffix == ".json" and path.parent.name == "job_events":
                yield path.name, _artifacts(json.loads(content))

    def evidence(self, job: str) -> dict[str, dict[str, Any]]:
        """The evidence that a job left, by host."""
        files = (self.directory / job / "reports" / "latest" / "evidence").iterdir()
        return {path.name.removesuffix(".json.gz"): json.loads(gzip.decompress(path.read_bytes())) for path in files}


def _artifacts(event: dict[str, Any]) -> bytes:
    data = event.get("event_data", {}).get("artifact_data", {})
    return json.dumps([artifact.unpack(value) for name, value in data.items() if name.startswith(artifact.PREFIX)]).encode()


def planted_files(plants: planted.Plants) -> dict[str, File | str]:
    files: dict[str, File | str] = {path: plants.text(text, path) for path, text in planted.SYSTEM.items()}
    for user, shape in planted.SHAPES.items():
        home = f"/home/{user}"
        scripts = {f"bin/{name}": text for name, text in planted.SCRIPTS.items()}
        for path, text in {**planted.READ, **planted.NOT_READ, **scripts}.items():
            place = f"{home}/{path}"
            files[place] = File(plants.text(text, place, shape), user, 0o700 if path in scripts else 0o600)
        table = f"/var/spool/cron/crontabs/{user}"
        files[table] = File(plants.text(planted.CRONTAB.replace("~", home), table, shape), user, 0o600)
    files.update({path: File("#!/bin/sh\nexit 1\n", mode=0o755) for path in planted.STAND_INS})
    files["/opt/connected.py"] = CONNECTED
    return files


def start_programs(host: Host, plants: planted.Plants) -> None:
    """Start programs that are connected to the mail server, with secrets in their command lines and environments."""
    host.do("mkdir -p /opt/lib && cp /usr/bin/openssl /opt/fetch")
    openssl = ["/opt/fetch", "s_client", "-connect", "outlook.office365.com:993", "-quiet"]
    for program in (["/usr/bin/python3", "/opt/connected.py"], openssl):
        place = f"process {program[0]}"
        # openssl s_client takes no words of nobody's.
        words = planted.PROCESS_ARGUMENTS if "python" in program[0] else ("-pass", "pass:@@", "-keyform", "PEM")
        arguments = [plants.text(word, f"{place}: {word}") for word in words]
        environment = {name: plants.text(value, f"{place}: {name}") for name, value in planted.PROCESS_ENVIRONMENT.items()}
        command = ["sh", "-c", 'sleep 600 | "$@"', "sh", *program, *arguments]
        host.start(command, user="plain", output="/tmp/connected", env=environment)
    connections = "until [ $(grep -c :03E1 /proc/net/tcp) -ge 2 ]; do sleep 0.1; done"
    host.do(f"timeout 20 sh -c '{connections}' || {{ cat /tmp/connected; exit 1; }}")


@pytest.fixture(scope="module")
def sweep(lab: Lab) -> Iterator[Sweep]:
    plants = planted.Plants()
    host = lab.host("planted", "bookworm-movers", users=list(planted.SHAPES), files=planted_files(plants))
    start_programs(host, plants)
    inventory = lab.inventory("pl", [host])
    document = json.loads(inventory.read_text())
    hosts = document["all"]["hosts"]
    hosts["by-shell"] = {**hosts["planted"], "mailtls_reach": "shell"}
    inventory.write_text(json.dumps(document))
    directory = lab.directory / "planted-jobs"
    run_job(lab, inventory, directory / "audit", "audit.yml")
    run_job(lab, inventory, directory / "remediate", "remediate.yml", "--diff", "--limit", "planted", mailtls_hand_on="none")
    run_job(lab, inventory, directory / "rollback", "rollback.yml", "--diff", "--limit", "planted", mailtls_hand_on="none")
    yield Sweep(plants, host, directory)
    host.stop()


def run_job(lab: Lab, inventory: Path, directory: Path, playbook: str, *options: str, **extra: str) -> None:
    """Run a playbook as AWX does, as talkative as can be. The audit is a slice; the others are none, as role awx has them (`extra`)."""
    private = directory / "private"
    (private / "env").mkdir(parents=True)
    (private / "project").symlink_to(ROOT)
    variables = {"awx_job_id": 7, "awx_workflow_job_id": 6, "mailtls_max_fail_percentage": 100, **extra}
    (private / "env/extravars").write_text(json.dumps(variables))
    (private / "env/cmdline").write_text(" ".join(["-vvvv", *options]))
    reports = {"MAILTLS_REPORTS": str(directory / "reports"), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    command = [RUNNER, "run", str(private), "-p", f"playbooks/{playbook}", "--inventory", str(inventory), "--ident", "job"]
    done = lab.run(command, env={**reports, "PATH": f"{CORES['newest']}:/usr/bin:/bin:/usr/sbin:/sbin"}, timeout=300)
    (directory / "output").write_text(done.stdout + done.stderr)
    assert "PLAY RECAP" in done.stdout, done.stdout[-3000:] + done.stderr


def test_each_configuration_was_read(sweep: Sweep) -> None:
    """Else it would be no wonder that nothing of it is anywhere."""
    evidence = json.dumps(sweep.evidence("audit")["planted"])
    wanted = [f"/home/plain/{path}" for path in planted.READ if path not in SILENT]
    wanted += [f"/home/plain/bin/{name}" for name in planted.SCRIPTS]
    assert [path for path in [*wanted, *planted.SYSTEM_READ] if path not in evidence] == []
    assert {"python", "shell"} == {item["reach"] for item in sweep.evidence("audit").values()}


def test_something_was_mended_and_taken_back(sweep: Sweep) -> None:
    lines = (sweep.directory / "remediate/reports/latest/remedies.jsonl").read_text()
    assert '"applied"' in lines


def test_no_secret_is_anywhere_on_the_controller(sweep: Sweep) -> None:
    found: dict[str, list[str]] = {}
    names = set()
    for name, text in sweep.texts():
        names.add(name)
        for place in sweep.plants.found_in(text):
            found.setdefault(place, []).append(name)
    assert names >= {"results.json", "hosts.jsonl", "report.html", "hosts.csv", "summary.md", "junit.xml", "metrics.prom", "history.sqlite"}
    assert names >= {"planted.json.gz", "by-shell.json.gz", "remedies.jsonl", "output"}
    assert found == {}
