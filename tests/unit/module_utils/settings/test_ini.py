"""Plain ini files, read as they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.ini import Entry, Section

# name: (text, sections)
UNDERSTOOD = {
    "nothing": ("", []),
    "a section": ("[a]\nk=v\n", [Section("a", 1, [Entry("k", "v", 2)])]),
    "an empty section": ("\n[a]", [Section("a", 2, [])]),
    "before any section": ("k=v\n[a]", [Section(None, 1, [Entry("k", "v", 1)]), Section("a", 2, [])]),
    "blanks": ("  [ a b ]\t\n \tk  =  v w  \n", [Section("a b", 1, [Entry("k", "v w", 2)])]),
    "comments at the beginning of a line": ("[a]\n# x=y\n ;x=y\nk=v ; w\n", [Section("a", 1, [Entry("k", "v ; w", 4)])]),
    "more separators in the value": ("[a]\nk=v=w", [Section("a", 1, [Entry("k", "v=w", 2)])]),
    "no value": ("[a]\nk=", [Section("a", 1, [Entry("k", "", 2)])]),
    "case as written": ("[A]\nKey=v\nkey=w", [Section("A", 1, [Entry("Key", "v", 2), Entry("key", "w", 3)])]),
    "repeated keys": ("[a]\nk=1\nk=2", [Section("a", 1, [Entry("k", "1", 2), Entry("k", "2", 3)])]),
    "repeated sections": ("[a]\nk=1\n[a]\nk=2", [Section("a", 1, [Entry("k", "1", 2)]), Section("a", 3, [Entry("k", "2", 4)])]),
    "line ends": ("[a]\r\nk=1\rl=2\n\nm=3", [Section("a", 1, [Entry("k", "1", 2), Entry("l", "2", 3), Entry("m", "3", 5)])]),
    "a byte order mark": ("\ufeff[a]", [Section("a", 1, [])]),
    "no line end but ours": ("[a]\nk=v\x0cw\u2028x", [Section("a", 1, [Entry("k", "v\x0cw\u2028x", 2)])]),
}


@pytest.mark.parametrize(("text", "expected"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_what_is_understood(text, expected):
    assert ini.parse(text) == (expected, [])


def test_a_broken_line_is_left_out_and_told():
    sections, errors = ini.parse("[a]\nhunter2\nk=v\n[b\nl=v\n[c]\n")
    assert sections == [Section("a", 1, [Entry("k", "v", 3)]), Section("c", 6, [])]
    assert [error.line for error in errors] == [2, 4]
    assert "hunter2" not in str(errors[0])


def test_other_comments_and_separators():
    sections, errors = ini.parse("[a]\nk: v = w\n;x = y\n%z", comments="%", separators="=:")
    assert sections == [Section("a", 1, [Entry("k", "v = w", 2), Entry(";x", "y", 3)])]
    assert errors == []


def test_the_last_entry_of_all_sections_of_a_name():
    sections, _errors = ini.parse("[a]\nk=1\n[b]\nk=2\n[a]\nk=3\nl=4\n")
    assert ini.last(sections, "a", "k") == Entry("k", "3", 6)
    assert ini.last(sections, "b", "l") is None


def test_a_large_hostile_file_is_read():
    _sections, errors = ini.parse("x\n" * 500_000)
    assert len(errors) == ini.MAX_ERRORS


@given(st.text())
def test_any_text_is_read(text):
    sections, _errors = ini.parse(text)
    assert all(entry.key == entry.key.strip(" \t") for section in sections for entry in section.entries)
