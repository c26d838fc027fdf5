"""A run from its first to its last line: whatever happens to hosts, to the playbook or to the machine, no host gets lost."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flow import CORES, ROOT, Run, Workshop
from schema import SCHEMA

HOSTILE = "h\u001b]0;owned\u0007\u202e<script>"
EXPECTED = {"good": "UNKNOWN", "bad": "FAIL", "garbage": "ERROR", "broken": "ERROR", "refused": "UNREACHABLE", HOSTILE: "ERROR"}
UNFINISHED = "the play ended before this host was audited"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("flow"))


@pytest.fixture(scope="module")
def fleet(workshop: Workshop) -> dict[str, dict[str, Any]]:
    return {
        "good": workshop.good(),
        "bad": workshop.bad(),
        "garbage": workshop.garbage(),
        "broken": workshop.without_python(),
        "refused": workshop.unreachable(),
        HOSTILE: workshop.garbage(),
    }


@pytest.fixture(scope="module", params=sorted(CORES))
def mixed(workshop: Workshop, fleet: dict[str, dict[str, Any]], request: pytest.FixtureRequest) -> Run:
    """A fleet in which much goes wrong."""
    return workshop.run(fleet, core=request.param)


def test_a_run_in_which_hosts_went_wrong_is_still_a_run(mixed: Run) -> None:
    assert mixed.code == 0, mixed.output
    jsonschema.validate(mixed.results, SCHEMA)


def test_every_host_is_in_the_report_exactly_once_with_its_verdict(mixed: Run) -> None:
    assert mixed.verdicts == EXPECTED
    assert sorted(host["host"] for host in mixed.results["hosts"]) == sorted(EXPECTED)
    assert sorted(host["host"] for host in mixed.lines()) == sorted(EXPECTED)


def test_a_host_that_answers_nonsense_is_an_error_that_says_what_was_wrong(mixed: Run) -> None:
    assert "nonsense" in mixed.hosts["garbage"]["why"]
    assert mixed.hosts["broken"]["why"].endswith("OSError: broken")
    assert [name for name, host in mixed.hosts.items() if "Traceback" in host["why"] or "\n" in host["why"]] == []


def test_the_report_does_nothing_to_the_terminal(mixed: Run) -> None:
    assert "\\x1b]0;owned\\x07\\u202e<script>" in mixed.report
    assert [letter for letter in mixed.report if not letter.isprintable() and letter != "\n"] == []


def test_evidence_is_kept_of_those_hosts_that_gave_some(mixed: Run) -> None:
    assert {path.name for path in (mixed.folder / "evidence").iterdir()} == {"good.json.gz", "bad.json.gz"}


@pytest.mark.parametrize("core", sorted(CORES))
def test_check_mode_comes_to_the_same(workshop: Workshop, core: str) -> None:
    fleet = {"good": workshop.good(), "bad": workshop.bad(), "refused": workshop.unreachable()}
    plain, check = (workshop.run(fleet, *options, core=core) for options in ([], ["--check"]))
    assert (plain.code, check.code) == (0, 0)
    assert plain.hosts == check.hosts


def facts(directory: Path) -> dict[str, dict[str, Any]]:
    """What Ansible's cache in *directory* has of each host."""
    kept = {path.name.rpartition("_")[2]: json.loads(path.read_text()) for path in directory.glob("*")}
    plain = {name: value.get("__payload__", value) for name, value in kept.items()}
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in plain.items()}


def fact_cache(directory: Path) -> dict[str, str]:
    return {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(directory)}


@pytest.mark.parametrize("core", sorted(CORES))
def test_the_fact_cache_gets_a_word_of_each_host_where_that_is_asked_for(workshop: Workshop, tmp_path: Path, core: str) -> None:
    hosts = {"bad": workshop.bad(), "odd": workshop.garbage()}
    assert workshop.run(hosts, "-e", "mailtls_cache_facts=true", core=core, environment=fact_cache(tmp_path)).code == 0
    found = facts(tmp_path)
    assert {name: list(value) for name, value in found.items()} == {"bad": ["mailtls"], "odd": ["mailtls"]}
    assert (found["bad"]["mailtls"]["verdict"], found["bad"]["mailtls"]["causes"]) == ("FAIL", ["legacy_endpoint"])
    assert found["odd"]["mailtls"]["verdict"] == "ERROR"


def test_the_fact_cache_gets_nothing_else(workshop: Workshop, tmp_path: Path) -> None:
    assert workshop.run({"bad": workshop.bad()}, environment=fact_cache(tmp_path)).code == 0
    assert facts(tmp_path) == {}


def test_a_question_of_a_survey_that_stays_empty_asks_for_nothing(workshop: Workshop) -> None:
    run = workshop.run({"good": workshop.good()}, "-e", "mailtls_waivers= mailtls_probe=")
    assert run.code == 0, run.output


@pytest.mark.parametrize("core", sorted(CORES))
@pytest.mark.parametrize(
    ("hosts", "options", "told"),
    [
        ({}, [], "no host"),
        ({"good": {}}, ["--limit", "nobody"], "no hosts to target"),
        ({"good": {}}, ["-e", "mailtls_hosts=nobody"], "No host of the inventory matches mailtls_hosts=nobody"),
        ({"good": {}, "bad": {}}, ["-e", "mailtls_hosts=bad", "--limit", "good"], "within --limit good"),
    ],
    ids=["no inventory", "limit", "hosts", "hosts and limit"],
)
def test_nothing_to_audit_is_no_success(workshop: Workshop, core: str, hosts: dict[str, Any], options: list[str], told: str) -> None:
    run = workshop.run(hosts, *options, core=core)
    assert run.code != 0
    assert told.lower() in " ".join(run.output.lower().split())
    assert not run.folder.exists()


def test_not_one_host_that_could_be_audited_is_no_success(workshop: Workshop) -> None:
    run = workshop.run({"refused": workshop.unreachable(), "garbage": workshop.garbage()})
    assert run.code != 0
    assert "Not one host could be audited (ERROR 1, UNREACHABLE 1)" in " ".join(run.output.split())
    assert run.verdicts == {"refused": "UNREACHABLE", "garbage": "ERROR"}


@pytest.mark.parametrize("core", sorted(CORES))
def test_a_run_without_its_callback_does_not_end_green(workshop: Workshop, core: str, tmp_path: Path) -> None:
    config = tmp_path / "ansible.cfg"
    config.write_text(f"[defaults]\ncollections_path = {ROOT}/playbooks/collections\n")
    run = workshop.run({"good": workshop.good()}, core=core, environment={"ANSIBLE_CONFIG": str(config)})
    assert run.code != 0
    assert "callbacks_enabled = mailtls.fleet.tls_report" in " ".join(run.output.split())


@pytest.mark.parametrize("core", sorted(CORES))
def test_a_report_that_can_not_be_written_stops_the_run_before_the_first_host(workshop: Workshop, core: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = workshop.run({"good": workshop.good()}, core=core, environment={"MAILTLS_REPORTS": str(tmp_path / "file/reports")})
    assert run.code != 0
    assert "Not a directory" in run.output
    assert "Audit this host" not in run.output


def test_a_report_that_can_not_be_written_any_more_does_not_end_green(workshop: Workshop, tmp_path: Path) -> None:
    """The folder goes while hosts are audited: what a full or lost disk would do."""
    reports = tmp_path / "reports"
    python = workshop.script("remover", f'rm -rf {reports}/*/hosts.jsonl; exec {CORES["newest"]}/python "$@"')
    host = {**workshop.bad(), "ansible_python_interpreter": python}
    run = workshop.run({"bad": host}, environment={"MAILTLS_REPORTS": str(reports)})
    assert run.code != 0
    assert "hosts.jsonl" in run.output


GATES = [
    ("none", ["bad", "good", "garbage"], 0),
    ("fail", ["good", "garbage"], 0),
    ("fail", ["good", "bad"], 2),
    ("at_risk", ["good"], 0),
    ("at_risk", ["bad"], 2),
    ("unknown", ["good"], 2),
]


@pytest.mark.parametrize(("gate", "names", "code"), GATES)
def test_the_gate(workshop: Workshop, fleet: dict[str, dict[str, Any]], gate: str, names: list[str], code: int) -> None:
    run = workshop.run({name: fleet[name] for name in names}, "-e", f"mailtls_fail_on={gate}")
    assert run.code == code
    assert ("told to fail on" in run.output) == (code != 0)
    assert sorted(run.verdicts) == sorted(names)


def test_a_gate_that_there_is_not_is_refused_before_the_first_host(workshop: Workshop) -> None:
    run = workshop.run({"good": workshop.good()}, "-e", "mailtls_fail_on=sometimes")
    assert run.code != 0
    assert "sometimes" in run.output
    assert not run.folder.exists()


HEAD = "schema: mailtls.policy/1\n"
POLICIES = {
    "unknown key": (HEAD + "endpoints:\n  x.example.org: {status: stays, source: H1, colour: red}\n", 3, "unknown key 'colour'"),
    "unknown protocol": (HEAD + "service:\n  protocol: {minimum: TLSv1.4, source: H1}\n", 3, "TLSv1.4"),
    "without source": (HEAD + "endpoints:\n  x.example.org:\n    status: stays\n", 4, "every fact names its source"),
    "unknown schema": ("schema: mailtls.policy/9\n", 1, "mailtls.policy/1"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_with_a_mistake_is_refused_naming_file_and_line(workshop: Workshop, tmp_path: Path, name: str) -> None:
    text, line, expected = POLICIES[name]
    file = tmp_path / "policy.yml"
    file.write_text(text)
    run = workshop.run({"good": workshop.good()}, "-e", json.dumps({"mailtls_policy": [str(file)]}))
    output = " ".join(run.output.split())
    assert run.code != 0
    assert f"{file}, line {line}:" in output
    assert expected in output
    assert not run.folder.exists()


def own_playbook(directory: Path, text: str) -> Path:
    path = directory / "own.yml"
    path.write_text(text)
    return path


NEVER_REACHED = """
- hosts: all
  serial: 1
  gather_facts: false
  any_errors_fatal: true
  pre_tasks:
    - ansible.builtin.fail: {msg: our own check}
      when: inventory_hostname == 'second'
  roles:
    - mailtls.fleet.audit
"""


@pytest.mark.parametrize("core", sorted(CORES))
def test_hosts_that_a_play_of_ones_own_never_reached_are_in_the_report(workshop: Workshop, tmp_path: Path, core: str) -> None:
    fleet = {name: workshop.bad() for name in ("first", "second", "third")}
    run = workshop.run(fleet, core=core, playbook=own_playbook(tmp_path, NEVER_REACHED))
    assert run.code != 0
    assert run.verdicts == {"first": "FAIL", "second": "ERROR", "third": "ERROR"}
    assert {run.hosts[name]["why"] for name in ("second", "third")} == {UNFINISHED}
    jsonschema.validate(run.results, SCHEMA)


def test_kill_9_in_the_middle_loses_no_finished_host(workshop: Workshop) -> None:
    fleet = {"bad": workshop.bad(), "good": workshop.good(), "slow": workshop.slow()}
    inventory, environment = workshop.inventory(fleet), workshop.environment()
    command = workshop.command("newest", inventory)
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        finished = wait_for_lines(Path(environment["MAILTLS_REPORTS"]), 2)
        process.kill()
        process.wait()
        [folder] = Path(environment["MAILTLS_REPORTS"]).iterdir()
        assert (folder / "hosts.jsonl").read_bytes() == finished
        assert {json.loads(line)["host"] for line in finished.splitlines()} == {"bad", "good"}
        assert {path.name for path in (folder / "evidence").iterdir()} == {"bad.json.gz", "good.json.gz"}
    finally:
        process.kill()
        # Ansible's workers are no part of its process group; they end with their hosts.
        workshop.end_slow()


def wait_for_lines(reports: Path, count: int) -> bytes:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for file in reports.glob("*/hosts.jsonl"):
            content = file.read_bytes()
            if content.count(b"\n") >= count:
                return content
        time.sleep(0.1)
    pytest.fail(f"no {count} hosts were finished in a minute")


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_on_a_terminal_unless_it_is_not_wanted(workshop: Workshop, environment: dict[str, str], coloured: bool) -> None:
    ours, theirs = pty.openpty()
    variables = workshop.environment(TERM="xterm", **environment)
    inventory = workshop.inventory({"bad": workshop.bad()})
    process = subprocess.Popen(workshop.command("newest", inventory), cwd=ROOT, env=variables, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    output = read_all(ours)
    assert process.wait() == 0
    report = output.partition("Mail TLS audit ")[2]
    assert ("\x1b[1;31mFAIL\x1b[0m" in report) == coloured
    assert "FAIL" in report
    assert coloured or "\x1b[3" not in report


def read_all(descriptor: int) -> str:
    chunks = []
    try:
        while chunk := os.read(descriptor, 65536):
            chunks.append(chunk)
    except OSError:  # the other side is closed
        pass
    os.close(descriptor)
    return b"".join(chunks).decode("utf-8", "replace")
