"""fdm: the accounts of its users and of the system."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import fdm

FILE = "/home/alice/.fdm.conf"
SECRET = "hunter2"
# text behind the account's name: (server, port, protocol, security, what is undecided)
ACCOUNTS = {
    'imaps server "h"': ("h", 993, "imap", "implicit", []),
    'imap server "h"': ("h", 143, "imap", "none", []),
    'imap server "h" starttls': ("h", 143, "imap", "starttls", []),
    'pop3s server "h" port 99': ("h", 99, "pop3", "implicit", []),
    'pop3 server "h" port "pop3s"': ("h", 995, "pop3", "none", []),
    'pop3 server "h" port "nothing"': ("h", None, "pop3", "none", ["port"]),
    "imap server $(x)": (None, 143, "imap", "none", ["server"]),
    'imap pipe "ssh h"': (None, None, "imap", None, ["server", "security"]),
}


@pytest.fixture
def read(tree):
    def read_file(text: str, path: str = FILE):
        tree.write(path, text)
        host = tree.host()
        evidence = fdm.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("text", ACCOUNTS)
def test_accounts(text, read):
    (found,), gaps = read(f'account "a" {text}')
    undecided = [entry["what"] for entry in found["undecided"]]
    assert (found["server"], found["port"], found["protocol"], found["security"], undecided) == ACCOUNTS[text]
    assert gaps == []


def test_insecure_is_a_setting_and_disabled_is_not_enabled(read):
    (found,), _gaps = read('account "a" disabled imaps server "h" insecure')
    assert [(item["key"], item["value"]) for item in found["settings"]] == [("server", "h"), ("insecure", "on")]
    assert not found["enabled"]


def test_files_of_the_system_and_of_command_lines(tree, read):
    tree.write("/etc/fdm.conf", 'account "s" imaps server "s"')
    tree.write("/etc/cron.d/x", "0 * * * * alice fdm -q -f x/f.conf fetch\n")
    tree.write("/home/alice/x/f.conf", 'include "/home/alice/inc"')
    tree.write("/home/alice/inc", 'account "c" imaps server "c"')
    accounts, _gaps = read('account "a" imaps server "a"')
    assert [(entry["user"], entry["server"], entry["config"]) for entry in accounts] == [
        ("alice", "c", "/home/alice/inc"),
        ("alice", "a", FILE),
        ("", "s", "/etc/fdm.conf"),
    ]


@pytest.mark.parametrize("instance", [None, "fdm@a.service"])
def test_a_unit_that_starts_nothing_names_no_file(instance, tree, read):
    unit = "[Service]\nUser=alice\nExecStart=/bin/sh -c 'fdm -f $$(x) fetch'\n"
    tree.write("/etc/systemd/system/fdm@.service", unit)
    if instance:
        tree.write("/etc/systemd/system/multi-user.target.wants/" + instance, unit)
    _accounts, gaps = read('account "a" imaps server "a"')
    assert {gap["affects"] for gap in gaps} == ({"client:fdm"} if instance else set())


@pytest.mark.parametrize("text", ['account "a', 'include "nowhere"'])
def test_what_can_not_be_followed_is_a_gap(text, read):
    _accounts, gaps = read(text)
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:fdm")]


def test_a_secret_is_in_no_account_and_no_gap(read):
    accounts, gaps = read(
        f'$p = "{SECRET}"\naccount "a" imaps server "h" user "{SECRET}" pass "{SECRET}"\naccount "b" imap pipe "x {SECRET}"'
    )
    assert len(accounts) == 2
    assert SECRET not in repr((accounts, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (fdm.read(host), host.gaps) == (None, [])
