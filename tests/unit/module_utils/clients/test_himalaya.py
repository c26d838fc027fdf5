"""himalaya: accounts in the words of its releases."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import himalaya
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import toml
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

FILE = "/home/alice/.config/himalaya/config.toml"
SECRET = "hunter2"
# text: (name, server, port, security) of each account
ACCOUNTS = {
    f"""[accounts.work] # x
email = "a@b"
backend.type = "imap"
backend.host = "h"
backend.port = 993
backend.encryption.type = "tls"
backend.auth.raw = "{SECRET}"
message.send.backend.host = "smtp"
""": [("work", "h", 993, "implicit")],
    '[accounts."a.b"]\nbackend = { type = "imap", host = "h", encryption = { type = "start-tls" } }\n': [("a.b", "h", 143, "starttls")],
    '[accounts.a.backend]\ntype = "imap"\nhost = "h"\nport = 1143\nencryption.type = "none"\n': [("a", "h", 1143, "none")],
    '[accounts.a]\nbackend.type = "maildir"\nbackend.root-dir = "x"\n': [],
    f"[work]\nbackend = 'imap'\nimap-host = 'h'\nimap-port = 993\nimap-passwd.raw = '{SECRET}'\n": [("work", "h", 993, "implicit")],
    '[work]\nimap-host = "h"\nimap-ssl = false\n': [("work", "h", 143, "none")],
    '[work]\nimap-host = "h"\nimap-starttls = true\n': [("work", "h", 143, "starttls")],
    '[accounts.a]\nimap.server = "imaps://u@h:1993"\n': [("a", "h", 1993, "implicit")],
    '[accounts.a]\nimap.server = "h"\n': [("a", "h", 993, "implicit")],
    '[accounts.a]\nimap.server = "h:143"\n': [("a", "h", 143, "implicit")],
    '[accounts.a]\nimap.server = "imap://h"\nimap.starttls = true\n': [("a", "h", 143, "starttls")],
    '[accounts.a]\nimap.server = "imap://h"\n': [("a", "h", 143, "none")],
    f'x = """\n[accounts.a]\nimap.server = "imaps://{SECRET}"\n"""\ny = [1, [2], {{ z = "]" }}]\n': [],
}


@pytest.fixture
def read(tree):
    """Return read(text), the accounts of alice's file and the gaps."""

    def read_file(text: str):
        tree.write(FILE, text)
        host = tree.host()
        evidence = himalaya.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("text", ACCOUNTS)
def test_accounts(text, read):
    accounts, gaps = read(text)
    assert ([tuple(entry[key] for key in ("name", "server", "port", "security")) for entry in accounts], gaps) == (ACCOUNTS[text], [])
    assert SECRET not in repr(accounts)


def test_a_word_that_it_does_not_know_is_undecided(read):
    [account], _gaps = read('[accounts.a]\nbackend.host = "h"\nbackend.encryption.type = "ssl"\n')
    assert [item["what"] for item in account["undecided"]] == ["security"]


def test_the_provider_decides_between_the_libraries_of_the_program(read, tree, write_elf):
    write_elf(tree.root / "usr/bin/himalaya", needed=["libssl.so.3"])
    write_elf(tree.root / "usr/lib/x86_64-linux-gnu/libssl.so.3", soname="libssl.so.3")
    with (tree.root / "usr/bin/himalaya").open("ab") as program:
        program.write(b"\0/cargo/registry/src/x/rustls-0.23.37/src/conn.rs\0")
    accounts, _gaps = read('[accounts.a]\nimap.server = "h"\n[accounts.b]\nimap.server = "h"\nimap.tls.provider = "native-tls"\n')
    assert [account["stacks"] for account in accounts] == [["/usr/bin/himalaya (rustls)"], ["/usr/lib/x86_64-linux-gnu/libssl.so.3"]]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("himalaya -c /srv/one.toml envelope list", [("s", []), ("h", [])]),
        ("himalaya -c /srv/one.toml:/srv/two.toml", [("s", ["options"]), ("h", [])]),
        ('himalaya --config "$(cat x)"', [(None, ["server"]), ("h", [])]),
        ("himalaya --version", [("h", [])]),
    ],
)
def test_a_command_names_files(command, expected, read, tree):
    tree.write("/srv/one.toml", '[accounts.a]\nimap.server = "s"\n')
    tree.write("/var/spool/cron/crontabs/alice", f"* * * * * {command}\n")
    accounts, _gaps = read('[accounts.a]\nimap.server = "h"\n')
    assert [(entry["server"], [item["what"] for item in entry["undecided"]]) for entry in accounts] == expected


def test_what_is_not_of_the_grammar_is_a_gap_without_its_text(read):
    accounts, gaps = read(f'[accounts.a]\nbackend.host = "h"\n{SECRET} "x"\n')
    assert (accounts, [gap["affects"] for gap in gaps]) == ([], ["client:himalaya"])
    assert SECRET not in repr(gaps)


TEXTS = st.text("[a.b]\n=\"'{},# 1\\x", max_size=60)


@given(TEXTS)
def test_nothing_but_a_grammar_error_comes_out(text):
    try:
        toml.parse(text, lambda path: True)
    except GrammarError as error:
        assert error.args


@given(TEXTS)
def test_what_python_reads_is_read_alike(text):
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    words = {value.path: value.text for value in toml.parse(text, lambda path: bool(path))}
    assert dict(_strings(expected)).items() <= words.items()


def _strings(table, path=()):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _strings(value, (*path, key))
        elif isinstance(value, str) and "\n" not in value:
            yield (*path, key), value
