"""What a large fleet costs a job of AWX: events, sizes, time and memory, through ansible-runner as AWX runs it.

    make bench-jobs                    1,000 hosts, with 5, 20 and 50 forks
    make bench-jobs ARGS="5000 20"     5,000 hosts, with 20 forks

The hosts are stand-ins (stand_in.py), and memory is what sampled_memory.py sees.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import stand_in
from runner import Job, Runner
from sampled_memory import sampled


def main(hosts: int = 1000, *forks: int) -> None:
    """Measure and print."""
    directory = Path(tempfile.mkdtemp(prefix="mailtls-bench-"))
    try:
        inventory = stand_in.inventory(stand_in.programs(directory), hosts)
        (directory / "jobs").mkdir()
        runner = Runner(directory / "jobs")
        for number in forks or (5, 20, 50):
            _measure(runner, inventory, number)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _measure(runner: Runner, inventory: dict[str, Any], forks: int) -> None:
    used, began = _seconds(), time.monotonic()
    variables = {"awx_job_id": forks, "awx_workflow_job_id": 1}
    started = runner.start(f"forks{forks}", "audit.yml", inventory, variables, forks=forks)
    with sampled() as memory:
        job = started.wait(patience=7200)
    hosts = len(inventory["hosts"])
    print(f"\n{hosts:,} hosts, {forks} forks, {os.cpu_count()} cores: {job.status} after {time.monotonic() - began:.0f} s")
    print(f"processor: {(_seconds() - used) / hosts:.3f} s a host, ansible-runner included")
    print(f"memory: {memory.whole:.0f} MB at most, of these {memory.leader:.0f} MB the leading process;")
    print(f"        {memory.worker:.1f} MB a worker at most, {memory.mean:.1f} MB in the mean")
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


def _seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
