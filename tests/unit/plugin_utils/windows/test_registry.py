"""What reg.exe prints, read: types, hostile data, and what absence may be concluded from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import registry
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.commands import Query
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.registry import Value
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.seen import ABSENT, THERE, UNSEEN, Seen
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.transcript import Section

KEY = r"HKLM\SOFTWARE\A B"
HEADING = r"HKEY_LOCAL_MACHINE\SOFTWARE\A B"


def section(*lines: str, succeeded: bool = True) -> Section:
    return Section(list(lines), succeeded)


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("    Enabled    REG_DWORD    0x0", "Enabled", Value("REG_DWORD", "0x0")),
        ("    IMAP Use SSL    REG_DWORD    0x1", "IMAP Use SSL", Value("REG_DWORD", "0x1")),
        ("    Empty    REG_SZ    ", "Empty", Value("REG_SZ", "")),
        ("    Empty    REG_SZ", "Empty", Value("REG_SZ", "")),
        ("    Spaced    REG_SZ    a    b", "Spaced", Value("REG_SZ", "a    b")),
        ("    (Standard)    REG_SZ    C:\\x.exe", "(Standard)", Value("REG_SZ", "C:\\x.exe")),
        ("    Grüße    REG_SZ    ä", "Grüße", Value("REG_SZ", "ä")),
    ],
)
def test_a_line_is_name_type_and_data(line: str, name: str, value: Value) -> None:
    assert registry.parse(["", HEADING, line, ""], KEY).values == {HEADING: {name: value}}


@pytest.mark.parametrize(
    ("data", "number"), [("0x0", 0), ("0xffffffff", 0xFFFFFFFF), ("0xFFFFFFFF", 0xFFFFFFFF), ("0x1", 1), ("1", None), ("", None)]
)
def test_a_dword_is_unsigned(data: str, number: int | None) -> None:
    assert Value("REG_DWORD", data).number == number


@pytest.mark.parametrize("kind", ["REG_SZ", "REG_BINARY", "REG_QWORD", "REG_NONE"])
def test_only_a_dword_is_a_number(kind: str) -> None:
    assert Value(kind, "0x1").number is None


def test_text_may_be_kept_as_binary() -> None:
    content = "outlook.office365.com\0".encode("utf-16-le").hex().upper()
    assert Value("REG_BINARY", content).text == "outlook.office365.com"
    assert Value("REG_BINARY", "zz").text is None


@pytest.mark.parametrize("value", [Value("REG_MULTI_SZ", r"A\0B"), Value("REG_SZ", "A, B,")])
def test_a_list_comes_in_two_types(value: Value) -> None:
    assert value.texts == ["A", "B"]


def test_data_with_line_breaks_leaves_the_key_in_doubt() -> None:
    answer = registry.parse(["", HEADING, "    Text    REG_SZ    first", "second", "    Enabled    REG_DWORD    0x1"], KEY)
    assert answer.doubts == [HEADING]


def test_a_value_that_comes_twice_leaves_the_key_in_doubt() -> None:
    lines = [HEADING, "    Enabled    REG_SZ    1", "    Enabled    REG_DWORD    0x1"]
    answer = registry.parse(lines, KEY)
    assert answer.doubts == [HEADING]
    assert answer.values[HEADING]["Enabled"].type == "REG_SZ"


def test_data_can_not_open_a_key_outside_of_what_was_asked() -> None:
    other = r"HKEY_LOCAL_MACHINE\SYSTEM\Other"
    answer = registry.parse([HEADING, "    Text    REG_SZ    x", other, "    Enabled    REG_DWORD    0x1"], KEY)
    assert answer.keys == [HEADING]
    assert other not in answer.values


def test_the_sentence_at_the_end_of_a_search_is_no_data() -> None:
    answer = registry.parse([HEADING, "    A    REG_SZ    x", "", "Suchende: 1 Übereinstimmung(en) gefunden."], KEY)
    assert answer.doubts == []
    assert answer.values == {HEADING: {"A": Value("REG_SZ", "x")}}


@given(st.lists(st.text(alphabet="HKEY_LOCAL_MACHINE\\SOFTWARE A B REG_SZ0x1\t\u2215", max_size=60), max_size=20))
def test_nothing_raises(lines: list[str]) -> None:
    registry.parse(lines, KEY)


def test_a_key_is_absent_only_where_the_one_above_does_not_name_it() -> None:
    seen = Seen()
    seen.take(Query(r"HKLM\SOFTWARE", "64"), section(r"HKEY_LOCAL_MACHINE\SOFTWARE\A B"))
    denied, missing = Query(KEY, "64", affects="x"), Query(r"HKLM\SOFTWARE\C\D", "64", affects="x")
    seen.take(denied, section("Access is denied.", succeeded=False))
    seen.take(missing, section("Nicht gefunden.", succeeded=False))
    assert (seen.state(KEY, "64"), seen.state(missing.key, "64"), seen.state(missing.key, "32")) == (THERE, ABSENT, UNSEEN)
    assert seen.unseen() == [denied]


def test_what_was_cut_off_is_not_absent() -> None:
    seen = Seen()
    query = Query(KEY, "64", affects="x")
    seen.take(query, None)
    assert seen.state(KEY, "64") == UNSEEN
    assert seen.unseen() == [query]


def test_a_program_that_succeeds_and_prints_nothing_shows_nothing() -> None:
    seen = Seen()
    query = Query(KEY, "64", affects="x")
    seen.take(query, section(""))
    assert seen.state(KEY + r"\Below", "64") == UNSEEN
    assert seen.unseen() == [query]


def test_no_value_of_a_name_is_no_gap_where_the_key_could_be_listed() -> None:
    seen = Seen()
    seen.take(Query(KEY, "64"), section(HEADING, "    A    REG_SZ    x"))
    seen.take(Query(KEY, "64", "B", deep=True, affects="x"), section("Nicht gefunden.", succeeded=False))
    assert seen.unseen() == []
