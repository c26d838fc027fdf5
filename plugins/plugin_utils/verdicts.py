# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdicts, and their one order: worst first. Each gate lets nothing through that a laxer one stops."""

from __future__ import annotations

from collections.abc import Iterable

FAIL = "FAIL"
AT_RISK = "AT_RISK"
UNKNOWN = "UNKNOWN"
ERROR = "ERROR"
UNREACHABLE = "UNREACHABLE"
WAIVED = "WAIVED"
PASS = "PASS"

VERDICTS = (FAIL, AT_RISK, UNKNOWN, ERROR, UNREACHABLE, WAIVED, PASS)

# Verdicts that answer the question. The others are hosts of which nobody knows, and never count as covered.
ANSWERED = frozenset((PASS, FAIL, AT_RISK, WAIVED))

# Verdicts of a host of which nothing was learned.
NOT_AUDITED = frozenset((ERROR, UNREACHABLE))

# `mailtls_fail_on`, and the verdicts at which a run then ends red.
GATES = {
    "none": frozenset[str](),
    "fail": frozenset((FAIL,)),
    "at_risk": frozenset((FAIL, AT_RISK)),
    "unknown": frozenset((FAIL, AT_RISK, UNKNOWN, ERROR, UNREACHABLE)),
}


def rank(verdict: str) -> int:
    """Return the place of *verdict* in the order, 0 for the worst."""
    return VERDICTS.index(verdict)


def worst(verdicts: Iterable[str]) -> str:
    """Return the worst of *verdicts*.

    Raises:
        ValueError: there is none, or one of them is no verdict.
    """
    return min(verdicts, key=rank)
