# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A path, account to client to stack: what acts on it, what it offers, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS
from ansible_collections.mailtls.fleet.plugins.plugin_utils import (
    cipher_suites,
    client_constraints,
    generated_files,
    handshake_needs,
    library_capability,
    own_priority,
    registry_constraints,
    suite_switches,
)
from ansible_collections.mailtls.fleet.plugins.plugin_utils import offered as arithmetic
from ansible_collections.mailtls.fleet.plugins.plugin_utils.cipher_suites import OwnCiphers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Account, Evidence, Install, Package, Setting, Stack
from ansible_collections.mailtls.fleet.plugins.plugin_utils.library_capability import INFERRED, OBSERVED
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import SYSTEM, Constraint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.own_priority import OwnPriority
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import (
    ClientFacts,
    Effect,
    LibraryFacts,
    OwnSuites,
    Policy,
)

CONFIGURED = "configured"
# With one of these a program reads another file than all others.
_OTHER_FILE = frozenset({"OPENSSL_CONF", "GNUTLS_SYSTEM_PRIORITY_FILE"})


@dataclass
class Path:
    """What a path offers.

    Attributes:
        offered: protocols in the best case that the evidence leaves open; None when even that can't be told.
        passes: True, False, or None when evidence is missing that could change it.
        unknown: what is missing, one sentence's part each.
        blockers: the constraints that keep it from passing; empty when the library itself does.
        confidence: how the weakest link is known.
        states: what each protocol's values in a Windows registry come to.
        waits_for_restart: what it passes by is set, and Windows may have to be started anew before it counts.
        ciphers_shared: whether a cipher suite is shared with the service; None when that is not known.
        own_ciphers: the cipher list that the client itself hands to the library.
        client_package: the package that the client came with.
    """

    stack: Stack | None
    facts: LibraryFacts | None
    offered: tuple[str, ...] | None = None
    passes: bool | None = None
    unknown: list[str] = field(default_factory=list)
    blockers: list[Constraint] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    confidence: str = INFERRED
    ciphers_shared: bool | None = None
    own_ciphers: OwnCiphers | None = None
    states: list[dict[str, Any]] = field(default_factory=list)
    waits_for_restart: bool = False
    client_package: Package | None = None


def of_account(evidence: Evidence, policy: Policy, facts: ClientFacts, install: Install | None, account: Account | None) -> Path:
    """Return the path of *account* (None: an account with the client's defaults) through that *install* of its client."""
    if install and account and account.stacks:
        install = replace(install, stacks=account.stacks)
    stack = client_constraints.with_bundled_version(facts, install, _stack_of(evidence, facts, install))
    kind = stack.kind if stack else ""
    constraints, unknown = client_constraints.of_client(facts, install, account, stack)
    settings = account.settings if account else ()
    ciphers = cipher_suites.of_client(evidence, policy, facts, install, settings, kind)
    if ciphers:
        constraints += ciphers.constraints()
    own = own_priority.of_client(facts, kind, settings, install.tls_release if install else None)
    suites = suite_switches.of_client(facts, install.tls_release if install else None)
    if stack is None:
        unknown = [*unknown, _not_found(evidence, install)]
    path = _path(evidence, policy, stack, constraints, unknown, own, suites, facts.asks_by_name, ciphers)
    path.client_package = install.package if install else None
    if ciphers and not own:
        path.ciphers_shared, path.own_ciphers = ciphers.shared(path.offered or (), policy), ciphers
    return path


def _not_found(evidence: Evidence, install: Install | None) -> str:
    """Why there is no library that this client is known to speak TLS with."""
    loaded = [found for found in map(evidence.stack, install.stacks) if found] if install else []
    if not loaded:
        return "which TLS library it uses could not be found"
    others = ", ".join(f"{found.kind} {found.version or 'of unknown release'} ({found.path})" for found in loaded)
    return f"of TLS libraries it loads {others}, and what it does with that is not known here"


def of_stack(evidence: Evidence, policy: Policy, stack: Stack) -> Path:
    """Return what a program offers that sets nothing, through *stack*."""
    return _path(evidence, policy, stack, [], [], None)


def _path(
    evidence: Evidence,
    policy: Policy,
    stack: Stack | None,
    client: list[Constraint],
    unknown: list[str],
    own: OwnPriority | None,
    suites: OwnSuites | None = None,
    by_name: bool = False,
    ciphers: OwnCiphers | None = None,
) -> Path:
    facts = policy.libraries.get(stack.kind) if stack else None
    path = Path(stack, facts, unknown=list(unknown))
    if stack is None or facts is None:
        path.unknown += [] if stack is None else [f"nothing is known here of {stack.kind} ({stack.path})"]
        return path
    hello = stack.hello("system")
    if hello and not hello.error and not client and not own:
        path.offered, path.confidence = hello.versions, OBSERVED
        if not _meets(hello.versions, policy):
            path.constraints = _system_constraints(evidence, facts, stack, path.unknown, None)
    else:
        path.constraints = registry_constraints.of(evidence, facts, stack, by_name)
        _calculate(path, stack, facts, evidence, client, own)
    sent = own.hello(stack) if own else hello or stack.hello("suites")
    path.ciphers_shared = suite_switches.shared(sent, path.offered or (), path.constraints, suites, policy)
    read = system_settings(evidence, facts, stack)
    handed = handshake_needs.Handed(ciphers.setting if ciphers else None, own.string if own else None)
    path.unknown += handshake_needs.of_path(sent, path.offered or (), read, handed, facts, stack.version, policy)
    if path.ciphers_shared is None and (off := suite_switches.switched_off(path.constraints, policy)):
        keys = ", ".join(item.setting.key for item in off if item.setting)
        path.unknown.append(f"which cipher suites are left on beside those that {keys} switch off")
    if facts.registry is not None:
        _judge_registry(path, stack, facts, evidence, policy)
    _judge(path, stack, facts, policy)
    path.blockers = generated_files.explained(path.blockers, evidence, policy, stack)
    return path


def _calculate(
    path: Path, stack: Stack, facts: LibraryFacts, evidence: Evidence, client: list[Constraint], own: OwnPriority | None
) -> None:
    capability = library_capability.of(stack, facts)
    if stack.hello("system") is None and not _OTHER_FILE.issuperset(stack.environment):
        path.unknown.append(f"what the options of {stack.path} do is known only to a program that runs with them")
    if capability.protocols is None:
        path.unknown.append(capability.unknown or "")
        return
    system = _system_constraints(evidence, facts, stack, path.unknown, own)
    observed = _observed(stack, facts, own, path.unknown)
    handed = [own.constraint(library_capability.known(stack, facts), observed)] if own else []
    default = library_capability.by_default(stack, facts)
    path.constraints += system + handed + ([default] if default else []) + client
    path.unknown.extend(item.effect.unknown for item in path.constraints if item.effect.unknown)
    certain = [item for item in path.constraints if not item.maybe]
    path.offered = arithmetic.offered(capability.protocols, certain, facts)
    path.confidence = INFERRED if capability.confidence == INFERRED else CONFIGURED
    if observed is not None:
        _trust(path, stack, facts, observed, [item for item in client if not item.maybe])


def _observed(stack: Stack, facts: LibraryFacts, own: OwnPriority | None, unknown: list[str]) -> frozenset[str] | None:
    """What the library offered when it was asked with the client's own priority string; None when that is not known."""
    hello = own.hello(stack) if own else None
    if own is None or hello is None:
        return None
    if own_priority.was_refused(hello, facts):
        return frozenset()
    if not hello.versions:
        unknown.append(f"{facts.title} ({stack.path}) wrote no ClientHello: {hello.error}")
        return None
    known = library_capability.known(stack, facts)
    return frozenset(hello.versions) | (library_capability.below(hello, known) & own_priority.most(own.string, known))


def _trust(path: Path, stack: Stack, facts: LibraryFacts, observed: frozenset[str], client: list[Constraint]) -> None:
    """Put what was observed in the place of what was calculated; only what the client does besides is left to calculate."""
    calculated, path.offered = path.offered or (), arithmetic.offered(observed, client, facts)
    path.confidence = CONFIGURED if client else OBSERVED
    if calculated and calculated[-1:] != path.offered[-1:]:
        path.constraints.append(_hidden(stack, facts, [protocol for protocol in PROTOCOLS if protocol in observed]))


def _judge(path: Path, stack: Stack, facts: LibraryFacts, policy: Policy) -> None:
    if path.offered is None:
        return
    capability = library_capability.of(stack, facts).protocols or frozenset(path.offered)

    def passes(constraints: list[Constraint]) -> bool:
        return _meets(arithmetic.offered(capability, constraints, facts), policy)

    certain = [item for item in path.constraints if not item.maybe]
    unsure = library_capability.unsure(stack, facts)
    if unsure and passes(certain) != _meets(arithmetic.offered(capability - unsure, certain, facts), policy):
        # Where there is a hole above them, that decides.
        path.unknown.append(
            f"whether this build of {facts.title} leaves the oldest of its versions on, which only its ClientHello would tell"
        )
        return
    if not _meets(path.offered, policy):
        path.passes = False
        path.blockers = arithmetic.blockers(certain, passes) if _meets(capability, policy) else []
    elif not path.unknown and (path.constraints == certain or passes(path.constraints)):
        path.passes = True
    elif path.constraints != certain and not path.unknown:
        path.unknown.extend(item.why or "" for item in path.constraints if item.maybe)


def _judge_registry(path: Path, stack: Stack, facts: LibraryFacts, evidence: Evidence, policy: Policy) -> None:
    """What only a Windows registry tells: the suites that a list leaves, the states, and whether values wait for a restart."""
    path.ciphers_shared = registry_constraints.suites_shared(evidence, facts, stack, path.offered or (), policy)
    path.states = registry_constraints.states(evidence, facts, stack)
    by_default = [state["protocol"] for state in path.states if state["default"] == "on"]
    path.waits_for_restart = registry_constraints.waits_for_restart(evidence) and not _meets(by_default, policy)


def _meets(protocols: Iterable[str], policy: Policy) -> bool:
    required = PROTOCOLS.index(policy.protocol)
    return any(PROTOCOLS.index(protocol) >= required for protocol in protocols)


def _stack_of(evidence: Evidence, facts: ClientFacts, install: Install | None) -> Stack | None:
    """The nearest library of a kind that this client speaks TLS with: first those that its program loads, then the system's."""
    loaded = [evidence.stack(path) for path in install.stacks] if install else []
    for stack in loaded:
        if stack is not None and stack.kind in facts.libraries:
            return stack
    return None


def _system_constraints(
    evidence: Evidence, facts: LibraryFacts, stack: Stack, unknown: list[str], own: OwnPriority | None
) -> list[Constraint]:
    if facts.settings_apply.holds(stack.version) is False:
        return []
    kind = facts.settings_of or stack.kind
    for gap in evidence.gaps:
        if gap.affects == f"stack:{kind}" and stack.hello("system") is None:
            unknown.append(f"{gap.what}: {gap.why}")
    found = [item for setting in system_settings(evidence, facts, stack) for item in _library_constraints(setting, facts, stack)]
    if own is None:
        return found + _unexplained(stack, facts, found, unknown)
    if own.hello(stack) is None:
        # Whether that would bind a program with a string of its own, nobody can tell.
        unknown.extend(item.why or "" for item in _unexplained(stack, facts, found, unknown))
    return [item for item in found if not item.yields_to_priority]


def system_settings(evidence: Evidence, facts: LibraryFacts, stack: Stack) -> list[Setting]:
    """Return the settings that the library reads without being asked."""
    if facts.settings_apply.holds(stack.version) is False:
        return []
    kind = facts.settings_of or stack.kind
    return [setting for setting in evidence.settings if setting.stack == kind and _is_read_by(stack, setting)]


def _is_read_by(stack: Stack, setting: Setting) -> bool:
    """Of two copies of a library each may have a file of its own; one whose file is not known may read any of them."""
    if setting.config is None:
        return _OTHER_FILE.isdisjoint(stack.environment)
    return stack.config is None or setting.config == stack.config


def _library_constraints(setting: Setting, facts: LibraryFacts, stack: Stack) -> Iterator[Constraint]:
    # Of a list of algorithms, handshake_needs tells.
    rules = tuple(rule for rule in facts.settings.get(setting.key, ()) if not rule.one_of)
    for rule in rules:
        if rule.priority and rule.versions.holds(stack.version) is not False:
            effect = own_priority.effect_of(setting.value, library_capability.known(stack, facts))
            yield Constraint(SYSTEM, effect, rule.source, setting, mend=rule.mend, advice=rule.advice, yields_to_priority=True)
    yield from client_constraints.of_setting(SYSTEM, setting, rules, stack.version, stack)


def _unexplained(stack: Stack, facts: LibraryFacts, found: list[Constraint], unknown: list[str]) -> list[Constraint]:
    """What the library's own ClientHello shows and no setting that was read explains: the wire is right."""
    hello, protocols = stack.hello("system"), library_capability.of(stack, facts).protocols
    default = library_capability.by_default(stack, facts)
    explained = found + ([default] if default else [])
    expected = arithmetic.offered(protocols, explained, facts) if protocols is not None else ()
    if hello is None or not expected:
        return []
    if not hello.versions:
        unknown.append(f"{facts.title} ({stack.path}) wrote no ClientHello: {hello.error}")
        return []
    if PROTOCOLS.index(hello.versions[-1]) >= PROTOCOLS.index(expected[-1]):
        return []
    return [_hidden(stack, facts, hello.versions)]


def _hidden(stack: Stack, facts: LibraryFacts, versions: Sequence[str]) -> Constraint:
    why = f"a setting of the system for {facts.title} ({stack.path}) that was not found, though its ClientHello shows it"
    advice = f"Find what caps {facts.title} on this host, and let TLS 1.2 and later through."
    effect = Effect(maximum=versions[-1]) if versions else arithmetic.only(())
    return Constraint(SYSTEM, effect, facts.source, why=why, advice=advice)
