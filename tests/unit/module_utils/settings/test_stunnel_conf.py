"""stunnel's configuration: its services, and what each of them takes over."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import stunnel_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# name: (text, [(service, {key: value}, {key: [values]})])
UNDERSTOOD = {
    "nothing": ("", [(None, {}, {})]),
    "comments": ("; client = yes\n  # client = yes\n", [(None, {}, {})]),
    "inetd mode": ("client = yes\nconnect=a:993\n", [(None, {"client": "yes"}, {"connect": ["a:993"]})]),
    "a service": (" [ a b ]\n CLIENT=Yes \nconnect = h:993\r\n", [(" a b ", {"client": "Yes"}, {"connect": ["h:993"]})]),
    "what stands before the services": (
        "client = yes\noptions = A\n[a]\noptions = B\n[b]\nclient = no\n",
        [("a", {"client": "yes"}, {"options": ["A", "B"]}), ("b", {"client": "no"}, {"options": ["A"]})],
    ),
    "the last of a key": ("[a]\nprotocol = imap\nprotocol = pop3\n", [("a", {"protocol": "pop3"}, {})]),
    "sslVersion is both bounds": (
        "[a]\nsslVersion = TLSv1\nsslVersionMax = all\n",
        [("a", {"sslversion": "TLSv1", "sslversionmin": "TLSv1", "sslversionmax": "all"}, {})],
    ),
    "a value with equals signs": ("[a]\nconfig = MaxProtocol:TLSv1.1=\n", [("a", {}, {"config": ["MaxProtocol:TLSv1.1="]})]),
    "a bracket that is no header": ("[a]\n[x=client]y=1\n", [("a", {}, {})]),
    "a byte order mark": ("\ufeff[a]\nclient = yes\n", [("a", {"client": "yes"}, {})]),
    "no line feed at the end": ("[a]\nclient = yes", [("a", {"client": "yes"}, {})]),
}

# name: (text, line)
REFUSED = {
    "a line that is neither": ("[a]\nclient\n", 2),
    "neither yes nor no": ("[a]\nclient = on\n", 2),
    "a header that is not closed": ("[a\n", 1),
    "a line too long": ("\n" + "a" * 20000, 2),
    "too many services": ("[a]\n" * 1001, 1001),
}


def plain(services):
    return [
        (
            service.name,
            {key: option.value for key, option in service.options.items()},
            {key: [option.value for option in options] for key, options in service.lists.items()},
        )
        for service in services
    ]


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_what_is_understood(name):
    text, expected = UNDERSTOOD[name]
    assert plain(stunnel_conf.parse(text, "/c")) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_told_with_its_line(name):
    text, line = REFUSED[name]
    with pytest.raises(GrammarError) as caught:
        stunnel_conf.parse(text, "/c")
    assert caught.value.line == line


def test_a_directory_is_read_where_it_is_included():
    files = {"/d": [("/d/1", "sslVersion = TLSv1\n"), ("/d/2", "[b]\nclient = yes\n")]}
    first, second = stunnel_conf.parse("[a]\ninclude = /d\nprotocol = imap\n", "/c", lambda directory: files[directory])
    assert (first.name, first.options["sslversion"].file) == ("a", "/d/1")
    assert (second.name, second.file, second.options["protocol"].file, second.options["protocol"].line) == ("b", "/d/2", "/c", 3)


def test_directories_that_include_each_other_end():
    with pytest.raises(GrammarError):
        stunnel_conf.parse("include = /d\n", "/c", lambda _directory: [("/d/1", "include = /d\n")])


def test_what_is_not_known_does_not_leave_the_grammar():
    assert "hunter2" not in repr(stunnel_conf.parse("[a]\nprotocolPassword = hunter2\nPSKsecrets = hunter2\nkey = hunter2\n", "/c"))


@given(st.text(max_size=200))
def test_nothing_but_a_grammar_error_comes_out(text):
    with contextlib.suppress(GrammarError):
        stunnel_conf.parse(text, "/c")
