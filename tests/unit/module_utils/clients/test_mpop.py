"""mpop: the accounts of its users."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mpop

FILE = "/home/alice/.mpoprc"
XDG_FILE = "/home/alice/.config/mpop/config"
A = "account a\nhost h\n"
SECRET = "hunter2"

# name: (text, [(name, server, port, security)])
ACCOUNTS = {
    "nothing set": (A, [("a", "h", 110, "none")]),
    "TLS": (A + "tls\n", [("a", "h", 110, "starttls")]),
    "implicit TLS": (A + "tls on\ntls_starttls off\n", [("a", "h", 995, "implicit")]),
    "STARTTLS without TLS": (A + "tls_starttls on\n", [("a", "h", 110, "none")]),
    "995 does not make it TLS": (A + "port 995\n", [("a", "h", 995, "none")]),
    "a port": (A + "tls on\nport 1110\n", [("a", "h", 1110, "starttls")]),
    "an account to inherit from": ("account x\ntls on\naccount a : x\nhost h\n", [("a", "h", 110, "starttls")]),
    "two accounts": (A + "account b : a\ntls on\n", [("a", "h", 110, "none"), ("b", "h", 110, "starttls")]),
}

# name: (text, server, security, [(what, line)])
UNDECIDED = {
    "the server": ("account a\neval echo host x\ntls on\n", None, "starttls", [("server", 2)]),
    "the port": (A + "tls on\neval echo port 1\n", "h", "starttls", [("port", 4)]),
    "whether there is TLS": (A + "eval echo tls on\n", "h", None, [("security", 3)]),
    "the kind of TLS": (A + "tls on\neval echo tls_starttls off\n", "h", None, [("security", 4)]),
    "the kind of TLS without TLS": (A + "eval echo tls_starttls off\n", "h", "none", [("security", 3)]),
    "the versions": (A + "tls on\neval echo tls_priorities x\n", "h", "starttls", [("tls_priorities", 4)]),
    "anything": (A + "eval cat x\n", "h", None, [("eval", 3)]),
    "anything in the defaults": ("defaults\neval cat x\n" + A + "tls on\n", "h", "starttls", [("eval", 2)]),
    "the server alone": ("account a\neval cat x\ntls on\n", None, "starttls", [("eval", 2)]),
    "who listens on a socket": (A + "tls on\nsocket /run/x\n", "h", "starttls", [("server", 4)]),
}


@pytest.fixture
def read(tree):
    """Return read(text, path), the accounts and gaps of a file."""

    def read_file(text: str, path: str = FILE):
        tree.write(path, text)
        host = tree.host()
        evidence = mpop.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    text, expected = ACCOUNTS[name]
    accounts, gaps = read(text)
    assert [(account["name"], account["server"], account["port"], account["security"]) for account in accounts] == expected
    assert [account["undecided"] for account in accounts] == [[]] * len(expected)
    assert gaps == []


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_only_mpop_would_know_is_undecided(name, read):
    text, server, security, undecided = UNDECIDED[name]
    (account,), _gaps = read(text)
    assert (account["server"], account["security"]) == (server, security)
    assert [(entry["what"], entry["line"]) for entry in account["undecided"]] == undecided


def test_an_account_says_where_it_stands_and_what_acts_on_it(read):
    accounts, _gaps = read("defaults\ntls on\n\naccount work\nhost mx.example\ntls_priorities NORMAL:-VERS-TLS1.3\npassword x\n")
    where = {"file": FILE}
    assert accounts == [
        {
            "user": "alice",
            "config": FILE,
            "line": 4,
            "name": "work",
            "server": "mx.example",
            "port": 110,
            "protocol": "pop3",
            "security": "starttls",
            "enabled": True,
            "settings": [
                {"key": "host", "value": "mx.example", "line": 5, **where},
                {"key": "tls", "value": "on", "line": 2, **where},
                {"key": "tls_priorities", "value": "NORMAL:-VERS-TLS1.3", "line": 6, **where},
            ],
            "undecided": [],
        }
    ]


def test_of_the_two_places_the_first_that_is_there_is_read(tree, read):
    tree.write(XDG_FILE, A)
    accounts, _gaps = read("account b\nhost i\n")
    assert [(account["config"], account["name"]) for account in accounts] == [(FILE, "b")]


def test_the_newer_place_is_read_alone(read):
    accounts, _gaps = read(A, XDG_FILE)
    assert [account["config"] for account in accounts] == [XDG_FILE]


def test_a_file_that_mpop_refuses_is_a_gap_with_its_line(read):
    accounts, gaps = read(A + f"port {SECRET}\n")
    assert accounts == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:mpop")]
    assert "line 3" in gaps[0]["why"]
    assert SECRET not in gaps[0]["why"]


def test_a_secret_is_in_no_account_and_no_gap(tree, read):
    tree.write("/root/.mpoprc", f"account b\nhost i\ntls {SECRET}\n")
    tree.write("/etc/passwd", "alice:x:0:0::/home/alice:/bin/sh\nroot:x:0:0::/root:/bin/sh\n")
    lines = ("password {}", 'password "{}"', "passwordeval pass {}", "user {}", "eval echo password {}", "eval gpg {}", "{}", "x {}")
    accounts, gaps = read(A + "".join(line.format(SECRET) + "\n" for line in lines) + f"socket /run/{SECRET}\n")
    assert len(accounts) == 1
    assert len(gaps) == 1
    assert SECRET not in repr((accounts, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (mpop.read(host), host.gaps) == (None, [])


@pytest.mark.requires_program("mpop")
@pytest.mark.parametrize("security", ["", "tls on", "tls on\ntls_starttls off"])
def test_mpop_secures_its_connection_as_we_say(security, read, listen, tmp_path):
    """The real program against a listener on the loopback."""
    listener = listen("pop3")
    text = f"account a\nhost 127.0.0.1\nport {listener.port}\nuser u\nauth user\ntimeout 20\ndelivery mbox {tmp_path}/m\n{security}\n"
    file = tmp_path / "rc"
    file.write_text(text + f"password {SECRET}\n")
    file.chmod(0o600)
    subprocess.run(
        ["mpop", f"--file={file}", "a"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    (found,), _gaps = read(text)
    assert found["security"] == listener.security()
