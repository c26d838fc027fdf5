# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a GnuTLS priority string does to protocol versions, for where the library itself could not be asked with it.

Source: GnuTLS manual, "Priority strings"; tests put the same strings to the real library.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

# Words that bring cipher suites and leave the versions as they are. What EXPORT and the like meant differs by release; SECURE192 and
# SECURE256 take signatures with the longer hashes alone.
_LEVELS = ("NORMAL", "PERFORMANCE", "LEGACY", "PFS", "SECURE", "SECURE128")
_LONG_HASHES = ("SECURE192", "SECURE256")
# Profiles of certificates with which RSA keys of 2048 bits are too short.
_PROFILE_OF_LONGER_KEYS = re.compile(r"%PROFILE_(?:HIGH|ULTRA|FUTURE|SUITEB\d+)(?::|\Z)", re.IGNORECASE)
_SUITE_B = ("SUITEB128", "SUITEB192")
_ALL = ("VERS-ALL", "VERS-TLS-ALL")
_VERSION = re.compile(r"VERS-(?P<family>TLS|SSL|DTLS)(?P<number>\d\.\d|-ALL)\Z")
# Options of connections that leave versions and cipher suites alone, of every release since 3.6.
_OPTIONS = (
    "%COMPAT",
    "%DISABLE_SAFE_RENEGOTIATION",
    "%DUMBFW",
    "%PARTIAL_RENEGOTIATION",
    "%SAFE_RENEGOTIATION",
    "%SERVER_PRECEDENCE",
    "%UNSAFE_RENEGOTIATION",
)


@dataclass(frozen=True)
class Reading:
    """What a string leaves on.

    Attributes:
        protocols: those that may be on; no other can be.
        unknown: why only the library knows whether they really are; None when it is certain.
    """

    protocols: frozenset[str]
    unknown: str | None = None


def read(string: str, known: Set[str]) -> Reading:
    """Return what the priority *string* leaves on, before system settings, in a library that knows the protocols *known*."""
    reader = _Reader(frozenset(known))
    for position, token in enumerate(string.lstrip().split(":")):
        if not reader.take(token.lstrip().upper(), position == 0):
            return Reading(frozenset())
    if reader.without_suites:
        return Reading(frozenset())
    return Reading(frozenset(reader.on), reader.unknown)


def asks_for_longer_keys(string: str) -> bool:
    """Tell whether the priority *string* takes no certificate with an RSA key of 2048 bits (GnuTLS manual, "Priority strings")."""
    return _PROFILE_OF_LONGER_KEYS.search(string) is not None


class _Reader:
    def __init__(self, known: frozenset[str]) -> None:
        self.known = known
        self.on = set(known)
        self.unknown: str | None = None
        self.without_suites = True

    def take(self, token: str, first: bool) -> bool:
        """Take one element; False when GnuTLS refuses the whole string for it."""
        if first and token.startswith("@"):
            self.without_suites = False
            return self._ask("it names a string of the system's settings")
        if first and token == "NONE":
            self.on = set()
            return True
        sign, name = (token[:1], token[1:]) if token[:1] in ("+", "-", "!") else ("", token)
        if name in _LEVELS and sign in ("", "+"):
            self.without_suites = False
            return True
        if name in _LONG_HASHES and sign in ("", "+"):
            self.without_suites = False
            return self._ask("it leaves signatures with long hashes alone")
        if name in _SUITE_B and sign in ("", "+"):
            return self._suite_b(sign == "" and self.without_suites)
        if token.startswith("%"):
            return token in _OPTIONS or self._ask("it has an option that is not known here")
        if not sign or not name:
            return False
        return self._version(sign == "+", name) if name.startswith("VERS-") else self._algorithm()

    def _suite_b(self, replaces: bool) -> bool:
        self.on = {"TLSv1.2"} if replaces else self.on | {"TLSv1.2"}
        self.without_suites = False
        return self._ask("it names cipher suites")

    def _version(self, on: bool, name: str) -> bool:
        if name in _ALL:
            self.on = set(self.known) if on else set()
            return True
        match = _VERSION.match(name)
        if match is None:
            return False
        if match.group("family") == "TLS":
            number = match.group("number")
            protocol = "TLSv1" if number == "1.0" else "TLSv" + number
            if protocol not in self.known:
                return False
            (self.on.add if on else self.on.discard)(protocol)
        return True

    def _algorithm(self) -> bool:
        """Which algorithms there are, and whether enough of them are left for a version, depends on the library."""
        self.without_suites = False
        return self._ask("it names algorithms")

    def _ask(self, why: str) -> bool:
        self.unknown = why + ", which only the library itself can resolve"
        return True
