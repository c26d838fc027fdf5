# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A line now and then that says how far a run is."""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.facts import counted

# Lines become more seldom as a run goes on, so that the longest one fills no log: each waits for a tenth of the time so far.
_SHARE = 0.1


class Progress:
    """Decides when to say something."""

    def __init__(self, seconds: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Say nothing within *seconds* of the last line; 0: never say anything."""
        self._seconds = seconds
        self._clock = clock
        self._began = self._last = clock()

    def line(self, finished: int, hosts: int, failing: int) -> str | None:
        """Return the line for now, or None where it is too soon or all is finished."""
        now = self._clock()
        passed = now - self._began
        if not self._seconds or finished >= hosts or now - self._last < max(self._seconds, passed * _SHARE):
            return None
        self._last = now
        left = passed / finished * (hosts - finished) if finished else 0
        return f"{finished:,} of {counted(hosts, 'host')} finished, {failing:,} failing so far, {_about(left)} left"


def _about(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"about {counted(minutes, 'minute')}"
    return f"about {counted(round(minutes / 60), 'hour')}"
