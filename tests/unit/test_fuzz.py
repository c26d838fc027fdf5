"""A short run of what `make fuzz` does at length: changed texts, and no exception but the documented ones."""

from __future__ import annotations

import random

import pytest
from fuzz import targets

TEXTS = 300
CHARACTERS = "\0\t\n\r \"'\\#;%$`(){}[]<>=:,.@|&*~-+/aZ09é\u2028\ufffd"


def changed(draw: random.Random, text: str) -> str:
    for _ in range(draw.randint(1, 6)):
        start = draw.randint(0, len(text))
        end = min(len(text), start + draw.choice((0, 0, 1, 3, 10)))
        part = draw.choice((draw.choice(CHARACTERS), draw.choice(CHARACTERS) * draw.randint(2, 40), text[: draw.randint(0, 40)], ""))
        text = text[:start] + part + text[end:]
    return text


@pytest.mark.parametrize("name", targets.TARGETS)
def test_a_changed_text_raises_nothing_that_is_not_documented(name: str) -> None:
    draw = random.Random(name)
    for _ in range(TEXTS):
        text = changed(draw, targets.TARGETS[name].seed)
        try:
            targets.run(name, text)
        except Exception as error:
            raise AssertionError(f"{name} raised {error!r} of {text!r}") from error
