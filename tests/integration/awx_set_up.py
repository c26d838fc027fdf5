"""An AWX, or the stand-in for its API, and the means to run playbooks/awx.yml against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import awx_stand_in
import foreign_libraries
from flow import ROOT

NEWEST = Path(sys.executable).parent
OLDEST = ROOT / ".venv-2.16/bin"
SLICES = 3


class Awx:
    """An AWX, and the means to run the playbook against it."""

    def __init__(self, url: str, token: str, variables: Mapping[str, Any]) -> None:
        self.variables = {"mailtls_awx_slices": SLICES, "mailtls_awx_time_zone": "Europe/Berlin", **variables}
        self.prefix = self.variables["mailtls_awx_prefix"]
        self._url, self._token = url, token

    def playbook(self, programs: Path = NEWEST, collections: Path | None = None, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run the playbook, and return how it went."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAILTLS_", "CONTROLLER_"))}
        environment = {
            **kept,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(collections or foreign_libraries.awx_collection()),
            "CONTROLLER_HOST": self._url,
            "CONTROLLER_OAUTH_TOKEN": self._token,
        }
        given = json.dumps({**self.variables, **variables})
        command = [str(programs / "ansible-playbook"), "playbooks/awx.yml", "-e", given]
        return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def request(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer of the API. Raises HTTPError."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self._url}/api/v2/{path}/?{urlencode(query)}", data, headers, method=method)) as answer:
            return json.load(answer)

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All objects of a list."""
        return self.request("GET", path, **query)["results"]

    def one(self, endpoint: str, name: str) -> dict[str, Any]:
        """The object of that name after the prefix."""
        [found] = self.all(endpoint, name=f"{self.prefix} {name}")
        return found

    def nodes(self, workflow: str) -> dict[str, dict[str, Any]]:
        """The nodes of a workflow by identifier."""
        found = self.all("workflow_job_template_nodes", workflow_job_template=self.one("workflow_job_templates", workflow)["id"])
        return {node["identifier"]: node for node in found}

    def after(self, nodes: Mapping[str, dict[str, Any]], identifier: str) -> dict[str, list[str]]:
        """The nodes that follow a node, by the kind of link."""
        paths = {kind: f"workflow_job_template_nodes/{nodes[identifier]['id']}/{kind}" for kind in ("always_nodes", "success_nodes")}
        return {kind: names for kind, path in paths.items() if (names := [node["identifier"] for node in self.all(path)])}


def stand_in() -> awx_stand_in.StandIn:
    """Return a stand-in that knows our playbooks, with what an operator has there before."""
    api = awx_stand_in.StandIn(f"playbooks/{path.name}" for path in (ROOT / "playbooks").glob("*.yml"))
    api.seed("credentials", name="root of the fleet", credential_type=1)
    api.seed("instance_groups", name="near the fleet")
    return api


def changed(done: subprocess.CompletedProcess[str]) -> int:
    """How many tasks the recap calls changed."""
    found = re.search(r"changed=(\d+)", done.stdout)
    assert found, done.stdout
    return int(found[1])
