# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions of libraries and programs, and conditions on them such as ">= 1.0.1, < 1.1.1"."""

from __future__ import annotations

import functools
import operator
import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\d+|[a-z]+")
_BEFORE_RELEASE = {"alpha", "beta", "dev", "pre", "rc"}
_CONDITION = re.compile(r"(>=|<=|>|<|=)\s*([0-9][0-9A-Za-z.]*)")
_OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}
_END = (1, 0)


@functools.lru_cache(maxsize=4096)
def sort_key(version: str) -> tuple[tuple[int, int | str], ...]:
    """Return a key that orders versions: 1.0.1 < 1.0.1a < 1.0.2 (OpenSSL's letters), 6.4.0.rc1 < 6.4.0 (pre-releases)."""
    key: list[tuple[int, int | str]] = []
    for token in _TOKEN.findall(version.lower()):
        if token.isdigit():
            key.append((3, int(token)))
            continue
        _drop_zeros(key)
        key.append((0 if token in _BEFORE_RELEASE else 2, token))
    _drop_zeros(key)
    return (*key, _END)


def _drop_zeros(key: list[tuple[int, int | str]]) -> None:
    """6.4 and 6.4.0 are one version, and so are what follows them."""
    while key and key[-1] == (3, 0):
        key.pop()


@dataclass(frozen=True)
class VersionRange:
    """A conjunction of comparisons; empty: every version."""

    text: str
    conditions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Return the range that *text* writes, comparisons separated by commas. Raises ValueError when it is none."""
        conditions = []
        for part in text.split(","):
            match = _CONDITION.fullmatch(part.strip())
            if match is None:
                raise ValueError(f"expected comparisons such as '>= 1.0.1, < 1.1.1', found {text!r}")
            conditions.append((match.group(1), match.group(2)))
        return cls(text, tuple(conditions))

    @property
    def end(self) -> str | None:
        """The lowest version above the range, where it names one."""
        return next((bound for sign, bound in self.conditions if sign == "<"), None)

    def holds(self, version: str | None) -> bool | None:
        """Tell whether *version* lies in the range; None when it is not known and the range is not every version."""
        if not self.conditions:
            return True
        if version is None:
            return None
        key = sort_key(version)
        return all(_OPERATORS[sign](key, sort_key(bound)) for sign, bound in self.conditions)


ANY = VersionRange("")
