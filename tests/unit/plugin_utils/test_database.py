"""The store, in SQLite and in a real PostgreSQL: runs go in whole, by several at a time, and come back as they were."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fleet_generator
import postgres
import pytest
import record_factory as make
import remedy_lines
import sqlalchemy

from ansible_collections.mailtls.fleet.plugins.plugin_utils import database_url, retention, saved_run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database import Store
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database_url import StoreError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import diff, document


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.sqlite"
    address = request.getfixturevalue("server").url
    engine = sqlalchemy.create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("DROP SCHEMA public CASCADE"))
        connection.execute(sqlalchemy.text("CREATE SCHEMA public"))
    engine.dispose()
    return address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()


def of(day: int, *records: dict[str, Any], part: str | None = None, run: str | None = None) -> dict[str, Any]:
    facts = {**make.RUN, "id": run or f"run-{day}", "started": f"2026-11-{day:02}T10:00:00Z", "slice": part}
    return document.build(records, facts)


def test_what_went_in_comes_back(store: Store) -> None:
    whole = document.build(fleet_generator.records(60), fleet_generator.run_facts())
    store.add(whole)
    assert store.verdicts(whole["run"]["id"]) == diff.of_document(whole)


def changes(store: Store) -> list[tuple[Any, ...]]:
    columns = "host, moment, made_by, state, place, setting, value_before, value_after"
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(sqlalchemy.text(f"SELECT {columns} FROM mailtls_changes ORDER BY number"))]


def test_who_changed_what_is_kept_with_its_run_and_goes_with_it(store: Store) -> None:
    told = [
        remedy_lines.line("a", "applied", ("applied", remedy_lines.setting("TLS1", None))),
        remedy_lines.line("b", "applied", refused=((remedy_lines.value(None, "0x800"), "Group Policy sets it"),), by="\x00olga"),
    ]
    store.add(of(1, make.record("a"), make.record("b")), told)
    store.add(of(1, make.record("a"), make.record("b")), told)
    place = r"HKLM\SOFTWARE\WinHttp (64-bit view, REG_DWORD)"
    assert changes(store) == [
        ("a", "2026-11-24T12:00:00Z", "olga", "applied", "/home/ann/.fetchmailrc, line 3", "sslproto", "TLS1", None),
        ("b", "2026-11-24T12:00:00Z", '"\\u0000olga"', "refused", place, "DefaultSecureProtocols", None, "0x800"),
    ]
    store.remove(["run-1"])
    assert changes(store) == []


@pytest.mark.parametrize("name", ["\x00a", '"a"', "\ud800", "a'; DROP TABLE mailtls_hosts; --", "\u202e\x1b[31m", "x" * 2000])
def test_whatever_a_host_is_called(store: Store, name: str) -> None:
    store.add(of(1, make.record(name, why=name + "!")))
    assert store.verdicts("run-1").hosts == {name: "FAIL"}


def test_the_same_run_twice_is_there_once(store: Store) -> None:
    store.add(of(1, make.record("a"), make.record("gone")))
    store.add(of(1, make.record("a", "PASS")))
    assert store.verdicts("run-1").hosts == {"a": "PASS"}
    assert store.runs() == [("run-1", "2026-11-01T10:00:00Z")]


def test_a_run_that_breaks_off_leaves_nothing(store: Store) -> None:
    broken = of(1, *(make.record(f"h{number}") for number in range(5000)))
    broken["hosts"][-1] = {**broken["hosts"][-1], "verdict": None}
    with pytest.raises(StoreError, match="can't be written to"):
        store.add(broken)
    assert store.runs() == []
    with pytest.raises(StoreError, match="has no run 'run-1'"):
        store.verdicts("run-1")


def test_history_is_of_earlier_runs_only(store: Store) -> None:
    for whole in (
        of(20, make.record("later")),
        of(3, make.record("x", "PASS")),
        of(7, make.record("fixed"), make.record("stays"), make.record("gone"), make.record("breaks", "PASS")),
    ):
        store.add(whole)
    now = of(14, make.record("fixed", "PASS"), make.record("stays"), make.record("breaks"), make.record("new"))
    store.add(now)
    told = saved_run.history(store, now)
    assert told.changes is not None
    assert (told.changes.run, told.changes.newly_failing, told.changes.fixed) == ("run-7", ("breaks",), ("fixed",))
    assert (told.changes.still_failing, told.changes.appeared, told.changes.disappeared) == (("stays",), ("new",), ("gone",))
    assert [(point.started[8:10], point.hosts, point.failing) for point in told.trend] == [("03", 1, 0), ("07", 4, 3), ("14", 4, 3)]


def _slice(url: str, number: int) -> None:
    store = Store(url)
    store.add(of(1, *(make.record(f"h{number}-{host}") for host in range(300)), part=f"{number}/6", run="sliced"))
    store.close()


def test_slices_at_the_same_time_into_a_store_that_nobody_has_made_yet(url: str) -> None:
    processes = [multiprocessing.get_context("spawn").Process(target=_slice, args=(url, number)) for number in range(1, 7)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 6
    store = Store(url)
    assert len(store.verdicts("sliced").hosts) == 1800
    assert [(point.hosts, point.failing) for point in store.trend("2027", 5, "")] == [(1800, 1800)]
    store.close()


def test_removing_runs_leaves_the_others(store: Store) -> None:
    for day in (1, 2, 3):
        store.add(of(day, make.record("a")))
    store.remove(retention.expired(store.runs(), 0, "2026-11-03"))
    assert [run for run, _started in store.runs()] == ["run-3"]
    assert store.verdicts("run-3").hosts == {"a": "FAIL"}


@pytest.mark.parametrize(
    ("keep", "oldest", "gone"), [(0, "", []), (2, "", ["a", "b"]), (1, "9", ["a", "b", "c"]), (0, "3", ["a", "b"]), (9, "2", ["a"])]
)
def test_what_need_not_be_kept_is_never_the_latest(keep: int, oldest: str, gone: list[str]) -> None:
    assert retention.expired([("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")], keep, oldest) == gone


def test_tables_of_a_newer_release_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    Store(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE mailtls_version SET version = 99")
    with pytest.raises(StoreError, match="tables of version 99, and this release knows version 1"):
        Store(f"sqlite:///{file}")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@127.0.0.1:1/x",
        "postgresql://u@127.0.0.1:1/x?password=hunter2",
        "mysql://u:hunter2@h/x",
        "postgresql+nosuch://u:hunter2@h/x",
        "hunter2 is no url",
        "postgresql://u:hunter2@h:port/x",
        "sqlite:////nowhere/at/all/hunter.sqlite",
    ],
)
def test_a_store_that_can_not_be_used_says_why_and_no_password(url: str) -> None:
    with pytest.raises(StoreError) as told:
        Store(url)
    assert "store" in str(told.value)
    assert "hunter2" not in str(told.value)


def test_a_server_that_goes_away_and_comes_back(server: postgres.Server) -> None:
    store = Store(server.url)
    store.add(of(1, make.record("a"), run="before"))
    server.stop()
    try:
        with pytest.raises(StoreError, match="can't be") as told:
            store.add(of(2, make.record("a"), run="away"))
        assert postgres.PASSWORD not in str(told.value)
    finally:
        server.start()
    store.add(of(2, make.record("a"), run="away"))
    assert store.verdicts("away").hosts == {"a": "FAIL"}
    store.close()


def test_without_the_library_only_who_asks_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(database_url, "sa", None)
    assert saved_run.store_url(str(tmp_path), None) is None
    assert saved_run.store_url(str(tmp_path), "none") is None
    with pytest.raises(StoreError, match="sqlalchemy"):
        saved_run.store_url(str(tmp_path), "sqlite://")
