# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the parts of a plain chart lie, in the units of an SVG; the templates draw them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import TrendPoint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import VERDICTS

WIDTH = 1000
HEIGHT = 200
# However small a share is, it is seen.
_LEAST = 6


def shares(summary: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """Return (verdict, left edge, width) for each verdict that a host has, together WIDTH wide."""
    counts = {verdict: summary[verdict.lower()] for verdict in VERDICTS if summary[verdict.lower()]}
    hosts = sum(counts.values())
    widths = {verdict: max(round(WIDTH * count / hosts), _LEAST) for verdict, count in counts.items()}
    if widths:
        widths[max(widths, key=lambda verdict: widths[verdict])] += WIDTH - sum(widths.values())
    bars, left = [], 0
    for verdict, width in widths.items():
        bars.append((verdict, left, width))
        left += width
    return bars


def length(value: int, greatest: int) -> int:
    """Return how long the bar of *value* is where that of *greatest* is WIDTH long."""
    return max(round(WIDTH * value / greatest), _LEAST) if greatest else 0


def trend(points: Sequence[TrendPoint]) -> list[tuple[float, float]]:
    """Return (x, y) of the failing hosts of each run: x by time, y from HEIGHT (none) to 0 (the most there were)."""
    moments = [datetime.datetime.fromisoformat(point.started).timestamp() for point in points]
    greatest = max((point.failing for point in points), default=0) or 1
    span = (moments[-1] - moments[0]) or 1 if moments else 1
    return [
        (round(WIDTH * (moment - moments[0]) / span, 1), round(HEIGHT * (1 - point.failing / greatest), 1))
        for moment, point in zip(moments, points, strict=True)
    ]
