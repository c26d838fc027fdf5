"""One thing that is fuzzed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple


class Target(NamedTuple):
    """A parser of one text.

    seed: a text that it takes. errors: the exceptions that it documents. refused: another text to begin with, which it does not take.
    """

    parse: Callable[[str], Any]
    seed: str
    errors: tuple[type[Exception], ...] = ()
    refused: str = ""

    @property
    def seeds(self) -> list[str]:
        """The texts to begin with."""
        return [self.seed, self.refused] if self.refused else [self.seed]

    def take(self, text: str) -> None:
        """Hand *text* to it, and go through all that it returns; what it does not document comes through."""
        with contextlib.suppress(*self.errors):
            result = self.parse(text)
            if hasattr(result, "__next__"):
                list(result)
