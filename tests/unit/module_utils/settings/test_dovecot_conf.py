"""Dovecot's configuration, read as its own parser reads it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import dovecot_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

WANTED = ("a", "b").__contains__

# name: (text, {path of blocks: {key: value}})
UNDERSTOOD = {
    "nothing": ("", {(): {}}),
    "settings": ("a = 1\n b=2 \n", {(): {"a": "1", "b": "2"}}),
    "the last one": ("a = 1\na = 2\n", {(): {"a": "2"}}),
    "no value": ("a =\n", {(): {"a": ""}}),
    "comments": ("# a = 1\na = 2 # b = 3\nb = 'x # y' # z\n", {(): {"a": "2", "b": "x # y"}}),
    "a comment without a blank": ("a = 1#2\n", {(): {"a": "1"}}),
    "quotes": ('a = "x \\" y"\nb = "x" y\n', {(): {"a": 'x " y', "b": '"x" y'}}),
    "a continued line": ("a = 1 \\\n  2\\\n\t3\n", {(): {"a": "1 2 3"}}),
    "a comment between continued lines": ("a = 1 \\\n# no\n2\n", {(): {"a": "1 2"}}),
    "another file's content": ("a = </x\n", {(): {"a": None}}),
    "another setting": ("a = $b\n", {(): {"a": None}}),
    "a dollar in quotes": ("a = '$b'\n", {(): {"a": "$b"}}),
    "blocks": ("x y {\n a = 1\n z {\n b = 2\n }\n}\n", {(): {}, (("x", "y"),): {"a": "1"}, (("x", "y"), ("z", "")): {"b": "2"}}),
    "a name in quotes": ('x "y z" {\n}\n', {(): {}, (("x", "y z"),): {}}),
    "what is not asked for": ("password = hunter2\n", {(): {}}),
}

REFUSED = {
    "a word alone": ("a\n", 1),
    "no brace": ("x y\n", 1),
    "more behind the brace": ("x {}\n", 1),
    "a brace too many": ("\n}\n", 2),
    "a brace too few": ("x {\na = 1\n", 2),
    "blocks without end": ("x {\n" * 20, 16),
}


def plain(block, path=()):
    found = {path: {key: value.value for key, value in block.values.items()}}
    for inner in block.blocks:
        found.update(plain(inner, (*path, (inner.kind, inner.name))))
    return found


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_what_is_understood(name):
    text, expected = UNDERSTOOD[name]
    assert plain(dovecot_conf.parse(text, "/c", WANTED)) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_told_with_its_line(name):
    text, line = REFUSED[name]
    with pytest.raises(GrammarError) as caught:
        dovecot_conf.parse(text, "/c", WANTED)
    assert caught.value.line == line


def test_a_setting_is_looked_for_in_the_blocks_around():
    root = dovecot_conf.parse("a = 1\nx {\n y {\n }\n b = 2\n}\n", "/c", WANTED)
    inner = root.blocks[0].blocks[0]
    assert (inner.find("a").value, inner.find("b").value, root.find("b")) == ("1", "2", None)


def test_files_are_included_where_they_are_named():
    files = {"d/*": [("/d/1", "a = 2\n")]}
    root = dovecot_conf.parse("a = 1\n!include d/*\nb = 3\n", "/c", WANTED, lambda pattern, _file: files[pattern])
    assert [(value.value, value.file) for value in root.values.values()] == [("2", "/d/1"), ("3", "/c")]


def test_files_that_include_each_other_end():
    with pytest.raises(GrammarError):
        dovecot_conf.parse("!include x\n", "/c", WANTED, lambda _pattern, _file: [("/c", "!include x\n")])


@given(st.text(alphabet="ab =\n{}\"'#\\<$x", max_size=200))
def test_nothing_but_a_grammar_error_comes_out(text):
    with contextlib.suppress(GrammarError):
        dovecot_conf.parse(text, "/c", WANTED)
