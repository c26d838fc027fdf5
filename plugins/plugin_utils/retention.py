# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long runs are kept: in the store, and where that is asked for, their folders too. Never the latest run."""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import database, database_url, run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder, RunFolderError

# What says how long, in the arguments of modules: keep_runs (a number, 0: any), keep_days (0: of any age), remove_folders.
SPEC: dict[str, dict[str, Any]] = {
    "keep_runs": {"type": "int", "default": 0},
    "keep_days": {"type": "int", "default": 0},
    "remove_folders": {"type": "bool", "default": False},
}


def wrong(wanted: Mapping[str, Any], has_store: bool) -> str | None:
    """Return what is wrong with *wanted* (SPEC), in a sentence, or None; *has_store* tells whether there is a store to remove from."""
    for name in ("keep_runs", "keep_days"):
        if wanted[name] < 0:
            return f"{name} is a number of {name.removeprefix('keep_')}, or 0 to keep all, and not {wanted[name]}."
    if is_asked_for(wanted) and not has_store:
        return f"keep_runs and keep_days tell how long the store keeps runs, and there is none ({database_url.NO_LIBRARY})."
    return None


def is_asked_for(wanted: Mapping[str, Any]) -> bool:
    """Tell whether *wanted* removes anything at all."""
    return bool(wanted["keep_runs"] or wanted["keep_days"])


def apply(store: database.Store, reports: str, wanted: Mapping[str, Any], spared: Collection[str] = ()) -> list[str]:
    """Remove from *store* the runs that need not be kept, and return their ids.

    Args:
        store: the store.
        reports: the directory of the run folders.
        wanted: what SPEC describes.
        spared: ids of runs that are kept whatever their age, beside the latest.

    Raises:
        StoreError: the store can't be written to.
        RunFolderError: a folder can't be removed.
    """
    oldest = run.written(run.now() - datetime.timedelta(days=wanted["keep_days"])) if wanted["keep_days"] else ""
    linked = os.path.basename(os.path.realpath(os.path.join(reports, "latest")))
    gone = [run_id for run_id in expired(store.runs(), wanted["keep_runs"], oldest) if run_id not in (*spared, linked)]
    store.remove(gone)
    if wanted["remove_folders"]:
        for run_id in gone:
            _remove(os.path.join(reports, run_id), run_id)
    return gone


def apply_to(url: str, reports: str, wanted: Mapping[str, Any], spared: Collection[str] = ()) -> list[str]:
    """Do what `apply` does with the store at *url*."""
    store = database.Store(url)
    try:
        return apply(store, reports, wanted, spared)
    finally:
        store.close()


def expired(runs: Sequence[tuple[str, str]], keep_runs: int, oldest: str) -> list[str]:
    """Return the ids of those *runs* that need not be kept any longer; never the latest.

    Args:
        runs: (id, started) of all, the oldest first.
        keep_runs: how many to keep; 0: any number.
        oldest: those that began before this need not be kept; "": whatever their age.
    """
    surplus = len(runs) - keep_runs if keep_runs else 0
    return [run for number, (run, started) in enumerate(runs[:-1]) if number < surplus or started < oldest]


def _remove(path: str, run_id: str) -> None:
    """Remove a run's folder: only what is one, by its name and by what is in it, and no link to one."""
    is_run = os.path.basename(path) == run_id and run_id not in ("", ".", "..") and os.path.exists(RunFolder(path).hosts_path)
    if not is_run or os.path.islink(path):
        return
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise RunFolderError(f"Can't remove {path}: {error.strerror or error}") from error
