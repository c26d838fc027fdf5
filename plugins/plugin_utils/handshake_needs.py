# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a handshake needs besides a version and a cipher suite in common: a group, a signature algorithm, and keys that are long enough.

The service's own lists are not published, so where a client offers nothing that a server can be expected to take, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from ansible_collections.mailtls.fleet.plugins.plugin_utils import cipher_string, priority_string
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Hello, Setting, spot
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import LibraryFacts, Policy, SettingRule

_TLS13 = "TLSv1.3"
# From this level of security on, OpenSSL takes no certificate with an RSA key of 2048 bits (SSL_CTX_set_security_level(3)).
_LEVEL_OF_LONGER_KEYS = 3


class Handed(NamedTuple):
    """What a client hands to its library: the setting with a list of cipher suites for OpenSSL, and the priority string for GnuTLS."""

    ciphers: Setting | None
    priority: str | None


def of_path(
    hello: Hello | None,
    offered: Collection[str],
    system: Iterable[Setting],
    handed: Handed,
    facts: LibraryFacts,
    version: str | None,
    policy: Policy,
) -> list[str]:
    """Return what keeps one from being sure that the service agrees to a handshake, one sentence's part each.

    Args:
        hello: what the path sends, or of the case "suites" the suites alone; None where the library was not asked.
        offered: the protocols of the path.
        system: the settings that it reads by itself.
        handed: what the client hands to it.
        facts, version: of the library.
        policy: with what a server can be expected to take.
    """
    system = list(system)
    lists = [setting for setting in system if any(rule.ciphers for rule in facts.settings.get(setting.key, ()))]
    untold = _untold(system, facts, version, policy, hello)
    own = [handed.ciphers] if handed.ciphers else []
    return _unusual(hello, offered, policy) + untold + _key_length(lists + own) + _profile(handed.priority)


def _untold(settings: Iterable[Setting], facts: LibraryFacts, version: str | None, policy: Policy, hello: Hello | None) -> list[str]:
    """What lists of algorithms come to, where neither a ClientHello nor their words alone tell."""
    found = []
    is_whole = hello is not None and hello.case != "suites"
    for setting in settings:
        for rule in facts.settings.get(setting.key, ()):
            if (is_whole and rule.in_hello) or (hello is not None and not rule.one_of):
                continue
            if not _serves(rule, setting.value, policy) and rule.versions.holds(version) is not False:
                told = f"{setting.key} = {setting.value} ({spot(setting.file, setting.line)})"
                leaves = f"what {told} leaves is known only to the library that reads it"
                found.append(leaves if rule.in_hello else f"{rule.otherwise.unknown}: {told}")
    return found


def _serves(rule: SettingRule, value: str, policy: Policy) -> bool:
    """Whether the words of a list are enough to tell that the service finds something in it; of any other setting nothing is asked."""
    if rule.one_of:
        return rule.leaves_one(value)
    return not rule.ciphers or bool(cipher_string.shares(value, policy.suite_names))


def _unusual(hello: Hello | None, offered: Collection[str], policy: Policy) -> list[str]:
    """What is offered and may be nothing that the service takes."""
    if hello is None or hello.error:
        return []
    expected = policy.handshake
    needs = (
        ("groups for the key exchange", hello.groups, expected.groups),
        ("signature algorithms", hello.signature_algorithms, expected.signature_algorithms),
    )
    found = []
    if _TLS13 in offered and _TLS13 in hello.versions and expected.tls13_suites.isdisjoint(hello.ciphers):
        # A server may settle on the version before it looks at the suites.
        found.append(f"whether the service goes back from {_TLS13}, which is offered without a suite of it that servers have")
    return found + [
        f"whether the service takes one of the {what} that its ClientHello offers ({', '.join(listed) or 'none'}), "
        f"of which none is among those that every server has to take ({expected.source.text})"
        for what, listed, taken in needs
        if listed is not None and taken.isdisjoint(listed)
    ]


def _profile(priority: str | None) -> list[str]:
    if priority is None or not priority_string.asks_for_longer_keys(priority):
        return []
    return [f"whether the service's certificate has a key that is long enough for the profile of {priority}"]


def _key_length(settings: Iterable[Setting]) -> list[str]:
    """Of the lists of cipher suites, in the order in which they act, the last that names a level of security sets it."""
    named = [(setting, level) for setting in settings if (level := cipher_string.security_level(setting.value)) is not None]
    if not named or named[-1][1] < _LEVEL_OF_LONGER_KEYS:
        return []
    setting, level = named[-1]
    return [
        f"whether the service's certificate has a key that is long enough for the level of security {level} of {setting.key} "
        f"({spot(setting.file, setting.line)}), which takes no RSA key of 2048 bits"
    ]
