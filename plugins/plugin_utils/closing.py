# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a run: an answer for every host, the whole document, the store, the renderings, and what is printed of it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import host_record, retention, run, saved_run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database_url import StoreError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document, formats, remedies, terminal
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY, History
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolderError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.stored_hosts import StoredHosts

NO_HOST = "No host was audited, so there is no report."


@dataclass(frozen=True)
class Look:
    """How a report is told.

    Attributes:
        formats: what it is rendered in, where the run itself does not say.
        detail: whether hosts are named on the terminal.
        colour: whether words of state get a colour there.
        width: columns of the terminal.
    """

    formats: Sequence[str]
    detail: bool
    colour: bool
    width: int


def close(current: run.Run, finished: datetime.datetime | None, look: Look) -> Iterator[str]:
    """Complete *current*, write its report, and yield what is printed of it, line by line.

    What goes wrong without costing the report is noted as a problem of the run.

    Args:
        current: the run.
        finished: when it came to its end; None: it was cut short.
        look: how it is told.

    Raises:
        RunFolderError: the report can't be written.
    """
    lost = host_record.NEVER_AUDITED if finished else saved_run.CUT_SHORT
    for host in current.missing():
        current.record(host_record.of_lost(host, current.unsaved.get(host, lost)))
    if not current.verdicts:
        current.folder.discard()
        yield NO_HOST
        return
    whole = document.compose(StoredHosts(current.folder), current.describe(finished), current.waivers)
    results = current.folder.write_results(whole)
    _point_at(current)
    history = _stored(current, whole)
    for wrong in formats.write(current.folder, whole, look.formats if current.formats is None else current.formats, history):
        run.problem(wrong)
    page = os.path.join(current.folder.path, formats.FORMATS["html"].file)
    shown = os.path.relpath(page) if os.path.exists(page) else None
    yield from terminal.render(whole, look.colour, look.width, os.path.relpath(results), look.detail, shown, history).splitlines()
    yield from remedies.render(current.folder.remedies(), look.detail).splitlines()


def _point_at(current: run.Run) -> None:
    """Let `latest` lead to the run; some file systems have no links, and somebody may have a directory of that name."""
    try:
        current.folder.latest()
    except RunFolderError as error:
        run.problem(f"{error}; the report itself is whole")


def _stored(current: run.Run, whole: dict[str, Any]) -> History:
    """Put the run into the store, and return what earlier ones there tell.

    A slice is no run of its own: the job that merges puts the whole in. A store that is away costs nothing of the report.
    """
    if current.store is None or current.hand_on is not None:
        return NO_HISTORY
    try:
        history = saved_run.record(current.store, whole, current.folder.remedies())
    except StoreError as error:
        run.problem(f"{error}; the run folder is whole, and playbooks/report.yml puts it into the store later")
        return NO_HISTORY
    try:
        _expire(current, current.store)
    except (StoreError, RunFolderError) as error:
        run.problem(f"{error}; older runs were not removed")
    return history


def _expire(current: run.Run, url: str) -> None:
    if current.keep is not None and retention.is_asked_for(current.keep):
        retention.apply_to(url, os.path.dirname(current.folder.path), current.keep, {current.folder.run_id})
