"""Saved runs: found again, whole where they were killed, judged anew, and kept as long as is asked for."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import evidence_factory as factory
import fleet_generator
import jsonschema
import pytest
import record_factory as make
from schema import SCHEMA

from ansible_collections.mailtls.fleet.plugins.plugin_utils import retention, saved_run, waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database import Store
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import diff, document
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder, RunFolderError

PLAN = {"run": {**make.RUN, "finished": None}, "expected": ["done", "lost"], "waivers": []}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder.create(str(tmp_path), "run-1")
    made.append(make.record("done"))
    return made


def judge(today: str = "2026-11-24", *given: waivers.Waiver) -> saved_run.Judge:
    return saved_run.Judge(policy_load.load(), given, datetime.date.fromisoformat(today), lambda host: {"all", f"group-of-{host}"})


class TestFind:
    @pytest.mark.parametrize("name", ["run-1", "latest", "{path}", "{path}/results.json"])
    def test_by_id_or_path(self, folder: RunFolder, tmp_path: Path, name: str) -> None:
        folder.latest()
        assert saved_run.find(str(tmp_path), name.format(path=folder.path)).path == folder.path

    @pytest.mark.parametrize("name", ["run-2", "", ".", "/etc"])
    def test_what_is_no_run_is_refused(self, folder: RunFolder, tmp_path: Path, name: str) -> None:
        with pytest.raises(RunFolderError, match="there is no run"):
            saved_run.find(str(tmp_path), name)


class TestLoad:
    def test_a_killed_run_names_whom_it_lost(self, folder: RunFolder) -> None:
        folder.write_plan(PLAN)
        with open(folder.hosts_path, "ab") as lines:
            lines.write(b'{"host": "lost", "verd')
        whole = saved_run.load(folder)
        jsonschema.validate(whole, SCHEMA)
        assert [(host["host"], host["verdict"]) for host in whole["hosts"]] == [("done", "FAIL"), ("lost", "ERROR")]
        assert whole["run"]["finished"] is None

    def test_a_finished_one_is_as_it_was_written(self, folder: RunFolder) -> None:
        whole = document.build([make.record()], make.RUN)
        folder.write_results(whole)
        assert saved_run.load(folder) == whole

    @pytest.mark.parametrize(
        ("file", "text", "says"),
        [
            ("results.json", '{"schema": "mailtls.report/9"}', "expected schema mailtls.report/1, found 'mailtls.report/9'"),
            ("results.json", '{"schema": ', r"results.json: expected a JSON object"),
            ("results.json", "[]", "found list"),
            ("run.json", "{}", "run.json: expected run, expected and waivers"),
        ],
    )
    def test_what_can_not_be_read_is_named(self, folder: RunFolder, file: str, text: str, says: str) -> None:
        (Path(folder.path) / file).write_text(text)
        with pytest.raises(RunFolderError, match=says):
            saved_run.load(folder)


class TestReassess:
    def evidence(self, folder: RunFolder) -> dict[str, Any]:
        pinned = factory.account(settings=[factory.setting("sslproto", "TLS1")])
        folder.save_evidence("done", factory.evidence(clients=[factory.client(pinned)]))
        return document.build([make.record("done", "PASS"), make.record("silent", "UNREACHABLE")], make.RUN)

    def test_evidence_is_judged_and_what_has_none_stays(self, folder: RunFolder) -> None:
        whole = saved_run.reassess(folder, self.evidence(folder), judge())
        jsonschema.validate(whole, SCHEMA)
        assert [(host["host"], host["verdict"]) for host in whole["hosts"]] == [("done", "FAIL"), ("silent", "UNREACHABLE")]
        assert "1 host without saved evidence" in whole["notes"][0]["text"]

    @pytest.mark.parametrize(("today", "verdict"), [("2026-12-15", "WAIVED"), ("2026-12-16", "FAIL")])
    @pytest.mark.parametrize("group", ["all", "group-of-done"])
    def test_a_waiver_holds_on_its_days_and_for_its_group(self, folder: RunFolder, today: str, verdict: str, group: str) -> None:
        waiver = waivers.Waiver("w.yml:3", "r", "o", datetime.date(2026, 12, 15), group=group)
        whole = saved_run.reassess(folder, self.evidence(folder), judge(today, waiver))
        assert whole["hosts"][0]["verdict"] == verdict

    def test_evidence_that_is_none_is_that_hosts_error(self, folder: RunFolder) -> None:
        whole = self.evidence(folder)
        folder.save_evidence("done", {"schema": "other"})
        assert saved_run.reassess(folder, whole, judge())["hosts"][0]["verdict"] == "ERROR"

    @pytest.mark.parametrize("damage", [b"", b"no gzip", b"\x1f\x8b\x08\x00 cut"])
    def test_a_damaged_file_is_the_error_of_its_host_alone(self, folder: RunFolder, damage: bytes) -> None:
        whole = self.evidence(folder)
        folder.save_evidence("silent", (folder.read_evidence("done") or {}))
        Path(folder.evidence_path("done")).write_bytes(damage)
        done, silent = saved_run.reassess(folder, whole, judge())["hosts"]
        assert (done["verdict"], silent["verdict"]) == ("ERROR", "FAIL")
        assert "done.json.gz" in done["why"]


def test_findings_are_compared_by_id() -> None:
    def run(**verdicts: str) -> diff.RunVerdicts:
        findings = [make.finding(verdict, id=name) for name, verdict in verdicts.items()]
        return diff.of_document(document.build([make.record("a", findings=findings)], make.RUN))

    then = run(breaks="PASS", mended="FAIL", lasts="FAIL", gone="FAIL", unsure="FAIL")
    now = run(breaks="FAIL", mended="PASS", lasts="FAIL", new="FAIL", unsure="UNKNOWN")
    assert {word: [name for _host, name in keys] for word, keys in diff.findings(then, now).items()} == {
        "newly_failing": ["breaks"], "fixed": ["mended"], "still_failing": ["lasts"], "appeared": ["new"], "disappeared": ["gone"],
    }  # fmt: skip


class TestRetention:
    WANTED = {"keep_runs": 1, "keep_days": 0, "remove_folders": True}

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        store = Store(f"sqlite:///{tmp_path}/history.sqlite")
        for day in (1, 2, 3):
            RunFolder.create(str(tmp_path), f"run-{day}")
            store.add(document.build([make.record()], {**make.RUN, "id": f"run-{day}", "started": f"2026-11-0{day}T10:00:00Z"}))
        return store

    def folders(self, reports: Path) -> list[str]:
        return sorted(path.name for path in reports.iterdir() if path.is_dir() and not path.is_symlink())

    def test_the_oldest_go_and_their_folders_when_asked(self, store: Store, tmp_path: Path) -> None:
        assert retention.apply(store, str(tmp_path), self.WANTED) == ["run-1", "run-2"]
        assert self.folders(tmp_path) == ["run-3"]

    def test_folders_stay_unless_asked(self, store: Store, tmp_path: Path) -> None:
        retention.apply(store, str(tmp_path), {**self.WANTED, "remove_folders": False})
        assert self.folders(tmp_path) == ["run-1", "run-2", "run-3"]

    def test_by_age_the_latest_stays(self, store: Store, tmp_path: Path) -> None:
        assert retention.apply(store, str(tmp_path), {"keep_runs": 0, "keep_days": 1, "remove_folders": False}) == ["run-1", "run-2"]

    def test_what_latest_points_to_and_what_is_used_now_stay(self, store: Store, tmp_path: Path) -> None:
        RunFolder(str(tmp_path / "run-1")).latest()
        assert retention.apply(store, str(tmp_path), self.WANTED, {"run-2"}) == []

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"keep_runs": -1}, "keep_runs is a number of runs, or 0 to keep all, and not -1."),
            ({"keep_days": -7}, "keep_days is a number of days, or 0 to keep all, and not -7."),
            ({}, None),
        ],
    )
    def test_a_number_that_would_remove_everything_is_none(self, changes: dict[str, int], says: str | None) -> None:
        assert retention.wrong({**self.WANTED, **changes}, True) == says

    def test_without_a_store_there_is_nothing_to_keep_short(self) -> None:
        assert "there is none" in str(retention.wrong(self.WANTED, False))
        assert retention.wrong({**self.WANTED, "keep_runs": 0}, False) is None

    def test_nothing_outside_is_removed(self, store: Store, tmp_path: Path) -> None:
        outside = RunFolder.create(str(tmp_path / "outside"), "kept")
        os.symlink(outside.path, tmp_path / "linked")
        for name in ("outside/kept", "linked", "../outside/kept"):
            store.add(document.build([make.record()], {**make.RUN, "id": name, "started": "2026-10-01T10:00:00Z"}))
        retention.apply(store, str(tmp_path), self.WANTED)
        assert os.path.exists(outside.hosts_path)


def test_the_generated_fleet_moves_nowhere_by_itself() -> None:
    whole = fleet_generator.fleet(50)
    verdicts = diff.of_document(whole)
    assert diff.hosts(verdicts, verdicts).newly_failing == ()
    assert set(diff.hosts(verdicts, verdicts).still_failing) == {host["host"] for host in whole["hosts"] if host["verdict"] == "FAIL"}
