"""nginx.conf: its directives and blocks."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import nginx_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# text: [words, or (name, title, [..] of its block)]
UNDERSTOOD = {
    "": [],
    "a 1;": [["a", "1"]],
    "a\n 1 # x;\n 2;": [["a", "1", "2"]],
    'a \'x y\' "z;\\"" b\\ c;': [["a", "x y", 'z;"', "b c"]],
    "x { a 1; y z { a 2; } }": [("x", None, [["a", "1"], ("y", "z", [["a", "2"]])])],
    "a $b${c}d;": [["a", "$b${c}d"]],
    "a x#y;": [["a", "x#y"]],
    "b 1;": [],
}
REFUSED = {"a 1": 1, "\n;": 2, "x {\n": 2, "}": 1, "x { a 1 }": 1, "a 'x": 1, "{": 1, "x {" * 20: 1}


def plain(directives):
    return [item.words if item.block is None else (item.name, item.title, plain(item.block)) for item in directives]


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_is_understood(text):
    assert plain(nginx_conf.parse(text, "/c", ("a",))) == UNDERSTOOD[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_is_told_with_its_line(text):
    with pytest.raises(GrammarError) as caught:
        nginx_conf.parse(text, "/c", ("a",))
    assert caught.value.line == REFUSED[text]


def test_files_are_included_where_they_are_named():
    [block] = nginx_conf.parse("x { include d/*;\n a 2; }", "/c", ("a",), lambda _pattern: [("/d/1", "a 1;")])
    assert [(item.words[1], item.file, item.line) for item in block.block] == [("1", "/d/1", 1), ("2", "/c", 2)]


def test_files_that_include_each_other_end():
    with pytest.raises(GrammarError):
        nginx_conf.parse("include x;", "/c", (), lambda _pattern: [("/c", "include x;")])


@given(st.text(alphabet="ab ;{}\"'\\#$\n", max_size=200))
def test_nothing_but_a_grammar_error_comes_out(text):
    with contextlib.suppress(GrammarError):
        nginx_conf.parse(text, "/c", ("a",))
