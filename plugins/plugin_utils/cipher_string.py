# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a list of cipher suites leaves one that the service accepts, for where the library itself could not be asked with it.

Only what is certain in every release is said; tests put the same strings to the real library. Source: openssl-ciphers(1ssl).
"""

from __future__ import annotations

import re
from collections.abc import Collection

# Words that bring, in every release, one of the suites that the service accepts.
_BROAD = frozenset({"ALL", "HIGH", "AESGCM", "ECDHE+AESGCM", "EECDH+AESGCM", "kECDHE", "kEECDH"})
# That, too, but only as the very beginning of the list: anywhere else OpenSSL passes over it.
_FIRST = "DEFAULT"
# What may be taken away without touching those.
# fmt: off
_HARMLESS = frozenset({
    "3DES", "ADH", "AECDH", "AESCCM", "AESCCM8", "ARIA", "CAMELLIA", "CHACHA20", "COMPLEMENTOFALL", "DES", "DH", "DHE", "DSS", "EDH",
    "EXP", "EXPORT", "EXPORT40", "EXPORT56", "GOST", "IDEA", "KRB5", "LOW", "MD5", "MEDIUM", "NULL", "PSK", "RC2",
    "RC4", "SEED", "SHA384", "SRP", "SSLv2", "aDSS", "aECDSA", "aNULL", "aPSK", "eNULL", "kDHE", "kDHEPSK", "kEDH", "kPSK",
    "kSRP",
})
# fmt: on
# A suite by its name, OpenSSL's or IANA's.
_SUITE = re.compile(r"(?:[A-Z0-9]+-)+[A-Z0-9]+|(?:TLS|SSL)_[A-Z0-9_]+")
# Up to level 2 all of the service's suites are left (SSL_CTX_set_security_level(3)).
_LEVEL = re.compile(r"@SECLEVEL=[0-2]$")
_ANY_LEVEL = re.compile(r"@SECLEVEL=(\d)")
_SEPARATORS = re.compile(r"[:, ;]+")


def security_level(string: str) -> int | None:
    """Return the level of security that the cipher list *string* sets, or None when it leaves that alone. Of several the last counts."""
    levels = _ANY_LEVEL.findall(string)
    return int(levels[-1]) if levels else None


def shares(string: str, accepted: Collection[str]) -> bool | None:
    """Tell whether the cipher list *string* leaves one of the TLS 1.2 suites *accepted*, named as OpenSSL or IANA do; None: not certain."""
    words = [_LEVEL.sub("", token) for token in _SEPARATORS.split(string)]
    words = [word for word in words if word and word != "@STRENGTH"]
    removed = [word[1:] for word in words if word[:1] in ("!", "-")]
    brought = [word for word in words if word[:1] not in ("!", "-", "+")]
    is_default = string.startswith(_FIRST) and brought[:1] == [_FIRST]
    if (is_default or any(word in _BROAD or word in accepted for word in brought)) and set(removed) <= _HARMLESS:
        return None if any("@" in word for word in words) else True  # a level of security may take the suites away again
    if brought and all(_SUITE.fullmatch(word) and word not in accepted for word in brought):
        return False
    return None
