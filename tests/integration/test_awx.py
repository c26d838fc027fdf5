"""The set-up of AWX, by the modules of awx.awx as they are, against a stand-in for AWX's API (tests/awx_stand_in.py).

Against a real AWX: MAILTLS_TEST_AWX is its URL, CONTROLLER_OAUTH_TOKEN the token, MAILTLS_TEST_AWX_PROJECT a git URL of this project that
it reaches, MAILTLS_TEST_AWX_CREDENTIAL the name of a machine credential. What is made there has names of its own, and stays.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import awx_stand_in
import foreign_libraries
import pytest
import yaml
from awx_set_up import NEWEST, OLDEST, SLICES, Awx, changed, stand_in
from flow import ROOT


@pytest.fixture(scope="module")
def api() -> awx_stand_in.StandIn:
    return stand_in()


@pytest.fixture(scope="module")
def awx(api: awx_stand_in.StandIn) -> Iterator[Awx]:
    """The AWX of these tests: the stand-in, or the one that MAILTLS_TEST_AWX names."""
    try:
        foreign_libraries.awx_collection()
    except foreign_libraries.Unavailable as error:
        pytest.skip(f"no collection awx.awx: {error}")
    if real := os.environ.get("MAILTLS_TEST_AWX"):
        yield Awx(
            real,
            os.environ["CONTROLLER_OAUTH_TOKEN"],
            {
                "mailtls_awx_prefix": f"mailtls test {uuid.uuid4().hex[:8]}",
                "mailtls_awx_project_url": os.environ["MAILTLS_TEST_AWX_PROJECT"],
                "mailtls_awx_credentials": [os.environ["MAILTLS_TEST_AWX_CREDENTIAL"]],
                "mailtls_awx_schedule_enabled": False,
                "mailtls_awx_notification_url": "https://127.0.0.1/",
            },
        )
        return
    server = awx_stand_in.Server(api)
    yield Awx(
        server.url,
        awx_stand_in.TOKEN,
        {
            "mailtls_awx_prefix": "mailtls",
            "mailtls_awx_project_url": "https://git.invalid/mailtls.git",
            "mailtls_awx_inventory_path": "inventory/fleet.yml",
            "mailtls_awx_image": "registry.invalid/mailtls:1",
            "mailtls_awx_credentials": ["root of the fleet"],
            "mailtls_awx_instance_groups": ["near the fleet"],
            "mailtls_awx_notification_url": "https://chat.invalid/hook",
            "mailtls_awx_approval_timeout": 86400,
        },
    )
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def first(awx: Awx) -> subprocess.CompletedProcess[str]:
    """The run that finds nothing there."""
    done = awx.playbook()
    assert done.returncode == 0, done.stdout
    return done


@pytest.fixture
def made(awx: Awx, first: subprocess.CompletedProcess[str]) -> Awx:
    """An AWX that is set up."""
    return awx


def test_second_run_changes_nothing(awx: Awx, first: subprocess.CompletedProcess[str]) -> None:
    """On the other ansible-core, where there is one: what one core has made is no change to the other."""
    second = awx.playbook(OLDEST if (OLDEST / "ansible-playbook").exists() else NEWEST)
    assert second.returncode == 0, second.stdout
    assert changed(first) > 0
    assert changed(second) == 0, second.stdout


def test_all_is_there(made: Awx) -> None:
    organization = made.all("organizations", name=made.prefix)[0]["id"]
    expected = {
        "projects": {"project"},
        "inventories": {"fleet", "fleet by platform"},
        "job_templates": {"audit", "merge", "remediate", "rollback"},
        "workflow_job_templates": {"audit and report", "approved remediation", "approved rollback"},
        "notification_templates": {"report"},
    }
    found = {endpoint: {item["name"] for item in made.all(endpoint, organization=organization)} for endpoint in expected}
    assert found == {endpoint: {f"{made.prefix} {name}" for name in names} for endpoint, names in expected.items()}


def test_groups_by_platform_come_from_the_fleet(made: Awx) -> None:
    inventory = made.one("inventories", "fleet by platform")
    assert inventory["kind"] == "constructed"
    assert [item["name"] for item in made.all(f"inventories/{inventory['id']}/input_inventories")] == [f"{made.prefix} fleet"]
    [source] = made.all("inventory_sources", inventory=inventory["id"])
    assert set(json.loads(source["source_vars"])["groups"]) == {"windows", "posix"}


def test_only_the_merge_notifies(made: Awx) -> None:
    """A sliced template would notify once for each slice."""
    kinds = ("notification_templates_started", "notification_templates_success", "notification_templates_error")
    templates = {name: made.one("job_templates", name)["id"] for name in ("audit", "merge", "remediate", "rollback")}
    told = {name: [kind for kind in kinds if made.all(f"job_templates/{number}/{kind}")] for name, number in templates.items()}
    assert told == {"audit": [], "merge": list(kinds[1:]), "remediate": [], "rollback": []}


def test_merge_comes_after_the_slices_whatever_became_of_them(made: Awx) -> None:
    assert made.one("job_templates", "audit")["job_slice_count"] == SLICES
    nodes = made.nodes("audit and report")
    assert made.after(nodes, "audit") == {"always_nodes": ["merge"]}
    assert nodes["merge"]["all_parents_must_converge"]
    assert json.loads(made.one("job_templates", "merge")["extra_vars"])["mailtls_awx_slices"] == SLICES
    assert json.loads(made.one("job_templates", "audit")["extra_vars"]) == {"mailtls_slices": SLICES}


def test_remediation_in_a_workflow_is_not_taken_for_a_slice(made: Awx) -> None:
    told = [json.loads(made.one("job_templates", name)["extra_vars"]) for name in ("remediate", "rollback")]
    assert told == [{"mailtls_hand_on": "none"}] * 2


def test_merge_reckons_with_fleets_that_are_smaller_than_the_slices(made: Awx, tmp_path: Path) -> None:
    """The variable is evaluated by the job in AWX; here by ansible, with the same inventory."""
    variables = made.one("job_templates", "merge")["extra_vars"]
    command = [
        NEWEST / "ansible",
        "localhost",
        "-i",
        "one,two,",
        "-e",
        variables,
        "-m",
        "ansible.builtin.debug",
        "-a",
        "var=mailtls_slices",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert re.search(r'"mailtls_slices": "?2"?$', done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize(
    ("workflow", "order"),
    [("approved remediation", ["preview", "approve", "remediate"]), ("approved rollback", ["approve", "rollback"])],
)
def test_nothing_changes_on_a_host_without_an_approval(made: Awx, workflow: str, order: list[str]) -> None:
    nodes = made.nodes(workflow)
    assert set(nodes) == set(order)
    links = {name: made.after(nodes, name) for name in order}
    assert links == {
        **{name: {"success_nodes": [following]} for name, following in zip(order, order[1:], strict=False)},
        order[-1]: {},
    }
    assert "workflow_approval_templates" in nodes["approve"]["related"]["unified_job_template"]
    assert [name for name, node in nodes.items() if name != order[-1] and name != "approve" and node["job_type"] != "check"] == []


def test_night_begins_when_the_time_zone_says(made: Awx) -> None:
    schedule = made.one("schedules", "nightly")
    assert schedule["rrule"] == "DTSTART;TZID=Europe/Berlin:20260101T020000 RRULE:FREQ=DAILY;INTERVAL=1"
    assert schedule["unified_job_template"] == made.one("workflow_job_templates", "audit and report")["id"]


@pytest.mark.parametrize("name", ["audit", "merge", "remediate", "rollback"])
def test_survey_asks_for_what_the_role_takes(made: Awx, name: str) -> None:
    survey = made.request("GET", f"job_templates/{made.one('job_templates', name)['id']}/survey_spec")
    known = yaml.safe_load((ROOT / "roles" / name / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    questions = {question["variable"]: question for question in survey["spec"]}
    assert set(questions) - set(known) == set()
    assert {variable: question["choices"] for variable, question in questions.items() if "choices" in question} == {
        variable: known[variable]["choices"] for variable in questions if "choices" in known[variable]
    }
    assert [variable for variable, question in questions.items() if question["required"] != known[variable].get("required", False)] == []


def test_no_secret_is_handled(made: Awx, api: awx_stand_in.StandIn) -> None:
    if os.environ.get("MAILTLS_TEST_AWX"):
        pytest.skip("only the stand-in tells what it was sent")
    assert [path for method, path, body in api.changes if path.startswith("/api/v2/credential") or awx_stand_in.TOKEN in str(body)] == []


def test_missing_credential_is_named_before_anything_is_made(awx: Awx) -> None:
    done = awx.playbook(mailtls_awx_prefix="another", mailtls_awx_credentials=["nobody's"])
    assert done.returncode != 0
    assert 'AWX has no credential "nobody\'s"' in done.stdout.replace("\\", "")
    assert awx.all("organizations", name="another") == []


def test_missing_collection_is_named(awx: Awx, tmp_path: Path) -> None:
    done = awx.playbook(collections=tmp_path)
    assert done.returncode != 0
    assert "The collection awx.awx is needed to set up AWX" in done.stdout


def test_refusal_of_awx_is_told(awx: Awx) -> None:
    done = awx.playbook(mailtls_awx_organization="x" * 513)
    assert done.returncode != 0
    assert "Unable to create organization" in done.stdout


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("organizations", {"name": "a", "max_hosts": "many"}),
        ("organizations", {"name": 5}),
        ("organizations", {"name": "a", "colour": "red"}),
        ("organizations", {"description": "nameless"}),
        ("execution_environments", {"name": "a", "image": "b", "pull": "sometimes"}),
        ("inventories", {"name": "a", "organization": 4711}),
        ("schedules", {"name": "a", "unified_job_template": 4711, "rrule": "FREQ=DAILY"}),
        ("job_templates", {"name": "a", "job_slice_count": -1}),
        ("job_templates", {"name": "a", "playbook": "playbooks/none.yml"}),
    ],
    ids=["type", "number", "unknown", "missing", "choice", "pointer", "rule", "range", "playbook"],
)
def test_stand_in_refuses_what_awx_would(endpoint: str, body: Mapping[str, Any]) -> None:
    server = awx_stand_in.Server(stand_in())
    try:
        with pytest.raises(HTTPError) as refusal:
            Awx(server.url, awx_stand_in.TOKEN, {"mailtls_awx_prefix": ""}).request("POST", endpoint, body)
        assert refusal.value.code == 400
        refusal.value.close()
    finally:
        server.shutdown()
        server.server_close()
