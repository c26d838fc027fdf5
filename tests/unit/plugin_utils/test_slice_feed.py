"""What takes the hosts of a slice into the store while the run lasts: all of them, though the run waits, hangs or is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fleet_generator
import pytest
import record_factory as make

from ansible_collections.mailtls.fleet.plugins.plugin_utils import saved_run, slice_feed, slice_rows
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database import Store
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database_url import StoreError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder

RECORDS = list(fleet_generator.records(4))
HOSTS = {record["host"] for record in RECORDS}
PLAN = {"run": {**make.RUN, "finished": None}, "expected": sorted(HOSTS), "waivers": []}
_PATIENCE = 60


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(str(tmp_path))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shared.sqlite"


def rows(url: str) -> slice_rows.SliceRows:
    return slice_rows.SliceRows(Store(url), "40", "41")


def stored(url: str) -> set[str]:
    [found] = slice_rows.documents(Store(url), "40")
    return {host["host"] for host in found["hosts"] if host["why"] != saved_run.CUT_SHORT}


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_hosts_are_in_the_store_while_the_run_waits(folder: RunFolder, url: str) -> None:
    rows(url).begin(PLAN)
    feed = slice_feed.Feed(folder, rows(url).add)
    for record in RECORDS[:3]:
        folder.append(record)
    until(lambda: len(stored(url)) == 3)
    folder.append(RECORDS[3])
    until(lambda: stored(url) == HOSTS)
    feed.stop()
    with pytest.raises(ChildProcessError):
        os.waitpid(feed._process, os.WNOHANG)


def run_until_killed(path: str, url: str, told: Any) -> None:
    os.setsid()
    folder = RunFolder(path)
    slice_feed.Feed(folder, rows(url).add, pause=1000)
    for record in RECORDS:
        folder.append(record)
    told.set()
    time.sleep(1000)


def test_the_whole_group_is_killed_and_nothing_that_was_finished_is_lost(folder: RunFolder, url: str) -> None:
    rows(url).begin(PLAN)
    context = multiprocessing.get_context("fork")
    told = context.Event()
    process = context.Process(target=run_until_killed, args=(folder.path, url, told))
    process.start()
    assert told.wait(_PATIENCE)
    os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
    until(lambda: stored(url) == HOSTS)


def test_what_could_not_be_written_comes_with_the_next_and_once(folder: RunFolder) -> None:
    calls: list[tuple[int, list[str]]] = []
    looks = iter([RECORDS[:1], RECORDS[1:3], RECORDS[3:], []])

    def is_over(_seconds: float) -> bool:
        added = next(looks)
        for record in added:
            folder.append(record)
        return not added

    def write(first: int, records: Any) -> None:
        if len(records) == 1 and not calls:
            raise StoreError("away")
        calls.append((first, [record["host"] for record in records]))

    slice_feed.follow(is_over, folder, write, 0)
    names = [record["host"] for record in RECORDS]
    assert calls == [(0, names[:3]), (3, names[3:])]


def test_half_a_line_waits_for_its_end(folder: RunFolder) -> None:
    calls: list[int] = []
    looks = iter([b'{"host": "a', b'"}\n{"host": "b"}\n'])

    def is_over(_seconds: float) -> bool:
        text = next(looks, None)
        if text is not None:
            with open(folder.hosts_path, "ab") as lines:
                lines.write(text)
        return text is None

    slice_feed.follow(is_over, folder, lambda first, records: calls.extend((first, len(records))), 0)
    assert calls == [0, 2]
