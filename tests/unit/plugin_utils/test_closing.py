"""The end of a run that could not write all that it should: the report is there, and says what is missing."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import record_factory as make

from ansible_collections.mailtls.fleet.plugins.plugin_utils import closing, run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder, RunFolderError

LOOK = closing.Look(["html", "csv"], detail=False, colour=False, width=100)


@pytest.fixture
def current(tmp_path: Path) -> Iterator[run.Run]:
    begun = run.begin(RunFolder.create(str(tmp_path), "run"))
    begun.expected = {"a", "b"}
    begun.plan()
    begun.record(make.record("a"))
    yield begun
    run.end()


def test_where_nothing_can_be_called_latest_the_report_is_whole(current: run.Run, tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    told = "\n".join(closing.close(current, run.now(), LOOK))
    assert "Mail TLS audit run" in told
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {"results.json", "report.html", "hosts.csv"}
    [problem] = run.problems()
    assert str(tmp_path / "latest") in problem


def test_a_host_whose_record_found_no_room_is_not_said_to_be_never_audited(current: run.Run, tmp_path: Path) -> None:
    """A limit on the size of files is what a test can have of a full disk."""
    handler, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "run/hosts.jsonl").stat().st_size + 20, limits[1]))
    try:
        with pytest.raises(RunFolderError, match="too large"):
            current.record(make.record("b"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    list(closing.close(current, run.now(), LOOK))
    whys = {host["host"]: host["why"] for host in current.folder.read_results()["hosts"]}
    assert set(whys) == {"a", "b"}
    assert whys["b"].startswith("what this host came to could not be saved: Can't write ")
