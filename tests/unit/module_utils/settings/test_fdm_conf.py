"""The configuration file of fdm."""

from __future__ import annotations

import contextlib
import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import fdm_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.fdm_conf import COMPUTED

UP = 'user "u" pass "p"'
# name: (text, [(name, kind, disabled, {option: value})])
ACCOUNTS = {
    "nothing": ("# x\n\n", []),
    "an account": (f'account "a" imaps server "h" {UP}', [("a", "imaps", False, {"server": "h"})]),
    "options": (
        f"account 'a' pop3 server 'h' port 99 {UP} no-apop starttls insecure",
        [("a", "pop3", False, {"server": "h", "port": "99", "starttls": "on", "insecure": "on"})],
    ),
    "lines mean nothing": (f'account\n"a"\nimap\nserver # x\n"h"\n{UP}', [("a", "imap", False, {"server": "h"})]),
    "two in a line": (
        f'account "a" imap server "h" {UP} account "b" imaps server "i" {UP}',
        [("a", "imap", False, {"server": "h"}), ("b", "imaps", False, {"server": "i"})],
    ),
    "users, and disabled": (
        f'account "a" users {{ "x" "y" }} disabled imap server "h" {UP} folders {{ "starttls" "server" }}',
        [("a", "imap", True, {"server": "h"})],
    ),
    "a password that looks like an option": (
        'account "a" imap server "h" user "starttls" pass "server"',
        [("a", "imap", False, {"server": "h"})],
    ),
    "a rule": (
        f'account "a" imap server "h" {UP}\naction "d" drop match account "a" and not account "a" action "d"',
        [("a", "imap", False, {"server": "h"})],
    ),
    "other kinds": ('account "a" maildir "m" account "b" stdin', []),
    "a macro": (f'$h = "x" $z="${{h}}y"\naccount "a" imap server $z {UP}', [("a", "imap", False, {"server": "xy"})]),
    "a number": (f'%p = 99\naccount "a" imap server "h" port %p {UP}', [("a", "imap", False, {"server": "h", "port": "99"})]),
    "what holds": (f'$x = "1"\nifdef $x\naccount "a" imap server "h" {UP}\nendif', [("a", "imap", False, {"server": "h"})]),
    "what does not hold": (f'ifdef $y ifndef $z account "a" imap server "h" {UP}\nendif endif', []),
    "an escape": (f'account "a\\"b" imap server "h" {UP}', [('a"b', "imap", False, {"server": "h"})]),
    "a comment in a string": (f'account "a#b" imap server "h" {UP}', [("a#b", "imap", False, {"server": "h"})]),
    "an included file": ('include "known"', [("i", "imap", False, {"server": "h"})]),
}
COMPUTED_ACCOUNTS = {
    "a command": ('account "a" imap server $(x) ', {"server": COMPUTED}),
    "a command in a string": ('account "a" imap server "x$(y)z" ', {"server": f"x{COMPUTED}z"}),
    "a macro of the command line": ('account "a" imap server "$x" port %p', {"server": "$x", "port": COMPUTED}),
    "a pipe": ('account "a" imap pipe "ssh h"', {"pipe": "ssh h"}),
}


def parse(text: str) -> fdm_conf.Parser:
    parser = fdm_conf.Parser(lambda name: ("/known", f'account "i" imap server "h" {UP}') if name == "known" else (None, None))
    parser.parse(text, "f")
    return parser


def shown(parser: fdm_conf.Parser) -> list:
    return [(found.name, found.kind, found.disabled, {key: word.text for key, word in found.options.items()}) for found in parser.accounts]


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name):
    text, expected = ACCOUNTS[name]
    assert shown(parse(text)) == expected


@pytest.mark.parametrize("name", COMPUTED_ACCOUNTS)
def test_what_only_fdm_would_know(name):
    text, options = COMPUTED_ACCOUNTS[name]
    assert [found[3] for found in shown(parse(text))] == [options]


def test_where_an_account_and_a_missing_file_stand():
    parser = parse('\ninclude "nowhere"\n\naccount "a" imap\nserver "h"')
    assert parser.missing == [("f", 2)]
    assert [(found.line, found.options["server"].line) for found in parser.accounts] == [(4, 5)]


def test_a_string_without_an_end_is_refused():
    with pytest.raises(GrammarError):
        parse('\n$a = "x')


def test_a_file_that_wants_to_keep_us_busy_does_not():
    parse('$a = "aaaaaaaaaa"\n' + '$a = "${a}${a}"\n' * 100 + 'account "a" imap server "${a}"' + ' account "b"' * 20000)


WORDS = [
    "account ",
    '"a" ',
    "imap ",
    "server ",
    "{",
    "}",
    "$a",
    "=",
    "%",
    "(",
    ")",
    "ifdef ",
    "endif ",
    "include ",
    "'",
    '"',
    "\\",
    "\n",
    "users ",
]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=25).map("".join))
def test_nothing_but_a_refusal_is_raised(text):
    with contextlib.suppress(GrammarError):
        parse(text)


@pytest.mark.requires_program("fdm")
@pytest.mark.parametrize("name", [name for name in ACCOUNTS if name not in ("an included file", "users, and disabled")])
def test_fdm_takes_what_we_take(name, tmp_path):
    file = tmp_path / "fdm.conf"
    file.write_text(ACCOUNTS[name][0] + "\n")
    file.chmod(0o600)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(["fdm", "-n", "-f", str(file)], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "error" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
