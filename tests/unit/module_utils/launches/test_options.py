"""Options of a command line: as the C library's getopt_long takes them."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Word
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import OPTIONAL, REQUIRED, Table

TABLE = Table(
    "vf:o::p:",
    {"verbose": "", "file": REQUIRED, "other": OPTIONAL, "password": REQUIRED, "pass": REQUIRED, "fil": ""},
    {"v": "verbose", "verbose": "verbose", "f": "file", "file": "file", "o": "other", "other": "other"},
)
GETOPT = ["getopt", "-o", "vf:o::p:", "-l", "verbose,file:,other::,password:,pass:,fil", "--"]


def read(*words: str):
    line = TABLE.parse([Word(word) for word in words])
    return [(option.key, option.value.text if option.value else None) for option in line.options], [word.text for word in line.operands]


WORDS = ["-v", "-f", "-fx", "-vf", "-o", "-ox", "--file", "--file=a", "--fil", "--verb", "--other", "--other=b", "--", "-", "x", "-p"]


def by_getopt(output: str):
    """What getopt(1) says, as `read` has it."""
    words, options = shlex.split(output), []
    while words[0] != "--":
        name = words.pop(0).lstrip("-")
        takes = TABLE.short.get(name) if len(name) == 1 else TABLE.long[name]
        argument = words.pop(0) if takes else None
        if name in TABLE.kept:
            options.append((TABLE.kept[name], argument or None))
    return options, words[1:]


@pytest.mark.requires_program("getopt", package="util-linux")
@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "--password", "--pass=c", "--pas", "--nothing", "-z"]), max_size=6))
def test_a_line_is_taken_apart_as_getopt_does(words):
    done = subprocess.run([*GETOPT, *words], capture_output=True, text=True, check=False)
    assert TABLE.parse([Word(word) for word in words]).refused == (done.returncode != 0)
    if done.returncode == 0:
        assert read(*words) == by_getopt(done.stdout)


def test_only_what_is_kept_comes_out():
    assert read("-v", "-p", "hunter2", "--file=a", "b", "-fc") == ([("verbose", None), ("file", "a"), ("file", "c")], ["b"])


UNDECIDED = {
    "any word": (Word("", False), True),
    "an operand": (Word("imap.", False), False),
    "words behind an operand": (Word("imap.", False, True), True),
    "an option's value": (Word("--file=", False), False),
    "an option": (Word("--fi", False), True),
    "a short option's value": (Word("-f", False), False),
    "a short option": (Word("-v", False), True),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_a_word_that_is_not_known(name):
    word, undecided = UNDECIDED[name]
    assert TABLE.parse([word]).undecided is undecided


def test_a_value_that_is_not_known_is_kept_as_such():
    (option,) = TABLE.parse([Word("--file=/etc/", False)]).options
    assert (option.key, option.value.text, option.value.is_decided) == ("file", "/etc/", False)
