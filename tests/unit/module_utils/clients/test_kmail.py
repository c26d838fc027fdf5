"""KMail: the resources of Akonadi."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import kmail
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host

IMAP, POP3 = "/home/alice/.config/akonadi_imap_resource_0rc", "/home/alice/.config/akonadi_pop3_resource_1rc"
SECRET = "hunter2"

# name: (path, text, (server, port, protocol, security))
ACCOUNTS = {
    "IMAP": (IMAP, "[network]\nImapServer=h\nImapPort=993\nSafety=SSL\n", ("h", 993, "imap", "implicit")),
    "STARTTLS": (IMAP, "[network]\nImapServer=h\nSafety=STARTTLS\n", ("h", 143, "imap", "starttls")),
    "no TLS": (IMAP, "[network]\nImapServer=h\nSafety=None\n", ("h", 143, "imap", "none")),
    "an old word that wins": (IMAP, "[network]\nImapServer=h\nSafety=None\nOverrideEncryption=TLSV1\n", ("h", 993, "imap", "implicit")),
    "a key with a mark": (IMAP, "[network]\nImapServer[$e]=h\nSafety=SSL\n", ("h", 993, "imap", "implicit")),
    "a port in the name": (IMAP, "[network]\nImapServer=h:993\nImapPort=993\nSafety=SSL\n", ("h", 993, "imap", "implicit")),
    "POP3": (POP3, "[General]\nhost=h\nport=995\nuseSSL=true\n", ("h", 995, "pop3", "implicit")),
    "STLS": (POP3, "[General]\nhost=h\nuseTLS=true\n", ("h", 110, "pop3", "starttls")),
    "plain POP3": (POP3, "[General]\nhost=h\n", ("h", 110, "pop3", "none")),
    "a file in KDE 4's place": (
        "/home/alice/.kde/share/config/akonadi_pop3_resource_1rc",
        "[General]\nhost=h\n",
        ("h", 110, "pop3", "none"),
    ),
}


def read(tree, path, text):
    tree.write(path, text)
    host = tree.host()
    return (kmail.read(host) or {"accounts": []})["accounts"], host.gaps


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, tree):
    path, text, expected = ACCOUNTS[name]
    [account], gaps = read(tree, path, text)
    assert tuple(account[key] for key in ("server", "port", "protocol", "security")) == expected
    assert (account["undecided"], gaps) == ([], [])


def test_what_the_file_does_not_say_is_undecided(tree):
    [account], _gaps = read(tree, IMAP, "[network]\nUserName=a\n")
    assert [entry["what"] for entry in account["undecided"]] == ["security", "server"]


def test_a_server_that_a_variable_of_the_session_names_is_undecided(tree):
    [account], _gaps = read(tree, IMAP, "[network]\nImapServer[$e]=$MAILHOST\nSafety=SSL\n")
    assert (account["server"], [entry["what"] for entry in account["undecided"]]) == (None, ["server"])


def test_a_line_that_is_none_is_a_gap_without_its_text(tree):
    _accounts, gaps = read(tree, IMAP, f"[network]\nImapServer=h\nSafety=SSL\n{SECRET}\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(IMAP, "client:kmail")]
    assert SECRET not in repr(gaps)


def test_a_directory_that_cannot_be_listed_is_a_gap_of_it(tree):
    tree.write("/usr/bin/akonadi_imap_resource", "")
    tree.link("/home/alice/.config", "/home/alice/.config")
    host = tree.host()
    kmail.read(host)
    assert [(gap["what"], gap["affects"]) for gap in host.gaps] == [("/home/alice/.config", "client:kmail")]


def test_a_secret_is_in_no_account_and_no_gap(tree):
    [account], gaps = read(tree, POP3, f"[General]\nhost=h\npassword={SECRET}\nlogin={SECRET}\n{SECRET}\n")
    assert SECRET not in repr((account, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (kmail.read(host), host.gaps) == (None, [])


@given(text=st.text(alphabet="[]=\n#networkImapServerSafety:0", max_size=100))
def test_anything_is_survived(text, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("alice:x:0:0::/home/alice:/bin/sh\n")
    target = root / IMAP.lstrip("/")
    target.parent.mkdir(parents=True)
    target.write_text("[network]\n" + text, encoding="utf-8", newline="")
    kmail.read(Host(str(root)))
