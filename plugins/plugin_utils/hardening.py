# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Floors that somebody set below the requirement: nothing fails by them, and a remediation raises them only where that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS
from ansible_collections.mailtls.fleet.plugins.plugin_utils import dotnet
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Account, Evidence, Install, Setting, Stack, spot
from ansible_collections.mailtls.fleet.plugins.plugin_utils.mail_path import system_settings
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import ClientFacts, Effect, LibraryFacts, Policy, SettingRule
from ansible_collections.mailtls.fleet.plugins.plugin_utils.registry_constraints import SCHANNEL

Rules = Mapping[str, tuple[SettingRule, ...]]


def of_account(facts: ClientFacts, install: Install | None, account: Account, stack: Stack | None, policy: Policy) -> dict[str, Any]:
    """Return the keys of an *account*'s finding that tell of floors in its own settings: `harden`, or nothing."""
    return _told(_raised(account.settings, facts.settings, install.tls_release if install else None, stack, policy))


def of_stack(evidence: Evidence, facts: LibraryFacts, stack: Stack, policy: Policy) -> dict[str, Any]:
    """Return the same for a library's finding, of the system's settings for it. Files that a program writes are left to that.

    Schannel's has what is to be set for the .NET Framework, which goes through it.
    """
    if facts.registry == SCHANNEL:
        return dotnet.to_harden(evidence)
    settings = [item for item in system_settings(evidence, facts, stack) if not any(kind.holds(item.file) for kind in policy.generated)]
    return _told(_raised(settings, facts.settings, stack.version, stack, policy))


def _raised(
    settings: Iterable[Setting], rules: Rules, version: str | None, stack: Stack | None, policy: Policy
) -> list[tuple[Setting, str]]:
    """The settings that are too low, each with the value that raises it."""
    found = []
    for setting in settings:
        for rule in rules.get(setting.key, ()):
            raised = _floor(rule, policy.protocol)
            if raised and _acts(rule, version, stack) and _is_low(rule, setting.value, policy.protocol) and _has_line(setting):
                found.append((setting, raised))
    return found


def _acts(rule: SettingRule, version: str | None, stack: Stack | None) -> bool:
    of_library = rule.library in (None, stack.kind if stack else None) and rule.library_versions.holds(stack.version if stack else None)
    return bool(of_library and rule.versions.holds(version))


def _is_low(rule: SettingRule, value: str, protocol: str) -> bool:
    """Whether *value* is a floor below *protocol*, and nothing else."""
    effects = rule.effects(value)
    minimum = effects[0].minimum if len(effects) == 1 else None
    return minimum is not None and effects == [Effect(minimum=minimum)] and PROTOCOLS.index(minimum) < PROTOCOLS.index(protocol)


def _floor(rule: SettingRule, protocol: str) -> str | None:
    """The value that makes *protocol* the floor."""
    values = [*([rule.mend] if rule.mend else []), *rule.words]
    return next((value for value in values if rule.effects(value) == [Effect(minimum=protocol)]), None)


def _has_line(setting: Setting) -> bool:
    return setting.registry is None and setting.line > 0


def _told(found: list[tuple[Setting, str]]) -> dict[str, Any]:
    if not found:
        return {}
    steps = [f"In {spot(setting.file, setting.line)}, raise {setting.key} from {setting.value} to {raised}." for setting, raised in found]
    changes = [
        {"file": setting.file, "line": setting.line, "key": setting.key, "from": setting.value, "to": raised} for setting, raised in found
    ]
    return {"harden": {"text": " ".join(steps), "changes": changes}}
