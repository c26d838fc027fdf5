# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the values of a Windows registry do to the protocols that the system's libraries offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import schannel
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Evidence, Setting, Stack
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import SYSTEM, Constraint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Effect, LibraryFacts, Policy, WindowsUpdate

SCHANNEL, WINHTTP = "schannel", "winhttp"
_PROTOCOL_KEYS = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols"
_WINHTTP_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"
_WINHTTP_VALUE = "DefaultSecureProtocols"
_NAMES = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}
_BITS = {"TLSv1": 0x80, "TLSv1.1": 0x200, "TLSv1.2": 0x800, "TLSv1.3": 0x2000}
_WANTED = {"Enabled": "0x1", "DisabledByDefault": "0x0"}
# What of a cipher suite's name each of Schannel's switches takes away. Some scripts write another slash into the keys' names.
_ALGORITHMS = {
    r"ciphers\aes 128/128": "_WITH_AES_128_",
    r"ciphers\aes 256/256": "_WITH_AES_256_",
    r"keyexchangealgorithms\ecdh": "TLS_ECDHE_",
    r"keyexchangealgorithms\pkcs": "TLS_RSA_",
}


def number_of(setting: Setting) -> int | None:
    """Return the unsigned number of a REG_DWORD; None for any other type."""
    if setting.registry is None or setting.registry.type != "REG_DWORD":
        return None
    try:
        return int(setting.value, 16) & 0xFFFFFFFF
    except ValueError:
        return None


def of(evidence: Evidence, facts: LibraryFacts, stack: Stack, by_name: bool) -> list[Constraint]:
    """Return what acts on a library of Windows, for a program that takes its default or asks for protocols *by_name*."""
    if facts.registry == SCHANNEL:
        return list(_of_schannel(evidence, facts, stack, by_name))
    if facts.registry == WINHTTP:
        return list(_of_winhttp(evidence, facts, stack))
    return []


def states(evidence: Evidence, facts: LibraryFacts, stack: Stack) -> list[dict[str, Any]]:
    """Return for each protocol of Schannel that the policy knows its raw values, the default of this build, and what they come to."""
    if facts.registry != SCHANNEL:
        return []
    return [
        {
            "protocol": protocol,
            "registry": _key(protocol),
            "raw": {name: value.value if value else None for name, value in _values(evidence, protocol).items()},
            "default": _default(facts, stack, protocol),
            "effective": _state(evidence, facts, stack, protocol).word,
        }
        for protocol in _NAMES
    ]


def waits_for_restart(evidence: Evidence) -> bool:
    """Tell whether Windows says that a restart is pending."""
    return any(setting.stack == "restart" for setting in evidence.settings)


# Schannel


def _of_schannel(evidence: Evidence, facts: LibraryFacts, stack: Stack, by_name: bool) -> Iterator[Constraint]:
    for protocol in _NAMES:
        state = _state(evidence, facts, stack, protocol)
        offered = state.by_name if by_name else state.by_default
        update = _update(facts, stack, protocol)
        if offered is not True:
            yield _off(evidence, facts, protocol, offered is None, update)
        elif update is not None:
            why = f"whether {update.name} is installed, without which this Windows has no {_NAMES[protocol]}, can't be seen"
            yield Constraint(SYSTEM, Effect(disable=frozenset({protocol})), update.source, why=why, maybe=True)


def _off(evidence: Evidence, facts: LibraryFacts, protocol: str, maybe: bool, update: WindowsUpdate | None) -> Constraint:
    values = _values(evidence, protocol)
    wrong = [value for name, value in values.items() if value is not None and number_of(value) != int(_WANTED[name], 16)]
    why = f"{_NAMES[protocol]}, which is off by default in this Windows and switched on by no value of {_key(protocol)}"
    if maybe:
        why = f"what this Windows makes of {_spoken(values)} for {_NAMES[protocol]} is not documented ({_key(protocol)})"
    needs = f"Install {update.name}. " if update else ""
    advice = (
        f"{needs}In {_key(protocol)} set both REG_DWORD values, Enabled to 1 and DisabledByDefault to 0,"
        " then restart Windows, or at least the mail client."
    )
    return Constraint(
        SYSTEM,
        Effect(disable=frozenset({protocol})),
        facts.source,
        None if maybe else next(iter(wrong), None),
        why=why,
        advice=advice,
        maybe=maybe,
        change=_change(protocol, values),
    )


def _change(protocol: str, values: Mapping[str, Setting | None]) -> dict[str, Any]:
    return {
        "registry": _key(protocol),
        "view": "64",
        "values": [
            {"value": name, "type": "REG_DWORD", "from": values[name].value if values[name] else None, "to": wanted}  # type: ignore[union-attr]
            for name, wanted in _WANTED.items()
        ],
    }


def _state(evidence: Evidence, facts: LibraryFacts, stack: Stack, protocol: str) -> schannel.State:
    kinds = {
        name: schannel.kind_of(value.registry.type if value and value.registry else None, number_of(value) if value else None)
        for name, value in _values(evidence, protocol).items()
    }
    return schannel.decide(kinds["Enabled"], kinds["DisabledByDefault"], _default(facts, stack, protocol))


def _default(facts: LibraryFacts, stack: Stack, protocol: str) -> str:
    if not any(protocol in offer.protocols for offer in facts.offers if offer.versions.holds(stack.version)):
        return schannel.NONE
    off = any(protocol in offer.protocols for offer in facts.off_by_default if offer.versions.holds(stack.version))
    return schannel.OFF if off else schannel.ON


def _update(facts: LibraryFacts, stack: Stack, protocol: str) -> WindowsUpdate | None:
    return next((offer for offer in facts.needs_update if protocol in offer.protocols and offer.versions.holds(stack.version)), None)


def _key(protocol: str) -> str:
    return rf"{_PROTOCOL_KEYS}\{_NAMES[protocol]}\Client"


def _values(evidence: Evidence, protocol: str) -> dict[str, Setting | None]:
    key = _key(protocol).lower()
    found = {setting.key.lower(): setting for setting in evidence.settings if setting.stack == SCHANNEL and setting.file.lower() == key}
    return {name: found.get(name.lower()) for name in _WANTED}


def _spoken(values: Mapping[str, Setting | None]) -> str:
    def one(name: str, value: Setting | None) -> str:
        if value is None:
            return f"{name} absent"
        kind = "" if number_of(value) is not None else f" of the type {value.registry.type if value.registry else 'unknown'}"
        return f"{name} = {value.value}{kind}"

    return " and ".join(one(name, value) for name, value in values.items())


def suites_shared(evidence: Evidence, facts: LibraryFacts, stack: Stack, offered: tuple[str, ...], policy: Policy) -> bool | None:
    """Tell whether a list of cipher suites or a switched-off algorithm leaves one that the service accepts; None: neither is set."""
    if facts.registry != SCHANNEL:
        return None
    listed, removed = _listed_suites(evidence), _removed(evidence)
    if listed is None and not removed:
        return None
    if "TLSv1.3" in offered and (listed is None or any(name.startswith("TLS_AES_") for name in listed)):
        return True
    lacking = {code for offer in facts.lacks_suites if offer.versions.holds(stack.version) for code in offer.suites}
    names = [suite.name for code, suite in policy.cipher_suites.items() if code not in lacking]
    left = [name for name in names if (listed is None or name in listed) and not any(part in name for part in removed)]
    return bool(left)


def _listed_suites(evidence: Evidence) -> set[str] | None:
    """The list that Group Policy sets replaces the local one. Before Windows 10 the names end in their curve."""
    lists = [setting for setting in evidence.settings if setting.stack == SCHANNEL and setting.key.lower() == "functions"]
    chosen = next((setting for setting in lists if r"\policies" + "\\" in setting.file.lower()), next(iter(lists), None))
    if chosen is None:
        return None
    names = [name.strip() for name in chosen.value.replace("\\0", ",").split(",") if name.strip()]
    return {name.rpartition("_P")[0] if name[-5:-3] == "_P" and name[-3:].isdigit() else name for name in names}


def _removed(evidence: Evidence) -> list[str]:
    found: list[str] = []
    for setting in evidence.settings:
        if setting.stack == SCHANNEL and setting.key.lower() == "enabled" and number_of(setting) == 0:
            key = setting.file.lower().replace("\u2215", "/").rpartition("\\schannel\\")[2]
            found.extend(part for name, part in _ALGORITHMS.items() if key in (name, name + r"\client"))
    return found


# WinHTTP


def _of_winhttp(evidence: Evidence, facts: LibraryFacts, stack: Stack) -> Iterator[Constraint]:
    value = next(
        (item for item in evidence.settings if item.stack == WINHTTP and item.config == stack.path and item.key == _WINHTTP_VALUE), None
    )
    number = number_of(value) if value else None
    view = "64" if "system32" in stack.path.lower() else "32"
    for protocol, bit in _BITS.items():
        off = any(protocol in offer.protocols for offer in facts.off_by_default if offer.versions.holds(stack.version))
        update = _update(facts, stack, protocol)
        is_off = off if number is None else not number & bit
        if is_off or update is not None:
            yield _winhttp_off(facts, protocol, value, view, update, maybe=not is_off or (value is not None and number is None))


def _winhttp_off(
    facts: LibraryFacts, protocol: str, value: Setting | None, view: str, update: WindowsUpdate | None, maybe: bool
) -> Constraint:
    number = number_of(value) if value else None
    wanted = f"0x{(number or 0xA00) | _BITS['TLSv1.2']:x}"
    why = f"{_NAMES[protocol]}, which WinHTTP leaves off by default in this Windows"
    if maybe and update is not None:
        why = f"whether {update.name} is installed, without which {_WINHTTP_VALUE} has no effect, can't be seen"
    needs = f"Install {update.name}, which by itself changes nothing, and set" if update else "Set"
    advice = f"{needs} the REG_DWORD value {_WINHTTP_VALUE} to {wanted} in {_WINHTTP_KEY} (the {view}-bit view), then restart the programs."
    entry = {"value": _WINHTTP_VALUE, "type": "REG_DWORD", "from": value.value if value else None, "to": wanted}
    change = {"registry": _WINHTTP_KEY, "view": view, "values": [entry]}
    source = update.source if update else facts.source
    return Constraint(
        SYSTEM, Effect(disable=frozenset({protocol})), source, None if maybe else value, why=why, advice=advice, maybe=maybe, change=change
    )
