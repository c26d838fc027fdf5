"""How deeply a script in Python nests, told before it is parsed: never less than its tree does."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import python, python_depth
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import ScriptError

# Levels of the tree that one token may make, and those of a statement in a module.
LEVELS, STATEMENT = 4, 8
DEEP = {
    "signs": "x = " + "-" * 900 + "1",
    "words": "x = " + "not " * 900 + "1",
    "a sum": "x = 1" + "+1" * 900,
    "attributes": "x" + ".a" * 900,
    "calls": "x" + "()" * 900,
    "calls with arguments": "x" + "(1, 2)" * 900,
    "subscripts": "x" + "[0]" * 900,
    "conditions": "x = " + "1 if 1 else " * 900 + "1",
    "lambdas": "x = " + "lambda a, b: " * 900 + "1",
    "conditions in lambdas": "x = " + ("1 if 1 else " * 90 + "lambda a, b: ") * 20 + "1",
    "elif": "if 1: pass\n" + "elif 1: pass\n" * 900,
    "elif of several statements": "if 1: pass\n" + "elif 1:\n    x = 1\n    y = 2; z = 3\n" * 900,
    "an f-string": "x = f'{1" + "+1" * 900 + "}'",
    "an f-string with a brace in a string": "x = f\"{'}'" + "+a" * 900 + '}"',
    "behind a carriage return": "# words\rx = 1" + "+1" * 900,
    "behind a continuation": "x = 1 \\\n" + "+1" * 900,
}
PIECES = st.sampled_from(
    [
        "a",
        "1",
        ",",
        "+",
        "-",
        "*",
        ".",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        "=",
        "\n",
        ";",
        "lambda",
        "if",
        "else",
        "not",
        "and",
        "in",
        "for",
        "elif",
        "f'{a+1}'",
        "await",
        "yield",
        "**",
        ":=",
        "==",
        "x",
    ]
    + ["\n    ", "if 1: pass\nelif 1: pass\n", "lambda a, b: ", "x(1, k=2)", "[a for a in b]", "1 if 1 else "]
)


def depth_of_tree(text: str) -> int:
    """Levels of the syntax tree, without recursion."""
    deepest, waiting = 0, [(ast.parse(text), 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return deepest


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_nests_too_deeply_is_not_parsed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ast, "parse", lambda *_: pytest.fail("it was parsed"))
    with pytest.raises(ScriptError, match="nests too deeply"):
        python.connections(text)


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + "'a' + 'b', " * 5000 + "]",
        "x = {" + "'a': f(-1), " * 5000 + "}",
        "f(a.b)\n" * 5000,
        "a.b; " * 5000,
        "x = '" + "+" * 5000 + "'",
        "# " + "(" * 5000,
    ],
)
def test_what_is_long_is_not_deep(text: str) -> None:
    python_depth.check(text)


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=60).map(" ".join), st.integers(1, 12))
def test_no_tree_is_deeper_than_was_told(text: str, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(python_depth, "MOST", most)
        try:
            python_depth.check(text)
            depth = depth_of_tree(text)
        except (ScriptError, SyntaxError, ValueError):
            return
    assert depth <= LEVELS * most + STATEMENT
