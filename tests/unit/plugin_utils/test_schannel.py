"""The truth table of Schannel's two values: every combination, by what this Windows does without them, for both kinds of caller."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import schannel
from ansible_collections.mailtls.fleet.plugins.plugin_utils.schannel import State, kind_of

# How a value may stand in the registry: its type and number.
VALUES = {
    "absent": (None, None),
    "0": ("REG_DWORD", 0),
    "1": ("REG_DWORD", 1),
    "0xFFFFFFFF": ("REG_DWORD", 0xFFFFFFFF),
    "2": ("REG_DWORD", 2),
    "text": ("REG_SZ", None),
}
# "+" offered, "-" not, "?" not known: first by default, then by name. Rows: Enabled; columns: DisabledByDefault.
HEAD = "             absent  0   1   0xFFFFFFFF  2   text"
TABLES = {
    "on": """
        absent       ++      ++  -+  -+          -+  ??
        0            --      --  --  --          --  ??
        1            ++      ++  -+  -+          -+  ??
        0xFFFFFFFF   ++      ++  -+  -+          -+  ??
        2            ++      ++  -+  -+          -+  ??
        text         ??      ??  ??  ??          ??  ??
    """,
    "off": """
        absent       -+      ?+  -+  -+          -+  ??
        0            --      --  --  --          --  ??
        1            ?+      ++  -+  -+          -+  ??
        0xFFFFFFFF   ?+      ++  -+  -+          -+  ??
        2            ?+      ++  -+  -+          -+  ??
        text         ??      ??  ??  ??          ??  ??
    """,
    "none": """
        absent       --      --  --  --          --  --
        0            --      --  --  --          --  --
        1            --      --  --  --          --  --
        0xFFFFFFFF   --      --  --  --          --  --
        2            --      --  --  --          --  --
        text         --      --  --  --          --  --
    """,
}
SIGNS = {"+": True, "-": False, "?": None}


def cases() -> list[tuple[str, str, str, State]]:
    columns = HEAD.split()
    found = []
    for default, table in TABLES.items():
        for line in table.strip().splitlines():
            enabled, *cells = line.split()
            found += [
                (default, enabled, column, State(SIGNS[cell[0]], SIGNS[cell[1]])) for column, cell in zip(columns, cells, strict=True)
            ]
    return found


def test_the_table_is_complete() -> None:
    assert sorted(case[:3] for case in cases()) == sorted(itertools.product(TABLES, VALUES, VALUES))


@pytest.mark.parametrize(("default", "enabled", "disabled", "state"), cases())
def test_the_state_is_that_of_the_table(default: str, enabled: str, disabled: str, state: State) -> None:
    assert schannel.decide(kind_of(*VALUES[enabled]), kind_of(*VALUES[disabled]), default) == state


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State(True, True), "on"),
        (State(False, True), "off by default"),
        (State(False, False), "disabled"),
        (State(None, True), "not known"),
    ],
)
def test_a_state_has_a_word(state: State, word: str) -> None:
    assert state.word == word
