"""The lab's fleet, audited over SSH: every host is in the report once, with the verdict that it has to get, and unchanged."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from audits import CORES, Audits, Run
from fleet import FLEET, SECRET
from lab import snapshot
from lab.container import File
from lab.host import User
from lab.session import Lab
from runner import Runner, Started, without_ids_and_times
from schema import SCHEMA

# What logging in itself touches.
TOUCHED = ("/tmp", "/var/log", "/run", "/root/.ansible")


@pytest.fixture(scope="module")
def audits(lab: Lab) -> Iterator[Audits]:
    hosts = {}
    for name, member in FLEET.items():
        hosts[name] = lab.host(name, member.image, users=[User(user) for user in member.users])
        hosts[name].put(dict(member.files))
    hosts["nonsense"] = lab.host(
        "nonsense", "bookworm-minimal", files={"/usr/local/bin/python3": File("#!/bin/sh\necho nonsense\n", mode=0o755)}
    )
    inventory = lab.inventory("fleet", hosts.values(), unreachable={"refused": lab.network.refusing_address()})
    document = json.loads(inventory.read_text())
    document["all"]["hosts"]["nonsense"]["ansible_python_interpreter"] = "/usr/local/bin/python3"
    inventory.write_text(json.dumps(document))
    yield Audits(lab, "fleet", hosts, inventory)
    for host in hosts.values():
        host.stop()


@pytest.fixture(params=sorted(CORES))
def run(audits: Audits, request: pytest.FixtureRequest) -> Run:
    return audits.run(request.param)


def test_the_run_succeeds_and_its_document_is_valid(run: Run) -> None:
    assert run.done.returncode == 0, run.done.stdout + run.done.stderr
    jsonschema.validate(run.results, SCHEMA)


def test_every_host_of_the_inventory_is_in_the_report_once(run: Run) -> None:
    names = [host["host"] for host in run.results["hosts"]]
    assert sorted(names) == sorted([*FLEET, "nonsense", "refused"])
    lines = [json.loads(line)["host"] for line in (run.folder / "hosts.jsonl").read_text().splitlines()]
    assert sorted(lines) == sorted(names)


@pytest.mark.parametrize("name", FLEET)
def test_the_host_gets_its_verdict(run: Run, name: str) -> None:
    host, member = run.hosts[name], FLEET[name]
    accounts = {
        finding["account"]["user"]: (finding["verdict"], finding["cause"]) for finding in host["findings"] if finding["check"] == "account"
    }
    assert accounts == member.accounts
    assert host["verdict"] == member.verdict, host["why"]
    assert member.why in host["why"]
    unreadable = " ".join(finding["why"] for finding in host["findings"] if finding["check"] == "coverage")
    assert [file for file in member.unreadable if file not in unreadable] == []


def test_a_host_whose_python_answers_nonsense_is_audited_by_its_shell_and_one_that_does_not_answer_unreachable(run: Run) -> None:
    assert (run.hosts["nonsense"]["verdict"], run.hosts["nonsense"]["reach"]) == ("PASS", "shell"), run.hosts["nonsense"]["why"]
    [why] = [gap["why"] for gap in run.hosts["nonsense"]["gaps"] if gap["what"] == "reach"]
    assert "nonsense" in why
    assert "Traceback" not in why
    assert run.hosts["refused"]["verdict"] == "UNREACHABLE"


def test_evidence_is_kept_of_every_audited_host(run: Run) -> None:
    kept = {path.name.removesuffix(".json.gz") for path in (run.folder / "evidence").iterdir()}
    assert kept == {*FLEET, "nonsense"}


def test_no_password_and_no_escape_sequence_leaves_a_host(run: Run) -> None:
    texts = [path.read_bytes() for path in run.folder.rglob("*.json*") if path.suffix != ".gz"]
    texts += [gzip.decompress(path.read_bytes()) for path in (run.folder / "evidence").iterdir()]
    assert not [text for text in texts if SECRET.encode() in text]
    assert SECRET not in run.done.stdout
    assert "\x1b" not in run.done.stdout


def test_both_cores_and_check_mode_come_to_the_same(audits: Audits) -> None:
    newest, oldest, check = (audits.run(*arguments).hosts for arguments in (["newest"], ["oldest"], ["newest", "--check"]))
    for name in FLEET:
        assert newest[name] == oldest[name] == check[name]


def test_slices_through_ansible_runner_merge_to_the_unsliced_run(audits: Audits, tmp_path: Path) -> None:
    """As in AWX, every third host by name is a slice; ids and times aside, the merged document is that of the unsliced run."""
    runner, whole = Runner(tmp_path), json.loads(audits.inventory.read_text())["all"]
    within, names = audits.lab.network.enter(), sorted(whole["hosts"])

    def start(job: int, playbook: str, hosts: list[str], variables: dict[str, Any]) -> Started:
        part = {**whole, "hosts": {name: whole["hosts"][name] for name in hosts}}
        return runner.start(str(job), playbook, part, {"awx_job_id": job, **variables}, within=within)

    slices = [start(number, "audit.yml", names[number - 1 :: 3], {"awx_workflow_job_id": 40}) for number in (1, 2, 3)]
    artifacts = {name: value for job in [job.wait() for job in slices] for name, value in job.artifacts.items()}
    assert len(artifacts) == 3
    merged = start(4, "merge.yml", names, {**artifacts, "awx_workflow_job_id": 39}).wait()
    assert merged.status == "successful", merged.output
    assert without_ids_and_times(json.loads((merged.folder / "results.json").read_text())) == without_ids_and_times(
        audits.run("newest").results
    )


@pytest.mark.parametrize("core", sorted(CORES))
def test_over_paramiko_a_host_comes_to_the_same(audits: Audits, core: str) -> None:
    """A host that answers nonsense needs no second way; one that is away is away by both."""
    names = ["clean-trixie", "fetchmail-pinned", "several-users", "unreadable", "refused"]
    # paramiko looks for host keys in the home directory alone.
    (audits.home / ".ssh").mkdir(parents=True, exist_ok=True)
    (audits.home / ".ssh/known_hosts").write_text(audits.inventory.with_name("known_hosts").read_text())
    options = ["-e", "ansible_connection=ansible.builtin.paramiko_ssh", "--limit", ",".join(names)]
    run = audits.run(core, *options)
    assert run.done.returncode == 0, run.done.stdout + run.done.stderr
    assert sorted(run.hosts) == sorted(names)
    over_openssh = audits.run("newest").hosts
    for name in names[:-1]:
        assert run.hosts[name] == over_openssh[name]
    assert run.hosts["refused"]["verdict"] == "UNREACHABLE"
    jsonschema.validate(run.results, SCHEMA)


def test_the_gate_fails_the_run_and_the_report_is_still_there(audits: Audits) -> None:
    run = audits.run("newest", "-e", "mailtls_fail_on=fail")
    assert run.done.returncode != 0
    assert "told to fail on fail" in run.done.stdout + run.done.stderr
    assert "FAIL: " in run.done.stdout


def test_nothing_on_a_host_changes(audits: Audits) -> None:
    before = {name: audits.hosts[name].snapshot() for name in FLEET}
    audits.run("newest", "-e", "mailtls_timeout=11")
    for name in FLEET:
        changed = snapshot.differences(before[name], audits.hosts[name].snapshot())
        assert [path for path in changed if not str(path).startswith(TOUCHED)] == []
