# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients that choose their cipher suites one by one, and settings that switch single ones off: whether one is shared with the service."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Hello
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import Constraint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import ClientFacts, OwnSuites, Policy


def of_client(facts: ClientFacts, version: str | None) -> OwnSuites | None:
    """Return the suites that a client of that *version* chooses by itself; None where it leaves the library's default alone.

    Of a version that no fact is about, nothing is certain.
    """
    if not facts.suites:
        return None
    known = next((own for own in facts.suites if own.versions.holds(version)), None)
    if known is not None:
        return known
    ever = frozenset[str]().union(*(own.suites | own.perhaps for own in facts.suites))
    return OwnSuites(facts.suites[0].versions, frozenset(), ever, facts.suites[0].source)


def shared(
    hello: Hello | None, offered: Collection[str], constraints: Iterable[Constraint], own: OwnSuites | None, policy: Policy
) -> bool | None:
    """Return whether a suite is shared; None when that can't be told.

    Args:
        hello: what the library sends, with the client's priority string where it has one; None where it was not asked.
        offered: the protocols of the path.
        constraints: what acts on it.
        own: from `of_client`.
        policy: with the suites that the service accepts. One of TLS 1.3 serves where that is offered.
    """
    library = frozenset(hello.ciphers) if hello and not hello.error and hello.ciphers else None
    if own is None and library is None:
        return None
    certain, perhaps = (own.suites, own.perhaps) if own else (library or frozenset(), frozenset[str]())
    removed = frozenset[str]().union(*(item.effect.without for item in constraints))

    accepted = policy.handshake.tls13_suites.union(policy.cipher_suites) if "TLSv1.3" in offered else policy.cipher_suites.keys()

    def serves(suites: frozenset[str]) -> bool:
        return not accepted.isdisjoint((suites if library is None else suites & library) - removed)

    if serves(certain):
        return True
    return None if serves(perhaps) else False


def switched_off(constraints: Iterable[Constraint], policy: Policy) -> list[Constraint]:
    """Return those *constraints* that switch off a suite of the service, the one that the service likes best first."""
    rank = {code: place for place, code in enumerate(policy.cipher_suites)}
    found = [item for item in constraints if item.effect.without.intersection(rank)]
    return sorted(found, key=lambda item: min(rank[code] for code in item.effect.without.intersection(rank)))
