"""git imap-send: the server of each user's configuration."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import git_imap_send
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import git_config
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

FILE = "/home/alice/.gitconfig"
SECRET = "hunter2"
# text: (server, port, security) and what is undecided, or None
ACCOUNTS = {
    f"[imap]\n host = imaps://h\n user = u\n pass = {SECRET}\n": ("h", 993, "implicit", []),
    '[IMAP] HOST = "imaps://h/" ; x\n': ("h", 993, "implicit", []),
    "[imap]\nhost = imap://h # x\nport = 1143\n": ("h", 1143, "starttls", []),
    "[imap]\nhost = h\n": ("h", 143, "starttls", []),
    "[imap]\nhost = imaps:\\\n//h\n": ("h", 993, "implicit", []),
    "[imap]\nhost = imaps://g\n[user]\nname = x\n[imap]\nhost = imaps://h\n": ("h", 993, "implicit", []),
    "[imap]\ntunnel = ssh h imapd\n": (None, 143, "starttls", ["server"]),
    "[include]\npath = more\n": ("s", 993, "implicit", []),
    "[include]\npath = ~/more\n": ("s", 993, "implicit", []),
    '[imap]\nhost = imaps://h\n[includeIf "gitdir:~/x/"]\npath = y\n': ("h", 993, "implicit", ["options"]),
    "[user]\nname = x\n": None,
}


@pytest.fixture
def read(tree):
    """Return read(text), the accounts of alice's file and the gaps."""

    def read_file(text: str):
        tree.write(FILE, text)
        tree.write("/home/alice/more", "[imap]\nhost = imaps://s\n")
        host = tree.host()
        evidence = git_imap_send.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("text", ACCOUNTS)
def test_the_server(text, read):
    accounts, gaps = read(text)
    found = [(*(entry[key] for key in ("server", "port", "security")), [item["what"] for item in entry["undecided"]]) for entry in accounts]
    assert (found, gaps) == ([ACCOUNTS[text]] if ACCOUNTS[text] else [], [])
    assert SECRET not in repr(accounts)


def test_the_user_s_own_file_wins_over_the_other_and_the_system_s(tree, read):
    tree.write("/etc/gitconfig", "[imap]\nhost = imaps://a\nport = 1993\n")
    tree.write("/home/alice/.config/git/config", "[imap]\nhost = imaps://b\n")
    accounts, _gaps = read("[imap]\nhost = imaps://c\n")
    assert [(entry["user"], entry["server"], entry["port"]) for entry in accounts] == [("", "a", 1993), ("alice", "c", 1993)]


def test_a_command_wins_over_them_all(tree, read):
    tree.write("/var/spool/cron/crontabs/alice", f"* * * * * git -c imap.host=imap://d -c imap.pass={SECRET} imap-send <mbox\n")
    accounts, _gaps = read("[imap]\nhost = imaps://c\n")
    assert [(entry["server"], entry["security"]) for entry in accounts] == [("c", "implicit"), ("d", "starttls")]
    assert SECRET not in repr(accounts)


def test_files_that_include_themselves_come_to_an_end(read):
    accounts, _gaps = read("[include]\npath = .gitconfig\npath = .gitconfig\n[imap]\nhost = imaps://h\n")
    assert [entry["server"] for entry in accounts] == ["h"]


def test_what_git_refuses_is_a_gap_without_its_text(read):
    accounts, gaps = read(f'[imap]\nhost = "imaps://{SECRET}\n')
    assert (accounts, [gap["affects"] for gap in gaps]) == ([], ["client:git imap-send"])
    assert SECRET not in repr(gaps)


@pytest.mark.requires_program("git")
@pytest.mark.parametrize("value", ["a b ", '" a"b ', 'a\\"b', '"a;b" # c', "a\\\\", 'a "b  " c', "a\\tb", "a\\\n  b"])
def test_values_are_those_of_git(value, tmp_path):
    file = tmp_path / "config"
    file.write_text(f"[x]\n\ty = {value}\n")
    said = subprocess.run(["git", "config", "-z", "-f", str(file), "x.y"], capture_output=True, text=True, check=True).stdout.rstrip("\0")
    assert [item.text for item in git_config.parse(file.read_text(), ("x.y",))] == [said]


@given(st.text('[imap]\n"\\ =host;#.:', max_size=60))
def test_nothing_but_a_grammar_error_comes_out(text):
    try:
        git_config.parse(text, ("imap.host",))
    except GrammarError as error:
        assert error.args
