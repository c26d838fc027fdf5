"""What an audit costs, as a ratio to `ping` over the same hosts, and to the same evidence gathered by ordinary tasks.

    make bench-audit                 20 hosts, 3 rounds
    make bench-audit ARGS="50 5"     50 hosts, 5 rounds

Each playbook runs in turn, round after round, over hosts of the lab: OpenSSH, pipelined, 20 forks, connections closed in between; ping and
the audit also with an inventory that does not name the hosts' Python, so that it is looked for. Reported are the medians. CPU of the
controller is what ansible-playbook and its children used; CPU of the hosts is what their SSH servers and all that ran below them used.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lab.host import Host
from lab.session import Lab, missing

ROOT = Path(__file__).parents[2]
PING, AUDIT = ROOT / "tests/bench/ping.yml", ROOT / "playbooks/audit.yml"
# What runs, and what its inventory says of the hosts' Python.
NAMED, LOOKED_FOR = "/usr/bin/python3", "auto_silent"
RUNS = {
    "ping": (PING, NAMED),
    "audit": (AUDIT, NAMED),
    "ordinary tasks": (ROOT / "tests/bench/ordinary_tasks.yml", NAMED),
    "ping, Python looked for": (PING, LOOKED_FOR),
    "audit, Python looked for": (AUDIT, LOOKED_FOR),
}
PERSIST = 2  # seconds that a connection stays open
FETCHMAILRC = 'poll outlook.office365.com protocol imap user "u" password "p" is alice here ssl\n'


@dataclass
class Cost:
    """Seconds of one run."""

    wall: float
    controller: float
    hosts: float


def main(hosts: int = 20, rounds: int = 3) -> None:
    """Measure and print."""
    if missing():
        sys.exit("no lab on this machine: " + "; ".join(missing()))
    directory = Path(tempfile.mkdtemp(prefix="mailtls-bench-"))
    lab = Lab(directory)
    try:
        fleet = [_host(lab, number) for number in range(hosts)]
        costs = _measure(lab, fleet, rounds)
    finally:
        lab.stop()
        shutil.rmtree(directory, ignore_errors=True)
    _print(costs, hosts, rounds)


def _host(lab: Lab, number: int) -> Host:
    return lab.host(f"bench{number}", users=["alice"], files={"/home/alice/.fetchmailrc": FETCHMAILRC})


def _measure(lab: Lab, fleet: list[Host], rounds: int) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {name: [] for name in RUNS}
    inventories = {
        interpreter: lab.inventory(f"bench-{Path(interpreter).name}", fleet, variables={"ansible_python_interpreter": interpreter})
        for interpreter in (NAMED, LOOKED_FOR)
    }
    for _ in range(rounds):
        for name, (playbook, interpreter) in RUNS.items():
            costs[name].append(_run(lab, fleet, inventories[interpreter], playbook))
    return costs


def _run(lab: Lab, fleet: list[Host], inventory: Path, playbook: Path) -> Cost:
    environment = {
        "MAILTLS_REPORTS": str(lab.directory / "reports"),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        # Each run pays for its own connections.
        "ANSIBLE_SSH_ARGS": f"-C -o ControlMaster=auto -o ControlPersist={PERSIST}s",
    }
    on_hosts, used, started = _host_seconds(fleet), _controller_seconds(), time.monotonic()
    done = lab.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), str(playbook)], cwd=ROOT, env=environment, timeout=900
    )
    wall, used = time.monotonic() - started, _controller_seconds() - used
    # What a connection cost its host is known when it has ended.
    time.sleep(PERSIST + 2)
    if done.returncode != 0:
        sys.exit(f"{playbook.name} failed:\n{done.stdout}{done.stderr}")
    return Cost(wall, used, _host_seconds(fleet) - on_hosts)


def _controller_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _host_seconds(fleet: list[Host]) -> float:
    return sum(_seconds_of_sshd(host) for host in fleet)


def _seconds_of_sshd(host: Host) -> float:
    """Seconds of CPU of the SSH server and of its children that have ended (proc(5): utime, stime, cutime, cstime)."""
    fields = host.read(f"/proc/{host.read('/run/sshd.pid').strip()}/stat").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _print(costs: dict[str, list[Cost]], hosts: int, rounds: int) -> None:
    print(f"{hosts} hosts, {rounds} rounds, 20 forks, pipelined, {os.cpu_count()} cores; medians, seconds for all hosts together")
    print(f"{'':<26}{'wall':>8}{'× ping':>8}{'controller CPU':>16}{'× ping':>8}{'host CPU':>10}{'× ping':>8}")
    base = _median(costs["ping"])
    for name, runs in costs.items():
        cost = _median(runs)
        print(
            f"{name:<26}{cost.wall:>8.2f}{cost.wall / base.wall:>8.2f}{cost.controller:>16.2f}"
            f"{cost.controller / base.controller:>8.2f}{cost.hosts:>10.2f}{cost.hosts / base.hosts:>8.2f}"
        )


def _median(runs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(run, key) for run in runs) for key in ("wall", "controller", "hosts")))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
