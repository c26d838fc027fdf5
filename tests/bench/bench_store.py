"""What the store and the merge cost: a run that ends, slices that go through a database, and the job that merges them.

    make bench-store                       100, 10,000 and 100,000 hosts
    make bench-store ARGS="100 10000"      other sizes

Seconds are those of this process's CPU, and in brackets those that a clock saw, PostgreSQL's own work in them. Each size and database is
measured in a process of its own, so that its memory is its own. The fleets are plausible ones (tests/fleet_generator.py), always the
same; PostgreSQL is Debian's, on a socket of this machine, without waiting for its disk.
"""

from __future__ import annotations

import datetime
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import fleet_generator
import postgres
import sqlalchemy

from ansible_collections.mailtls.fleet.plugins.plugin_utils import retention, saved_run, slice_rows
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database import Store
from ansible_collections.mailtls.fleet.plugins.plugin_utils.merge import merge
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder
from ansible_collections.mailtls.fleet.plugins.plugin_utils.stored_hosts import StoredHosts

SIZES = (100, 10_000, 100_000)
SLICES = 20
# Hosts of a slice that finish until the store is written to again.
A_SECOND = 10
WORKFLOW = "40"
MEGABYTE = 1_000_000
NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)


class Seconds(NamedTuple):
    """What something took: of this process's CPU, and by a clock."""

    cpu: float
    clock: float


_Costs = dict[str, Any]


def main(sizes: list[int]) -> None:
    """Measure each size with each database, and print."""
    for hosts in sizes:
        with tempfile.TemporaryDirectory(prefix="mailtls-bench-") as directory:
            _print(hosts, "SQLite", _apart("run", hosts, f"sqlite:///{directory}/history.sqlite"))
        if not postgres.is_here():
            print("no PostgreSQL here: slices were not measured")
            continue
        with postgres.running() as server:
            _print(hosts, "PostgreSQL", _apart("run", hosts, server.url))
            _print(hosts, f"PostgreSQL, {SLICES} slices", _apart("slices", hosts, server.url))
            _print(hosts, "the job that merges them", _apart("merge", hosts, server.url))


def of_run(hosts: int, url: str) -> _Costs:
    """What the end of a run costs: the first one, the second with all that it tells of the first, and the removal of the first."""
    with tempfile.TemporaryDirectory(prefix="mailtls-bench-") as directory:
        runs = [_run(directory, hosts, f"run-{day}", f"2026-11-{day}T04:05:00Z", seed=day) for day in (23, 24)]
        before = _memory()
        first, second = (_timed(lambda run=run: saved_run.record(url, run))[1] for run in runs)
        size = _size(url)
        store = Store(url)
        wanted = {"keep_runs": 1, "keep_days": 0, "remove_folders": False}
        removed = _timed(lambda: retention.apply(store, directory, wanted))[1]
        store.close()
    return {"first run": first, "second run, with changes": second, "removal": removed, "a run MB": size / 2, **_memories(before)}


def of_slices(hosts: int, url: str) -> _Costs:
    """What the slices cost, one after the other: each host as it finishes, and the whole at the end."""
    feeding, finishing = [], []
    before = _memory()
    with tempfile.TemporaryDirectory(prefix="mailtls-bench-") as directory:
        for number in range(SLICES):
            whole = _run(directory, hosts // SLICES, f"slice-{number}", "2026-11-24T04:05:00Z", seed=number, part=f"job {number}")
            store = Store(url)
            rows = slice_rows.SliceRows(store, WORKFLOW, str(number))
            rows.begin({"run": whole["run"], "expected": [], "waivers": []})
            for first, records in enumerate(batched(whole["hosts"], A_SECOND)):
                feeding.append(_timed(lambda rows=rows, records=records, first=first: rows.add(first * A_SECOND, records))[1])
            finishing.append(_timed(lambda rows=rows, whole=whole: rows.finish(whole))[1])
            store.close()
    return {"hosts as they finish": _sum(feeding), "the ends": _sum(finishing), **_memories(before)}


def of_merge(hosts: int, url: str) -> _Costs:
    """What the job that merges costs: reading the slices, merging, and writing the folder and the store; renderings come on top."""
    store, before = Store(url), _memory()
    parts, reading = _timed(lambda: slice_rows.documents(store, WORKFLOW))
    expected = [record["host"] for part in parts for record in part["hosts"]]
    whole, merging = _timed(lambda: merge(parts, expected, "merged", NOW))
    with tempfile.TemporaryDirectory(prefix="mailtls-bench-") as directory:
        folder = RunFolder.create(directory, "merged")
        writing = _timed(lambda: _write(folder, whole))[1]
    storing = _timed(lambda: store.add(whole))[1]
    store.close()
    if whole["summary"]["hosts"] != hosts // SLICES * SLICES:
        raise RuntimeError(f"{whole['summary']['hosts']} hosts came back")
    return {"reading": reading, "merging": merging, "folder": writing, "store": storing, **_memories(before)}


_MEASURES = {"run": of_run, "slices": of_slices, "merge": of_merge}


def _run(directory: str, hosts: int, name: str, started: str, seed: int, part: str | None = None) -> dict[str, Any]:
    """A run in a folder of its own, as the callback leaves it."""
    folder = RunFolder.create(directory, name)
    for record in _named(fleet_generator.records(hosts, seed), f"s{seed}-" if part else ""):
        folder.append(record)
    return document.compose(StoredHosts(folder), fleet_generator.run_facts(id=name, started=started, slice=part))


def batched(hosts: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield *hosts* in lists of *size*."""
    given = iter(hosts)
    while batch := list(itertools.islice(given, size)):
        yield batch


def _named(records: Iterator[dict[str, Any]], prefix: str) -> Iterator[dict[str, Any]]:
    """The same records, their hosts called otherwise in each slice."""
    return ({**record, "host": prefix + record["host"]} for record in records)


def _write(folder: RunFolder, whole: dict[str, Any]) -> None:
    for record in whole["hosts"]:
        folder.append(record)
    folder.write_results(whole)


def _size(url: str) -> float:
    if url.startswith("sqlite"):
        return os.path.getsize(url.removeprefix("sqlite:///")) / MEGABYTE
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    tables = ("mailtls_hosts", "mailtls_findings")
    with engine.connect() as connection:
        size = sum(connection.execute(sqlalchemy.text(f"SELECT pg_total_relation_size('{name}')")).scalar() for name in tables)
    engine.dispose()
    return float(size) / MEGABYTE


def _timed(work: Callable[[], Any]) -> tuple[Any, Seconds]:
    cpu, clock = time.process_time(), time.perf_counter()
    result = work()
    return result, Seconds(time.process_time() - cpu, time.perf_counter() - clock)


def _sum(times: list[Seconds]) -> Seconds:
    return Seconds(sum(time.cpu for time in times), sum(time.clock for time in times))


def _memory() -> float:
    """The most memory that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def _memories(before: float) -> _Costs:
    return {"memory before MB": before, "at most MB": _memory()}


def _apart(what: str, hosts: int, url: str) -> _Costs:
    done = subprocess.run([sys.executable, str(Path(__file__)), "--one", what, str(hosts), url], stdout=subprocess.PIPE, check=True)
    costs: _Costs = json.loads(done.stdout)
    return costs


def _print(hosts: int, what: str, costs: _Costs) -> None:
    print(f"{hosts:,} hosts, {what}")
    for name, value in costs.items():
        print(f"  {name:<26}" + (f"{value[0]:8.2f} s ({value[1]:.2f} s)" if isinstance(value, list) else f"{value:8.1f}"), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(_MEASURES[sys.argv[2]](int(sys.argv[3]), sys.argv[4])))
    else:
        main([int(argument) for argument in sys.argv[1:]] or list(SIZES))
