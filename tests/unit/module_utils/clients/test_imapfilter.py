"""imapfilter: the accounts of its programs, as far as they are written out."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import imapfilter

FILE = "/home/alice/.imapfilter/config.lua"
SECRET = "hunter2"

# name: (text, [(server, port, security)], what is undecided)
ACCOUNTS = {
    "implicit TLS": ("a = IMAP{server='h', ssl='auto'}", [("h", 993, "implicit")], []),
    "STARTTLS": ("a = imap{server='h'}", [("h", 143, "starttls")], []),
    "no TLS": ("options.starttls = false\na = IMAP{server='h'}", [("h", 143, "none")], []),
    "an empty word is one": ("a = IMAP{server='h', ssl=nil, port=99}", [("h", 99, "starttls")], []),
    "a port": ("a = Account{server='h', ssl='tls1', port=1993}", [("h", 1993, "implicit")], []),
    "a computed server": ("a = IMAP{server=x, ssl='auto'}", [(None, 993, "implicit")], ["server"]),
    "a computed word": ("a = IMAP{server='h', ssl=x}", [("h", None, None)], ["security"]),
    "a computed port": ("a = IMAP{server='h', port=x}", [("h", None, "starttls")], ["port"]),
    "a computed table": ("a = IMAP(x)", [(None, None, None)], ["server", "security"]),
    "an option set twice": ("options.starttls=false options.starttls=true\na = IMAP{server='h'}", [("h", None, None)], ["security"]),
    "an option that is computed": ("options.starttls=x\na = IMAP{server='h'}", [("h", None, None)], ["security"]),
    "such an option does not matter": ("options.starttls=x\na = IMAP{server='h', ssl='a'}", [("h", 993, "implicit")], []),
}


@pytest.fixture
def read(tree):
    def read_file(text: str, path: str = FILE):
        tree.write(path, text)
        host = tree.host()
        evidence = imapfilter.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    text, expected, undecided = ACCOUNTS[name]
    accounts, gaps = read(text)
    assert [(entry["server"], entry["port"], entry["security"]) for entry in accounts] == expected
    assert ([item["what"] for entry in accounts for item in entry["undecided"]], gaps) == (undecided, [])


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("dofile('/home/alice/x.lua')", "/home/alice/x.lua"),
        ("dofile(os.getenv('HOME') .. '/x.lua')", "/home/alice/x.lua"),
        ("require 'x'", "/home/alice/.imapfilter/x.lua"),
        ('require("d.x")', "/home/alice/.imapfilter/d/x.lua"),
    ],
)
def test_a_file_that_it_runs_is_read_as_well(line, path, tree, read):
    tree.write(path, "dofile('/home/alice/.imapfilter/config.lua')\nIMAP{server='h', ssl='auto'}")
    accounts, gaps = read(line)
    assert [(entry["config"], entry["line"]) for entry in accounts] == [(path, 2)]
    assert gaps == []


def test_a_library_of_the_system_is_none_of_ours(read):
    assert read("require 'socket'\nIMAP{server='h'}")[1] == []


@pytest.mark.parametrize("text", ["dofile(x .. '/y')", "IMAP{server='h"])
def test_what_can_not_be_followed_is_a_gap(text, read):
    _accounts, gaps = read(text)
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:imapfilter")]


def test_a_command_line_may_name_another_file(tree, read):
    tree.write("/etc/cron.d/x", "0 * * * * alice imapfilter -v -c r.lua\n1 * * * * alice IMAPFILTER_HOME=/d imapfilter\n")
    tree.write("/home/alice/r.lua", "IMAP{server='r', ssl='auto'}")
    tree.write("/d/config.lua", "IMAP{server='d', ssl='auto'}")
    accounts, _gaps = read("IMAP{server='h', ssl='auto'}")
    assert [(entry["user"], entry["server"]) for entry in accounts] == [("alice", "r"), ("alice", "d"), ("alice", "h")]


def test_a_program_on_the_command_line_is_a_gap(tree, read):
    tree.write("/etc/cron.d/x", f"0 * * * * alice imapfilter -e 'IMAP{{password=\"{SECRET}\"}}'\n")
    accounts, gaps = read("")
    assert [gap["affects"] for gap in gaps] == ["client:imapfilter"]
    assert SECRET not in repr((accounts, gaps))


def test_a_secret_is_in_no_account_and_no_gap(read):
    fields = f"server='h', ssl='auto', username='{SECRET}', password='{SECRET}', oauth2=\"{SECRET}\""
    accounts, gaps = read(f"p = '{SECRET}'\nIMAP{{{fields}}}\nIMAP('{SECRET}')\n-- {SECRET}\ndofile('{SECRET}' .. x)")
    assert len(accounts) == 2
    assert SECRET not in repr((accounts, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (imapfilter.read(host), host.gaps) == (None, [])
