# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A page of lines: indented, wrapped, words of state in colour where that is wanted."""

from __future__ import annotations

import re
import textwrap

_LABEL = 10
_NARROWEST = 20
_RESET = "\033[0m"
_COLOUR_CODE = re.compile("\033\\[[0-9;]*m")
_COLOURS = {
    "FAIL": "\033[1;31m",
    "AT_RISK": "\033[33m",
    "UNKNOWN": "\033[35m",
    "ERROR": "\033[1;35m",
    "UNREACHABLE": "\033[35m",
    "WAIVED": "\033[36m",
    "PASS": "\033[32m",
}


class Page:
    """Lines of a report, all of whose text is inert already.

    Attributes:
        results: where the reader finds what was left out.
    """

    def __init__(self, colour: bool, width: int, results: str) -> None:
        self.results = results
        self._colour = colour
        self._width = width
        self._lines: list[str] = []

    def line(self, text: str = "") -> None:
        """Add a line as it is."""
        self._lines.append(text)

    def wrapped(self, text: str, indent: int, first: str = "") -> None:
        """Add *text* in as many lines as it takes, *first* before the first of them. A word is never broken: it may be a path."""
        lead = " " * indent
        before = " " * len(_COLOUR_CODE.sub("", first or lead))
        width = max(self._width, indent + _NARROWEST)
        lines = textwrap.wrap(
            text, width, initial_indent=before, subsequent_indent=lead, break_long_words=False, break_on_hyphens=False
        ) or [before]
        self._lines.append((first or lead) + lines[0][len(before) :])
        self._lines.extend(lines[1:])

    def item(self, label: str, text: str, indent: int) -> None:
        """Add *text* with a label to its left."""
        self.wrapped(text, indent + _LABEL, " " * indent + label.ljust(_LABEL))

    def more(self, count: int, what: str, indent: int) -> None:
        """Say that *count* are left out, and where they are."""
        if count > 0:
            self.line(f"{' ' * indent}and {count} more {what}{'s' if count > 1 else ''}, see {self.results}")

    def word(self, verdict: str) -> str:
        """Return the word of a verdict, in its colour."""
        return f"{_COLOURS[verdict]}{verdict}{_RESET}" if self._colour else verdict

    def text(self) -> str:
        """Return the page."""
        return "\n".join(self._lines) + "\n"
