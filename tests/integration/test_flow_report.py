"""What a run leaves behind, whom it excepts, when it ends red, and what it says on its way: from real runs."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import threading
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flow import CORES, ROOT, Run, Workshop
from schema import SCHEMA

RENDERED = {"report.html", "hosts.csv", "summary.md", "junit.xml", "metrics.prom"}
WAIVER = "schema: mailtls.waivers/1\nwaivers:\n  - {whom}\n    reason: being replaced\n    owner: office-it\n    until: {until}\n"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("flow"))


def rendered(run: Run) -> set[str]:
    return {path.name for path in run.folder.iterdir()} & RENDERED


def variables(**values: Any) -> list[str]:
    return ["-e", json.dumps({f"mailtls_{name}": value for name, value in values.items()})]


class TestFormats:
    @pytest.mark.parametrize("core", sorted(CORES))
    def test_all_of_them_by_default(self, workshop: Workshop, core: str) -> None:
        run = workshop.run({"bad": workshop.bad()}, core=core)
        assert run.code == 0, run.output
        assert rendered(run) == RENDERED
        assert "report.html" in run.report
        assert "1 host of 1 has a mail client that stops working" in (run.folder / "report.html").read_text()

    def test_those_that_the_run_asks_for_or_else_the_callback(self, workshop: Workshop) -> None:
        fleet, environment = {"bad": workshop.bad()}, {"MAILTLS_FORMATS": "junit,csv"}
        assert rendered(workshop.run(fleet, environment=environment)) == {"junit.xml", "hosts.csv"}
        assert rendered(workshop.run(fleet, *variables(formats=["markdown"]), environment=environment)) == {"summary.md"}

    @pytest.mark.parametrize("way", ["variable", "environment"])
    def test_one_that_there_is_not_is_refused_before_the_first_host(self, workshop: Workshop, way: str) -> None:
        environment = {"MAILTLS_FORMATS": "pdf"} if way == "environment" else {}
        run = workshop.run({"bad": workshop.bad()}, *(variables(formats=["pdf"]) if way == "variable" else []), environment=environment)
        assert run.code != 0
        assert "pdf" in run.output
        assert not run.folder.exists()

    def test_one_that_can_not_be_written_makes_the_run_red_and_costs_nothing_else(self, workshop: Workshop, tmp_path: Path) -> None:
        reports = tmp_path / "reports"
        python = workshop.script(
            "blocker", f'for run in {reports}/2*; do mkdir -p "$run/report.html"; done; exec {CORES["newest"]}/python "$@"'
        )
        run = workshop.run(
            {"bad": {**workshop.bad(), "ansible_python_interpreter": python}}, environment={"MAILTLS_REPORTS": str(reports)}
        )  # fmt: skip
        assert run.code != 0
        assert "report.html could not be made" in " ".join(run.output.split())
        assert run.verdicts == {"bad": "FAIL"}
        assert rendered(run) == RENDERED
        assert (run.folder / "metrics.prom").read_text().startswith("# HELP")
        assert "FAIL: 1 host" in run.report


class TestWaivers:
    @pytest.mark.parametrize("core", sorted(CORES))
    @pytest.mark.parametrize("whom", ["host: ba?", "group: ungrouped", "group: all", "check: account"])
    def test_a_waived_host_lets_the_run_pass_and_is_reported(self, workshop: Workshop, tmp_path: Path, core: str, whom: str) -> None:
        file = tmp_path / "waivers.yml"
        file.write_text(
            WAIVER.format(whom=whom, until="2026-12-31") + WAIVER.partition("waivers:\n")[2].format(whom="host: x", until="2026-12-01")
        )
        run = workshop.run({"bad": workshop.bad()}, *variables(waivers=[str(file)], fail_on="fail"), core=core)
        assert run.code == 0, run.output
        assert run.verdicts == {"bad": "WAIVED"}
        jsonschema.validate(run.results, SCHEMA)
        assert [(item["place"], item["findings"]) for item in run.results["waivers"]] == [(f"{file}:3", 1), (f"{file}:7", 0)]
        assert "unused" in run.report

    def test_an_expired_one_does_not(self, workshop: Workshop, tmp_path: Path) -> None:
        file = tmp_path / "waivers.yml"
        file.write_text(WAIVER.format(whom="host: bad", until="2026-01-31"))
        run = workshop.run({"bad": workshop.bad()}, *variables(waivers=[str(file)], fail_on="fail"))
        assert run.code != 0
        assert run.verdicts == {"bad": "FAIL"}
        assert "Its waiver, of office-it, ended on 2026-01-31." in run.hosts["bad"]["why"]

    def test_a_mistake_is_refused_before_the_first_host(self, workshop: Workshop, tmp_path: Path) -> None:
        file = tmp_path / "waivers.yml"
        file.write_text(WAIVER.format(whom="host: bad", until="2027-01-01"))
        run = workshop.run({"bad": workshop.bad()}, *variables(waivers=[str(file)]))
        assert run.code != 0
        assert f"The waivers can't be used: {file}, line 6:" in " ".join(run.output.split())
        assert not run.folder.exists()


@pytest.mark.parametrize(("least", "code"), [(50, 0), (50.1, 2)])
def test_a_least_coverage(workshop: Workshop, least: float, code: int) -> None:
    run = workshop.run({"bad": workshop.bad(), "garbage": workshop.garbage()}, *variables(min_coverage=least))
    assert run.code == code
    assert ("The coverage is 50 %, and has to be at least 50.1 %" in " ".join(run.output.split())) == (code != 0)
    assert sorted(run.verdicts) == ["bad", "garbage"]


def test_a_coverage_that_is_no_share_is_refused(workshop: Workshop) -> None:
    run = workshop.run({"bad": workshop.bad()}, *variables(min_coverage=101))
    assert run.code != 0
    assert "0 to 100" in run.output


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_told_on_a_terminal_only(workshop: Workshop, terminal: bool) -> None:
    pythons = {
        name: workshop.script(name, f'sleep {seconds}; exec {CORES["newest"]}/python "$@"') for name, seconds in (("late", 2), ("later", 5))
    }
    fleet = {name: {**workshop.bad(), "ansible_python_interpreter": python} for name, python in pythons.items()}
    environment = workshop.environment(MAILTLS_PROGRESS="1", NO_COLOR="1")
    output = _on_terminal(workshop.command("newest", workshop.inventory(fleet)), environment, terminal)
    assert ("1 of 2 hosts finished, 1 failing so far, less than a minute left" in output) == terminal
    assert "FAIL: 2 hosts" in output


def _on_terminal(command: list[str], environment: dict[str, str], terminal: bool) -> str:
    ours, theirs = pty.openpty() if terminal else os.pipe()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    chunks: list[bytes] = []
    reader = threading.Thread(target=_read, args=(ours, chunks))
    reader.start()
    assert process.wait(timeout=120) == 0
    reader.join()
    return b"".join(chunks).decode("utf-8", "replace")


def _read(descriptor: int, chunks: list[bytes]) -> None:
    try:
        while chunk := os.read(descriptor, 65536):
            chunks.append(chunk)
    except OSError:  # the other side of a terminal is closed
        pass
    os.close(descriptor)
