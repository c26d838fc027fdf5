"""Lua as far as it can be read without being run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import lua_calls
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

C = lua_calls.COMPUTED

# text: [(line, {name: value}, is_known)]
CALLS = {
    "IMAP{}": [(1, {}, True)],
    "a = IMAP { b = 'c', d = 5; e = true, f = nil }": [(1, {"b": "c", "d": 5, "e": True, "f": None}, True)],
    "IMAP({b='c'})": [(1, {"b": "c"}, True)],
    "\n\nIMAP {\n['b'] = [[c]],\n}": [(3, {"b": "c"}, True)],
    'IMAP{b="a\\"b\\65\\x42\\n"}': [(1, {"b": 'a"bAB\n'}, True)],
    "IMAP{b=[==[c]]d]==]}": [(1, {"b": "c]]d"}, True)],
    "IMAP{b='c'..'d', e='f'}": [(1, {"b": C, "e": "f"}, True)],
    "IMAP{b=f('x', {1, 2}), e='f'}": [(1, {"b": C, "e": "f"}, True)],
    "IMAP{b=function() return 1 end, e='f'}": [(1, {"b": C, "e": "f"}, True)],
    "IMAP{b=#c, e=0x10, f=1.5}": [(1, {"b": C, "e": C, "f": C}, True)],
    "IMAP{[b]='c'}": [(1, {}, False)],
    "IMAP{'x', b='c'}": [(1, {"b": "c"}, True)],
    "IMAP{b='c', ) e='f'}": [(1, {"b": "c"}, False)],
    "IMAP{')' x, b='c'}": [(1, {"b": "c"}, True)],
    "IMAP{'}' x, b='c'}": [(1, {"b": "c"}, True)],
    "IMAP(b)": [(1, {}, False)],
    "IMAP{b='c'": [(1, {"b": "c"}, True)],
    "-- IMAP{}\n--[[ IMAP{}\n]] --[=[ ]] IMAP{} ]=]": [],
    "x = 'IMAP{}'": [],
    "function IMAP() end": [],
    "a.IMAP{} b:IMAP{}": [],
    "IMAP = 5": [],
}


@pytest.mark.parametrize("text", CALLS)
def test_calls(text):
    found = lua_calls.calls(lua_calls.tokens(text), ("IMAP",))
    expected = [(line, fields, is_known) for line, fields, is_known in CALLS[text]]
    assert [(call.line, {name: value.value for name, value in call.fields.items()}, call.is_known) for call in found] == expected


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("o.s = false", [False]),
        ("o.s = true\nx = 1", [True]),
        ("o['s'] = 'a' o.s = b", ["a", C]),
        ("o.s = a or b", [C]),
        ("o.s = true and b", [C]),
        ("x = o.s == true", []),
        ("p.s = true", []),
        ("o.s =", [C]),
    ],
)
def test_assignments(text, values):
    assert [value.value for value in lua_calls.assignments(lua_calls.tokens(text), "o", "s")] == values


@pytest.mark.parametrize("text", ["'a\nb'", '"a', "\n[[ a", "--[==[ ]]"])
def test_a_string_without_an_end_is_refused(text):
    with pytest.raises(GrammarError):
        lua_calls.tokens(text)


@given(
    st.lists(
        st.sampled_from(["IMAP", "{", "}", "(", ")", "[", "]", "=", "'", '"', "\\", "[[", "]]", "--", "o.s", "x", ",", "\n"])
        | st.text(max_size=3),
        max_size=25,
    ).map("".join)
)
def test_nothing_but_a_refusal_is_raised(text):
    try:
        found = lua_calls.tokens(text)
    except GrammarError:
        return
    lua_calls.calls(found, ("IMAP",))
    lua_calls.assignments(found, "o", "s")
    lua_calls.arguments(found, "IMAP")


def test_a_program_that_wants_to_keep_us_busy_does_not():
    found = lua_calls.tokens("IMAP{a=" + "{" * 20000 + "'x'" * 5000)
    assert len(lua_calls.calls(found, ("IMAP",))) == 1
