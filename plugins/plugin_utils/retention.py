# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long runs are kept: in the store, and where that is asked for, their folders too. Never the latest run."""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import database, run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder, RunFolderError


def apply(store: database.Store, reports: str, wanted: Mapping[str, Any], spared: Collection[str] = ()) -> list[str]:
    """Remove from *store* the runs that need not be kept, and return their ids.

    Args:
        store: the store.
        reports: the directory of the run folders.
        wanted: keep_runs (a number, 0: any), keep_days (0: of any age), remove_folders.
        spared: ids of runs that are kept whatever their age, beside the latest.

    Raises:
        StoreError: the store can't be written to.
        RunFolderError: a folder can't be removed.
    """
    oldest = run.written(run.now() - datetime.timedelta(days=wanted["keep_days"])) if wanted["keep_days"] else ""
    linked = os.path.basename(os.path.realpath(os.path.join(reports, "latest")))
    gone = [run_id for run_id in database.expired(store.runs(), wanted["keep_runs"], oldest) if run_id not in (*spared, linked)]
    store.remove(gone)
    if wanted["remove_folders"]:
        for run_id in gone:
            _remove(os.path.join(reports, run_id), run_id)
    return gone


def _remove(path: str, run_id: str) -> None:
    """Remove a run's folder: only what is one, by its name and by what is in it, and no link to one."""
    is_run = os.path.basename(path) == run_id and run_id not in ("", ".", "..") and os.path.exists(RunFolder(path).hosts_path)
    if not is_run or os.path.islink(path):
        return
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise RunFolderError(f"Can't remove {path}: {error.strerror or error}") from error
