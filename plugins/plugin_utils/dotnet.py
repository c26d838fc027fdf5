# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The .NET Framework's two values, in both versions and both views: what keeps its programs from TLS 1.2, or lets old ones have it.

Which versions a program offers depends on the .NET that it was built for, which can't be seen, and no mail client is known to be one. So
what somebody set to 0 is a warning, and what nobody set is mended only with mailtls_harden. Source of what they mean: W-S13 in the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Evidence, Setting, Stack
from ansible_collections.mailtls.fleet.plugins.plugin_utils.finding import finding, stable_id
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import LibraryFacts, Policy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.registry_constraints import number_of
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import AT_RISK

DOTNET = "dotnet"
_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\.NETFramework\v{}"
_NAMES = ("SchUseStrongCrypto", "SystemDefaultTlsVersions")
_ON = "0x1"
_AGAIN = "then restart the programs that run on the .NET Framework."


def of_host(evidence: Evidence, policy: Policy) -> list[dict[str, Any]]:
    """Return a warning for each version and view of the .NET Framework in which somebody switched one of the values off."""
    facts = policy.libraries.get(DOTNET)
    stacks = _stacks(evidence) if facts else []
    return [_switched_off(stack, off, facts) for stack in stacks if facts and (off := _off(evidence, stack))]


def to_harden(evidence: Evidence) -> dict[str, Any]:
    """Return the key of a finding, `harden`, that tells of values that are absent, or nothing."""
    changes = [change for stack in _stacks(evidence) if (change := _change(stack, {}, _absent(evidence, stack)))]
    if not changes:
        return {}
    places = ", ".join(f"{change['registry']} ({change['view']}-bit view)" for change in changes)
    text = f"Set the REG_DWORD values {' and '.join(_NAMES)} to 1 in {places}, {_AGAIN}"
    return {"harden": {"text": text, "changes": changes}}


def _stacks(evidence: Evidence) -> list[Stack]:
    return [stack for stack in evidence.stacks if stack.kind == DOTNET and stack.version]


def _view(stack: Stack) -> str:
    return "64" if "framework64" in stack.path.lower() else "32"


def _values(evidence: Evidence, stack: Stack) -> Mapping[str, Setting]:
    return {item.key.lower(): item for item in evidence.settings if item.stack == DOTNET and item.config == stack.path}


def _off(evidence: Evidence, stack: Stack) -> Mapping[str, Setting]:
    values = _values(evidence, stack)
    return {name: values[name.lower()] for name in _NAMES if name.lower() in values and number_of(values[name.lower()]) == 0}


def _absent(evidence: Evidence, stack: Stack) -> Iterator[str]:
    values = _values(evidence, stack)
    return (name for name in _NAMES if name.lower() not in values)


def _change(stack: Stack, off: Mapping[str, Setting], absent: Iterator[str]) -> dict[str, Any]:
    values: list[dict[str, Any]] = [{"value": name, "type": "REG_DWORD", "from": setting.value, "to": _ON} for name, setting in off.items()]
    values += [{"value": name, "type": "REG_DWORD", "from": None, "to": _ON} for name in absent]
    return {"registry": _KEY.format(stack.version), "view": _view(stack), "values": values} if values else {}


def _switched_off(stack: Stack, off: Mapping[str, Setting], facts: LibraryFacts) -> dict[str, Any]:
    change = _change(stack, off, iter(()))
    named = " and ".join(f"{name} = {setting.value}" for name, setting in off.items())
    place = f"{change['registry']}, {change['view']}-bit view"
    why = (
        f"{facts.title} {stack.version}: {named} ({place}) keeps programs that name no TLS version themselves from what Windows offers,"
        " to TLS 1.0 in the older ones. Which programs these are can't be seen; no mail client that was found is known to be one."
    )
    text = f"Set the REG_DWORD value{'s' * (len(off) > 1)} {' and '.join(off)} to 1 in {place}, {_AGAIN}"
    return finding(
        stable_id("stack", stack.kind, stack.path),
        "stack",
        "system_settings",
        AT_RISK,
        "configured",
        why,
        {"text": text, "remedy": "registry", "change": change, "changes": [change]},
        str(facts.source),
        stack={"kind": stack.kind, "version": stack.version, "path": stack.path},
        settings=[{"file": item.file, "line": item.line, "key": item.key, "value": item.value} for item in off.values()],
    )
