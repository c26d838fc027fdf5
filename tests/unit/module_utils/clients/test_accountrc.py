"""Claws Mail and Sylpheed: the accounts of their users."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import accountrc, claws_mail, sylpheed

CLAWS, SYLPHEED = "/home/alice/.claws-mail/accountrc", "/home/alice/.sylpheed-2.0/accountrc"
A = "[Account: 1]\nreceive_server=h\n"
SECRET = "hunter2"

# name: (text, [(server, port, protocol, security)])
BOTH = {
    "POP3": (A + "protocol=0\n", [("h", 110, "pop3", "none")]),
    "no protocol": (A, [("h", 110, "pop3", "none")]),
    "POP3 over TLS": (A + "protocol=0\nssl_pop=1\nssl_imap=2\n", [("h", 995, "pop3", "implicit")]),
    "POP3 after STLS": (A + "ssl_pop=2\n", [("h", 110, "pop3", "starttls")]),
    "IMAP of old": (A + "protocol=3\nssl_imap=1\n", [("h", 993, "imap", "implicit")]),
    "a port": (A + "ssl_pop=1\nset_popport=1\npop_port=7\nimap_port=8\n", [("h", 7, "pop3", "implicit")]),
    "a port that is switched off": (A + "ssl_pop=1\nset_popport=0\npop_port=7\n", [("h", 995, "pop3", "implicit")]),
    "the last of a key": (A + "ssl_pop=1\nSSL_POP=2\n", [("h", 110, "pop3", "starttls")]),
    "local mail": (A + "protocol=5\n", []),
    "news": (A + "protocol=4\n", []),
    "two accounts": (A + "[Account: 2]\nreceive_server=i\nssl_pop=1\n", [("h", 110, "pop3", "none"), ("i", 995, "pop3", "implicit")]),
    "another section": ("[Common]\nreceive_server=h\n", []),
}
CLAWS_ALONE = {
    "IMAP since version 1": (A + "config_version=1\nprotocol=1\nssl_imap=1\n", [("h", 993, "imap", "implicit")]),
    "APOP before": (A + "protocol=1\n", [("h", 110, "pop3", "none")]),
    "local mail since version 1": (A + "config_version=4\nprotocol=3\n", []),
}


def read(tree, reader, path, text):
    tree.write(path, text)
    host = tree.host()
    return (reader.read(host) or {"accounts": []})["accounts"], host.gaps


def plain(accounts):
    return [tuple(account[key] for key in ("server", "port", "protocol", "security")) for account in accounts]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("reader", "path"), [(claws_mail, CLAWS), (sylpheed, SYLPHEED)])
def test_accounts(reader, path, name, tree):
    text, expected = BOTH[name]
    accounts, gaps = read(tree, reader, path, text)
    assert (plain(accounts), gaps) == (expected, [])


@pytest.mark.parametrize("name", CLAWS_ALONE)
def test_accounts_of_claws(name, tree):
    text, expected = CLAWS_ALONE[name]
    accounts, _gaps = read(tree, claws_mail, CLAWS, text)
    assert plain(accounts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gnutls_set_priority=1\ngnutls_priority=NONE\n", ["NONE"]),
        ("gnutls_set_priority=0\ngnutls_priority=NONE\n", []),
        ("gnutls_set_priority=1\ngnutls_priority=\n", []),
        ("protocol=3\ngnutls_set_priority=1\ngnutls_priority=NONE\n", []),
    ],
)
def test_a_priority_string_counts_for_pop3_where_it_is_switched_on(text, expected, tree):
    [account], _gaps = read(tree, claws_mail, CLAWS, A + text)
    assert [entry["value"] for entry in account["settings"] if entry["key"] == "gnutls_priority"] == expected


def test_a_tunnel_is_undecided(tree):
    [account], _gaps = read(tree, claws_mail, CLAWS, A + "protocol=3\nset_tunnelcmd=1\ntunnelcmd=ssh x\n")
    assert [entry["what"] for entry in account["undecided"]] == ["server"]


def test_a_number_that_is_none_is_undecided(tree):
    [account], _gaps = read(tree, sylpheed, SYLPHEED, A + "ssl_pop=7\n")
    assert (account["security"], [entry["what"] for entry in account["undecided"]]) == (None, ["security"])


def test_sylpheed_before_2_0_is_read_where_there_is_nothing_newer(tree):
    accounts, _gaps = read(tree, sylpheed, "/home/alice/.sylpheed/accountrc", A)
    assert len(accounts) == 1
    accounts, _gaps = read(tree, sylpheed, SYLPHEED, "")
    assert accounts == []


def test_a_line_that_is_none_is_a_gap(tree):
    _accounts, gaps = read(tree, sylpheed, SYLPHEED, A + SECRET + "\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(SYLPHEED, "client:sylpheed")]
    assert SECRET not in repr(gaps)


@pytest.mark.parametrize(("reader", "path"), [(claws_mail, CLAWS), (sylpheed, SYLPHEED)])
def test_a_secret_is_in_no_account_and_no_gap(reader, path, tree):
    keys = ("password", "smtp_password", "user_id", "name", "tunnelcmd", "account_name", "proxy_pass", "in_ssl_client_cert_pass")
    accounts, gaps = read(tree, reader, path, A + "".join(f"{key}={SECRET}\n" for key in keys))
    assert len(accounts) == 1
    assert SECRET not in repr((accounts, gaps))


@pytest.mark.parametrize("reader", [claws_mail, sylpheed])
def test_nothing_of_it_is_no_evidence(reader, tree):
    host = tree.host()
    assert (reader.read(host), host.gaps) == (None, [])


@given(st.text(max_size=20))
def test_a_number_is_read_of_anything(text):
    class Entry:
        value = text

    assert isinstance(accountrc.number({"a": Entry}, "a"), int)
