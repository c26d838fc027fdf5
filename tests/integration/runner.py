"""Jobs as AWX runs them: a copy of the project through ansible-runner's transmit, worker and process, with nothing else handed on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flow import ROOT

PROGRAM = str(Path(sys.executable).parent / "ansible-runner")
PROJECT = ("ansible.cfg", "galaxy.yml", "meta", "playbooks", "plugins", "roles")
_PATIENCE = 60


@dataclass
class Job:
    """A job that has ended.

    Attributes:
        status: what ansible-runner says of it.
        events: its events.
        folder: the run folder, where the job had a place for it that outlived it.
    """

    status: str
    events: list[dict[str, Any]]
    folder: Path

    @property
    def artifacts(self) -> dict[str, Any]:
        """What AWX hands on to the next node of a workflow."""
        found: dict[str, Any] = {}
        for event in self.events:
            found.update(event.get("event_data", {}).get("artifact_data", {}))
        return found

    @property
    def output(self) -> str:
        """All that was printed."""
        return "\n".join(event["stdout"] for event in sorted(self.events, key=lambda event: event["counter"]))

    def events_of(self, host: str) -> list[dict[str, Any]]:
        """The events that name *host*."""
        return [event for event in self.events if event.get("event_data", {}).get("host") == host]


class Runner:
    """A place with a copy of the project, and the means to run jobs from it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._project = directory / "project"
        self._project.mkdir()
        for name in PROJECT:
            whole = ROOT / name
            copy = shutil.copytree if whole.is_dir() else shutil.copy
            options = {"symlinks": True, "ignore": shutil.ignore_patterns("__pycache__")} if whole.is_dir() else {}
            copy(whole, self._project / name, **options)

    def start(
        self,
        name: str,
        playbook: str,
        inventory: Mapping[str, Any],
        variables: Mapping[str, Any],
        store: str = "none",
        forks: int = 5,
        timeout: int = 0,
    ) -> Started:
        """Begin the job *name*; *store* is what a credential sets as MAILTLS_STORE, *timeout* the seconds that it may take, 0: any."""
        private = self._directory / name / "private"
        reports = self._directory / name / "reports"
        (private / "env").mkdir(parents=True)
        (private / "inventory").mkdir()
        (private / "project").symlink_to(self._project)
        (private / "inventory/hosts.json").write_text(json.dumps({"all": inventory}))
        (private / "env/extravars").write_text(json.dumps(dict(variables)))
        (private / "env/settings").write_text(json.dumps({"job_timeout": timeout}))
        (private / "env/envvars").write_text(json.dumps({"MAILTLS_REPORTS": str(reports), "MAILTLS_STORE": store}))
        return Started(self._directory / name, f"playbooks/{playbook}", reports, forks)


class Started:
    """A job that runs."""

    def __init__(self, directory: Path, playbook: str, reports: Path, forks: int) -> None:
        self.reports = reports
        self._processed = directory / "processed"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAILTLS_"))}
        environment = {**kept, "PATH": f"{Path(PROGRAM).parent}:{os.environ['PATH']}"}
        sent, self._stream = directory / "sent", directory / "stream"
        with sent.open("wb") as stream:
            transmit = [PROGRAM, "transmit", str(directory / "private"), "-p", playbook, "--ident", "job", "--forks", str(forks)]
            subprocess.run(transmit, stdout=stream, env=environment, check=True, timeout=_PATIENCE)
        with sent.open("rb") as given, self._stream.open("wb") as stream:
            self._worker = subprocess.Popen([PROGRAM, "worker"], stdin=given, stdout=stream, stderr=subprocess.DEVNULL, env=environment)

    def cancel_when(self, holds: Callable[[], bool]) -> None:
        """Cancel the job as soon as *holds* says yes."""
        end = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < end, self._stream.read_text()
            assert self._worker.poll() is None, self._stream.read_text()
            time.sleep(0.05)
        self._worker.send_signal(signal.SIGTERM)

    def wait(self, patience: int = _PATIENCE) -> Job:
        """Return the job when it has ended, which takes at most *patience* seconds."""
        self._worker.wait(patience)
        with self._stream.open("rb") as stream:
            subprocess.run(
                [PROGRAM, "process", str(self._processed), "--ident", "job"], stdin=stream, stdout=subprocess.DEVNULL, check=False
            )
        artifacts = self._processed / "artifacts/job"
        status = (artifacts / "status").read_text() if (artifacts / "status").exists() else "unknown"
        events = [json.loads(file.read_text()) for file in sorted(artifacts.glob("job_events/*.json"))]
        folders = [path for path in self.reports.glob("2*") if path.is_dir()]
        return Job(status, events, folders[0] if folders else self.reports)
