# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a path shares a cipher suite with the service: by its library's ClientHello, with the client's own list where it has one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ansible_collections.mailtls.fleet.plugins.plugin_utils import cipher_string
from ansible_collections.mailtls.fleet.plugins.plugin_utils import offered as arithmetic
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Evidence, Hello, Install, Setting
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import SETTING, Constraint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import ClientFacts, Effect, Policy, SettingRule

_KIND = "openssl"
_TLS13 = "TLSv1.3"


@dataclass(frozen=True)
class OwnCiphers:
    """The cipher list that a setting of a client hands to its library.

    Attributes:
        setting, rule: which, and what is known of it.
        hello: what the library answered when it was asked with this very list; None: it was not asked.
        refused: it said that the list leaves no suite that it knows.
        by_words: whether a suite is shared, as far as the list's words tell; None: only the library knows.
    """

    setting: Setting
    rule: SettingRule
    hello: Hello | None
    refused: bool
    by_words: bool | None

    def constraints(self) -> list[Constraint]:
        """Return what the list does to the versions: nothing, unless it leaves no suite at all, or nobody can tell."""
        if self.refused:
            return [self.constraint(arithmetic.only(()))]
        if self.hello is None and not self.by_words:
            why = f"which cipher suites {self.setting.key} = {self.setting.value} leaves is known only to the library that reads it"
            return [self.constraint(Effect(unknown=why))]
        return []

    def shared(self, offered: Collection[str], policy: Policy) -> bool | None:
        """Tell whether a suite is shared by a client that offers those protocols; None: not known."""
        if self.hello is not None:
            return of_hello(self.hello, offered, policy)
        # A list of this kind leaves the suites of TLS 1.3 alone (SSL_CTX_set_cipher_list(3)), but may be refused as a whole.
        return None if _TLS13 in offered and not self.by_words else self.by_words

    def constraint(self, effect: Effect = arithmetic.NOTHING) -> Constraint:
        """Return the setting as a constraint with that *effect* on the versions."""
        return Constraint(SETTING, effect, self.rule.source, self.setting, mend=self.rule.mend, advice=self.rule.advice)


def of_client(
    evidence: Evidence, policy: Policy, facts: ClientFacts, install: Install | None, settings: Iterable[Setting], kind: str
) -> OwnCiphers | None:
    """Return the cipher list that a client with these *settings* hands to its library of that *kind*, or None when it leaves that alone."""
    version = install.tls_release if install else None
    for setting in reversed(list(settings)):
        for rule in facts.settings.get(setting.key, ()):
            if rule.ciphers and rule.library in (None, kind) and rule.versions.holds(version) is not False:
                hello = _asked(evidence, install, setting.value)
                refused = hello is not None and was_refused(hello, policy)
                usable = hello if hello is not None and not hello.error else None
                return OwnCiphers(setting, rule, usable, refused, cipher_string.shares(setting.value, policy.suite_names))
    return None


def of_hello(hello: Hello | None, offered: Collection[str], policy: Policy) -> bool | None:
    """Tell whether the suites in the *hello* and the service's have one in common; None where there is no hello."""
    if hello is None or hello.error or not hello.ciphers:
        return None
    if _TLS13 in offered and not policy.handshake.tls13_suites.isdisjoint(hello.ciphers):
        return True
    return any(code in policy.cipher_suites for code in hello.ciphers)


def was_refused(hello: Hello, policy: Policy) -> bool:
    """Tell whether OpenSSL itself said that a list leaves nothing."""
    return hello.error is not None and hello.error.rpartition(":")[2].strip() in policy.libraries[_KIND].refusals


def _asked(evidence: Evidence, install: Install | None, string: str) -> Hello | None:
    """The list goes to OpenSSL even where the client speaks through a runtime above it, so the answer is that library's."""
    stacks = [evidence.stack(path) for path in install.stacks] if install else []
    hellos = (stack.hello("ciphers", string) for stack in stacks if stack is not None and stack.kind == _KIND)
    return next((hello for hello in hellos if hello is not None), None)
