"""Guesses at an edit: the right one is among them, the likeliest first, and nothing outside of the line changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import edits

# name: (text, line, key, value, new, the first guess)
REPLACED = {
    "a bare word": ("poll a\nsslproto TLS1\n", 2, "sslproto", "TLS1", "auto", "poll a\nsslproto auto\n"),
    "in quotes": ("x\nsslproto 'TLS1' ssl", 2, "sslproto", "TLS1", "TLS1.2+", "x\nsslproto 'TLS1.2+' ssl"),
    "the key holds the value": ("TLS1 sslproto TLS1\n", 1, "sslproto", "TLS1", "auto", "TLS1 sslproto auto\n"),
    "several words": ("SSLVersions TLSv1  TLSv1.1 # x\n", 1, "sslversions", "TLSv1 TLSv1.1", "TLSv1.2", "SSLVersions TLSv1.2 # x\n"),
    "CR LF stays": ("a = b\r\nc = d\r\n", 2, "c", "d", "e", "a = b\r\nc = e\r\n"),
    "a switch that is off by a word before it": ("set nossl_12 x", 1, "ssl_12", "no", "yes", "set ssl_12 x"),
    "a switch that is off by its command": ("unset ssl_12\n", 1, "ssl_12", "no", "yes", "set ssl_12\n"),
    "no line feed at the end": ("c = d", 1, "c", "d", "e", "c = e"),
}
REMOVED = {
    "the only thing in its line": ("[a]\ndisabled-version = tls1.2\nb\n", 2, "disabled-version", "tls1.2", "[a]\nb\n"),
    "a switch without a value": ("a\n--tlsv1.3\nb", 2, "tlsv1.3", "on", "a\nb"),
    "among others": ("poll x sslproto TLS1 ssl\n", 1, "sslproto", "TLS1", "poll x ssl\n"),
    "an option with its dashes": ("fetchmail --sslproto TLS1 -s\n", 1, "sslproto", "TLS1", "fetchmail -s\n"),
    "in quotes": ("poll x sslproto 'TLS1' ssl\n", 1, "sslproto", "TLS1", "poll x ssl\n"),
}


@pytest.mark.parametrize(("text", "line", "key", "value", "new", "expected"), REPLACED.values(), ids=REPLACED)
def test_the_first_replacement(text: str, line: int, key: str, value: str, new: str, expected: str) -> None:
    assert next(edits.replacements(text, line, key, value, new)) == expected


@pytest.mark.parametrize(("text", "line", "key", "value", "expected"), REMOVED.values(), ids=REMOVED)
def test_the_first_removal(text: str, line: int, key: str, value: str, expected: str) -> None:
    assert next(edits.removals(text, line, key, value)) == expected


def test_a_value_that_begins_in_a_later_line_may_come_up_to_its_key() -> None:
    assert "ssl_version = sslv23\n" in list(edits.replacements("ssl_version =\n  tlsv1\n", 1, "ssl_version", "\ntlsv1", "sslv23"))


def test_a_line_that_the_text_does_not_have_gives_no_guess() -> None:
    assert list(edits.replacements("a b\n", 7, "a", "b", "c")) == []
    assert list(edits.removals("a b\n", 7, "a", "b")) == []


_TEXTS = st.text(alphabet="ab =\"'\n#\r", max_size=60)


@given(text=_TEXTS, line=st.integers(1, 8), key=st.sampled_from(["a", "b"]), value=st.sampled_from(["a", "b", "a b", "", "\nb"]))
def test_lines_before_the_setting_never_change(text: str, line: int, key: str, value: str) -> None:
    kept = text.split("\n")[: line - 1]
    guesses = [*edits.replacements(text, line, key, value, "new"), *edits.removals(text, line, key, value)]
    assert all(guess.split("\n")[: line - 1] == kept for guess in guesses)
    assert len(guesses) <= 20 * len(text) + 4
