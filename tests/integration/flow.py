"""Real runs of ansible-playbook over hosts that are directories of this machine: for what matters is the run, not the host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
AUDIT = ROOT / "playbooks/audit.yml"
CORES = {"newest": Path(sys.executable).parent, "oldest": ROOT / ".venv-2.16/bin"}
RETIRED = 'poll imap-legacy.office365.com protocol imap user "u" password "p" is alice here ssl\n'


@dataclass
class Run:
    """One run that has ended: its exit code, all that it printed, and its folder, which need not be there."""

    code: int
    output: str
    folder: Path

    @property
    def results(self) -> dict[str, Any]:
        """The whole document."""
        return json.loads((self.folder / "results.json").read_text())

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        """The records of the document by host."""
        return {host["host"]: host for host in self.results["hosts"]}

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdicts of the document by host."""
        return {name: host["verdict"] for name, host in self.hosts.items()}

    @property
    def report(self) -> str:
        """What was printed from the report's first line on."""
        _before, found, report = self.output.partition("Mail TLS audit ")
        return found + report

    def lines(self) -> list[dict[str, Any]]:
        """The host records in the order in which they were written."""
        return [json.loads(line) for line in (self.folder / "hosts.jsonl").read_text().splitlines()]


class Workshop:
    """A directory with hosts of several kinds, and the means to run playbooks over them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._runs = 0
        self._slow = directory / "is-slow"

    def script(self, name: str, text: str) -> str:
        """Make a program that stands for a host's Python; return its path."""
        path = self.directory / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    def good(self) -> dict[str, Any]:
        """A host whose only account is on the name that stays, for a program that is not installed: no FAIL."""
        return self._tree("good", RETIRED.replace("imap-legacy", "outlook"))

    def bad(self) -> dict[str, Any]:
        """A host with an account on a retired name: FAIL."""
        return self._tree("bad", RETIRED)

    def garbage(self) -> dict[str, Any]:
        """A host that answers nonsense."""
        return {"ansible_python_interpreter": self.script("garbage", "printf '\\033[31m{nonsense\\n\\377\\n'")}

    def without_python(self) -> dict[str, Any]:
        """A host whose Python fails with words of its own."""
        says = "Traceback (most recent call last):\nOSError: broken"
        return {"ansible_python_interpreter": self.script("broken", f"echo '{says}' >&2; exit 1")}

    def unreachable(self) -> dict[str, Any]:
        """A host that refuses connections."""
        return {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_args": "-F none"}

    def slow(self) -> dict[str, Any]:
        """A host that does not come to an end before `end_slow`."""
        self._slow.touch()
        return {"ansible_python_interpreter": self.script("slow", f"while [ -e {self._slow} ]; do sleep 0.1; done")}

    def end_slow(self) -> None:
        """Let slow hosts come to an end."""
        self._slow.unlink()

    def inventory(self, hosts: Mapping[str, Mapping[str, Any]]) -> Path:
        """Write an inventory; hosts are local and their reach is Python unless they say otherwise."""
        path = self.directory / f"inventory-{self._runs}.yml"
        variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "mailtls_reach": "python"}
        path.write_text(json.dumps({"all": {"hosts": dict(hosts), "vars": variables}}))
        return path

    def command(self, core: str, inventory: Path, options: Sequence[str] = (), playbook: Path = AUDIT) -> list[str]:
        """Return the command that runs *playbook*."""
        return [str(CORES[core] / "ansible-playbook"), "-i", str(inventory), str(playbook), *options]

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the environment of the next run: this one's without what would change Ansible or its colours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAILTLS_", "NO_COLOR"))}
        self._runs += 1
        reports = str(self.directory / f"reports-{self._runs}")
        return {**kept, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "MAILTLS_REPORTS": reports, **changes}

    def run(
        self,
        hosts: Mapping[str, Mapping[str, Any]],
        *options: str,
        core: str = "newest",
        playbook: Path = AUDIT,
        environment: Mapping[str, str] | None = None,
    ) -> Run:
        """Run *playbook* over *hosts*."""
        inventory, variables = self.inventory(hosts), self.environment(**(environment or {}))
        done = subprocess.run(
            self.command(core, inventory, options, playbook),
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
        return Run(done.returncode, done.stdout.decode("utf-8", "replace"), Path(variables["MAILTLS_REPORTS"]) / "latest")

    def _tree(self, name: str, fetchmailrc: str) -> dict[str, Any]:
        home = self.directory / name / "home/alice"
        home.mkdir(parents=True, exist_ok=True)
        (self.directory / name / "etc").mkdir(exist_ok=True)
        (self.directory / name / "etc/os-release").write_text("ID=debian\nVERSION_ID=12\n")
        (home / ".fetchmailrc").write_text(fetchmailrc)
        return {"mailtls_root": str(self.directory / name)}
