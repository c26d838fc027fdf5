"""Hosts that are stand-ins: what stands for their Python answers at once, with the evidence that this machine gave.

So what is measured is the controller, all of its work for a host but for SSH: the play, the workers, the payload, the verdict, the report.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import evidence_factory as factory
from flow import ROOT

PLAYBOOK_PROGRAM = Path(sys.executable).parent / "ansible-playbook"
# Of so many hosts one has an account that fails.
FAILING = 20


def programs(directory: Path) -> tuple[str, str]:
    """Make, in *directory*, the programs that stand for the Python of a host whose only account works, and of one whose account fails."""
    evidence = _evidence_of_this_machine(directory)
    accounts = {"works": factory.account(), "fails": factory.account(settings=[factory.setting("sslproto", "TLS1")])}
    works, fails = (_program(directory, name, {**evidence, "clients": [factory.client(account)]}) for name, account in accounts.items())
    return works, fails


def inventory(programs: tuple[str, str], hosts: int) -> dict[str, Any]:
    """Return an inventory of *hosts* with these *programs*."""
    works, fails = programs
    return {
        "hosts": {f"host{number:06}": {"ansible_python_interpreter": fails} if number % FAILING == 0 else {} for number in range(hosts)},
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": works, "mailtls_reach": "python"},
    }


def _evidence_of_this_machine(directory: Path) -> dict[str, Any]:
    environment = {**os.environ, "MAILTLS_REPORTS": str(directory / "reports"), "MAILTLS_STORE": "none"}
    subprocess.run([PLAYBOOK_PROGRAM, "playbooks/audit.yml"], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    [saved] = directory.glob("reports/latest/evidence/*")
    evidence: dict[str, Any] = json.loads(gzip.decompress(saved.read_bytes()))
    return evidence


def _program(directory: Path, name: str, evidence: dict[str, Any]) -> str:
    answer = directory / f"{name}.json"
    answer.write_text(json.dumps({"changed": False, "evidence": evidence}))
    program = directory / name
    program.write_text(f"#!/bin/sh\nexec cat {answer}\n")
    program.chmod(0o755)
    print(f"evidence of a host that {name}: {answer.stat().st_size:,} bytes")
    return str(program)
