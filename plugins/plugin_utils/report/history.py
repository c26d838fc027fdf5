# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What earlier runs tell, as renderers take it: the history fills it, and without a history nothing is said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Changes:
    """How hosts moved since an earlier run; names of hosts, sorted.

    Attributes:
        run: id of the earlier run.
        started: when that began, as in results.json.
        newly_failing: FAIL now, and not then (a host that was not there then is in `appeared` only).
        fixed: FAIL then, and now PASS, AT_RISK or WAIVED.
        still_failing: FAIL then and now.
        appeared: not in the earlier run.
        disappeared: in the earlier run only.
    """

    run: str
    started: str
    newly_failing: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    still_failing: tuple[str, ...] = ()
    appeared: tuple[str, ...] = ()
    disappeared: tuple[str, ...] = ()

    def in_words(self) -> str:
        """Return how many hosts moved, and how."""
        words = ("newly_failing", "fixed", "still_failing", "appeared", "disappeared")
        return ", ".join(f"{len(getattr(self, word))} {word.replace('_', ' ')}" for word in words)


@dataclass(frozen=True)
class TrendPoint:
    """One run in the course of time.

    Attributes:
        started: when it began, as in results.json.
        hosts: number of hosts.
        failing: number of hosts with the verdict FAIL.
        coverage: share of hosts of which the answer is known, 0 to 1.
    """

    started: str
    hosts: int
    failing: int
    coverage: float


@dataclass(frozen=True)
class History:
    """What is known of earlier runs.

    Attributes:
        changes: since the last run, or None.
        trend: earlier runs and this one, the oldest first.
    """

    changes: Changes | None = None
    trend: tuple[TrendPoint, ...] = ()


NO_HISTORY = History()
