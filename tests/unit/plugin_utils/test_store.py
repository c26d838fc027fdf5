"""The run folder: whole lines, whole files, and nothing lost whatever happens in between."""

from __future__ import annotations

import errno
import gzip
import json
import multiprocessing
import os
import re
from pathlib import Path

import pytest
import record_factory as make
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.plugin_utils import store
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder, RunFolderError


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(str(tmp_path / "reports"), "run")


def path_of(folder: RunFolder, name: str) -> Path:
    return Path(folder.path) / name


def test_names_of_runs_sort_by_time_and_two_of_one_second_differ(tmp_path):
    names = [RunFolder.create(str(tmp_path)).run_id for _ in range(20)]
    assert len(set(names)) == 20
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", name) for name in names)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "-x", "x" * 101, "a\nb", "ü"])
def test_what_is_no_name_of_a_run_is_refused(tmp_path, name):
    with pytest.raises(RunFolderError, match="can't name a run"):
        RunFolder.create(str(tmp_path), name)


def test_a_name_that_another_run_has_just_taken_is_left_to_it(tmp_path, monkeypatch):
    """That both come to the same name in the same second is chance, which has to be played."""
    names = iter(["20261124T040500Z-1f3a", "20261124T040500Z-1f3a", "20261124T040500Z-5b7c"])
    monkeypatch.setattr(store, "_new_run_id", lambda: next(names))
    monkeypatch.setattr(os.path, "exists", lambda _path: False)
    assert [RunFolder.create(str(tmp_path)).run_id[-4:] for _number in range(2)] == ["1f3a", "5b7c"]


def test_a_run_that_is_there_is_not_written_over(folder):
    folder.append({"host": "a"})
    with pytest.raises(RunFolderError, match="File exists"):
        RunFolder.create(os.path.dirname(folder.path), "run")
    assert list(folder.records()) == [{"host": "a"}]


def test_a_directory_that_can_not_be_made_is_named_with_the_reason(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match=r"make the run folder .*/file/reports/run: Not a directory"):
        RunFolder.create(str(tmp_path / "file/reports"), "run")


def test_records_come_back_in_their_order(folder):
    records = [{"host": name, "why": "two\nlines \u2028 \ud800"} for name in ("b", "a")]
    for record in records:
        folder.append(record)
    assert list(folder.records()) == records
    assert path_of(folder, "hosts.jsonl").read_bytes().count(b"\n") == 2


def test_a_last_line_without_its_end_is_no_record(folder):
    folder.append({"host": "a"})
    with path_of(folder, "hosts.jsonl").open("ab") as lines:
        lines.write(b'{"host": "b"')
    assert list(folder.records()) == [{"host": "a"}]


@pytest.mark.parametrize(
    ("line", "what"), [(b"nonsense\n", "line 2: expected a JSON object"), (b"[]\n", "found list"), (b"\xff\n", "line 2")]
)
def test_a_line_that_is_no_record_is_named(folder, line, what):
    folder.append({"host": "a"})
    with path_of(folder, "hosts.jsonl").open("ab") as lines:
        lines.write(line)
    with pytest.raises(RunFolderError, match=what):
        list(folder.records())


def test_a_full_disk_leaves_the_lines_before_whole(folder, monkeypatch):
    folder.append({"host": "a"})
    real, calls = os.write, []

    def full(descriptor, data):
        calls.append(data)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data[:5])

    # A disk of ours that is full in the middle of a line would need a file system of its own.
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RunFolderError, match="No space left"):
        folder.append({"host": "b"})
    monkeypatch.undo()
    folder.append({"host": "c"})
    assert [record["host"] for record in folder.records()] == ["a", "c"]


def test_a_list_of_hosts_that_is_gone_is_told(folder):
    path_of(folder, "hosts.jsonl").unlink()
    with pytest.raises(RunFolderError, match=r"write .*hosts\.jsonl: No such file"):
        folder.append({"host": "a"})


def test_numbers_that_json_has_not_are_refused_before_anything_is_written(folder):
    with pytest.raises(ValueError, match="JSON"):
        folder.append({"host": "a", "share": float("nan")})
    assert list(folder.records()) == []


def save(path: str, host: str) -> None:
    RunFolder(path).save_evidence(host, {"host": host})


def test_evidence_of_many_hosts_is_saved_at_the_same_time(folder):
    hosts = [f"host{number}" for number in range(20)]
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.starmap(save, [(folder.path, host) for host in hosts])
    kept = {host: json.loads(gzip.decompress(Path(folder.evidence_path(host)).read_bytes())) for host in hosts}
    assert kept == {host: {"host": host} for host in hosts}
    assert [name for name in os.listdir(folder.path) if name.endswith(".tmp")] == []


def test_the_same_evidence_gives_the_same_bytes(folder):
    folder.save_evidence("a", {"x": 1, "y": 2})
    folder.save_evidence("b", {"y": 2, "x": 1})
    assert Path(folder.evidence_path("a")).read_bytes() == Path(folder.evidence_path("b")).read_bytes()


@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=400))
def test_any_name_of_a_host_gives_a_file_name_that_stays_in_its_directory(host):
    name = store.file_name(host) + ".json.gz"
    assert "/" not in name
    assert "\0" not in name
    assert not name.startswith(".")
    assert len(name.encode()) < 200


@given(st.lists(st.text(min_size=1, max_size=200), min_size=2, max_size=2, unique=True))
def test_different_hosts_have_different_files(hosts):
    assert store.file_name(hosts[0]) != store.file_name(hosts[1])


def test_long_names_that_differ_at_their_end_have_different_files():
    assert store.file_name("x" * 300 + "a") != store.file_name("x" * 300 + "b")


def test_results_are_sorted_and_one_host_is_one_line(folder):
    document = {"summary": {"pass": 1, "hosts": 2}, "hosts": [make.record("b"), make.record("a")], "empty": []}
    text = Path(folder.write_results(document)).read_text()
    assert json.loads(text) == document
    assert list(json.loads(text)) == sorted(document)
    assert len([line for line in text.splitlines() if '"host":' in line]) == 2


def test_results_that_can_not_be_written_leave_the_older_ones(folder):
    path = Path(folder.write_results({"hosts": []}))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        folder.write_results({"a": 1, "hosts": [float("inf")]})
    assert path.read_bytes() == before


def test_latest_points_at_the_newest_run(tmp_path):
    for name in ("one", "two"):
        RunFolder.create(str(tmp_path), name).latest()
    assert os.readlink(tmp_path / "latest") == "two"
    assert sorted(os.listdir(tmp_path)) == ["latest", "one", "two"]


def test_a_directory_called_latest_is_left_alone(tmp_path):
    (tmp_path / "latest").mkdir()
    with pytest.raises(RunFolderError, match="latest"):
        RunFolder.create(str(tmp_path), "one").latest()
    assert sorted(os.listdir(tmp_path)) == ["latest", "one"]


def test_a_run_without_a_host_can_be_discarded_and_one_with_hosts_can_not(tmp_path):
    RunFolder.create(str(tmp_path), "empty").discard()
    full = RunFolder.create(str(tmp_path), "full")
    full.append({"host": "a"})
    with pytest.raises(RunFolderError, match="Directory not empty"):
        full.discard()
    assert list(full.records()) == [{"host": "a"}]
    assert os.listdir(tmp_path) == ["full"]
