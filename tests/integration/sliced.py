"""A fleet whose audit is divided as AWX divides it, and the job that merges what the slices left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flow import ROOT, Run, Workshop
from runner import Runner, Started

# The job that merges is a node of the outer workflow; AWX makes one of its own for the slices.
MERGING = {"awx_job_id": 46, "awx_workflow_job_id": 39}
MERGE = ROOT / "playbooks/merge.yml"
SLICES = 3
RENDERINGS = {"results.json", "report.html", "hosts.csv", "summary.md", "junit.xml", "metrics.prom"}


class Fleet:
    """Hosts of several kinds, what an unsliced run says of them, and what the jobs of a sliced one left."""

    def __init__(self, directory: Path) -> None:
        (directory / "shop").mkdir()
        (directory / "jobs").mkdir()
        self.shop = Workshop(directory / "shop")
        self.runner = Runner(directory / "jobs")
        good, bad = self.shop.good(), self.shop.bad()
        self.hosts = {"web1": good, "web2": bad, "db1": good, "far1": self.shop.unreachable(), "odd1": self.shop.garbage()}
        started = [self.start(number) for number in range(SLICES)]
        self.whole = self.shop.run(self.hosts)
        self.jobs = [job.wait() for job in started]
        self.artifacts = {name: value for job in self.jobs for name, value in job.artifacts.items()}

    def inventory(self, hosts: Mapping[str, Any]) -> dict[str, Any]:
        return json.loads(self.shop.inventory(hosts).read_text())["all"]

    def start(self, number: int, prefix: str = "", store: str = "none") -> Started:
        """Begin the job of a slice: AWX takes every n-th host by name, and says which job it is, not which slice."""
        names = sorted(self.hosts)[number::SLICES]
        job = 41 + number
        variables = {"awx_job_id": job, "awx_workflow_job_id": 40}
        part = self.inventory({name: self.hosts[name] for name in names})
        return self.runner.start(f"{prefix}{job}", "audit.yml", part, variables, store)

    def merge(self, artifacts: Mapping[str, Any], *options: str) -> Run:
        """Merge *artifacts* from a terminal."""
        given = self.shop.directory / "artifacts.json"
        given.write_text(json.dumps(dict(artifacts)))
        return self.shop.run(self.hosts, "-e", f"@{given}", *options, playbook=MERGE, environment={"MAILTLS_STORE": "none"})


def merged_folder(run: Run) -> Path:
    """The folder of the only run below the reports: what is merged does not become `latest`."""
    (folder,) = (path for path in run.folder.parent.iterdir() if path.is_dir() and not path.is_symlink())
    return folder


def results(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "results.json").read_text())


def notes(folder: Path) -> str:
    return "\n".join(f"{note['kind']}: {note['text']}" for note in results(folder).get("notes", []))
