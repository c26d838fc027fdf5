# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a TLS library can offer with the system's settings off: by its own ClientHello, or else by its version and build."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Hello, Stack
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import DEFAULT, Constraint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Effect, LibraryFacts, Offer

OBSERVED, INFERRED = "observed", "inferred"


@dataclass
class Capability:
    """What a stack can offer with system settings off. `protocols` is None when nobody can tell, and `unknown` says why."""

    protocols: frozenset[str] | None
    confidence: str = INFERRED
    unknown: str | None = None


def of(stack: Stack, facts: LibraryFacts) -> Capability:
    """Return what *stack* can offer."""
    protocols = by_release(stack, facts)
    bare = stack.hello("bare")
    if bare and not bare.error and bare.versions:
        return Capability(frozenset(bare.versions) | below(bare, protocols), OBSERVED)
    if protocols is None:
        return Capability(None, unknown=f"the version of {facts.title} in {stack.path} is not known")
    return Capability(protocols)


def known(stack: Stack, facts: LibraryFacts) -> frozenset[str]:
    """Return the protocols that the library knows by name, even where its default leaves them off."""
    protocols = by_release(stack, facts)
    return protocols if protocols is not None else of(stack, facts).protocols or frozenset()


def below(hello: Hello, protocols: frozenset[str] | None) -> set[str]:
    """A ClientHello without the supported_versions extension names its highest version alone: the rest is known by release."""
    if len(hello.versions) > 1 or hello.versions[0] == "TLSv1.3":
        return set()
    return {protocol for protocol in protocols or () if PROTOCOLS.index(protocol) <= PROTOCOLS.index(hello.versions[0])}


def by_default(stack: Stack, facts: LibraryFacts) -> Constraint | None:
    """Return what the library does by itself to a program that names no versions, where its release offers less then."""
    offer = _offer(stack, facts)
    if offer is None or offer.by_default is None:
        return None
    why = f"{facts.title} {stack.version}, which offers no more to a program that names no versions"
    advice = f"Have the program name the versions, or upgrade {facts.title}."
    return Constraint(DEFAULT, Effect(lists=offer.by_default), offer.source, why=why, advice=advice)


def unsure(stack: Stack, facts: LibraryFacts) -> frozenset[str]:
    """Return the protocols of *stack*'s release that its build may lack: empty where its own ClientHello tells."""
    bare = stack.hello("bare")
    if bare and not bare.error and bare.versions:
        return frozenset()
    offer = _offer(stack, facts)
    return offer.may_lack if offer else frozenset()


def by_release(stack: Stack, facts: LibraryFacts) -> frozenset[str] | None:
    """Return the protocols of *stack*'s release, those left out that were not built in; None when the policy does not know it."""
    offer = _offer(stack, facts)
    if offer is None:
        return None
    removed = [flag.removes for name, flag in facts.build_flags.items() if name in stack.build]
    return offer.protocols.difference(*removed)


def _offer(stack: Stack, facts: LibraryFacts) -> Offer | None:
    return next((offer for offer in facts.offers if offer.versions.holds(stack.version)), None)
