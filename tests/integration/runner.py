"""Jobs as AWX runs them: a copy of the project through ansible-runner's transmit, worker and process, with nothing else handed on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flow import ROOT

from ansible_collections.mailtls.fleet.plugins.module_utils.version import VERSION

PROGRAM = str(Path(sys.executable).parent / "ansible-runner")
PROJECT = ("ansible.cfg", "galaxy.yml", "meta", "playbooks", "plugins", "roles")
# Seconds, and many, because what else the machine does says nothing of a job.
_PATIENCE = 600


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


def without_ids_and_times(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the document *whole* without what differs between any two runs, a midnight between slices included."""
    run = {key: value for key, value in whole["run"].items() if key not in ("id", "started", "finished", "merged")}
    notes = [note for note in whole.get("notes", []) if note["kind"] != "days_differ"]
    return {**whole, "run": run, "notes": notes}


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

    def pretend_version(self, version: str) -> None:
        """Make the copy one of another release."""
        file = self._project / "plugins/module_utils/version.py"
        text = file.read_text()
        file.write_text(text.replace(VERSION, version))

    def start(
        self,
        name: str,
        playbook: str,
        inventory: Mapping[str, Any],
        variables: Mapping[str, Any],
        store: str = "none",
        forks: int = 5,
        timeout: int = 0,
        within: Sequence[str] = (),
    ) -> Started:
        """Begin the job *name*.

        *store* is what a credential sets as MAILTLS_STORE, *timeout* the seconds that it may take, 0: any, *within* the beginning of a
        command that runs the rest where the hosts are reached.
        """
        private = self._directory / name / "private"
        reports = self._directory / name / "reports"
        (private / "env").mkdir(parents=True)
        (private / "inventory").mkdir()
        (private / "project").symlink_to(self._project)
        (private / "inventory/hosts.json").write_text(json.dumps({"all": inventory}))
        (private / "env/extravars").write_text(json.dumps(dict(variables)))
        (private / "env/settings").write_text(json.dumps({"job_timeout": timeout}))
        (private / "env/envvars").write_text(json.dumps({"MAILTLS_REPORTS": str(reports), "MAILTLS_STORE": store}))
        return Started(self._directory / name, f"playbooks/{playbook}", reports, forks, within)


class Started:
    """A job that runs."""

    def __init__(self, directory: Path, playbook: str, reports: Path, forks: int, within: Sequence[str] = ()) -> None:
        self.reports = reports
        self._processed = directory / "processed"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAILTLS_"))}
        environment = {**kept, "PATH": f"{Path(PROGRAM).parent}:{os.environ['PATH']}"}
        sent, self._stream = directory / "sent", directory / "stream"
        with sent.open("wb") as stream:
            transmit = [PROGRAM, "transmit", str(directory / "private"), "-p", playbook, "--ident", "job", "--forks", str(forks)]
            subprocess.run(transmit, stdout=stream, env=environment, check=True, timeout=_PATIENCE)
        with sent.open("rb") as given, self._stream.open("wb") as stream:
            command = [*within, PROGRAM, "worker"]
            self._worker = subprocess.Popen(command, stdin=given, stdout=stream, stderr=subprocess.DEVNULL, env=environment)

    def has_finished_a_host(self) -> bool:
        """Whether a host is in the run folder."""
        return any(path.stat().st_size for path in self.reports.glob("2*/hosts.jsonl"))

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until *holds* says yes."""
        end = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < end, self._stream.read_text()
            assert self._worker.poll() is None, self._stream.read_text()
            time.sleep(0.05)

    def cancel(self) -> None:
        """Cancel the job."""
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
