"""What a report costs: the callback for each host and its memory, each format's time and size, and the page in a browser.

    make bench-report                       100, 10,000 and 100,000 hosts
    make bench-report ARGS="100 10000"      other sizes

Each size is measured in a process of its own, so that its memory is its own. The fleets are plausible ones (tests/fleet_generator.py),
always the same. Seconds are those of this process's CPU; of the page, which is opened in Chromium where there is one, a clock's.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fleet_generator

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document, formats, terminal
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY
from ansible_collections.mailtls.fleet.plugins.plugin_utils.run import Run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder
from ansible_collections.mailtls.fleet.plugins.plugin_utils.stored_hosts import StoredHosts

SIZES = (100, 10_000, 100_000)
CHROMIUM = shutil.which("chromium")
MEGABYTE = 1_000_000


def main(sizes: list[int]) -> None:
    """Measure each size in a process of its own, and print."""
    for hosts in sizes:
        done = subprocess.run([sys.executable, __file__, "--one", str(hosts)], stdout=subprocess.PIPE, check=True)
        _print(hosts, json.loads(done.stdout))


def measure(hosts: int) -> dict[str, Any]:
    """Record a run over *hosts*, render it, and return what that cost."""
    directory = Path(tempfile.mkdtemp(prefix="mailtls-bench-"))
    try:
        folder = RunFolder.create(str(directory))
        recorded = _recorded(folder, hosts)
        before = _memory()
        whole, found = _timed(lambda: document.compose(StoredHosts(folder), fleet_generator.run_facts()))
        _path, results = _timed(lambda: folder.write_results(whole))
        costs = {"results.json": [results, _size(folder, "results.json")]}
        for item in formats.FORMATS.values():
            costs[item.file] = _rendered(folder, item, whole)
        costs["terminal"] = [_timed(lambda: terminal.render(whole))[1], 0]
        page = _browser(Path(folder.path) / "report.html") if CHROMIUM else None
        return {
            "summary": whole["summary"],
            **recorded,
            "index": found,
            "before": before,
            "after": _memory(),
            "formats": costs,
            "page": page,
        }
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _recorded(folder: RunFolder, hosts: int) -> dict[str, float]:
    """What the callback does with each finished host, without what Ansible does around it."""
    run, spent, memory = Run(folder), 0.0, _memory()
    for record in fleet_generator.records(hosts):
        started = time.process_time()
        run.record(record)
        spent += time.process_time() - started
    return {"record": spent, "grown": _memory() - memory, "lines": _size(folder, "hosts.jsonl")}


def _rendered(folder: RunFolder, item: formats.Format, whole: dict[str, Any]) -> list[float]:
    _path, seconds = _timed(lambda: folder.write_rendering(item.file, item.render(whole, NO_HISTORY, ())))
    return [seconds, _size(folder, item.file)]


def _browser(path: Path) -> dict[str, float]:
    """Seconds until the page is read and drawn, until a search has its answer, and until a sort has."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        _none, opened = _timed(lambda: (page.goto(path.as_uri()), _drawn(page)), time.perf_counter)
        seconds = {"open": opened}
        for name, text in (("first search", "oslo"), ("next search", "srv00001"), ("clear", "")):
            seconds[name] = page.evaluate(_SEARCH, text) / 1000
        seconds["sort"] = page.evaluate(_SORT) / 1000
        browser.close()
        return seconds


def _drawn(page: Any) -> None:
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


# From the last key to the frame that shows the answer, the pause that lets a person type on included.
_SEARCH = """async (text) => {
    const search = document.getElementById('search');
    const before = performance.now();
    search.value = text;
    search.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise((done) => new MutationObserver(done).observe(document.getElementById('found'), {childList: true}));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - before;
}"""
_SORT = """async () => {
    const before = performance.now();
    document.querySelector('[data-sort=host] button')?.click();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - before;
}"""


def _timed(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> tuple[Any, float]:
    started = clock()
    result = work()
    return result, clock() - started


def _size(folder: RunFolder, name: str) -> int:
    return os.path.getsize(os.path.join(folder.path, name))


def _memory() -> float:
    """The most memory that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def _print(hosts: int, cost: dict[str, Any]) -> None:
    print(f"\n{hosts:,} hosts, {cost['summary']['fail']:,} of them FAIL")
    print(f"  callback      {cost['record'] / hosts * 1e6:.0f} µs and {cost['grown'] * MEGABYTE / hosts:.0f} bytes of memory a host")
    print(f"  hosts.jsonl   {cost['lines'] / MEGABYTE:.1f} MB")
    print(f"  memory        {cost['before']:.0f} MB before the report is made, {cost['after']:.0f} MB at most while it is")
    print(f"  index         {cost['index']:.2f} s")
    for name, (seconds, size) in cost["formats"].items():
        print(f"  {name:<13} {seconds:.2f} s" + (f", {size / MEGABYTE:.2f} MB" if size else ""))
    if cost["page"]:
        print("  page          " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in cost["page"].items()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        main([int(argument) for argument in sys.argv[1:]] or list(SIZES))
