"""The configuration files of alpine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import pinerc

# name: (text, {variable: (values, line)})
TEXTS = {
    "nothing": ("", {}),
    "a remark": ("# inbox-path={h}inbox\n", {}),
    "one": ("\ninbox-path={h/ssl}inbox\n", {"inbox-path": (["{h/ssl}inbox"], 2)}),
    "blanks, and letters of any size": ("Inbox-Path  =  {h}inbox \r\n", {"inbox-path": (["{h}inbox"], 1)}),
    "the last of two": ("inbox-path={a}x\ninbox-path={b}x\n", {"inbox-path": (["{b}x"], 2)}),
    "empty is none, even after another": ("inbox-path={a}x\ninbox-path=\n", {}),
    "not kept": ("smtp-server=h/user=u\npersonal-name=x\n", {}),
    "a list": ("incoming-folders=a {h}a, b {h}b\n", {"incoming-folders": (["a {h}a", "b {h}b"], 1)}),
    "a list over lines": (
        "incoming-folders=a {h}a,\n\tb {h}b,\n# a remark\n    c {h}c\ninbox-path={h}i\n",
        {"incoming-folders": (["a {h}a", "b {h}b", "c {h}c"], 1), "inbox-path": (["{h}i"], 5)},
    ),
    "a list that begins in the next line": ("folder-collections=\n  {h}[]\n", {"folder-collections": (["{h}[]"], 1)}),
    "a comma in quotes": ('incoming-folders="a, b" {h}a,c\n', {"incoming-folders": (['"a, b" {h}a', "c"], 1)}),
    "a quoted element": ('folder-collections="{h}a, b",c\n', {"folder-collections": (["{h}a, b", "c"], 1)}),
    "a quoted value": ('inbox-path="{h}inbox" and more\n', {"inbox-path": (["{h}inbox"], 1)}),
    "a range is one value": (
        "encryption-protocol-range=tls1_2,no_max\n",
        {"encryption-protocol-range": (["tls1_2,no_max"], 1)},
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name):
    text, expected = TEXTS[name]
    found = pinerc.parse(text, "f")
    assert {key: (variable.values, variable.line) for key, variable in found.items()} == expected


@given(
    st.lists(st.sampled_from(["inbox-path", "incoming-folders", "=", '"', ",", "{h}", "\n", " ", "\t", "#", "\0", "\r"]), max_size=40).map(
        "".join
    )
)
def test_any_text_is_read_and_lines_are_its_own(text):
    for variable in pinerc.parse(text, "f").values():
        assert variable.values
        assert 1 <= variable.line <= text.count("\n") + 1


def test_a_large_list_costs_no_more_than_its_size():
    text = "incoming-folders=" + '"' * 30_000 + "\n" + " x,\n" * 20_000
    assert pinerc.parse(text, "f")["incoming-folders"].line == 1
