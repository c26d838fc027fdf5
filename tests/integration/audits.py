"""Runs of the audit's playbook over a fleet of the lab, on the oldest and the newest ansible-core."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.host import Host
from lab.session import Lab

ROOT = Path(__file__).parents[2]
CORES = {"newest": Path(sys.executable).parent, "oldest": ROOT / ".venv-2.16/bin"}


@dataclass
class Run:
    """One run of the playbook."""

    done: subprocess.CompletedProcess[str]
    folder: Path

    @property
    def results(self) -> dict[str, Any]:
        return json.loads((self.folder / "results.json").read_text())

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        return {host["host"]: host for host in self.results["hosts"]}


class Audits:
    """Runs of the playbook over one fleet, called *name*, each made once."""

    def __init__(self, lab: Lab, name: str, hosts: dict[str, Host], inventory: Path) -> None:
        self.lab, self.name, self.hosts, self.inventory = lab, name, hosts, inventory
        self.home = lab.directory / f"{name}-home"
        self._runs: dict[tuple[str, ...], Run] = {}

    def run(self, core: str, *options: str) -> Run:
        key = (core, *options)
        if key not in self._runs:
            reports = self.lab.directory / f"{self.name}-reports-{len(self._runs)}"
            done = self.lab.run(
                [str(CORES[core] / "ansible-playbook"), "-i", str(self.inventory), "playbooks/audit.yml", *options],
                cwd=ROOT,
                env={"MAILTLS_REPORTS": str(reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "HOME": str(self.home)},
                timeout=300,
            )
            self._runs[key] = Run(done, reports / "latest")
        return self._runs[key]
