"""perdition.conf: its options."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import perdition_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# text: [(key, value, line)]
UNDERSTOOD = {
    "": [],
    "# outgoing_server a\n\n": [],
    "outgoing_server a\n": [("outgoing_server", "a", 1)],
    '"outgoing_server" "a b"\n': [("outgoing_server", "a b", 1)],
    "\ts\ta # b\n": [("outgoing_server", "a", 1)],
    "ssl_mode ssl_listen,\\\nssl_outgoing\n": [("ssl_mode", "ssl_listen,ssl_outgoing", 1)],
    "ssl_mode '#'\n": [("ssl_mode", "#", 1)],
    "ssl_mode \\#\r\n": [("ssl_mode", "#", 1)],
    "ssl_mode\n": [("ssl_mode", "", 1)],
    "ssl_passphrase_file /x\nquiet\n": [],
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_is_understood(text):
    assert [tuple(option) for option in perdition_conf.parse(text)] == UNDERSTOOD[text]


def test_a_quote_that_is_not_closed_is_refused():
    with pytest.raises(GrammarError) as caught:
        perdition_conf.parse("\nssl_mode 'a\n")
    assert caught.value.line == 2


@given(st.text(alphabet="ab \n\"'\\#", max_size=100))
def test_nothing_but_a_grammar_error_comes_out(text):
    with contextlib.suppress(GrammarError):
        perdition_conf.parse("ssl_mode " + text)
