# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a client does to the protocols that are offered, by itself and by its settings: the policy's rules applied to an account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ansible_collections.mailtls.fleet.plugins.plugin_utils import offered as arithmetic
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Account, Install, Setting, Stack, spot
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import DEFAULT, LIMIT, SETTING, Constraint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import BehaviourRule, ClientFacts, SettingRule


def of_client(
    facts: ClientFacts, install: Install | None, account: Account | None, stack: Stack | None
) -> tuple[list[Constraint], list[str]]:
    """Return what a client does by itself and by the *account*'s settings, and what of it nobody can tell.

    Args:
        facts: of the client.
        install: its installed copy.
        account: None: one with the client's defaults.
        stack: the library that it speaks TLS with, or None when that was not found.
    """
    version, kind = install.tls_release if install else None, stack.kind if stack else ""
    security = account.security if account else "implicit"
    found = list(_behaviour(DEFAULT, facts.defaults, version, security, kind, facts.title))
    found.extend(_behaviour(LIMIT, facts.limits, version, security, kind, facts.title))
    settings = account.settings if account else ()
    for setting in settings:
        found.extend(of_setting(SETTING, setting, facts.settings.get(setting.key), version, stack))
    found.extend(_absent(facts, {setting.key for setting in settings}, version, kind))
    if facts.contradiction == "ignored" and arithmetic.contradict(found):
        # Of the versions, that is: cipher suites are another matter.
        found = [item for item in found if item.layer != SETTING or item.effect.without]
    unknown = [f"{item.what}: {item.why} ({spot(item.file, item.line)})" for item in account.undecided] if account else []
    return found, unknown


def with_bundled_version(facts: ClientFacts, install: Install | None, stack: Stack | None) -> Stack | None:
    """Return *stack* with the version that comes with this release of its client, where its own is not known."""
    if stack is None or install is None or stack.version is not None:
        return stack
    known = (item for item in facts.bundled if item.library == stack.kind and item.versions.holds(install.version))
    found = next(known, None)
    return replace(stack, version=found.version) if found else stack


def _behaviour(
    layer: str, rules: Iterable[BehaviourRule], version: str | None, security: str | None, kind: str, title: str
) -> Iterator[Constraint]:
    for rule in (rule for rule in rules if rule.library in (None, kind)):
        holds = rule.versions.holds(version)
        if holds is not False and (rule.security is None or security is None or rule.security == security):
            why = rule.why if holds else f"the version of {title} is not known ({rule.why or rule.source})"
            maybe = holds is None or (rule.security is not None and security is None)
            fixed_in = rule.versions.end
            yield Constraint(layer, rule.effect, rule.source, why=why, advice=rule.mend, maybe=maybe, fixed_in=fixed_in)


def _absent(facts: ClientFacts, present: set[str], version: str | None, kind: str) -> Iterator[Constraint]:
    """What it means that the account does not have a setting."""
    for key, rules in facts.settings.items():
        for rule in rules if key not in present else ():
            holds = rule.versions.holds(version)
            if rule.absent is not None and holds is not False and rule.library in (None, kind):
                why = f"{facts.title} without {key}" if holds else f"the version of {facts.title} is not known ({key} is not set)"
                yield Constraint(DEFAULT, rule.absent, rule.source, why=why, advice=rule.advice, maybe=holds is None)


def of_setting(
    layer: str, setting: Setting, rules: tuple[SettingRule, ...] | None, version: str | None, stack: Stack | None
) -> Iterator[Constraint]:
    """Yield what the *setting* does in its *layer*, by those *rules* that are of that *version* and of the library *stack*."""
    for rule in rules or ():
        of_version = rule.versions.holds(version)
        of_library = rule.library_versions.holds(stack.version if stack else None)
        if of_version is False or of_library is False or rule.library not in (None, stack.kind if stack else ""):
            continue
        for effect in rule.effects(setting.value):
            if effect != arithmetic.NOTHING:
                yield Constraint(
                    layer,
                    effect,
                    rule.source,
                    setting,
                    mend=rule.mend,
                    advice=rule.advice,
                    maybe=of_version is None or of_library is None,
                    yields_to_priority=rule.yields_to_priority,
                )
