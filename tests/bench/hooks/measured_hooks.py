"""Times the hooks of mailtls.fleet.tls_report from within Ansible, and writes what they cost when the run ends."""

from __future__ import annotations

import functools
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

from ansible_collections.mailtls.fleet.plugins.callback.tls_report import CallbackModule as Measured

STATS = "v2_playbook_on_stats"
# The memory of the leading process is noted whenever so many hosts more have answered.
STEP = 100


class Costs:
    """What the hooks of one run took.

    Attributes:
        seconds: of the calling thread's CPU, by hook.
        answers: how many tasks of hosts have ended.
        leader: MB of the leading process, each time that STEP hosts more had answered.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.answers = 0
        self.leader: list[float] = []

    def measured(self, name: str, hook: Callable[..., Any]) -> Callable[..., Any]:
        """Return *hook* with its costs noted."""

        @functools.wraps(hook)
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.thread_time()
            try:
                return hook(*args, **kwargs)
            finally:
                self.seconds[name] = self.seconds.get(name, 0) + time.thread_time() - started
                if name == STATS:
                    self._write()

        return timed

    def answered(self) -> None:
        """Note that a task of a host has ended."""
        if self.answers % STEP == 0:
            self.leader.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6)
        self.answers += 1

    def _write(self) -> None:
        own, workers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        costs = {
            "hooks": self.seconds,
            "leader": own.ru_utime + own.ru_stime,
            "workers": workers.ru_utime + workers.ru_stime,
            "memory": self.leader,
        }
        Path(os.environ["MAILTLS_BENCH_COSTS"]).write_text(json.dumps(costs))


COSTS = Costs()
# Ansible loads plugins of a directory before those of a collection, so these hooks are there before their class is used.
for _name, _hook in list(vars(Measured).items()):
    if _name.startswith("v2_"):
        setattr(Measured, _name, COSTS.measured(_name, _hook))


class CallbackModule(CallbackBase):
    """Counts answers; the measuring is done above."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "measured_hooks"

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note an answer."""
        COSTS.answered()
