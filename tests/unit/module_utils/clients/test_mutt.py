"""mutt and neomutt: the mailboxes on servers that their configuration leads to."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mutt, mutt_hooks, neomutt
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import muttrc

FILE = "/home/alice/.muttrc"
SECRET = "hunter2"
F = "set folder=imaps://h/ spoolfile=+INBOX\n"

# name: (text, [(server, port, protocol, security)])
ACCOUNTS = {
    "a folder": (F, [("h", 993, "imap", "implicit")]),
    "STARTTLS": ("set folder=imap://h:1143/", [("h", 1143, "imap", "starttls")]),
    "STARTTLS by force": ("set folder=imap://h/ ssl_starttls=no ssl_force_tls", [("h", 143, "imap", "starttls")]),
    "no TLS": ("set folder=imap://h/ ssl_starttls=no ssl_force_tls=no", [("h", 143, "imap", "none")]),
    "POP3": ("set pop_host=pops://h", [("h", 995, "pop3", "implicit")]),
    "POP3 by name": ("set pop_host=h:1110", [("h", 1110, "pop3", "starttls")]),
    "a POP3 mailbox": ("set spoolfile=pop://h/", [("h", 110, "pop3", "starttls")]),
    "the old form": ("set spoolfile={h/ssl}INBOX", [("h", 993, "imap", "implicit")]),
    "local mail": ("set folder=~/Mail spoolfile=/var/mail/alice", []),
    "other mailboxes": (F + "mailboxes =a imaps://i/b ~/c", [("h", 993, "imap", "implicit"), ("i", 993, "imap", "implicit")]),
    "one that a hook leads to": (
        F + "folder-hook work 'set folder=imaps://w/'",
        [("h", 993, "imap", "implicit"), ("w", 993, "imap", "implicit")],
    ),
    "one that a key leads to": (
        F + "macro index x '<enter-command>set folder=imaps://w/<enter>'",
        [("h", 993, "imap", "implicit"), ("w", 993, "imap", "implicit")],
    ),
}
HOOK = "account-hook h 'set nossl_use_tlsv1_2'\n"
# name: (text, effective settings of TLS of the first account, what is undecided)
SETTINGS = {
    "set": (F + "set ssl_use_tlsv1_2=no ssl_ciphers=NORMAL", {"ssl_use_tlsv1_2": "no", "ssl_ciphers": "NORMAL"}, []),
    "by a hook": (F + HOOK, {"ssl_use_tlsv1_2": "no"}, []),
    "by the hook of another": (F + HOOK.replace(" h ", " other "), {}, []),
    "by the hook of all but another": (F + HOOK.replace(" h ", " ! other "), {"ssl_use_tlsv1_2": "no"}, []),
    "by a hook that is not tried": (F + HOOK.replace(" h ", " '(h+)+$' "), {}, ["ssl_use_tlsv1_2"]),
    "by a hook that is no expression": (F + HOOK.replace(" h ", " '*h' "), {}, ["ssl_use_tlsv1_2"]),
    "left behind by the hook of another": ("set folder=imaps://h/\n" + HOOK.replace(" h ", " other "), {}, ["ssl_use_tlsv1_2"]),
    "set again by its own hook": (
        "set folder=imaps://h/\n" + HOOK.replace(" h ", " other ") + "account-hook h 'set ssl_use_tlsv1_2'",
        {"ssl_use_tlsv1_2": "yes"},
        [],
    ),
    "computed": (F + "set ssl_use_tlsv1_2=`x`", {}, ["ssl_use_tlsv1_2"]),
    "a program's words": (F + "source 'x|'", {}, ["source"]),
    "a tunnel": (F + "set tunnel='ssh h'", {}, ["server"]),
    "asked": (
        "set folder=imap://h/ ssl_starttls=ask-yes ssl_force_tls=no",
        {"ssl_starttls": "ask-yes", "ssl_force_tls": "no"},
        ["security"],
    ),
    "a server that is computed": ("set folder=imaps://`x`/", {}, ["server"]),
}


@pytest.fixture
def read(tree):
    """Return read(text), the accounts of alice's file and the gaps."""

    def read_file(text: str, path: str = FILE, client=mutt):
        tree.write(path, text)
        host = tree.host()
        evidence = client.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    text, expected = ACCOUNTS[name]
    accounts, gaps = read(text)
    assert [(entry["server"], entry["port"], entry["protocol"], entry["security"]) for entry in accounts] == expected
    assert gaps == []


@pytest.mark.parametrize("name", SETTINGS)
def test_what_acts_on_an_account(name, read):
    text, settings, undecided = SETTINGS[name]
    account = read(text)[0][0]
    found = {entry["key"]: entry["value"] for entry in account["settings"] if entry["key"].startswith("ssl")}
    assert (found, [entry["what"] for entry in account["undecided"]]) == (settings, undecided)


def test_an_account_says_where_it_stands_and_whose_it_is(read):
    accounts, _gaps = read(f"# x\nset imap_pass={SECRET}\nset folder=imaps://u:{SECRET}@h/x\n")
    where = {"file": FILE, "line": 3}
    assert accounts == [
        {
            "user": "alice",
            "config": FILE,
            "line": 3,
            "name": "folder",
            "server": "h",
            "port": 993,
            "protocol": "imap",
            "security": "implicit",
            "enabled": True,
            "settings": [{"key": "folder", "value": "h", **where}],
            "undecided": [],
        }
    ]


def test_the_systems_file_comes_before_the_users(tree, read):
    tree.write("/etc/Muttrc", "set ssl_use_tlsv1_2=no ssl_use_tlsv1=yes\nsource /usr/lib/mutt/source-muttrc.d|\n")
    tree.write("/etc/Muttrc.d/a.rc", "set folder=imaps://system/\n")
    accounts, _gaps = read("set ssl_use_tlsv1_2=yes spoolfile=+x")
    assert [(entry["user"], entry["server"], entry["config"]) for entry in accounts] == [
        ("", "system", "/etc/Muttrc.d/a.rc"),
        ("alice", "system", FILE),
    ]
    assert [entry["value"] for entry in accounts[1]["settings"] if entry["key"] == "ssl_use_tlsv1_2"] == ["yes"]


@pytest.mark.parametrize(
    ("client", "first", "second"),
    [
        (mutt, "/home/alice/.muttrc", "/home/alice/.config/mutt/muttrc"),
        (neomutt, "/home/alice/.config/neomutt/neomuttrc", "/home/alice/.neomuttrc"),
        (neomutt, "/home/alice/.config/mutt/muttrc", "/home/alice/.muttrc"),
    ],
)
def test_of_the_users_files_the_first_counts(client, first, second, tree, read):
    tree.write(first, "set folder=imaps://one/")
    accounts, _gaps = read("set folder=imaps://two/", second, client)
    assert [entry["server"] for entry in accounts] == ["one"]


def test_a_secret_is_in_no_account_and_no_gap(read):
    lines = (
        "set imap_pass={0} my_pass={0}",
        "set folder=imaps://u:$my_pass@h/ spoolfile='{{u@h2:99/ssl}}{0}'",
        "set tunnel='ssh {0}' smtp_url=smtps://u:{0}@h",
        "account-hook . 'set imap_pass={0}'",
        "macro index x ':set imap_pass={0}<enter>'",
        "set {0}=`{0}` my_x='{0}",
    )
    accounts, gaps = read("\n".join(line.format(SECRET) for line in lines))
    assert len(accounts) == 2
    assert SECRET not in repr((accounts, gaps))


def test_many_accounts_are_bounded(read):
    accounts, _gaps = read("\n".join(f"mailboxes imaps://h{number}/" for number in range(3000)))
    assert len(accounts) <= 500


@pytest.mark.parametrize(("release", "forced"), [(None, None), ((1, 12), "no"), ((1, 13, 1), "yes"), ((1, 14), "no"), ((2, 0), "yes")])
def test_whether_mutt_asks_for_tls_by_default(release, forced):
    assert mutt._forced(release) == forced


def test_an_expression_that_takes_long_on_purpose_is_not_tried():
    hook = muttrc.Hook("account-hook", "(a|a)*b", True, "x", "f", 1)
    assert mutt_hooks.matches(hook, "a" * 60) is None


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (mutt.read(host), neomutt.read(host), host.gaps) == (None, None, [])


# Commands of cron: what they make of the user's file (F), the system's, and /srv/fetch.rc, as (server, settings of TLS, what is undecided).
OLD = {"ssl_use_tlsv1_2": "no"}
COMMANDS = {
    "mutt -Z": ("h", {}, []),
    "mutt -s 'Fetched -e' -a /tmp/report -- alice@example.org": ("h", {}, []),
    "mutt -s Report -c -F alice@example.org": ("h", {}, []),
    "mutt -F /srv/fetch.rc": ("other", OLD, []),
    "mutt -nF/srv/fetch.rc": ("other", OLD, []),
    "cd /srv && mutt -F fetch.rc": ("other", OLD, []),
    "mutt -F /srv/nothing -F /srv/fetch.rc": ("other", OLD, []),
    "mutt -e 'set ssl_use_tlsv1_2=no' -e 'set ssl_ciphers=NORMAL'": ("h", dict(OLD, ssl_ciphers="NORMAL"), []),
    "mutt -F /srv/fetch.rc -e 'set ssl_use_tlsv1_2'": ("other", {"ssl_use_tlsv1_2": "yes"}, []),
    "mutt -f pops://p/": ("p", {}, []),
    "mutt -f =work": ("h", {}, []),
    'mutt -e "set ssl_use_tlsv1_2=$(cat x)"': ("h", {}, ["command"]),
    'mutt -F "$(cat x)"': (None, {}, ["server"]),
    "mutt $(cat /etc/mutt/options)": ("h", {}, ["options"]),
    "LD_PRELOAD=/x mutt -Z": ("h", {}, ["LD_PRELOAD"]),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_reads_other_files_sets_variables_and_opens_mailboxes(tree, read, command):
    tree.write("/srv/fetch.rc", "set folder=imaps://other/ nossl_use_tlsv1_2\n")
    tree.write("/etc/cron.d/mail", f"0 * * * * alice {command}\n")
    accounts, gaps = read(F)
    assert gaps == []
    first = accounts[0]
    settings = {entry["key"]: entry["value"] for entry in first["settings"] if entry["key"].startswith("ssl")}
    assert (first["server"], settings, [entry["what"] for entry in first["undecided"]]) == COMMANDS[command]
    # Whoever starts it by hand has the file's account.
    assert any((entry["user"], entry["server"], entry["undecided"]) == ("alice", "h", []) for entry in accounts)


@pytest.mark.parametrize("command", ["mutt -D", "mutt -Q ssl_use_tlsv1_2 -F /srv/fetch.rc", "mutt -v"])
def test_a_command_that_only_prints_has_no_account(tree, command):
    tree.write("/srv/fetch.rc", "set folder=imaps://other/\n")
    tree.write("/etc/cron.d/mail", f"0 * * * * alice {command}\n")
    assert mutt.read(tree.host()) is None


def test_the_systems_file_counts_unless_the_command_leaves_it_out(tree):
    tree.write("/etc/Muttrc", "set nossl_use_tlsv1_2\n")
    tree.write("/etc/cron.d/mail", "0 * * * * alice mutt -f imaps://with/\n1 * * * * alice mutt -n -f imaps://without/\n")
    accounts = mutt.read(tree.host())["accounts"]
    assert [(entry["server"], "ssl_use_tlsv1_2" in [item["key"] for item in entry["settings"]]) for entry in accounts] == [
        ("with", True),
        ("without", False),
    ]


def test_neomutt_reads_every_file_that_its_command_names_and_mutt_the_last(tree):
    tree.write("/srv/one.rc", "set nossl_use_tlsv1_2\n")
    tree.write("/srv/two.rc", "set folder=imaps://h/\n")
    found = {}
    for client in (mutt, neomutt):
        tree.write("/etc/cron.d/mail", f"0 * * * * alice {client.NAME} -F /srv/one.rc -F /srv/two.rc\n")
        found[client.NAME] = [item["key"] for item in client.read(tree.host())["accounts"][0]["settings"]]
    assert found == {"mutt": ["folder"], "neomutt": ["folder", "ssl_use_tlsv1_2"]}


def test_a_password_of_a_command_is_in_no_account_and_no_gap(tree):
    tree.write("/etc/cron.d/mail", f"0 * * * * alice mutt -f imaps://u:{SECRET}@h/ -e 'set imap_pass={SECRET}' {SECRET}\n")
    host = tree.host()
    found = mutt.read(host)["accounts"]
    assert [entry["server"] for entry in found] == ["h"]
    assert SECRET not in repr((found, host.gaps))
