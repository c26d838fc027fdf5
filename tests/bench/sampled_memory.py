"""Memory of a run of Ansible: its processes are sampled while it lasts, so short peaks may be missed.

A sample makes the kernel walk all of each process, and holds up what that process wants to change of its memory meanwhile; so the larger
they are, the more seldom they are sampled.
Memory is the proportional set size (PSS), of which pages that processes share count in each by its share.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

INTERVAL = 0.25
# A sample may take one part of so many.
REST = 10


@dataclass
class Memory:
    """MB at most: of all processes of the run, of the one that leads, and of any worker of its; and of each worker when it was seen."""

    whole: float = 0
    leader: float = 0
    worker: float = 0
    seen: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        """MB of a worker in the mean."""
        return sum(self.seen) / max(1, len(self.seen))


@contextmanager
def sampled() -> Iterator[Memory]:
    """Sample each ansible-playbook below this process while the context lasts."""
    memory, ended = Memory(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(memory, ended))
    watcher.start()
    try:
        yield memory
    finally:
        ended.set()
        watcher.join()


def _watch(memory: Memory, ended: threading.Event) -> None:
    took = 0.0
    while not ended.wait(max(INTERVAL, REST * took)):
        started = time.thread_time()
        found = {process: _pss(process) for process in _below(os.getpid()) if _is_playbook(process)}
        took = time.thread_time() - started
        if not found:
            continue
        leader = min(found)
        workers = [size for process, size in found.items() if process != leader]
        memory.whole = max(memory.whole, sum(found.values()))
        memory.leader = max(memory.leader, found[leader])
        memory.worker = max([memory.worker, *workers])
        memory.seen += workers


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
