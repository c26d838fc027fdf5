"""Real runs that fill a store, run into a database that is away or a disk that is full, or are killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import postgres
import pytest
import record_factory as make
from flow import CORES, ROOT, Run, Workshop
from schema import SCHEMA

from ansible_collections.mailtls.fleet.plugins.plugin_utils.database import Store
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder

REPORT = ROOT / "playbooks/report.yml"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("flow"))


def report(reports: Path, *options: str, core: str = "newest", **values: object) -> Run:
    """Run report.yml, from a directory with no inventory of its own."""
    variables = json.dumps({f"mailtls_{name}": value for name, value in values.items()})
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAILTLS_"))}
    done = subprocess.run(
        [str(CORES[core] / "ansible-playbook"), str(REPORT), "-e", variables, *options],
        cwd=ROOT, env={**kept, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "MAILTLS_REPORTS": str(reports), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False, text=True,
    )  # fmt: skip
    newest = max((path for path in reports.iterdir() if path.is_dir() and not path.is_symlink()), key=lambda path: path.stat().st_ctime)
    return Run(done.returncode, done.stdout, newest)


@pytest.mark.parametrize("core", sorted(CORES))
def test_the_second_run_tells_what_changed(workshop: Workshop, tmp_path: Path, core: str) -> None:
    environment = {"MAILTLS_REPORTS": str(tmp_path)}
    first = workshop.run({"one": workshop.bad(), "two": workshop.good()}, core=core, environment=environment)
    assert "Changes" not in first.report
    assert first.code == 0, first.output
    time.sleep(1.1)  # runs are told apart by the second
    second = workshop.run({"one": workshop.good(), "two": workshop.bad()}, core=core, environment=environment)
    assert second.code == 0, second.output
    assert "1 newly failing" in second.report
    assert "newly failing: two" in second.report
    assert "1 newly failing" in (second.folder / "summary.md").read_text()
    page = (second.folder / "report.html").read_text()
    assert "Since the last run" in page

    (second.folder / "report.html").unlink()
    again = report(tmp_path, core=core, formats=["html"])
    assert again.code == 0, again.output
    assert (second.folder / "report.html").read_text() == page

    back = report(tmp_path, run=first_id(second, tmp_path), compare="latest", core=core)
    assert "newly failing: one" in back.output

    merged = report(tmp_path, runs=sorted(run_ids(tmp_path)), expected_hosts=["one", "two", "never"], core=core)
    assert merged.code == 0, merged.output
    assert merged.verdicts == {"never": "ERROR", "one": second.verdicts["one"], "two": "FAIL"}
    assert {note["kind"] for note in merged.results["notes"]} == {"duplicate_hosts", "lost_hosts"}

    waived = tmp_path / "waivers.yml"
    waived.write_text("schema: mailtls.waivers/1\nwaivers:\n  - host: two\n    reason: r\n    owner: o\n    until: 2026-12-20\n")
    anew = report(tmp_path, waivers=[str(waived)], today="2026-12-20", core=core)
    assert anew.code == 0, anew.output
    assert anew.verdicts["two"] == "WAIVED"
    assert report(tmp_path, waivers=[str(waived)], today="2026-12-21", core=core).verdicts["two"] == "FAIL"


def test_a_run_is_compared_with_one_that_only_the_store_has(tmp_path: Path) -> None:
    folder = RunFolder.create(str(tmp_path), "now")
    folder.append(make.record("a"))
    folder.write_results(document.build(folder.records(), {**make.RUN, "id": "now"}))
    store = Store(f"sqlite:///{tmp_path}/history.sqlite")
    for run_id, day, verdict in (("then", "10", "PASS"), ("between", "15", "FAIL")):
        store.add(document.build([make.record("a", verdict)], {**make.RUN, "id": run_id, "started": f"2026-11-{day}T10:00:00Z"}))
    store.close()
    told = report(tmp_path, run="now", compare="then")
    assert told.code == 0, told.output
    assert "since then: 1 newly failing" in told.output
    assert "has no run 'nosuch'" in " ".join(report(tmp_path, run="now", compare="nosuch").output.split())


def test_a_run_removes_the_ones_that_need_not_be_kept_any_longer(workshop: Workshop, tmp_path: Path) -> None:
    keep = json.dumps({"mailtls_keep_runs": 1, "mailtls_remove_folders": True})
    first = workshop.run({"one": workshop.bad()}, environment={"MAILTLS_REPORTS": str(tmp_path)})
    assert first.code == 0, first.output
    older = first.folder.resolve()
    time.sleep(1.1)  # runs are told apart by the second
    second = workshop.run({"one": workshop.good()}, "-e", keep, environment={"MAILTLS_REPORTS": str(tmp_path)})
    assert second.code == 0, second.output
    assert f"since {older.name}: " in " ".join(second.report.split())
    store = Store(f"sqlite:///{tmp_path}/history.sqlite")
    assert [run for run, _started in store.runs()] == [second.folder.resolve().name]
    store.close()
    assert not older.exists()


def test_a_run_that_can_not_keep_its_store_short_does_not_begin(workshop: Workshop) -> None:
    run = workshop.run({"one": workshop.good()}, "-e", json.dumps({"mailtls_store": "none", "mailtls_keep_days": 9}))
    assert run.code == 2
    assert "keep_runs and keep_days tell how long the store keeps runs, and there is none" in " ".join(run.output.split())
    assert not run.folder.exists()


def test_a_database_that_is_away_costs_nothing_and_is_filled_later(workshop: Workshop, server: postgres.Server) -> None:
    server.stop()
    try:
        run = workshop.run({"bad": workshop.bad()}, "-e", json.dumps({"mailtls_store": server.url}), environment={"NO_COLOR": "1"})
    finally:
        server.start()
    assert run.code != 0
    assert "playbooks/report.yml puts it into the store later" in " ".join(run.output.split())
    assert postgres.PASSWORD not in run.output
    assert "1 host of 1 has a mail client that stops working" in (run.folder / "report.html").read_text()
    jsonschema.validate(run.results, SCHEMA)
    filled = report(run.folder.parent, store=server.url)
    assert filled.code == 0, filled.output
    assert postgres.PASSWORD not in filled.output
    store = Store(server.url)
    assert store.verdicts(run.results["run"]["id"]).hosts == {"bad": "FAIL"}
    store.close()
    for file in run.folder.glob("*"):
        assert not file.is_file() or postgres.PASSWORD not in file.read_text()


@pytest.mark.requires_root
def test_a_full_disk_keeps_what_was_finished(workshop: Workshop, tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    try:
        run = workshop.run({"one": workshop.bad(), "two": workshop.good()}, environment={"MAILTLS_REPORTS": str(tmp_path)})
        assert run.code != 0
        assert re.search("No space left on device|disk is full", " ".join(run.output.split()))  # whichever file comes to it first
        assert len(run.lines()) == 2
        assert not list(run.folder.glob("*.tmp"))
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def run_ids(reports: Path) -> list[str]:
    return [path.name for path in reports.iterdir() if path.is_dir() and not path.is_symlink()]


def first_id(second: Run, reports: Path) -> str:
    return next(name for name in run_ids(reports) if name != second.folder.resolve().name)


def killed(workshop: Workshop, reports: Path) -> Path:
    """A run that is killed when one of its two hosts is finished; its folder."""
    inventory = workshop.inventory({"done": workshop.bad(), "slow": workshop.slow()})
    process = subprocess.Popen(
        workshop.command("newest", inventory), cwd=ROOT, env=workshop.environment(MAILTLS_REPORTS=str(reports)),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        while not any(path.stat().st_size for path in reports.glob("*/hosts.jsonl")):
            assert process.poll() is None
            time.sleep(0.1)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        workshop.end_slow()
    return next(path for path in reports.iterdir() if path.is_dir())


def test_a_killed_run_keeps_its_hosts_and_knows_whom_it_lost(workshop: Workshop, tmp_path: Path) -> None:
    folder = killed(workshop, tmp_path)
    assert not (folder / "results.json").exists()
    plan = json.loads((folder / "run.json").read_text())
    assert plan["expected"] == ["done", "slow"]
    assert [json.loads(line)["verdict"] for line in (folder / "hosts.jsonl").read_text().splitlines()] == ["FAIL"]

    told = report(tmp_path, run=folder.name)
    assert told.code == 0, told.output
    assert "The run did not finish" in told.output
    assert "the run ended before this host was audited" in told.output
    assert "Incomplete" in (folder / "report.html").read_text()
    assert not (folder / "results.json").exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"run": "nosuch"}, "there is no run 'nosuch'"),
        ({"run": "../../etc"}, "there is no run"),
        ({"today": "tomorrow", "run": "latest"}, "there is no run"),
        ({"formats": ["pdf"]}, "pdf"),
    ],
)
def test_what_can_not_be_reported_is_named(tmp_path: Path, values: dict[str, object], says: str) -> None:
    (tmp_path / "empty").mkdir()
    told = report(tmp_path, **values)
    assert told.code != 0
    assert says in " ".join(told.output.split())
