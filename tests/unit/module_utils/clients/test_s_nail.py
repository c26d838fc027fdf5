"""s-nail, and heirloom mailx before it: mailboxes on servers, and the variables that act on each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import s_nail
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mailrc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

FILE = "/home/alice/.mailrc"
TABLE = "/var/spool/cron/crontabs/alice"
SECRET = "hunter2"
# text: (name, server, port, protocol, security) of each account
ACCOUNTS = {
    f"set folder=imaps://u:{SECRET}@h/INBOX\n": [(None, "h", 993, "imap", "implicit")],
    f"set inbox='pop3s://u%40x:{SECRET}@h:1995'\n": [(None, "h", 1995, "pop3", "implicit")],
    "set folder=imap://u@h imap-use-starttls\n": [(None, "h", 143, "imap", "starttls")],
    "set folder=imap://u@h\n": [(None, "h", 143, "imap", "none")],
    "set pop3-use-starttls-h MAIL=pop3://u@h\n": [(None, "h", 110, "pop3", "starttls")],
    "set folder=imap://u@h imap-use-starttls\nset noimap-use-starttls\n": [(None, "h", 143, "imap", "none")],
    "set folder=imap://u@h imap-use-starttls\nunset imap-use-starttls\n": [(None, "h", 143, "imap", "none")],
    "\\set folder=\\\n  imaps://u@h\n": [(None, "h", 993, "imap", "implicit")],
    "wysh set folder=$'imaps://u@h' # x\n": [(None, "h", 993, "imap", "implicit")],
    "account work {\n set folder=imaps://u@h\n}\naccount 'old' {\n  set inbox=pop3s://u@g\n}\n": [
        ("work", "h", 993, "imap", "implicit"),
        ("old", "g", 995, "pop3", "implicit"),
    ],
    "shortcut a imaps://u@h b +local\n": [(None, "h", 993, "imap", "implicit")],
    "define x {\n set folder=imaps://u@h\n}\n": [],
    '# set folder=imaps://u@h\nset folder=~/Mail\nset indentprefix="> "\n': [],
    "source ~/more\n": [(None, "s", 993, "imap", "implicit")],
}


@pytest.fixture
def read(tree):
    """Return read(text), the accounts of alice's file and the gaps."""

    def read_file(text: str):
        tree.write(FILE, text)
        tree.write("/home/alice/more", "set folder=imaps://u@s\n")
        host = tree.host()
        evidence = s_nail.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("text", ACCOUNTS)
def test_where_the_mail_is(text, read):
    accounts, gaps = read(text)
    found = [tuple(entry[key] for key in ("name", "server", "port", "protocol", "security")) for entry in accounts]
    assert (found, gaps) == (ACCOUNTS[text], [])
    assert SECRET not in repr(accounts)


# text beside the mailbox: the settings that count
SETTINGS = {
    "set ssl-method=tls1": [("ssl-method", "tls1")],
    "set ssl-method=tls1 ssl-method-u@h=auto": [("ssl-method", "auto")],
    "set ssl-method-u@h=auto ssl-method-h=tls1": [("ssl-method", "auto")],
    "set ssl-method-g=tls1 ssl-method-v@h=tls1": [],
    "set ssl-protocol='-ALL, +TLSv1.2'": [("ssl-protocol", "-ALL,TLSv1.2")],
    "set tls-config-pairs='MinProtocol=TLSv1, CipherString = A:B\\,C'": [
        ("tls-config-pairs", "MinProtocol=TLSv1"),
        ("CipherString", "A:B,C"),
    ],
    "set ssl-config-pairs-h=MaxProtocol=TLSv1.1 password=" + SECRET: [("tls-config-pairs", "MaxProtocol=TLSv1.1")],
}


@pytest.mark.parametrize("text", SETTINGS)
def test_the_nearest_variable_of_a_chain_counts(text, read):
    [account], _gaps = read(f"set folder=imaps://u:{SECRET}@h/\n{text}\n")
    assert [(entry["key"], entry["value"]) for entry in account["settings"]] == [("folder", "h"), *SETTINGS[text]]
    assert SECRET not in repr(account)


def test_an_account_has_the_common_variables_and_its_own(read):
    accounts, _gaps = read(
        "set ssl-method=tls1\naccount a {\n set folder=imaps://h ssl-protocol=-TLSv1.2\n}\naccount b {\n set folder=imaps://g\n}"
    )
    assert [[entry["key"] for entry in account["settings"]] for account in accounts] == [
        ["folder", "ssl-method", "ssl-protocol"],
        ["folder", "ssl-method"],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set folder=imaps://u@$HOST", ["server"]),
        ("set folder=imaps://u@h ssl-method=`cat x`", ["ssl-method"]),
        ("set folder=imaps://h ssl-method-u@h=tls1", ["ssl-method"]),
        ("set folder=imaps://h\nif terminal\nset ssl-method=tls1\nendif", ["ssl-method"]),
        ("if terminal\nset folder=imaps://h\nendif", ["server"]),
    ],
)
def test_what_only_the_running_program_knows_is_undecided(text, expected, read):
    [account], _gaps = read(text + "\n")
    assert [item["what"] for item in account["undecided"]] == expected


# command: (server, settings, undecided) of the accounts; those of the file come last
OWN = ("h", [], [])
COMMANDS = {
    "s-nail -e -S ssl-method=tls1": [("h", ["tls1"], []), OWN],
    "s-nail -A work -e": [("w", [], []), OWN],
    "s-nail -f imaps://u@g/INBOX": [("g", [], []), OWN],
    "s-nail -X 'set x' -e": [("h", [], ["options"]), OWN],
    's-nail -S ssl-method="$(cat x)" -e': [("h", [], ["options"]), OWN],
    "MAILRC=/srv/rc s-nail -e": [("m", [], []), OWN],
    "echo x | mailx -s subject bob": [OWN],
    "mail -t": [OWN],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command, tree, read):
    tree.write("/srv/rc", "set folder=imaps://m\n")
    tree.write(TABLE, f"* * * * * {command}\n")
    accounts, _gaps = read("set folder=imaps://h\naccount work {\n set folder=imaps://w\n}\n")
    found = [
        (entry["server"], [item["value"] for item in entry["settings"][1:]], [item["what"] for item in entry["undecided"]])
        for entry in accounts
        if entry["name"] != "work"
    ]
    assert found == COMMANDS[command]


def test_a_command_of_a_script_and_one_of_a_unit(tree, read):
    tree.write(TABLE, "* * * * * sh /srv/run\n")
    tree.write("/srv/run", "s-nail -e -f imaps://u@g\n")
    tree.write("/home/alice/.config/systemd/user/x.service", "[Service]\nExecStart=/usr/bin/s-nail -e -f pop3s://u@f\n")
    accounts, _gaps = read("set folder=imaps://h\n")
    assert [(entry["server"], entry["enabled"]) for entry in accounts] == [("g", True), ("h", True), ("f", False)]


def test_a_file_that_can_t_be_read_is_a_gap_without_its_text(read):
    accounts, gaps = read(f"set folder='imaps://u:{SECRET}@h\n")
    assert (accounts, [gap["affects"] for gap in gaps]) == ([], ["client:s-nail"])
    assert SECRET not in repr(gaps)


def test_a_program_of_that_name_that_reads_no_mail_from_servers_is_no_client(tree, write_elf):
    write_elf(tree.root / "usr/bin/mailx", needed=[])
    tree.write(FILE, "set folder=~/Mail\n")
    assert s_nail.read(tree.host()) is None


@given(st.text("setaccount folder=imaps:/@hu {}\n\\'\"$#-`", max_size=80))
def test_no_text_breaks_the_grammar(text):
    try:
        mailrc.parse(text, FILE)
    except GrammarError as error:
        assert error.args
