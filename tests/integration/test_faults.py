"""What may break while a run goes on: after each, the run folder can be read, has what was finished, and says what is missing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from audits import Audits
from flow import CORES, ROOT, Run, Workshop
from lab.container import File
from lab.session import Lab
from schema import SCHEMA

from ansible_collections.mailtls.fleet.plugins.plugin_utils import gate, saved_run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder

PATIENCE = 60
CLOCK = Path(__file__).with_name("jumping_clock.c")
TWO_DAYS = 2 * 24 * 60 * 60
# As another user than root, whom no limit of processes holds, but with root's right to read.
LIMITED = ("setpriv", "--reuid=12345", "--clear-groups", "--securebits=+no_setuid_fixup")
READS_ALL = "+dac_override,+dac_read_search"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("faults"))


def fleet(workshop: Workshop, hosts: int) -> dict[str, dict[str, Any]]:
    return {f"host{number:02}": workshop.good() if number % 2 else workshop.bad() for number in range(hosts)}


def verdict(host: str) -> str:
    """What a host of `fleet` comes to when nothing breaks."""
    return "UNKNOWN" if int(host.removeprefix("host")) % 2 else "FAIL"


class Started:
    """A run that goes on."""

    def __init__(self, workshop: Workshop, hosts: Mapping[str, Any], *options: str, core: str = "newest", **environment: str) -> None:
        inventory, variables = workshop.inventory(hosts), workshop.environment(**environment)
        self.hosts = set(hosts)
        self.reports = Path(variables["MAILTLS_REPORTS"])
        self.output = self.reports.with_suffix(".output")
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                workshop.command(core, inventory, options), cwd=ROOT, env=variables, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def finished(self) -> dict[str, str]:
        """The verdicts of the hosts that are finished so far."""
        lines = [line for path in self.reports.glob("2*/hosts.jsonl") for line in path.read_text().splitlines()]
        return {record["host"]: record["verdict"] for record in map(json.loads, lines)}

    def wait_for(self, finished: int) -> None:
        """Wait until so many hosts are finished."""
        end = time.monotonic() + PATIENCE
        while len(self.finished()) < finished:
            assert time.monotonic() < end, self.output.read_text()
            assert self.process.poll() is None, self.output.read_text()
            time.sleep(0.02)

    def workers(self) -> list[int]:
        """The processes that audit a host each."""
        return [int(number) for number in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def end(self, number: int) -> None:
        """Send it a signal, and wait for its end; kill it and what it has left behind where that does not come."""
        self.process.send_signal(number)
        try:
            self.process.wait(PATIENCE)
        finally:
            self.kill()

    def kill(self) -> None:
        """End all of it. Ansible's workers are of process groups of their own."""
        for worker in self.workers() if self.process.poll() is None else []:
            os.kill(worker, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def document(self) -> dict[str, Any]:
        """What playbooks/report.yml makes of its folder."""
        [folder] = self.reports.glob("2*")
        return saved_run.load(RunFolder(str(folder)))


def check_cut_short(run: Started) -> dict[str, str]:
    """Check that every host is there once: with its verdict, or with the word that the run had ended before. Return the verdicts."""
    document = run.document()
    jsonschema.validate(document, SCHEMA)
    assert document["run"]["finished"] is None
    names = [host["host"] for host in document["hosts"]]
    assert sorted(names) == sorted(run.hosts)
    verdicts = {host["host"]: host["verdict"] for host in document["hosts"]}
    for host in document["hosts"]:
        assert host["verdict"] == "ERROR" if host["why"] == saved_run.CUT_SHORT else verdict(host["host"]), host
    return verdicts


@pytest.mark.parametrize("seed", range(4))
def test_the_controller_is_killed_at_any_moment(workshop: Workshop, seed: int) -> None:
    draw = random.Random(seed)
    run = Started(workshop, fleet(workshop, 10), "-f", "2")
    run.wait_for(draw.randint(0, 6))
    time.sleep(draw.random())
    finished = run.finished()
    run.end(signal.SIGKILL)
    if not list(run.reports.glob("2*/run.json")):
        assert finished == {}
        return
    if list(run.reports.glob("2*/results.json")):
        assert {host["host"] for host in run.document()["hosts"]} == run.hosts
        return
    assert check_cut_short(run).items() >= finished.items()


@pytest.mark.parametrize("core", sorted(CORES))
@pytest.mark.parametrize("is_worker_killed", [True, False], ids=["worker killed", "interrupted"])
def test_a_run_that_is_given_up_leaves_its_report(workshop: Workshop, core: str, is_worker_killed: bool) -> None:
    """Where a worker was killed, for want of memory, say, Ansible ends at once, or waits for it for ever and has to be interrupted."""
    run = Started(workshop, {**fleet(workshop, 4), "host98": workshop.slow()}, "-f", "2", core=core)
    run.hosts.add("host98")
    run.wait_for(4)
    finished = run.finished()
    if is_worker_killed:
        for worker in run.workers():
            os.kill(worker, signal.SIGKILL)
        time.sleep(1)
    run.end(signal.SIGINT)
    workshop.end_slow()
    assert run.process.returncode != 0
    assert check_cut_short(run).items() >= finished.items()
    assert {path.name for path in (run.reports / "latest").iterdir()} >= {"results.json", "report.html", "hosts.csv"}
    assert "Mail TLS audit " in run.output.read_text()


@pytest.mark.requires_root
@pytest.mark.parametrize(("processes", "core"), [(3, "newest"), (8, "newest"), (3, "oldest")])
def test_no_more_processes_can_be_started(workshop: Workshop, tmp_path: Path, processes: int, core: str) -> None:
    hosts = fleet(workshop, 6)
    capabilities = [f"--{kind}-caps={READS_ALL}" for kind in ("inh", "ambient")]
    environment = workshop.environment(HOME=str(tmp_path))
    command = [*LIMITED, *capabilities, "prlimit", f"--nproc={processes}"]
    command += workshop.command(core, workshop.inventory(hosts), ["-f", "10"])
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    run = Run(done.returncode, done.stdout + done.stderr, Path(environment["MAILTLS_REPORTS"]) / "latest")
    assert set(run.verdicts) == set(hosts)
    assert all(found in ("ERROR", verdict(host)) for host, found in run.verdicts.items())
    assert "ERROR" in run.verdicts.values()
    # Where a worker was started, and the host's interpreter could not be, Ansible goes on, and the gate is asked.
    assert run.code != 0 or gate.closed(run.verdicts, fail_on="none", min_coverage=0) is None, run.output


def test_the_directory_of_the_evidence_is_lost(workshop: Workshop, tmp_path: Path) -> None:
    remover = workshop.script("remover-of-evidence", f'rm -rf {tmp_path}/2*/evidence; exec {CORES["newest"]}/python "$@"')
    hosts = {**fleet(workshop, 2), "host90": {**workshop.bad(), "ansible_python_interpreter": remover}}
    run = workshop.run(hosts, "-f", "1", environment={"MAILTLS_REPORTS": str(tmp_path)})
    assert set(run.verdicts) == set(hosts)
    assert run.verdicts["host00"] == "FAIL"
    assert "evidence" in run.hosts["host90"]["why"]
    jsonschema.validate(run.results, SCHEMA)


@pytest.mark.requires_program("gcc")
@pytest.mark.parametrize("seconds", [-TWO_DAYS, TWO_DAYS], ids=["back", "forth"])
def test_the_clock_jumps(workshop: Workshop, tmp_path: Path, seconds: int) -> None:
    library, offset = tmp_path / "clock.so", tmp_path / "offset"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(CLOCK), "-ldl"], check=True)
    offset.write_text("0")
    jumper = workshop.script(f"jumper{seconds}", f'echo {seconds} >{offset}; exec {CORES["newest"]}/python "$@"')
    hosts = {**fleet(workshop, 2), "host90": {**workshop.bad(), "ansible_python_interpreter": jumper}}
    run = workshop.run(hosts, "-f", "1", environment={"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(offset)})
    assert run.code == 0, run.output
    assert run.verdicts == {host: verdict(host) for host in hosts}
    jsonschema.validate(run.results, SCHEMA)
    started, finished = (run.results["run"][key][:10] for key in ("started", "finished"))
    assert (started > finished, started < finished) == (seconds < 0, seconds > 0)
    assert {path.name for path in run.folder.iterdir()} >= {"report.html", "hosts.csv", "summary.md", "junit.xml", "metrics.prom"}


def test_most_hosts_are_unreachable(workshop: Workshop) -> None:
    hosts = {**fleet(workshop, 2), **{f"away{number}": workshop.unreachable() for number in range(18)}}
    run = workshop.run(hosts)
    assert run.code == 0, run.output
    assert {host: found for host, found in run.verdicts.items() if found != "UNREACHABLE"} == {"host00": "FAIL", "host01": "UNKNOWN"}
    assert run.results["summary"]["unreachable"] == 18
    assert "18 hosts" in run.report


# At the hosts

# The session that the audit came by ends in the middle of it.
CUT = """#!/usr/bin/python3
import os
process = os.getppid()
while open(f"/proc/{process}/comm").read() != "sshd\\n":
    process = int(open(f"/proc/{process}/stat").read().rpartition(")")[2].split()[1])
os.kill(process, 9)
"""
FULL = """
for at in /tmp /var/tmp /root; do
    cp -a $at /run/kept
    mount -t tmpfs -o size=64k tmpfs $at
    cp -a /run/kept/. $at
    rm -rf /run/kept
    dd if=/dev/zero of=$at/full bs=4k 2>/dev/null || :
done
"""


@pytest.fixture(scope="module")
def broken(lab: Lab) -> Iterator[Audits]:
    account = {"/root/.fetchmailrc": 'poll imap-legacy.office365.com protocol imap user "u" password "p" is root here ssl\n'}
    hosts = {name: lab.host(name, files=account) for name in ("whole", "full", "cut")}
    hosts["full"].do(FULL)
    hosts["cut"].put({"/usr/local/bin/cut-python": File(CUT, mode=0o755)})
    inventory = lab.inventory("br", hosts.values())
    document = json.loads(inventory.read_text())
    document["all"]["hosts"]["cut"].update(ansible_python_interpreter="/usr/local/bin/cut-python", mailtls_reach="python")
    inventory.write_text(json.dumps(document))
    yield Audits(lab, "broken", hosts, inventory)
    for host in hosts.values():
        host.stop()


@pytest.mark.parametrize("core", sorted(CORES))
def test_a_host_with_a_full_disk_is_audited_and_one_that_is_cut_off_is_unreachable(broken: Audits, core: str) -> None:
    hosts = broken.run(core).hosts
    assert {name: host["verdict"] for name, host in hosts.items()} == {"whole": "FAIL", "full": "FAIL", "cut": "UNREACHABLE"}
