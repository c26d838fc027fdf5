# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Durations as people write them."""

import re

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def seconds(duration):
    """Return the seconds of a *duration* such as "90", "90s", "10m" or "1h", or None where it is none."""
    match = re.match(r"(\d{1,6})([smh]?)\Z", duration.strip())
    return int(match.group(1)) * _UNITS[match.group(2)] if match else None
