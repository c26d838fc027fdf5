# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Interval arithmetic: offered = library ∩ system settings ∩ what the client does, each library with its own precedence."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Setting
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Effect, LibraryFacts, Source

LIBRARY, SYSTEM, DEFAULT, SETTING, LIMIT = "library", "system", "default", "setting", "limit"
ALL = frozenset(PROTOCOLS)
NOTHING = Effect()


@dataclass(frozen=True)
class Constraint:
    """One thing on the path that acts on what is offered.

    Attributes:
        layer: SYSTEM, DEFAULT (of the client), SETTING (of the account) or LIMIT (of the client, whatever its settings).
        effect: what it does.
        source: where that meaning is known from.
        setting: the setting itself, where it is one.
        why: a sentence's part that names it, where it is none.
        mend: the value that the setting should get; None where there is none.
        advice: a sentence that says what to do instead.
        origin: a sentence's part that says which program wrote the file in which the setting stands; None where a person did.
        change: the values of a Windows registry that mend it, as a finding has them.
        fixed_in: the version of the client from which on it is gone, where that is known.
        maybe: it may or may not act; the client's or library's version, which would tell, is not known.
        yields_to_priority: it does not bind a program that hands the library a priority string of its own.
    """

    layer: str
    effect: Effect
    source: Source
    setting: Setting | None = None
    why: str | None = None
    mend: str | None = None
    advice: str | None = None
    origin: str | None = None
    maybe: bool = False
    change: Mapping[str, Any] | None = None
    fixed_in: str | None = None
    yields_to_priority: bool = False


def offered(capability: Iterable[str], constraints: Iterable[Constraint], facts: LibraryFacts) -> tuple[str, ...]:
    """Return what goes over the wire, ascending; nothing: no ClientHello is written.

    Args:
        capability: what the library can offer by itself.
        constraints: what acts on it.
        facts: the library's precedence.
    """
    layers = {layer: _combine(item.effect for item in constraints if item.layer == layer) for layer in _LAYERS}
    client = _override(layers[DEFAULT], layers[SETTING])
    chosen = _by_method(client) if client.method or client.methods else _meet(layers[SYSTEM], client, facts.bounds)
    left = frozenset(capability) & chosen & _allowed(layers[LIMIT])
    ordered = [protocol for protocol in PROTOCOLS if protocol in left]
    return tuple(_HOLES[facts.holes](ordered))


def only(protocols: Iterable[str]) -> Effect:
    """Return the effect that nothing but *protocols* is on, be it none at all."""
    return Effect(disable=ALL.difference(protocols))


_LAYERS = (SYSTEM, DEFAULT, SETTING, LIMIT)


def contradict(constraints: list[Constraint]) -> bool:
    """Tell whether the client's own bounds exclude each other, or one of its values is none."""
    client = _override(*(_combine(item.effect for item in constraints if item.layer == layer) for layer in (DEFAULT, SETTING)))
    return not _between(client.minimum, client.maximum) or any(item.effect.invalid for item in constraints)


def blockers(constraints: list[Constraint], passes: Callable[[list[Constraint]], bool]) -> list[Constraint]:
    """Return the constraints that are the reason why *passes* is false of them all.

    Those that each alone would mend it by going; where none does, every one that stands in the way by itself.
    """
    alone = [item for item in constraints if passes([other for other in constraints if other is not item])]
    return alone or [item for item in constraints if not passes([item])]


def _combine(effects: Iterable[Effect]) -> Effect:
    """Effects in one layer add up; of two bounds the later one stands."""
    return functools.reduce(_add, effects, NOTHING)


def _add(first: Effect, second: Effect) -> Effect:
    return Effect(
        minimum=second.minimum or first.minimum,
        maximum=second.maximum or first.maximum,
        lowers=second.lowers or first.lowers,
        lists=first.lists | second.lists,
        also=first.also | second.also,
        disable=first.disable | second.disable,
        method=second.method or first.method,
        methods=second.methods or first.methods,
    )


def _override(default: Effect, setting: Effect) -> Effect:
    """What a client's setting says replaces what the client does by itself."""
    return Effect(
        minimum=_lowered(setting.minimum or default.minimum, setting.lowers),
        maximum=setting.maximum or default.maximum,
        lists=setting.lists or default.lists,
        also=default.also | setting.also,
        disable=default.disable | setting.disable,
        method=setting.method or default.method,
        methods=setting.methods or default.methods,
    )


def _lowered(minimum: str | None, lowers: str | None) -> str | None:
    if minimum is None or lowers is None:
        return minimum
    return min(minimum, lowers, key=PROTOCOLS.index)


def _meet(system: Effect, client: Effect, bounds: str) -> frozenset[str]:
    if bounds == "replace":
        between = _between(client.minimum or system.minimum, client.maximum or system.maximum)
        return between & _chosen(system) & _chosen(client)
    return _allowed(system) & _allowed(client)


def _by_method(client: Effect) -> frozenset[str]:
    """A method of one protocol offers that and nothing else, whatever the bounds are; the client itself may still refuse it."""
    return (client.methods or ALL) & {client.method or ""} & _chosen(client)


def _allowed(effect: Effect) -> frozenset[str]:
    return _between(effect.minimum, effect.maximum) & _chosen(effect)


def _between(minimum: str | None, maximum: str | None) -> frozenset[str]:
    low = PROTOCOLS.index(minimum) if minimum else 0
    high = PROTOCOLS.index(maximum) if maximum else len(PROTOCOLS) - 1
    return frozenset(PROTOCOLS[low : high + 1])


def _chosen(effect: Effect) -> frozenset[str]:
    return ((effect.lists or ALL) | effect.also) - (effect.disable - effect.also)


def _cut_at_hole(ordered: list[str]) -> list[str]:
    """Keep the lowest protocol and those that follow it without a gap."""
    for position, protocol in enumerate(ordered):
        if PROTOCOLS.index(protocol) != PROTOCOLS.index(ordered[0]) + position:
            return ordered[:position]
    return ordered


def _without_tls13(ordered: list[str]) -> list[str]:
    """A server without TLS 1.3 would answer with TLS 1.2: GnuTLS takes back TLS 1.3 where older ones are on, and that is off."""
    is_without = ordered[-1:] == ["TLSv1.3"] and len(ordered) > 1 and "TLSv1.2" not in ordered
    return ordered[:-1] if is_without else ordered


_HOLES: Mapping[str, Callable[[list[str]], list[str]]] = {"cut": _cut_at_hole, "keep": list, "no_tls13": _without_tls13}
