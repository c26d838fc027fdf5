# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The GnuTLS priority string that a client hands to the library: what it does to the versions, and what the library said to it."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from ansible_collections.mailtls.fleet.plugins.plugin_utils import offered as arithmetic
from ansible_collections.mailtls.fleet.plugins.plugin_utils import priority_string
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Hello, Setting, Stack
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import DEFAULT, SETTING, Constraint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import ClientFacts, Effect, LibraryFacts, SettingRule, Source

KIND = "gnutls"


@dataclass(frozen=True)
class OwnPriority:
    """A priority string.

    Attributes:
        string: as the client hands it over.
        source: where it is known from that it does.
        rule, setting: None where no setting gives the string, but the client itself.
    """

    string: str
    source: Source
    rule: SettingRule | None = None
    setting: Setting | None = None

    def hello(self, stack: Stack) -> Hello | None:
        """Return what *stack* answered when it was asked with this very string, or None when it was not."""
        return stack.hello("priority", self.string)

    def constraint(self, known: Set[str], observed: Set[str] | None = None) -> Constraint:
        """Return what the string does in a library that knows the protocols *known*; *observed*: of which these were seen on."""
        effect = effect_of(self.string, known)
        if observed is not None:
            effect = arithmetic.only(observed) if effect.unknown else effect
        layer = DEFAULT if self.setting is None else SETTING
        why = None if self.setting else f"the priority string {self.string}, which it hands to GnuTLS"
        mend, advice = (self.rule.mend, self.rule.advice) if self.rule else (None, None)
        return Constraint(layer, effect, self.source, self.setting, why=why, mend=mend, advice=advice)


def of_client(facts: ClientFacts, kind: str, settings: Iterable[Setting], version: str | None) -> OwnPriority | None:
    """Return the string that a client of that *version* with these *settings* hands to a library of that *kind*, if it does."""
    if kind != KIND:
        return None
    for setting in reversed(list(settings)):
        for rule in facts.settings.get(setting.key, ()):
            if rule.priority and rule.versions.holds(version) is not False:
                return OwnPriority(setting.value, rule.source, rule, setting)
    return OwnPriority(facts.priority.string, facts.priority.source) if facts.priority else None


def effect_of(string: str, known: Set[str]) -> Effect:
    """Return what the priority *string* does in a library that knows the protocols *known*."""
    reading = priority_string.read(string, known)
    unknown = f"what the priority string {string} leaves on: {reading.unknown}" if reading.unknown else None
    return replace(arithmetic.only(reading.protocols), unknown=unknown)


def most(string: str, known: Set[str]) -> frozenset[str]:
    """Return the protocols beyond which the priority *string* leaves none on."""
    return priority_string.read(string, known).protocols


def was_refused(hello: Hello, facts: LibraryFacts) -> bool:
    """Tell whether the library itself said that it would write no ClientHello with that string."""
    return hello.error is not None and hello.error.rstrip(".") in facts.refusals
