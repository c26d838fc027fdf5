"""What a large fleet costs a job of AWX: events, sizes, time and memory, through ansible-runner as AWX runs it.

    make bench-jobs                    1,000 hosts, with 5, 20 and 50 forks
    make bench-jobs ARGS="5000 20"     5,000 hosts, with 20 forks

The hosts are stand-ins: the program that stands for their Python answers at once with the evidence that this machine gave. So what is
measured is the controller, all of its work for a host but for SSH. Memory is the proportional set size (PSS), of which pages that
processes share count in each by its share; sampled, so short peaks may be missed.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flow import ROOT
from runner import PROGRAM, Job, Runner

INTERVAL = 0.25


@dataclass
class Memory:
    """MB at most: of all processes of the job, of the one that leads, and of any worker of its; and how many workers there were."""

    whole: float = 0
    leader: float = 0
    worker: float = 0
    workers: int = 0
    marginal: list[float] = field(default_factory=list)


def main(hosts: int = 1000, *forks: int) -> None:
    """Measure and print."""
    directory = Path(tempfile.mkdtemp(prefix="mailtls-bench-"))
    try:
        inventory = _inventory(_stand_in(directory), hosts)
        (directory / "jobs").mkdir()
        runner = Runner(directory / "jobs")
        for number in forks or (5, 20, 50):
            _measure(runner, inventory, number)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _stand_in(directory: Path) -> Path:
    """Make the program that answers for a host, out of an audit of this machine."""
    environment = {**os.environ, "MAILTLS_REPORTS": str(directory / "reports"), "MAILTLS_STORE": "none"}
    command = [Path(PROGRAM).parent / "ansible-playbook", "playbooks/audit.yml"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    [saved] = directory.glob("reports/latest/evidence/*")
    evidence = json.loads(gzip.decompress(saved.read_bytes()))
    (directory / "answer.json").write_text(json.dumps({"changed": False, "evidence": evidence}))
    program = directory / "python"
    program.write_text(f"#!/bin/sh\nexec cat {directory}/answer.json\n")
    program.chmod(0o755)
    print(f"evidence of a host: {(directory / 'answer.json').stat().st_size:,} bytes")
    return program


def _inventory(program: Path, hosts: int) -> dict[str, Any]:
    variables = {"ansible_connection": "local", "ansible_python_interpreter": str(program), "mailtls_reach": "python"}
    return {"hosts": {f"host{number:06}": {} for number in range(hosts)}, "vars": variables}


def _measure(runner: Runner, inventory: dict[str, Any], forks: int) -> None:
    used, began = _seconds(), time.monotonic()
    variables = {"awx_job_id": forks, "awx_workflow_job_id": 1}
    started = runner.start(f"forks{forks}", "audit.yml", inventory, variables, forks=forks)
    memory, ended = Memory(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(memory, ended))
    watcher.start()
    job = started.wait(patience=7200)
    ended.set()
    watcher.join()
    hosts = len(inventory["hosts"])
    print(f"\n{hosts:,} hosts, {forks} forks, {os.cpu_count()} cores: {job.status} after {time.monotonic() - began:.0f} s")
    print(f"processor: {(_seconds() - used) / hosts:.3f} s a host, ansible-runner included")
    print(f"memory: {memory.whole:.0f} MB at most, of these {memory.leader:.0f} MB the leading process;")
    print(f"        {memory.worker:.1f} MB a worker at most, {sum(memory.marginal) / max(1, len(memory.marginal)):.1f} MB in the mean")
    _tell_events(job, hosts)


def _tell_events(job: Job, hosts: int) -> None:
    counts = Counter(event["event_data"]["host"] for event in job.events if event.get("event_data", {}).get("host"))
    sizes = [len(json.dumps(event)) for event in job.events]
    results = [event["event_data"]["res"] for event in job.events if event.get("event_data", {}).get("res")]
    largest = max(len(str(result)) for result in results if "mailtls" in result)
    lines = sum(event["stdout"].count("\n") + 1 for event in job.events if event["stdout"])
    print(f"events: {len(job.events):,}, {max(counts.values())} of the host with the most; {lines / hosts:.1f} lines a host")
    print(f"        {max(sizes):,} bytes the largest, {sum(sizes) / hosts:,.0f} bytes a host; {largest:,} the largest result of a host")
    artifact = {name: len(json.dumps(value)) for name, value in job.artifacts.items()}
    print(f"artifact: {sum(artifact.values()):,} bytes, {sum(artifact.values()) / hosts:.1f} a host")


def _watch(memory: Memory, ended: threading.Event) -> None:
    """Sample the processes of the job, which are those below this one that run ansible-playbook."""
    while not ended.wait(INTERVAL):
        found = {process: _pss(process) for process in _below(os.getpid()) if _is_playbook(process)}
        if not found:
            continue
        leader = min(found)
        workers = [size for process, size in found.items() if process != leader]
        memory.whole = max(memory.whole, sum(found.values()))
        memory.leader = max(memory.leader, found[leader])
        memory.worker = max([memory.worker, *workers])
        memory.workers = max(memory.workers, len(workers))
        memory.marginal += workers


def _below(parent: int) -> set[int]:
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdecimal()}
    found, new = set(), {parent}
    while new:
        new = {process for process, above in parents.items() if above in new} - found
        found |= new
    return found


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _is_playbook(process: int) -> bool:
    try:
        return b"ansible-playbook\0" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def _pss(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
