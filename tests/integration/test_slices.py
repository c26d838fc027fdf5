"""Slices of a fleet as AWX runs them, and the job that merges them: nothing is lost without a word, and the whole is the unsliced run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
import web_server
from runner import Job, Runner, without_ids_and_times
from sliced import MERGING, RENDERINGS, SLICES, Fleet, merged_folder, notes, results

from ansible_collections.mailtls.fleet.plugins.plugin_utils import artifact, merge, saved_run, slice_rows
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database import Store


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(tmp_path_factory.mktemp("slices"))


@pytest.fixture
def reports() -> Iterator[web_server.Server]:
    with web_server.running() as server:
        yield server


def test_the_merged_report_is_that_of_the_unsliced_run(fleet: Fleet) -> None:
    job = fleet.runner.start("merge", "merge.yml", fleet.inventory(fleet.hosts), {**fleet.artifacts, **MERGING}).wait()
    assert job.status == "successful", job.output
    assert {path.name for path in job.folder.iterdir()} >= RENDERINGS
    merged = {host["host"]: host for host in results(job.folder)["hosts"]}
    for name, host in fleet.whole.hosts.items():
        assert merged[name] == host, f"{merged[name]['why']} / {host['why']}"
    assert without_ids_and_times(results(job.folder)) == without_ids_and_times(fleet.whole.results)
    assert {source["slice"] for source in results(job.folder)["run"]["merged"]} == {"job 41", "job 42", "job 43"}
    assert job.artifacts["mailtls_summary"] == (job.folder / "summary.md").read_text()
    assert "Mail TLS audit " in job.output


def test_a_slice_hands_on_one_variable_of_its_own_that_no_template_can_hide_in(fleet: Fleet) -> None:
    assert sorted(fleet.artifacts) == ["mailtls_fleet_41", "mailtls_fleet_42", "mailtls_fleet_43"]
    assert "{{" not in json.dumps(list(fleet.artifacts.values()))


def test_a_host_is_few_and_small_events(fleet: Fleet) -> None:
    for job in fleet.jobs:
        for host in {event["event_data"]["host"] for event in job.events if "host" in event.get("event_data", {})}:
            assert len(job.events_of(host)) <= 10
            assert max(len(json.dumps(event)) for event in job.events_of(host)) < 50_000


def test_what_is_lost_is_named(fleet: Fleet) -> None:
    left = {**fleet.artifacts, "mailtls_fleet_42": {}, "mailtls_fleet_77": "nonsense {{ lookup('pipe', 'touch ' ~ playbook_dir) }}"}
    del left["mailtls_fleet_43"]
    run = fleet.merge(left, "-e", "mailtls_slices=3")
    assert run.code == 0, run.output
    folder = merged_folder(run)
    told = notes(folder)
    assert "The artifact mailtls_fleet_42 is lost: it is empty" in told
    assert "The artifact mailtls_fleet_77 is lost: expected an artifact" in told
    assert "1 of 3 slices left something" in told
    audited = sorted(fleet.hosts)[0::SLICES]
    verdicts = {host["host"]: (host["verdict"], host["why"] == merge.LOST) for host in results(folder)["hosts"]}
    assert set(verdicts) == set(fleet.hosts)
    assert {name for name, (verdict, lost) in verdicts.items() if verdict == "ERROR" and lost} == set(fleet.hosts).difference(audited)


def test_nothing_left_is_an_error_that_names_it(fleet: Fleet) -> None:
    run = fleet.merge({"mailtls_fleet_41": {}})
    assert run.code == 2
    assert "The artifact mailtls_fleet_41 is lost: it is empty" in " ".join(run.output.split())


def test_the_gate_closes_after_all_else(fleet: Fleet, tmp_path: Path) -> None:
    run = fleet.merge(fleet.artifacts, "-e", "mailtls_fail_on=fail", "-e", f"mailtls_deliver_to={tmp_path}")
    assert run.code == 2
    assert "The run was told to fail on fail" in run.output
    assert {path.name for path in (tmp_path / merged_folder(run).name).iterdir()} == RENDERINGS


def test_hosts_in_two_slices_and_different_policies_are_told(fleet: Fleet) -> None:
    twice = artifact.unpack(fleet.artifacts["mailtls_fleet_41"])
    twice["run"] = {**twice["run"], "id": "other", "policy": "another policy", "finished": "2099-01-01T00:00:00Z"}
    run = fleet.merge({**fleet.artifacts, "mailtls_fleet_99": artifact.pack(twice, artifact.DEFAULT_LIMIT)})
    assert run.code == 0, run.output
    told = notes(merged_folder(run))
    assert "duplicate_hosts: 2 hosts are in more than one run" in told
    assert "policies_differ: " in told
    assert "clock: " in told


def test_slices_of_another_release_are_told(fleet: Fleet, tmp_path: Path) -> None:
    newer = Runner(tmp_path)
    newer.pretend_version("99.0.0")
    names = sorted(fleet.hosts)[1::SLICES]
    part = fleet.inventory({name: fleet.hosts[name] for name in names})
    job = newer.start("42", "audit.yml", part, {"awx_job_id": 42, "awx_workflow_job_id": 40}).wait()
    run = fleet.merge({**fleet.artifacts, **job.artifacts})
    assert run.code == 0, run.output
    told = notes(merged_folder(run))
    assert "versions_differ: The runs were made by different versions of mailtls.fleet: " in told
    assert ", 99.0.0." in told
    assert "duplicate_hosts" not in told  # one of the two artifacts of that name counts


def test_a_web_server_that_refuses_the_report_is_told_without_the_credential(fleet: Fleet, reports: web_server.Server) -> None:
    reports.status = 403
    target = {
        "mailtls_deliver_to": f"{reports.url}/audits",
        "mailtls_deliver_headers": {"Authorization": "s3cret"},
    }
    run = fleet.merge(fleet.artifacts, "-e", json.dumps(target))
    assert run.code == 2
    told = " ".join(run.output.split())
    assert "127.0.0.1 did not take results.json: Status code was 403" in told
    assert "s3cret" not in run.output


def test_the_report_goes_to_a_web_server_and_the_credential_nowhere_else(fleet: Fleet, reports: web_server.Server) -> None:
    target = {
        "mailtls_deliver_to": f"{reports.url}/audits",
        "mailtls_deliver_headers": {"Authorization": "s3cret"},
    }
    run = fleet.merge(fleet.artifacts, "-v", "-e", json.dumps(target))
    assert run.code == 0, run.output
    folder = merged_folder(run)
    assert reports.received == {f"/audits/{folder.name}/{name}": ("s3cret", (folder / name).read_bytes()) for name in RENDERINGS}
    assert "s3cret" not in run.output


def test_a_cancelled_slice_leaves_its_finished_hosts(fleet: Fleet) -> None:
    hosts = {"web1": fleet.hosts["web1"], "slow1": fleet.shop.slow()}
    started = fleet.runner.start("51", "audit.yml", fleet.inventory(hosts), {"awx_job_id": 51})
    started.until(started.has_finished_a_host)
    started.cancel()
    job: Job = started.wait()
    fleet.shop.end_slow()
    assert job.status != "successful"
    assert job.artifacts == {}
    run = fleet.merge({}, "-e", json.dumps({"mailtls_runs": [str(job.folder)]}))
    assert run.code == 0, run.output
    verdicts = {host["host"]: host["verdict"] for host in results(merged_folder(run))["hosts"]}
    assert verdicts["web1"] == fleet.whole.verdicts["web1"]
    assert verdicts["slow1"] == verdicts["db1"] == "ERROR"
    assert "unexpected_hosts: 1 host is in a run and not in the inventory: slow1." in notes(merged_folder(run))


def test_too_many_hosts_for_an_artifact_fail_before_the_first(fleet: Fleet) -> None:
    run = fleet.shop.run(fleet.hosts, "-e", "mailtls_hand_on=artifact", "-e", "mailtls_artifact_limit=150")
    assert run.code == 2
    assert "5 hosts do not fit into an artifact of 150 bytes" in " ".join(run.output.split())
    assert "mailtls_store" in run.output
    assert not run.folder.exists()


def test_a_fleet_that_is_too_large_for_artifacts_is_told_before_the_first_host(fleet: Fleet) -> None:
    run = fleet.shop.run(fleet.hosts, "-e", json.dumps({"mailtls_hand_on": "auto", "mailtls_slices": 5000}))
    assert run.code == 2
    assert "5,000 slices of 5 hosts are more than the 20,000 hosts" in " ".join(run.output.split())
    assert "a PostgreSQL that mailtls_store or MAILTLS_STORE names" in " ".join(run.output.split())
    assert not run.folder.exists()


def wait_for_rows(server: postgres.Server, workflow: int, hosts: set[str]) -> None:
    """Wait until *hosts* are among what the slices of *workflow* left in the store: what writes them outlives a job that is killed."""
    store, end = Store(server.url), time.monotonic() + 600
    found: set[str] = set()
    while not hosts <= found:
        assert time.monotonic() < end, found
        time.sleep(0.2)
        parts = slice_rows.documents(store, str(workflow))
        found = {host["host"] for part in parts for host in part["hosts"] if host["why"] != saved_run.CUT_SHORT}
    store.close()


def test_a_job_that_ran_out_of_time_leaves_all_that_was_finished(fleet: Fleet, server: postgres.Server) -> None:
    """As ansible-runner does it for AWX: the whole process group is killed, and no hook is called."""
    hosts = {"web1": fleet.hosts["web1"], "web2": fleet.hosts["web2"], "slow1": fleet.shop.slow()}
    # A busy machine may not get to the hosts in so many seconds: then in twice as many.
    for seconds in (20, 40, 80, 160):
        variables = {"awx_job_id": seconds, "awx_workflow_job_id": seconds}
        started = fleet.runner.start(f"timed-{seconds}", "audit.yml", fleet.inventory(hosts), variables, server.url, timeout=seconds)
        job = started.wait()
        lines = job.folder / "hosts.jsonl"
        if lines.exists() and len(lines.read_text().splitlines()) == 2:
            break
    fleet.shop.end_slow()
    assert job.status == "timeout"
    assert job.artifacts == {}
    wait_for_rows(server, seconds, {"web1", "web2"})
    run = fleet.merge({}, "-e", json.dumps({"mailtls_workflow": str(seconds), "mailtls_store": server.url, "mailtls_slices": 2}))
    assert run.code == 0, run.output
    merged = {host["host"]: host for host in results(merged_folder(run))["hosts"]}
    assert {name: merged[name] for name in ("web1", "web2")} == {name: fleet.whole.hosts[name] for name in ("web1", "web2")}
    assert (merged["slow1"]["verdict"], merged["slow1"]["why"]) == ("ERROR", saved_run.CUT_SHORT)
    assert merged["db1"]["why"] == merge.LOST
    assert "lost_slices: 1 of 2 slices left something." in notes(merged_folder(run))


class Stored:
    """The jobs of a sliced run that goes through a PostgreSQL, with one that is cancelled, and the merge of what they left."""

    def __init__(self, fleet: Fleet, server: postgres.Server) -> None:
        slow = {"late1": fleet.hosts["web2"], "slow1": fleet.shop.slow()}
        variables = {"awx_job_id": 44, "awx_workflow_job_id": 40}
        cancelled = fleet.runner.start("stored-44", "audit.yml", fleet.inventory(slow), variables, server.url)
        started = [fleet.start(number, "stored-", server.url) for number in range(SLICES)]
        self.jobs = [job.wait() for job in started]
        cancelled.until(cancelled.has_finished_a_host)
        cancelled.cancel()
        self.cancelled = cancelled.wait()
        fleet.shop.end_slow()
        wait_for_rows(server, 40, {"late1"})
        self.artifacts = {name: value for job in [*self.jobs, self.cancelled] for name, value in job.artifacts.items()}
        everything = fleet.inventory({**fleet.hosts, **slow})
        self.merged = fleet.runner.start("stored-merge", "merge.yml", everything, {**self.artifacts, **MERGING}, server.url).wait()


@pytest.fixture(scope="module")
def stored(fleet: Fleet, server: postgres.Server) -> Stored:
    return Stored(fleet, server)


def test_slices_in_a_database_merge_to_the_unsliced_run(fleet: Fleet, stored: Stored) -> None:
    assert stored.merged.status == "successful", stored.merged.output
    merged = {host["host"]: host for host in results(stored.merged.folder)["hosts"]}
    assert {name: merged[name] for name in fleet.hosts} == fleet.whole.hosts
    assert {len(json.dumps(value)) < 500 for value in stored.artifacts.values()} == {True}


def test_a_slice_that_is_cancelled_leaves_its_finished_hosts_in_the_database(fleet: Fleet, stored: Stored) -> None:
    assert stored.cancelled.artifacts == {}
    merged = {host["host"]: host for host in results(stored.merged.folder)["hosts"]}
    assert merged["late1"]["verdict"] == fleet.whole.verdicts["web2"] == "FAIL"
    assert (merged["slow1"]["verdict"], merged["slow1"]["why"]) == ("ERROR", saved_run.CUT_SHORT)
    assert "unfinished: 1 run did not come to an end: " in notes(stored.merged.folder)


def test_only_the_merged_run_is_a_run_of_the_database(stored: Stored, server: postgres.Server) -> None:
    store = Store(server.url)
    known = {run for run, _started in store.runs()}
    store.close()
    merged = results(stored.merged.folder)["run"]
    assert merged["id"] in known
    assert len(merged["merged"]) == SLICES + 1
    assert not known & {source["id"] for source in merged["merged"]}


def test_password_of_the_database_is_nowhere(stored: Stored) -> None:
    for job in [*stored.jobs, stored.cancelled, stored.merged]:
        assert postgres.PASSWORD not in json.dumps(job.events)
        assert not [file for file in job.folder.glob("*") if file.is_file() and postgres.PASSWORD in file.read_text()]


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("postgresql://postgres:", "postgresql://nobody:", 'password authentication failed for user "nobody"'),
        (postgres.PASSWORD, "wr0ng-passw0rd", 'password authentication failed for user "postgres"'),
    ],
)
def test_a_slice_whose_database_refuses_it_fails_before_the_first_host(
    fleet: Fleet, server: postgres.Server, right: str, wrong: str, says: str
) -> None:
    stranger = server.url.replace(right, wrong)
    run = fleet.shop.run(fleet.hosts, "-e", json.dumps({"mailtls_hand_on": "auto", "mailtls_workflow": "40", "mailtls_store": stranger}))
    assert run.code == 2
    assert says in " ".join(run.output.split()).replace("\\", "")
    assert postgres.PASSWORD not in run.output
    assert "wr0ng-passw0rd" not in run.output
    assert not run.folder.exists()


def test_a_database_that_is_away_costs_the_merge_no_report(fleet: Fleet, tmp_path: Path) -> None:
    away = {"mailtls_store": f"postgresql://u:s3cret-w0rd@/d?host={tmp_path}", "mailtls_deliver_to": str(tmp_path)}
    run = fleet.merge(fleet.artifacts, "-e", json.dumps(away))
    assert run.code == 2
    assert postgres.PASSWORD not in run.output
    [delivered] = tmp_path.glob("2*")
    assert {path.name for path in delivered.iterdir()} == RENDERINGS
    assert "store: Earlier runs are not told, and this one is in no store: the store postgresql" in notes(delivered)
    assert results(delivered)["summary"] == fleet.whole.results["summary"]


def test_slices_in_a_database_that_the_merge_can_not_use_are_named(fleet: Fleet, stored: Stored) -> None:
    run = fleet.merge(stored.artifacts)
    assert run.code == 2
    told = " ".join(run.output.split())
    assert "The slice of the artifact mailtls_fleet_41 is lost: it was put into the store, and this job has none that it can use" in told


def test_a_database_that_goes_away_in_mid_run_costs_no_host(fleet: Fleet, server: postgres.Server) -> None:
    hosts = {"web1": fleet.hosts["web1"], "slow1": fleet.shop.slow()}
    variables = {"awx_job_id": 45, "awx_workflow_job_id": 45}
    started = fleet.runner.start("gone-45", "audit.yml", fleet.inventory(hosts), variables, server.url)
    started.until(started.has_finished_a_host)
    server.stop()
    try:
        fleet.shop.end_slow()
        job = started.wait()
    finally:
        server.start()
    assert job.status == "failed"
    assert "This run can't be handed on: the store postgresql" in " ".join(job.output.split())
    assert postgres.PASSWORD not in job.output
    assert {host["host"] for host in results(job.folder)["hosts"]} == set(hosts)
    run = fleet.merge({}, "-e", json.dumps({"mailtls_runs": [str(job.folder)]}))
    assert run.code == 0, run.output
    assert {host["host"]: host for host in results(merged_folder(run))["hosts"]}["web1"] == fleet.whole.hosts["web1"]
