"""aerc: the accounts of its users that lie on a server."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import aerc

FILE = "/home/alice/.config/aerc/accounts.conf"
SECRET = "hunter2"
TABLE = "/var/spool/cron/crontabs/alice"
# The value of source: (server, port, security), or None where the mail is on no server of IMAP.
SOURCES = {
    "imaps://u@h": ("h", 993, "implicit"),
    f"imaps://u%40x:{SECRET}@h:1993/": ("h", 1993, "implicit"),
    f"imap://u:{SECRET}@h": ("h", 143, "starttls"),
    "imap+insecure://u@h": ("h", 143, "none"),
    "imap+oauthbearer+insecure://u@h": ("h", 143, "none"),
    "IMAPS://u@h": ("h", 993, "implicit"),
    "imaps+oauthbearer://u@h?token_endpoint=https://x@y/": ("h", 993, "implicit"),
    "imaps+xoauth2://h:993?scope=x": ("h", 993, "implicit"),
    "imaps://u@[2001:db8::1]:994": ("2001:db8::1", 994, "implicit"),
    '"imaps://u@h" # said twice': ("h", 993, "implicit"),
    "imaps://u@h ; a remark": ("h", 993, "implicit"),
    "maildir://~/Mail": None,
    "notmuch://~/Mail": None,
    "jmap://u@h": None,
}


@pytest.fixture
def read(tree):
    """Return read(text), the accounts of alice's file and the gaps."""

    def read_file(text: str):
        tree.write(FILE, text)
        host = tree.host()
        evidence = aerc.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("source", SOURCES)
def test_where_the_mail_is(source, read):
    accounts, gaps = read(f"; a remark\n[work]\nfrom = x\nsource = {source}\n")
    found = [(entry["server"], entry["port"], entry["security"]) for entry in accounts]
    assert (found, gaps) == ([SOURCES[source]] if SOURCES[source] else [], [])
    assert [(entry["name"], entry["line"], entry["user"], entry["config"]) for entry in accounts] == [("work", 4, "alice", FILE)] * len(
        found
    )
    assert SECRET not in repr(accounts)


def test_of_a_key_that_is_there_twice_the_last_counts(read):
    accounts, _gaps = read("[a]\nsource=imaps://one\n[b]\nsource=imaps://other\n[a]\nsource=imaps://two\n")
    assert [(entry["name"], entry["server"]) for entry in accounts] == [("a", "two"), ("b", "other")]


def test_what_is_not_of_the_grammar_is_a_gap_without_the_text(read):
    accounts, gaps = read(f"[a]\nsource = imaps://h\n{SECRET}\n")
    assert accounts == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:aerc")]
    assert SECRET not in repr(gaps)


# command: (server, what is undecided) of each account
COMMANDS = {
    "aerc": [("h", []), ("i", [])],
    "aerc -a b": [("i", [])],
    "aerc --account a,b": [("h", []), ("i", [])],
    "aerc -A /srv/accounts.conf": [("s", []), ("h", []), ("i", [])],
    "XDG_CONFIG_HOME=/srv/none aerc -a b": [("h", []), ("i", [])],
    'aerc -A "$(cat x)"': [(None, ["server"]), ("h", []), ("i", [])],
    "aerc --version": [("h", []), ("i", [])],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_names_accounts_and_files(command, tree, read):
    tree.write("/srv/accounts.conf", "[s]\nsource = imaps://s\n")
    tree.write("/var/spool/cron/crontabs/alice", f"* * * * * {command}\n")
    accounts, _gaps = read("[a]\nsource = imaps://h\n[b]\nsource = imaps://i\n")
    in_use = [entry for entry in accounts if entry["enabled"]]
    assert [(entry["server"], [item["what"] for item in entry["undecided"]]) for entry in in_use] == COMMANDS[command]
    # Somebody may open the others by hand.
    assert {"h", "i"} <= {entry["server"] for entry in accounts}


def test_nothing_of_it_is_no_evidence(tree):
    assert aerc.read(tree.host()) is None


@pytest.mark.parametrize(
    ("session", "command", "expected"),
    [
        ("", "aerc", []),
        ("GODEBUG=tlsmaxrsasize=1024,netdns=go", "aerc", [("tlsmaxrsasize=1024", "/etc/environment")]),
        ("", "GODEBUG=tls13=0,tls13=1,fips140=only aerc", [("tls13=1", TABLE), ("fips140=only", TABLE)]),
        ("GODEBUG=tls13=0", "env -u GODEBUG aerc", []),
    ],
)
def test_switches_of_go_are_settings(session, command, expected, tree, read):
    tree.write("/etc/environment", session + "\n")
    tree.write(TABLE, f"* * * * * {command}\n")
    accounts, _gaps = read("[a]\nsource = imaps://h\n")
    found = [(entry["value"], entry["file"]) for entry in accounts[0]["settings"] if entry["key"] == "GODEBUG"]
    assert (found, accounts[0]["undecided"]) == (expected, [])


def test_switches_of_a_session_act_on_a_run_by_hand(tree, read):
    tree.write("/etc/environment", "GODEBUG=tlsmaxrsasize=1024\n")
    [account], _gaps = read("[a]\nsource = imaps://h\n")
    assert account["settings"][-1]["value"] == "tlsmaxrsasize=1024"
