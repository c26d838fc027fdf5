"""Times what Ansible's processes at the controller do for a host, and notes each span as a line of a file."""

from __future__ import annotations

import functools
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.executor.process.worker import WorkerProcess
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase
from ansible.plugins.connection.ssh import Connection

from ansible_collections.mailtls.fleet.plugins.action import tls_audit
from ansible_collections.mailtls.fleet.plugins.callback import tls_report
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import python_program
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder

DIRECTORY = Path(os.environ["MAILTLS_BENCH_DIRECTORY"])
PAYLOAD = DIRECTORY / "payload"
SPANS = DIRECTORY / "spans"

# In this process: seconds of the spans that ended inside each of the open ones.
_inside: list[list[float]] = []


def _used() -> list[float]:
    """Wall and CPU, of this process and of its children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return [time.monotonic(), own.ru_utime + own.ru_stime, children.ru_utime + children.ru_stime]


def _measure(owner: Any, name: str, what: str) -> None:
    """Note what the function *name* of *owner* takes, under *what*, without the spans inside it."""
    function: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(function)
    def measured(*args: Any, **kwargs: Any) -> Any:
        _inside.append([0.0, 0.0, 0.0])
        before = _used()
        try:
            return function(*args, **kwargs)
        finally:
            whole = [after - start for after, start in zip(_used(), before, strict=True)]
            inside = _inside.pop()
            if _inside:
                _inside[-1] = [a + b for a, b in zip(_inside[-1], whole, strict=True)]
            _note(what, [a - b for a, b in zip(whole, inside, strict=True)])

    setattr(owner, name, measured)


def _note(what: str, used: list[float]) -> None:
    line = json.dumps({"what": what, "process": os.getpid(), "used": used}) + "\n"
    with SPANS.open("a") as spans:
        spans.write(line)


def _keep_payload(build: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the first program that is sent: our own, or else that of a module."""

    @functools.wraps(build)
    def kept(*args: Any, **kwargs: Any) -> Any:
        built = build(*args, **kwargs)
        if not PAYLOAD.exists():
            PAYLOAD.write_bytes(built if isinstance(built, bytes) else built[0].b_module_data)
        return built

    return kept


def _own_run(run: Callable[..., Any]) -> Callable[..., Any]:
    """A worker ends without returning, so what it took is noted when its task has ended."""

    @functools.wraps(run)
    def first(self: Any) -> Any:
        # What is open in the leading process is none of the worker's.
        _inside.clear()
        return run(self)

    return first


ActionBase._configure_module = _keep_payload(ActionBase._configure_module)
python_program.build = _keep_payload(python_program.build)
WorkerProcess.run = _own_run(WorkerProcess.run)
_measure(WorkerProcess, "_run", "worker: the rest")
_measure(WorkerProcess, "start", "leader: fork of the worker")
_measure(Task, "post_validate", "worker: templating the task")
_measure(python_program, "build", "worker: the program")
_measure(Connection, "exec_command", "worker: ssh")
_measure(tls_audit.ActionModule, "_policy", "worker: policy and waivers")
_measure(tls_audit.ActionModule, "_waivers", "worker: policy and waivers")
_measure(tls_audit, "_record", "worker: evidence checked and judged")
_measure(RunFolder, "save_evidence", "worker: evidence saved")
_measure(tls_report.CallbackModule, "v2_runner_on_ok", "leader: callback")


class CallbackModule(CallbackBase):
    """Notes what the leading process took; the measuring is done above."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "measured_spans"

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Note when a host's task is about to begin."""
        _note("started", [time.monotonic(), 0, 0])

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note when the leading process has the answer."""
        _note("answered", [time.monotonic(), 0, 0])
