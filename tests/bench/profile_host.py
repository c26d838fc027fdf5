"""Runs on a host of the lab: what a module costs there, whole and part by part. Prints JSON.

profile_host.py whole COMMAND...      CPU and memory of a command with all that it starts
profile_host.py parts PROGRAM         the audit, the program in the file PROGRAM, part by part
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import time

ROUNDS = 5


def main(what: str, *rest: str) -> None:
    """Measure, and print."""
    print(json.dumps(_whole(list(rest)) if what == "whole" else _parts(rest[0])))


def _whole(command: list[str]) -> dict[str, float]:
    """The least of a few rounds: what others at work on the machine add is no cost of the command."""
    seconds = []
    for _ in range(ROUNDS):
        before = _used(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        seconds.append(_used(resource.RUSAGE_CHILDREN) - before)
    return {"seconds": min(seconds), "megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}


def _parts(path: str) -> list[dict[str, object]]:
    """Seconds of CPU here and in processes that were started, and MB at most so far, of each part."""
    parts = _Parts()
    with open(path) as file:
        program = file.read()
    # Its last lines import audit.py, call it, and end the process.
    modules, call = program[: program.rindex("import os\n")], program[program.rindex("audit.main(") : program.rindex("os._exit")]
    names: dict[str, object] = {"__name__": "sent"}
    with parts.part("unpacking the modules"):
        exec(compile(modules, path, "exec"), names)
    with parts.part("the collector, imported"):
        from ansible_collections.mailtls.fleet.plugins.module_utils import audit, collect
    attempt = collect._attempt

    def measured(host, named, affects, read):  # type: ignore[no-untyped-def]
        with parts.part(named):
            return attempt(host, named, affects, read)

    collect._attempt = measured
    with parts.part("the rest of the collector"), open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        exec(call, {"audit": audit})
    return parts.told


class _Parts:
    """What the parts took, each without the parts inside it."""

    def __init__(self) -> None:
        self.told: list[dict[str, object]] = []
        self._open: list[_Part] = []

    def part(self, name: str) -> _Part:
        return _Part(self, name)


class _Part:
    def __init__(self, parts: _Parts, name: str) -> None:
        self._parts, self._name = parts, name
        self.inside = [0.0, 0.0]

    def __enter__(self) -> None:
        self._parts._open.append(self)
        self._before = self._now()

    def __exit__(self, *_error: object) -> None:
        whole = [after - before for after, before in zip(self._now(), self._before, strict=True)]
        self._parts._open.pop()
        if self._parts._open:
            above = self._parts._open[-1]
            above.inside = [a + b for a, b in zip(above.inside, whole, strict=True)]
        own, started = (a - b for a, b in zip(whole, self.inside, strict=True))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self._parts.told.append({"part": self._name, "own": own, "started": started, "megabytes": memory})

    @staticmethod
    def _now() -> list[float]:
        return [time.process_time(), _used(resource.RUSAGE_CHILDREN)]


def _used(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
