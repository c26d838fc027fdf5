"""Object definitions of Nagios and its kin."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import nagios_objects
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# text: [(kind, line, {attribute: (value, line)})]
UNDERSTOOD = {
    "": [],
    "# define host {\n": [],
    "define host {\n host_name a\n\taddress\th ; the server\n}\n": [("host", 1, {"host_name": ("a", 2), "address": ("h", 3)})],
    "define host{\n}\ndefine service  {\n}\n": [("host", 1, {}), ("service", 3, {})],
    "define host\n{\n host_name a\n}\n": [("host", 1, {"host_name": ("a", 3)})],
    "define command {\n command_line x \\\n y\n}\n": [("command", 1, {"command_line": ("x y", 3)})],
    "define command {\n command_line a $HOST$\n command_line b\n}\n": [("command", 1, {"command_line": ("b", 3)})],
    "define contact {\n email x\n}\n": [],
    "define host {\n _PASSWORD x\n notes y\n}\n": [("host", 1, {})],
    "command[a]=/x -y\n": [("nrpe", 1, {"command_name": ("a", 1), "command_line": ("/x -y", 1)})],
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_is_understood(text):
    assert [tuple(found) for found in nagios_objects.parse(text)] == UNDERSTOOD[text]


def test_a_definition_without_an_end_is_refused():
    with pytest.raises(GrammarError) as caught:
        nagios_objects.parse("define host {\n host_name a\n")
    assert caught.value.line == 2


@given(st.text(alphabet="define host{} \n;#\\$ command[a]=", max_size=100))
def test_nothing_but_a_grammar_error_comes_out(text):
    with contextlib.suppress(GrammarError):
        nagios_objects.parse(text)
