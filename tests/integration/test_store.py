"""Real runs that fill a store, run into a database that is away or a disk that is full, or are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import postgres
import pytest
from flow import CORES, ROOT, Workshop
from schema import SCHEMA


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("flow"))


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if not postgres.is_here():
        pytest.skip("needs root and PostgreSQL's server (Debian package postgresql)")
    with postgres.running() as running:
        yield running


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
    assert "Since the last run" in (second.folder / "report.html").read_text()


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
    for file in run.folder.glob("*"):
        assert not file.is_file() or postgres.PASSWORD not in file.read_text()


@pytest.mark.requires_root
def test_a_full_disk_keeps_what_was_finished(workshop: Workshop, tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    try:
        run = workshop.run({"one": workshop.bad(), "two": workshop.good()}, environment={"MAILTLS_REPORTS": str(tmp_path)})
        assert run.code != 0
        assert "No space left on device" in " ".join(run.output.split())
        assert len(run.lines()) == 2
        assert not list(run.folder.glob("*.tmp"))
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


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
