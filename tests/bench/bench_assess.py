"""What it costs to assess saved evidence anew, on one core: reading it from a run folder, checking it, and judging it.

make bench-assess                    100, 1,000 and 10,000 hosts
make bench-assess ARGS="100 500"     other sizes
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time

import fleet_generator

from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder

SIZES = (100, 1_000, 10_000)


def main(sizes: list[int]) -> None:
    """Measure each size, and print it."""
    for hosts in sizes:
        print(f"{hosts:>7,} hosts  {measure(hosts):.2f} s of CPU")


def measure(hosts: int) -> float:
    """Return the seconds of CPU that assessing the saved evidence of *hosts* takes."""
    policy, kinds = policy_load.load(), itertools.cycle(fleet_generator.evidence_of_kinds().values())
    with tempfile.TemporaryDirectory(prefix="mailtls-bench-") as directory:
        folder = RunFolder.create(directory)
        for number in range(hosts):
            folder.save_evidence(f"host{number}", next(kinds))
        started = time.process_time()
        for number in range(hosts):
            fleet_generator.assess_evidence(folder.read_evidence(f"host{number}") or {}, policy)
        return time.process_time() - started


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or list(SIZES))
