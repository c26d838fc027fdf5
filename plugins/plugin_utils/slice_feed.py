# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts of a slice on their way into the store while the run lasts, so that a job that is killed has left what was finished.

A process of its own reads the run folder as it grows: the hosts that have finished are in the store also while the run waits for a slow
one, and no database that hangs makes the run wait.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.database_url import StoreError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder, RunFolderError

_Write = Callable[[int, Sequence[Mapping[str, Any]]], None]

_PAUSE = 1.0
# Of the time that a run takes, the part that goes into the store while it lasts is at most one in so many.
_SHARE = 20
_FILES = 4096


class Feed:
    """The process. It ends with the run that began it, however that ends, after a last look at the folder."""

    def __init__(self, folder: RunFolder, write: _Write, pause: float = _PAUSE) -> None:
        """Begin to hand the records of *folder* to *write*, which takes the number of the first one and the records.

        What it can't write (StoreError) waits for the next time. *pause* is the seconds between two looks, at least.
        """
        alive, self._end = os.pipe()
        apart, settled = os.pipe()
        self._process = os.fork()
        if not self._process:
            _serve(alive, settled, folder, write, pause)
        os.close(alive)
        os.close(settled)
        os.read(apart, 1)
        os.close(apart)

    def stop(self) -> None:
        """End the process at once: the whole of the slice is about to be handed on."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._end)


def _serve(alive: int, settled: int, folder: RunFolder, write: _Write, pause: float) -> None:
    """Be that process. Nothing that Ansible has open stays open here, or who waits for its end would wait for this one.

    Who kills the process group of the run must not take this process along: the run waits until *settled* says that it has left.
    """
    try:
        os.setsid()
        os.write(settled, b"\0")
        for number in range(3):
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
        os.closerange(3, alive)
        os.closerange(alive + 1, _FILES)
        follow(lambda seconds: bool(select.select([alive], [], [], seconds)[0]), folder, write, pause)
    finally:
        os._exit(0)


def follow(is_over: Callable[[float], bool], folder: RunFolder, write: _Write, pause: float) -> None:
    """Hand the records of *folder* to *write* until *is_over*, which waits so many seconds for the end of the run, says so."""
    place = number = 0
    over, wait = False, pause
    while not over:
        over = is_over(wait)
        began = time.monotonic()
        try:
            found = list(folder.placed_records(place))
            if found:
                write(number, [record for _start, _length, record in found])
                number += len(found)
                place = found[-1][0] + found[-1][1]
        except (RunFolderError, StoreError):
            pass  # tried again, at the end by a task that fails when it can't be done
        wait = max(pause, (time.monotonic() - began) * _SHARE)
