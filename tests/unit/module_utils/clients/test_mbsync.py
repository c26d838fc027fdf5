"""mbsync: the accounts of its users, by the release that is installed."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mbsync

FILE = "/home/alice/.mbsyncrc"
XDG_FILE = "/home/alice/.config/isyncrc"
ACCOUNT = "IMAPAccount work\nHost mx\n"
SECRET = "hunter2"

# name: (release, text, [(name, server, port, security)])
ACCOUNTS = {
    "the default": ("1.4.4", ACCOUNT, [("work", "mx", 143, "starttls")]),
    "implicit TLS": ("1.4.4", ACCOUNT + "SSLType IMAPS\n", [("work", "mx", 993, "implicit")]),
    "its name since 1.5": ("1.5.1", ACCOUNT + "TLSType imaps\n", [("work", "mx", 993, "implicit")]),
    "its old name in 1.5": ("1.5.1", ACCOUNT + "SSLType STARTTLS\n", [("work", "mx", 143, "starttls")]),
    "no TLS": ("1.4.4", ACCOUNT + "SSLType None\n", [("work", "mx", 143, "none")]),
    "a port": ("1.4.4", ACCOUNT + "Port 1993\nSSLType IMAPS\n", [("work", "mx", 1993, "implicit")]),
    "993 does not make it TLS": ("1.4.4", ACCOUNT + "Port 993\n", [("work", "mx", 993, "starttls")]),
    "port 0 is no port": ("1.4.4", ACCOUNT + "Port 0\n", [("work", "mx", 143, "starttls")]),
    "a URL": ("1.4.4", "IMAPAccount a\nHost imaps://mx\n", [("a", "mx", 993, "implicit")]),
    "a URL without TLS": ("1.4.4", "IMAPAccount a\nHost imap:mx\n", [("a", "mx", 143, "starttls")]),
    "the later of URL and SSLType": ("1.4.4", "IMAPAccount a\nHost imaps:mx\nSSLType None\n", [("a", "mx", 143, "none")]),
    "the later of SSLType and URL": ("1.4.4", "IMAPAccount a\nSSLType None\nHost imaps:mx\n", [("a", "mx", 993, "implicit")]),
    "a URL is a name in 1.5": ("1.5.1", "IMAPAccount a\nHost imaps:mx\n", [("a", "imaps:mx", 143, "starttls")]),
    "UseIMAPS": ("1.4.4", ACCOUNT + "UseIMAPS yes\n", [("work", "mx", 993, "implicit")]),
    "UseIMAPS no": ("1.4.4", ACCOUNT + "UseIMAPS no\n", [("work", "mx", 143, "starttls")]),
    "RequireSSL no is ignored": ("1.4.4", ACCOUNT + "RequireSSL no\n", [("work", "mx", 143, "starttls")]),
    "all legacy versions off": ("1.4.4", ACCOUNT + "RequireSSL no\nUseTLSv1 no\n", [("work", "mx", 143, "none")]),
    "one legacy version on": ("1.1.2", ACCOUNT + "RequireSSL no\nUseTLSv1 no\nUseTLSv1.2 yes\n", [("work", "mx", 143, "starttls")]),
    "a store of its own": ("1.4.4", "IMAPStore s\nHost mx\nSSLType IMAPS\n", [("s", "mx", 993, "implicit")]),
    "an account and its stores": (
        "1.4.4",
        ACCOUNT + "\nIMAPStore s\nAccount work\n\nIMAPStore t\nAccount work\n",
        [("work", "mx", 143, "starttls")],
    ),
    "two accounts": ("1.4.4", ACCOUNT + "\nIMAPAccount b\nHost h\n", [("work", "mx", 143, "starttls"), ("b", "h", 143, "starttls")]),
}


@pytest.fixture
def read(tree):
    """Return read(text, release), the accounts and gaps of a file when that release is installed."""

    def read_file(text: str, release: str | None = "1.4.4", path: str = FILE):
        if release:
            tree.write("/usr/bin/mbsync", b"\0isync " + release.encode() + b"\0")
        tree.write(path, text)
        host = tree.host()
        evidence = mbsync.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    release, text, expected = ACCOUNTS[name]
    accounts, gaps = read(text, release)
    assert [(account["name"], account["server"], account["port"], account["security"]) for account in accounts] == expected
    assert [account["undecided"] for account in accounts] == [[]] * len(expected)
    assert gaps == []


def test_an_account_says_where_it_stands_and_what_acts_on_it(read):
    accounts, _gaps = read('\nIMAPAccount "my work"\nHost mx.example\nPort 143\n# x\nSSLVersions TLSv1  "TLSv1.1"\nPass x\n')
    where = {"file": FILE}
    assert accounts == [
        {
            "user": "alice",
            "config": FILE,
            "line": 2,
            "name": "my work",
            "server": "mx.example",
            "port": 143,
            "protocol": "imap",
            "security": "starttls",
            "enabled": True,
            "settings": [
                {"key": "host", "value": "mx.example", "line": 3, **where},
                {"key": "sslversions", "value": "TLSv1 TLSv1.1", "line": 6, **where},
            ],
            "undecided": [],
        }
    ]


@pytest.mark.parametrize(
    ("release", "text", "server", "security"),
    [
        ("1.4.4", 'Tunnel "ssh mx imapd"\n', None, "none"),
        ("1.4.4", 'Host mx\nTunnel "nc mx 143"\nSSLType STARTTLS\n', "mx", "starttls"),
        ("1.1.2", 'Tunnel "ssh mx imapd"\n', None, "starttls"),
    ],
)
def test_the_server_behind_a_tunnel_is_undecided(release, text, server, security, read):
    (account,), _gaps = read("IMAPAccount a\n" + text, release)
    assert (account["server"], account["port"], account["security"]) == (server, None, security)
    assert [(entry["what"], entry["line"]) for entry in account["undecided"]] == [("server", 2 + text.index("Tunnel") // 8)]
    assert "tunnel" not in [setting["key"] for setting in account["settings"]]


@pytest.mark.parametrize("release", ["1.5.1", "1.4.4"])
def test_a_file_that_this_release_refuses_is_a_gap_with_its_line(release, read):
    text = {"1.5.1": ACCOUNT + "UseIMAPS yes\n", "1.4.4": ACCOUNT + f"Pass {SECRET} {SECRET}\n"}[release]
    accounts, gaps = read(text, release)
    assert accounts == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:mbsync")]
    assert "line 3" in gaps[0]["why"]
    assert SECRET not in gaps[0]["why"]


@pytest.mark.parametrize(
    ("release", "files", "read_files"),
    [
        ("1.4.4", [FILE, XDG_FILE], [FILE]),
        ("1.4.4", [XDG_FILE], []),
        ("1.5.1", [FILE], [FILE]),
        ("1.5.1", [XDG_FILE], [XDG_FILE]),
        ("1.5.1", [FILE, XDG_FILE], [XDG_FILE]),
        (None, [FILE, XDG_FILE], [XDG_FILE, FILE]),
    ],
)
def test_which_file_is_read_changed_with_a_release(release, files, read_files, tree, read):
    for path in files:
        tree.write(path, ACCOUNT)
    accounts, _gaps = read(ACCOUNT, release, "/home/alice/elsewhere")
    assert [account["config"] for account in accounts] == read_files


def test_a_secret_is_in_no_account_and_no_gap(tree, read):
    tree.write("/root/.mbsyncrc", f"IMAPAccount b\nHost h\nPass {SECRET} {SECRET}\n")
    tree.write("/etc/passwd", "alice:x:0:0::/home/alice:/bin/sh\nroot:x:0:0::/root:/bin/sh\n")
    accounts, gaps = read(ACCOUNT + f'PassCmd "pass {SECRET}"\nUserCmd {SECRET}\nTunnel "nc {SECRET}"\nClientKey {SECRET} # {SECRET}\n')
    assert len(accounts) == 1
    assert len(gaps) == 1
    assert SECRET not in repr((accounts, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (mbsync.read(host), host.gaps) == (None, [])


@pytest.mark.requires_program("mbsync", package="isync")
@pytest.mark.parametrize("security", ["", "SSLType None", "SSLType STARTTLS", "SSLType IMAPS"])
def test_mbsync_secures_its_connection_as_we_say(security, read, listen, tmp_path):
    """The real program against a listener on the loopback."""
    listener = listen("imap")
    account = f"IMAPAccount a\nHost 127.0.0.1\nPort {listener.port}\nUser u\nPass x\nAuthMechs LOGIN\nTimeout 20\n{security}".strip()
    (tmp_path / "rc").write_text(
        f"{account}\n\nIMAPStore far\nAccount a\n\nMaildirStore near\nPath {tmp_path}/\nInbox {tmp_path}/in\n\n"
        "Channel c\nFar :far:\nNear :near:\n"
    )
    subprocess.run(
        ["mbsync", "-c", str(tmp_path / "rc"), "c"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    (found,), _gaps = read(account + "\n")
    assert found["security"] == listener.security()
