"""What a large fleet costs the controller: the whole play over stand-ins, by number of hosts and by forks.

    make bench-fleet                             100 and 1,000 hosts with 50 forks, 1,000 with 20 and 100
    make bench-fleet ARGS="10000:20 10000:50"    10,000 hosts, with 20 and with 50 forks

See stand_in.py for the hosts. It leaves out SSH (a process for each connection, encryption, waiting) and what hosts compute; in
its place is a shell that prints the recorded answer of the module, whose few milliseconds are in the workers' CPU.
The callback is timed from within (hooks/measured_hooks.py).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import stand_in
from flow import ROOT
from sampled_memory import Memory, sampled

DEFAULT = ("100:50", "1000:20", "1000:50", "1000:100")
HEADINGS = (
    "hosts",
    "forks",
    "wall",
    "a host",
    "CPU a host",
    "leading",
    "workers",
    "callback",
    "report",
    "MB all",
    "leading",
    "fork",
)


def main(wanted: list[str]) -> None:
    """Measure each of *wanted*, HOSTS:FORKS, and print a line for it."""
    directory = Path(tempfile.mkdtemp(prefix="mailtls-bench-"))
    try:
        programs = stand_in.programs(directory)
        print(f"{os.cpu_count()} cores; seconds; callback and report: shares of the run's CPU")
        print("".join(f"{heading:>11}" for heading in HEADINGS))
        for text in wanted:
            hosts, forks = map(int, text.split(":"))
            _print(hosts, forks, *_measure(directory, stand_in.inventory(programs, hosts), forks))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _measure(directory: Path, hosts: dict[str, Any], forks: int) -> tuple[float, Memory, dict[str, Any]]:
    inventory, costs = directory / "hosts.json", directory / "costs.json"
    inventory.write_text(json.dumps({"all": hosts}))
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "hooks"),
        "MAILTLS_REPORTS": str(directory / "reports"),
        "MAILTLS_STORE": "none",
        "MAILTLS_BENCH_COSTS": str(costs),
    }
    command = [stand_in.PLAYBOOK_PROGRAM, "-i", str(inventory), "-f", str(forks), "playbooks/audit.yml"]
    started = time.monotonic()
    with sampled() as memory:
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started, memory, json.loads(costs.read_text())


def _print(hosts: int, forks: int, wall: float, memory: Memory, costs: dict[str, Any]) -> None:
    report = costs["hooks"].pop("v2_playbook_on_stats")
    whole, callback = costs["leader"] + costs["workers"], sum(costs["hooks"].values())
    seconds = (wall, whole, costs["leader"], costs["workers"])
    sizes = (f"{memory.whole:.0f}", f"{memory.leader:.0f}", f"{memory.mean:.0f}/{memory.worker:.0f}")
    shares = (f"{callback / whole:.2%}", f"{report / whole:.2%}")
    cells = (f"{hosts:,}", f"{forks}", f"{wall:.0f}", *(f"{each / hosts:.4f}" for each in seconds), *shares, *sizes)
    print("".join(f"{cell:>11}" for cell in cells))
    half = len(costs["memory"]) // 2
    print(
        f"{'':>11}leading process, MB after the first, half and all of the answers: "
        + ", ".join(f"{costs['memory'][place]:.0f}" for place in (0, half, -1)),
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1:] or list(DEFAULT))
