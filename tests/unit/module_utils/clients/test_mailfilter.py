"""mailfilter: the accounts of its users, and of the files that commands name."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mailfilter
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mailfilterrc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

FILE = "/home/alice/.mailfilterrc"
SECRET = "hunter2"


def block(server: str = '"h"', protocol: str = '"pop3/ssl"', port: str = "995") -> str:
    return f'SERVER = {server}\nUSER = "{SECRET}"\nPASS = "{SECRET}"\nPROTOCOL = {protocol}\nPORT = {port}\n'


# text: [(server, port, security)]
ACCOUNTS = {
    block(): [("h", 995, "implicit")],
    block(protocol='"pop3"', port="110"): [("h", 110, "none")],
    block(protocol='"APOP/SSL"'): [("h", 995, "implicit")],
    '# x\n\n  timeout=3\nDENY <> "^a=b"\n' + block().lower() + block('"i"'): [("h", 995, "implicit"), ("i", 995, "implicit")],
    'SCORE +10 = "^Subject: x"\n' + block(): [("h", 995, "implicit")],
}
# What mailfilter 0.8.9 itself refuses, and what was not tried: the line.
REFUSED = {
    block("h"): 1,
    block(protocol='"imap"'): 4,
    block(port='"995"'): 5,
    block(protocol='"pop3/ssl" # x'): 4,
    'SERVER = "h"\nPORT = 995\n': 2,
    'SERVER = "h"\nUSER = "u"': 2,
    "NONSENSE = 4\n": 1,
    'SERVER\n=\n"h"\n': 1,
}


@pytest.fixture
def read(tree):
    def read_file(text: str | None):
        if text is not None:
            tree.write(FILE, text)
        host = tree.host()
        evidence = mailfilter.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("text", ACCOUNTS)
def test_accounts(text, read):
    accounts, gaps = read(text)
    assert [(found["server"], found["port"], found["security"]) for found in accounts] == ACCOUNTS[text]
    assert {found["protocol"] for found in accounts} == {"pop3"}
    assert gaps == []


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_is_a_gap_that_names_the_line(text, read):
    accounts, gaps = read(text)
    assert accounts == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:mailfilter")]
    assert f"line {REFUSED[text]}" in gaps[0]["why"]


def test_an_included_file_brings_accounts_and_none_of_its_own_files(tree, read):
    tree.write("/srv/more", block('"i"'))
    accounts, gaps = read('INCLUDE = "/srv/more"\n' + block())
    assert [(found["server"], found["config"], found["line"]) for found in accounts] == [("i", "/srv/more", 1), ("h", FILE, 2)]
    assert gaps == []
    tree.write("/srv/more", f'INCLUDE = "{FILE}"')
    assert [gap["what"] for gap in read('INCLUDE = "/srv/more"')[1]] == [FILE]


@pytest.mark.parametrize("name", ["more", "~/more", "/nowhere"])
def test_a_file_that_is_not_found_is_a_gap(name, read):
    accounts, gaps = read(f'INCLUDE = "{name}"\n' + block())
    assert [found["server"] for found in accounts] == ["h"]
    assert [gap["what"] for gap in gaps] == [FILE]


def test_commands_name_files_and_set_variables(tree, read):
    tree.write("/etc/cron.d/x", "OPENSSL_CONF=/x\n0 * * * * alice mailfilter -s -M f.rc\n1 * * * * alice mailfilter -V\n")
    tree.write("/home/alice/f.rc", block('"c"'))
    accounts, gaps = read(block())
    assert [(found["server"], found["user"]) for found in accounts] == [("c", "alice"), ("h", "alice")]
    assert gaps == []


def test_a_file_that_only_the_running_command_knows_is_a_gap(tree, read):
    tree.write("/etc/cron.d/x", "0 * * * * alice mailfilter --mailfilterrc=$(x)\n")
    accounts, gaps = read(None)
    assert accounts == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [("/etc/cron.d/x", "client:mailfilter")]


def test_a_secret_is_in_no_account_and_no_gap(read):
    accounts, gaps = read(block() + f'PASS = "{SECRET}"\n')
    assert SECRET not in repr((accounts, gaps))
    assert SECRET not in repr(read(block())[0])


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (mailfilter.read(host), host.gaps) == (None, [])


WORDS = ["SERVER", "USER", "PASS", "PROTOCOL", "PORT", "INCLUDE", "=", "<>", '"', '"pop3"', "9", "\n", "#", " "]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=30).map("".join))
def test_nothing_but_a_refusal_is_raised(text):
    with contextlib.suppress(GrammarError):
        mailfilterrc.parse(text, "f", lambda _name: None)
