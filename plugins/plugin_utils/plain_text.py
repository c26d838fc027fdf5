# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text from hosts made safe to print: nothing in it moves a cursor, changes a colour or turns the direction of reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CUT = "…"


def escape(text: object, limit: int = 300) -> str:
    """Return *text* on one line, at most *limit* characters, with everything that does not print written as an escape.

    What prints is what Unicode says (str.isprintable): no control, format (bidirectional marks among them), surrogate,
    private or unassigned character, and no space but the ordinary one.
    """
    short = str(text)
    if len(short) <= limit and short.isprintable():
        return short
    cut = len(short) > limit
    plain = "".join(_escaped(letter) for letter in short[:limit])
    if len(plain) > limit or cut:
        plain = plain[: limit - len(_CUT)] + _CUT
    return plain


def inert(value: Any, limit: int = 300) -> Any:
    """Return a copy of *value* (mappings, lists and scalars) with every string in it escaped."""
    if isinstance(value, str):
        return escape(value, limit)
    if isinstance(value, Mapping):
        return {key: inert(item, limit) for key, item in value.items()}
    if isinstance(value, list):
        return [inert(item, limit) for item in value]
    return value


def _escaped(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
