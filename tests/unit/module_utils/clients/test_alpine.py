"""alpine: the files of the system and of its users, and the one that wins."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import alpine

FILE = "/home/alice/.pinerc"
RANGE = "encryption-protocol-range"
SECRET = "hunter2"
# the server's name: (server, port, protocol, security, what is undecided)
ACCOUNTS = {
    "{h/ssl}inbox": ("h", 993, "imap", "implicit", []),
    "{h/tls}inbox": ("h", 143, "imap", "starttls", []),
    "{h}inbox": ("h", 143, "imap", "starttls", []),
    "{h/notls}inbox": ("h", 143, "imap", "none", []),
    "{h/pop3/ssl}inbox": ("h", 995, "pop3", "implicit", []),
    "{h:99/ssl}inbox": ("h", 99, "imap", "implicit", []),
    "{$SERVER/ssl}inbox": (None, 993, "imap", "implicit", ["server"]),
    "{h/ssl/tls}inbox": ("h", None, "imap", None, ["security"]),
}
# range: its minimum and its maximum
RANGES = {
    "tls1_2,no_max": ["tls1_2", "no_max"],
    "tls1_1,tls1": ["tls1", "tls1_1"],
    " no_min , tls1_1 ": ["no_min", "tls1_1"],
    "tls1_1": [],
    "TLSv1,TLSv1.1": [],
}
# range and flag: whether it is tried at all
FLAGS = {
    ("tls1,tls1_2", "tls1_1"): "on",
    ("tls1_2,no_max", "tls1_1"): "outside of the range",
    ("old", "tls1_2"): "outside of the range",
}


@pytest.fixture
def read(tree):
    def read_files(text: str = ""):
        if text:
            tree.write(FILE, text)
        host = tree.host()
        evidence = alpine.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_files


def values(account, *keys: str) -> list[str]:
    return [setting["value"] for setting in account["settings"] if setting["key"] in keys]


def bounds(account) -> list[str]:
    return values(account, RANGE + " minimum", RANGE + " maximum")


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    (found,), gaps = read(f"inbox-path={name}\n")
    undecided = [entry["what"] for entry in found["undecided"]]
    assert (found["server"], found["port"], found["protocol"], found["security"], undecided) == ACCOUNTS[name]
    assert (found["user"], found["config"], found["line"], gaps) == ("alice", FILE, 1, [])


@pytest.mark.parametrize("text", RANGES)
def test_ranges(text, read):
    (found,), _gaps = read(f"inbox-path={{h/ssl}}i\n{RANGE}={text}\n")
    assert bounds(found) == RANGES[text]


@pytest.mark.parametrize("value", ["$INBOX", "${INBOX}", "{h/$FLAGS}inbox"])
def test_a_mailbox_that_only_the_environment_knows_is_a_gap(value, read):
    accounts, gaps = read(f"\ninbox-path={value}\n")
    assert accounts == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE + ", line 2", "client:alpine")]


def test_a_range_that_only_the_environment_knows_is_undecided(read):
    (found,), _gaps = read(f"inbox-path={{h/ssl}}i\n{RANGE}=no_min,$HIGHEST\n")
    assert bounds(found) == []
    assert [(entry["what"], entry["line"]) for entry in found["undecided"]] == [(RANGE, 2)]


@pytest.mark.parametrize("text", FLAGS)
def test_a_flag_for_one_version_is_tried_within_the_range(text, read):
    (found,), _gaps = read(f"inbox-path={{h/{text[1]}}}i\n{RANGE}={text[0]}\n")
    assert values(found, "/" + text[1]) == [FLAGS[text]]


def test_mailboxes_of_one_server_are_one_account(read):
    text = "inbox-path={h/ssl}inbox\nincoming-folders=x {h/ssl}x,\n\ty {i/ssl}y\nfolder-collections=mail/[],News *{n/nntp}[]\n"
    accounts, _gaps = read(text)
    assert [entry["server"] for entry in accounts] == ["h", "i"]


def test_the_users_file_stands_over_the_systems_and_the_fixed_one_over_both(tree, read):
    tree.write("/etc/pine.conf", f"inbox-path={{s/ssl}}i\n{RANGE}=tls1,tls1\n")
    system, of_user = read(f"{RANGE}=tls1,no_max\n")[0]
    assert (system["user"], system["config"], bounds(system)) == ("", "/etc/pine.conf", ["tls1", "tls1"])
    assert (of_user["user"], of_user["server"], bounds(of_user)) == ("alice", "s", ["tls1", "no_max"])
    tree.write("/home/alice/.pinercex", f"{RANGE}=tls1_1,no_max\n")
    assert bounds(read()[0][1]) == ["tls1_1", "no_max"]
    tree.write("/etc/pinerc.fixed", f"{RANGE}=tls1_2,no_max\n")
    assert [bounds(entry) for entry in read()[0]] == [["tls1_2", "no_max"]] * 2


def test_a_secret_is_in_no_account_and_no_gap(tree, read):
    tree.write("/home/alice/.pine-passfile", SECRET)
    tree.write("/home/alice/.alpine.pwd", SECRET)
    accounts, gaps = read(
        f"inbox-path={{h/ssl/user={SECRET}}}{SECRET}\nsmtp-server=h/user={SECRET}\nuser-id={SECRET}\n"
        f"incoming-folders=x {{i/pass={SECRET}}}x,{SECRET} {{j/ssl}}x\nldap-servers=h /pass={SECRET}\n"
    )
    assert [entry["server"] for entry in accounts] == ["h", "j"]
    assert SECRET not in repr((accounts, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (alpine.read(host), host.gaps) == (None, [])


# Commands of cron, with alice's file, and /srv/rc beside it: (server, range, what is undecided) of the first account.
OTHER = "inbox-path={other/ssl}inbox\n" + RANGE + "=no_min,tls1\n"
COMMANDS = {
    "alpine -i": ("h", [], []),
    "alpine -p /srv/rc": ("other", ["no_min", "tls1"], []),
    "cd /srv && alpine -i -p rc": ("other", ["no_min", "tls1"], []),
    "alpine -x /srv/rc": ("other", ["no_min", "tls1"], []),
    "alpine -P /srv/rc": ("h", ["no_min", "tls1"], []),
    "alpine -encryption-protocol-range=no_min,tls1_1 -passfile /x -I q,y": ("h", ["no_min", "tls1_1"], []),
    "alpine '-inbox-path={i/ssl}inbox'": ("i", [], []),
    "alpine -f '{f/ssl}work' -p /srv/rc": ("f", ["no_min", "tls1"], []),
    "alpine -url mailto:bob@example.org": ("h", [], []),
    "alpine -url imap://u@h/": ("h", [], ["server"]),
    "alpine $(cat x)": ("h", [], ["options"]),
    "alpine -p '{h/ssl}pinerc'": (None, [], ["server"]),
    'alpine -p "$(cat x)"': (None, [], ["server"]),
    "LD_PRELOAD=/x alpine -i": ("h", [], ["LD_PRELOAD"]),
    "alpine -v": ("h", [], []),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_reads_other_files_sets_variables_and_opens_folders(command, tree, read):
    tree.write("/srv/rc", OTHER)
    tree.write("/etc/cron.d/mail", f"0 * * * * alice {command}\n")
    accounts, gaps = read("inbox-path={h/ssl}inbox\n")
    assert gaps == []
    first = accounts[0]
    assert (first["server"], bounds(first), [item["what"] for item in first["undecided"]]) == COMMANDS[command]
    # Whoever starts it by hand has the file's account.
    assert any((entry["server"], entry["undecided"], bounds(entry)) == ("h", [], []) for entry in accounts)


def test_a_password_of_a_command_is_in_no_account_and_no_gap(tree):
    tree.write("/etc/cron.d/mail", f"0 * * * * alice alpine -xoauth2-client-secret {SECRET} -f '{{h/ssl/user={SECRET}}}inbox' {SECRET}\n")
    host = tree.host()
    accounts = alpine.read(host)["accounts"]
    assert [entry["server"] for entry in accounts] == ["h"]
    assert SECRET not in repr((accounts, host.gaps))
