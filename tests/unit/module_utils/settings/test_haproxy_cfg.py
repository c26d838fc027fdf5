"""haproxy.cfg: its words, quoted and escaped as HAProxy has it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import haproxy_cfg
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# line: its words
WORDS = {
    "server a b:1": ["server", "a", "b:1"],
    "  server\ta  # b": ["server", "a"],
    "server a#b": ["server", "a"],
    r"server a\#b a\ b": ["server", "a#b", "a b"],
    r"server 'a b\' ": ["server", "a b\\"],
    r'server "a \"b\" #" c': ["server", 'a "b" #', "c"],
    'server a"b"c': ["server", "abc"],
    'server "$A:993" x': ["server", None, "x"],
    "server '$A'": ["server", "$A"],
    r'server "\$A"': ["server", "$A"],
    r"server a\x41\n\z": ["server", "aA\n\\z"],
    "server ''": ["server", ""],
}


@pytest.mark.parametrize("line", WORDS)
def test_words(line):
    [section] = haproxy_cfg.parse("listen x\n" + line + "\n", "/c", ("server",))
    assert [found.words for found in section.lines] == [WORDS[line]]


def test_sections():
    text = "global\n nbproc 1\n server a\nbackend b from c\n.if defined(X)\n server d\n.endif\n server e\nlisten\n"
    found = haproxy_cfg.parse(text, "/c", ("server",))
    assert [(section.kind, section.name, section.origin, section.number) for section in found] == [
        ("global", "", None, 1),
        ("backend", "b", "c", 4),
        ("listen", "", None, 9),
    ]
    assert [(line.words[1], line.number, line.conditional) for line in found[1].lines] == [("d", 6, True), ("e", 8, False)]


@pytest.mark.parametrize(("text", "line"), [("server a\n", 1), ("listen a\nserver 'a\n", 2), ('listen a\n\nserver "a\n', 3)])
def test_what_is_refused_is_told_with_its_line(text, line):
    with pytest.raises(GrammarError) as caught:
        haproxy_cfg.parse(text, "/c", ("server",))
    assert caught.value.line == line


@given(st.text(alphabet="ab \n\"'\\#$x4.", max_size=200))
def test_nothing_but_a_grammar_error_comes_out(text):
    with contextlib.suppress(GrammarError):
        haproxy_cfg.parse("listen a\n" + text, "/c", ("a", "b"))
