"""A short run of what `make fuzz` does at length: changed texts, and no exception but the documented ones."""

from __future__ import annotations

import inspect
import random
import re
from pathlib import Path

import pytest
from fuzz import grammars, targets

from ansible_collections.mailtls.fleet.plugins.module_utils import settings

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
        text = changed(draw, draw.choice(targets.TARGETS[name].seeds))
        try:
            targets.run(name, text)
        except Exception as error:
            raise AssertionError(f"{name} raised {error!r} of {text!r}") from error


@pytest.mark.parametrize("name", targets.TARGETS)
def test_fuzzing_begins_with_a_text_that_is_taken(name: str) -> None:
    targets.TARGETS[name].parse(targets.TARGETS[name].seed)


def test_each_grammar_is_fuzzed() -> None:
    fuzzed = {Path(module.__file__ or "").name for module in vars(grammars).values() if inspect.ismodule(module)}
    parser = re.compile(r"^def parse\(|^class Parser", re.MULTILINE)
    parsers = {path.name for path in Path(settings.__path__[0]).glob("*.py") if parser.search(path.read_text())}
    assert "crontab.py" in parsers
    assert parsers - fuzzed == set()
