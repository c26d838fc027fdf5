"""getmail: every rc file of its users is one account."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import getmail

NEW = "/home/alice/.config/getmail"
OLD = "/home/alice/.getmail"
FILE = NEW + "/getmailrc"
SECRET = "hunter2"


def rc(kind: str = "SimpleIMAPSSLRetriever", *lines: str, server: str = "mx") -> str:
    return "\n".join(["[retriever]", f"type = {kind}", f"server = {server}", *lines, ""])


# name: (text, [(server, port, protocol, security)])
ACCOUNTS = {
    "IMAP with TLS": (rc(), [("mx", 993, "imap", "implicit")]),
    "POP3 with TLS": (rc("SimplePOP3SSLRetriever"), [("mx", 995, "pop3", "implicit")]),
    "IMAP without": (rc("SimpleIMAPRetriever"), [("mx", 143, "imap", "none")]),
    "POP3 without": (rc("SimplePOP3Retriever"), [("mx", 110, "pop3", "none")]),
    "multidrop IMAP": (rc("MultidropIMAPSSLRetriever"), [("mx", 993, "imap", "implicit")]),
    "multidrop POP3": (rc("MultidropPOP3Retriever"), [("mx", 110, "pop3", "none")]),
    "broken UIDL": (rc("BrokenUIDLPOP3SSLRetriever"), [("mx", 995, "pop3", "implicit")]),
    "SDPS": (rc("MultidropSDPSRetriever"), [("mx", 110, "pop3", "none")]),
    "a port": (rc("SimpleIMAPSSLRetriever", "port = 1993"), [("mx", 1993, "imap", "implicit")]),
    "port 993 does not make it TLS": (rc("SimpleIMAPRetriever", "port: 993"), [("mx", 993, "imap", "none")]),
    "keys in other letters": ("[retriever]\nTYPE = SimplePOP3SSLRetriever\nServer = mx\n", [("mx", 995, "pop3", "implicit")]),
    "percent signs are no references": (rc(server="mx%(x)s"), [("mx%(x)s", 993, "imap", "implicit")]),
    "no server": ("[retriever]\ntype = SimpleIMAPSSLRetriever\n", [(None, 993, "imap", "implicit")]),
    "defaults do not count": ("[DEFAULT]\nserver = lost\n" + rc(), [("mx", 993, "imap", "implicit")]),
    "no retriever": ("[destination]\ntype = Maildir\n", []),
    "an empty file": ("", []),
}


@pytest.fixture
def read(tree):
    """Return read(files), the accounts and gaps when files with those texts are there."""

    def read_files(files: dict[str, str | bytes], python: str | None = None, release: str | None = None):
        if python:
            tree.write(f"/usr/bin/{python}", "")
            tree.write("/usr/bin/getmail", f"#!/usr/bin/{python}\n")
        if release:
            tree.write(f"/usr/lib/python3.11/site-packages/getmail6-{release}.dist-info/METADATA", "")
        for path, text in files.items():
            tree.write(path, text)
        host = tree.host()
        evidence = getmail.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_files


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    text, expected = ACCOUNTS[name]
    accounts, gaps = read({FILE: text})
    assert [(account["server"], account["port"], account["protocol"], account["security"]) for account in accounts] == expected
    assert [account["undecided"] for account in accounts] == [[]] * len(expected)
    assert gaps == []


def test_an_account_says_where_it_stands_and_what_acts_on_it(read):
    [account], _gaps = read({FILE: "# mine\n" + rc("SimpleIMAPSSLRetriever", "password = x", "SSL_version = tlsv1")})
    assert (account["user"], account["config"], account["line"], account["name"]) == ("alice", FILE, 2, "getmailrc")
    assert account["settings"] == [
        {"key": "type", "value": "SimpleIMAPSSLRetriever", "file": FILE, "line": 3},
        {"key": "server", "value": "mx", "file": FILE, "line": 4},
        {"key": "ssl_version", "value": "tlsv1", "file": FILE, "line": 6},
    ]


def test_every_rc_file_is_an_account_and_what_is_none_is_left_out(read):
    left_out = ("oldmail-mx-993-me", ".hidden", "work~", "#work#", "work.bak", "work.swp", "uids.json")
    files = {f"{NEW}/{name}": rc() for name in ("getmailrc", "work", "me@contoso.example", *left_out)}
    accounts, gaps = read({**files, NEW + "/notes": "call the bank\n", NEW + "/log": "x" * 300_000, NEW + "/old/work": rc()})
    assert [account["name"] for account in accounts] == ["getmailrc", "me@contoso.example", "work"]
    assert all(account["enabled"] for account in accounts)
    assert [gap["affects"] for gap in gaps] == [None]


@pytest.mark.parametrize(
    ("release", "expected"),
    [(None, [(OLD, False), (NEW, True)]), ("6.18", [(OLD, False), (NEW, True)]), ("4.46", [(OLD, True)])],
)
def test_the_newer_directory_hides_the_older_one(release, expected, read):
    accounts, _gaps = read({OLD + "/getmailrc": rc(), NEW + "/getmailrc": rc()}, "python3.11", release)
    assert [(account["config"][: -len("/getmailrc")], account["enabled"]) for account in accounts] == expected


def test_the_older_directories_count_where_the_newer_one_is_not_there(read):
    accounts, _gaps = read({OLD + "/getmailrc": rc(), OLD + "/config/work": rc()})
    assert [(account["name"], account["enabled"]) for account in accounts] == [("getmailrc", True), ("work", True)]


@pytest.mark.parametrize("port", ["900 + 93", "0x3e1", "0", "99999", "__import__('os').getpid()", "993 # imaps"])
def test_a_port_that_python_computes_is_undecided(port, read):
    [account], _gaps = read({FILE: rc("SimpleIMAPSSLRetriever", f"port = {port}")})
    assert [(item["what"], item["line"]) for item in account["undecided"]] == [("port", 4)]


@pytest.mark.parametrize("kind", ["MyOwnRetriever", "simpleimapsslretriever", "BrokenUIDLIMAPRetriever", "SimpleIMAPSSLRetriever2"])
def test_a_retriever_of_another_kind_is_undecided(kind, read):
    [account], _gaps = read({FILE: rc(kind)})
    assert (account["protocol"], account["security"], account["undecided"][0]["what"]) == (None, None, "type")


@pytest.mark.parametrize(("python", "expected"), [("python2.7", "tlsv1"), ("python3.11", "tlsv1 ; for the old server")])
def test_the_python_that_runs_it_decides_how_its_file_is_read(python, expected, read):
    [account], _gaps = read({FILE: rc("SimpleIMAPSSLRetriever", "ssl_version = tlsv1 ; for the old server")}, python)
    assert account["settings"][-1]["value"] == expected


@pytest.mark.parametrize("text", [rc() + "ssl_version = tlsv1\nssl_version = sslv23\n", rc() + "nonsense\n", b"\0" + rc().encode()])
def test_a_file_that_getmail_refuses_is_a_gap(text, read):
    accounts, gaps = read({FILE: text})
    assert accounts == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:getmail")]


def test_secrets_stay_on_the_host(tree):
    secrets = ("username = u:{0}", "password = {0}", "password_command = ('echo', '{0}')", "keyfile = /{0}", "use_xoauth2 = {0}")
    text = rc("SimpleIMAPSSLRetriever", *(line.format(SECRET) for line in secrets), f"  {SECRET}")
    for name, content in {
        "good": text,
        "refused": text + f"{SECRET}\n",
        "twice": text + f"password = {SECRET}\n",
        "other": text + f"[destination]\ntype = MDA_external\narguments = ('{SECRET}',)\n",
        "unknown": text.replace("SimpleIMAPSSLRetriever", "X"),
    }.items():
        tree.write(f"{NEW}/{name}", content)
    host = tree.host()
    evidence = getmail.read(host)
    assert len(evidence["accounts"]) == 3
    assert SECRET not in json.dumps([evidence, host.gaps])


def test_nothing_there_is_no_client(tree):
    assert getmail.read(tree.host()) is None


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_text_is_an_account_or_a_gap_or_nothing(tree, text):
    tree.write(FILE, "[retriever]\n" + text)
    host = tree.host()
    evidence = getmail.read(host)
    assert evidence is not None or host.gaps
