# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a run must not end as a success, though it ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import facts
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.document import summary
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import ANSWERED, GATES, NOT_AUDITED, VERDICTS

NO_HOST = "No host was audited."
_MAX_NAMED = 10
_WHOLE = 100


def wrong_share(min_coverage: float) -> str | None:
    """Return what is wrong with a share in per cent, or None."""
    return None if 0 <= min_coverage <= _WHOLE else f"min_coverage is a share in per cent, 0 to 100, and not {min_coverage:g}."


def closed(verdicts: Mapping[str, str], fail_on: str, min_coverage: float) -> str | None:
    """Return why a run with these *verdicts* by host fails, in a sentence, or None.

    Args:
        verdicts: verdict by host.
        fail_on: a key of verdicts.GATES.
        min_coverage: share of hosts, in per cent, of which the answer has to be known.
    """
    if not verdicts:
        return NO_HOST
    if NOT_AUDITED.issuperset(verdicts.values()):
        return f"Not one host could be audited ({_told(verdicts)}): {_names(verdicts, NOT_AUDITED)}."
    coverage = summary(verdicts.values())["coverage"]
    if coverage * 100 < min_coverage:
        return (
            f"The coverage is {facts.percent(coverage)}, and has to be at least {min_coverage:g} %: of these hosts the answer is not known:"
            f" {_names(verdicts, frozenset(VERDICTS) - ANSWERED)}."
        )
    stopped = GATES[fail_on]
    if stopped.intersection(verdicts.values()):
        return f"The run was told to fail on {fail_on} ({_told(verdicts)}): {_names(verdicts, stopped)}."
    return None


def _told(verdicts: Mapping[str, str]) -> str:
    counts = Counter(verdicts.values())
    return ", ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS if counts[verdict])


def _names(verdicts: Mapping[str, str], wanted: frozenset[str]) -> str:
    """Return the names of hosts with a *wanted* verdict, the worst first; ten of them, and how many more."""
    hosts = sorted((VERDICTS.index(verdict), host) for host, verdict in verdicts.items() if verdict in wanted)
    named = ", ".join(f"{host} {VERDICTS[place]}" for place, host in hosts[:_MAX_NAMED])
    return named if len(hosts) <= _MAX_NAMED else f"{named} and {len(hosts) - _MAX_NAMED} more"
