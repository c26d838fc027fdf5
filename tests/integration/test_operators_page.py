"""docs/awx.md followed step by step, as far as that goes without an AWX: its API by a stand-in, its jobs by ansible-runner.

What the workflow does is read from what the set-up left: the templates' playbooks, variables, slices, and the notification's body. The
image is not built, and what AWX itself does between jobs is done here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import awx_stand_in
import foreign_libraries
import jinja2.sandbox
import pytest
import web_server
import yaml
from awx_set_up import Awx, stand_in
from flow import ROOT, Workshop
from runner import Job, Runner, without_ids_and_times

PAGE = (ROOT / "docs/awx.md").read_text()
MERGE_WORKFLOW, SLICE_WORKFLOW = 39, 40
pytestmark = pytest.mark.requires_root


def block(language: str) -> str:
    """The first block of code of that language in the page's section on the set-up."""
    section = PAGE.partition("## Set-up")[2].partition("\n## ")[0]
    found = re.search(rf"^ *```{language}\n(.*?)^ *```", section, re.DOTALL | re.MULTILINE)
    assert found, language
    lines = found[1].splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[indent:] for line in lines) + "\n"


class Operator:
    """Somebody who does what the page says."""

    def __init__(self, directory: Path, reports: str) -> None:
        self.api = stand_in()
        self._server = awx_stand_in.Server(self.api)
        self._values = directory / "awx.yml"
        # The one value that has to be another: that host takes no files.
        self._values.write_text(block("yaml").replace("https://reports.example.org", reports))
        self.values = yaml.safe_load(self._values.read_text())
        self.awx = Awx(self._server.url, awx_stand_in.TOKEN, {"mailtls_awx_prefix": "mailtls"})
        for name in self.values["mailtls_awx_credentials"]:
            self.api.seed("credentials", name=name, credential_type=1)

    def set_up(self) -> subprocess.CompletedProcess[str]:
        """Step 5, by the page's own lines."""
        [export, playbook] = re.findall(r"^\$ (.*)$", block("console"), re.MULTILINE)
        lines = export.replace("https://awx.example.org", self._server.url).replace("OAUTH_TOKEN=...", f"OAUTH_TOKEN={awx_stand_in.TOKEN}")
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(foreign_libraries.awx_collection()),
            "HOME": str(self._values.parent),
        }
        command = f"{lines} && {playbook.replace('@awx.yml', f'@{self._values}')}"
        return subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def template(self, node: dict[str, Any]) -> dict[str, Any]:
        return self.awx.request("GET", f"job_templates/{node['unified_job_template']}")

    def leave(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def launch(operator: Operator, runner: Runner, inventory: dict[str, Any]) -> Job:
    """Step 6: launch the workflow, and return the job of its last node, as AWX would run it."""
    nodes = operator.awx.nodes("audit and report")
    audit, merge = operator.template(nodes["audit"]), operator.template(nodes["merge"])
    names = sorted(inventory["hosts"])
    slices = min(audit["job_slice_count"], len(names))
    started = []
    for number in range(slices):
        part = {**inventory, "hosts": {name: inventory["hosts"][name] for name in names[number::slices]}}
        variables = {**json.loads(audit["extra_vars"]), "awx_job_id": 41 + number, "awx_workflow_job_id": SLICE_WORKFLOW}
        started.append(runner.start(f"slice-{number}", Path(audit["playbook"]).name, part, variables, forks=audit["forks"]))
    artifacts = {name: value for job in started for name, value in job.wait().artifacts.items()}
    assert operator.awx.after(nodes, "audit") == {"always_nodes": ["merge"]}
    variables = {**json.loads(merge["extra_vars"]), **artifacts, "awx_job_id": 60, "awx_workflow_job_id": MERGE_WORKFLOW}
    return runner.start("merge", Path(merge["playbook"]).name, inventory, variables, forks=merge["forks"]).wait()


def notification(operator: Operator, job: Job) -> Any:
    """What AWX sends when the job has ended."""
    [template] = operator.awx.all("notification_templates")
    body = template["messages"]["success"]["body"]
    told = {"job": {"artifacts": job.artifacts}, "job_friendly_name": "Job", "url": ""}
    return json.loads(jinja2.sandbox.ImmutableSandboxedEnvironment().from_string(body).render(told))


def test_the_page_leads_from_nothing_to_a_report(tmp_path: Path) -> None:
    try:
        foreign_libraries.awx_collection()
    except foreign_libraries.Unavailable as error:
        pytest.skip(f"no collection awx.awx: {error}")
    (tmp_path / "shop").mkdir()
    (tmp_path / "jobs").mkdir()
    shop, runner = Workshop(tmp_path / "shop"), Runner(tmp_path / "jobs")
    hosts = {**{f"good{number}": shop.good() for number in range(4)}, "bad": shop.bad(), "away": shop.unreachable()}
    inventory = json.loads(shop.inventory(hosts).read_text())["all"]
    with web_server.running() as reports:
        operator = Operator(tmp_path, reports.url)
        try:
            done = operator.set_up()
            assert done.returncode == 0, done.stdout + done.stderr
            job = launch(operator, runner, inventory)
            assert job.status == "successful", job.output
            told = notification(operator, job)
        finally:
            operator.leave()
    results = json.loads((job.folder / "results.json").read_text())
    assert {host["host"] for host in results["hosts"]} == set(hosts)
    assert {host["host"]: host["verdict"] for host in results["hosts"] if host["host"] in ("bad", "away")} == {
        "bad": "FAIL",
        "away": "UNREACHABLE",
    }
    assert len(results["run"]["merged"]) == operator.values["mailtls_awx_slices"]
    assert without_ids_and_times(results)["notes"] == []
    delivered = {path.rpartition("/")[2]: body for path, (_header, body) in reports.received.items()}
    assert {path.rpartition("/")[0] for path in reports.received} == {f"/mailtls/{job.folder.name}"}
    assert delivered == {name: (job.folder / name).read_bytes() for name in delivered}
    assert {"results.json", "report.html", "summary.md"} <= set(delivered)
    assert told == {"text": (job.folder / "summary.md").read_text()}
