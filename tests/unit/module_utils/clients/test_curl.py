"""curl: the mailboxes of its own files and of command lines."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import curl

FILE = "/home/alice/.curlrc"
CRON = "/etc/cron.d/mail"
SECRET = "hunter2"

# name: (text of .curlrc, [(server, port, protocol, security)])
FILES = {
    "no mailbox": ("url = https://h/\ntls-max 1.1", []),
    "implicit TLS": ("url = imaps://h/INBOX", [("h", 993, "imap", "implicit")]),
    "POP3": ("url = pop3s://u:p@h:1995/1", [("h", 1995, "pop3", "implicit")]),
    "STARTTLS": ("url = imap://h/\nssl-reqd", [("h", 143, "imap", "starttls")]),
    "STARTTLS taken back": ("ssl\nno-ssl\nurl = pop3://h", [("h", 110, "pop3", "none")]),
    "a name that tells": ("url = imap.h.example/INBOX\nssl", [("imap.h.example", 143, "imap", "starttls")]),
    "a default that tells": ("url = h/\nproto-default = pop3s", [("h", 995, "pop3", "implicit")]),
    "two operations": ("url = imaps://h/\nnext\nurl = imaps://i/", [("h", 993, "imap", "implicit"), ("i", 993, "imap", "implicit")]),
}
# name: (command, [(server, security, {key: value})], what is undecided)
COMMANDS = {
    "options": ("curl -s --tls-max 1.1 imaps://h/", [("h", "implicit", {"tls-max": "1.1"})], []),
    "the last version": ("curl -1 --tlsv1.2 --url imaps://h/", [("h", "implicit", {"tlsv1.2": "on"})], []),
    "an argument that looks like a mailbox": ("curl -o imaps://i/ imaps://h/", [("h", "implicit", {})], []),
    "letters together": ("curl -sSu a:b imaps://h/", [("h", "implicit", {})], []),
    "operations": (
        "curl --tls-max 1.0 imaps://h/ --next --tls-max 1.2 imaps://i/ -: imaps://j/",
        [("h", "implicit", {"tls-max": "1.0"}), ("i", "implicit", {"tls-max": "1.2"}), ("j", "implicit", {})],
        [],
    ),
    "a web page": ("curl https://h/", [], []),
    "a server that the shell knows": ('curl "imaps://$(x)/INBOX"', [(None, "implicit", {})], ["server"]),
    "several servers": ("curl 'imaps://{h,i}.example/'", [(None, "implicit", {})], ["server"]),
    "servers by number": ("curl 'imaps://u:p@h[1-3].example/'", [(None, "implicit", {})], ["server"]),
    "a variable of curl's own": ("curl --expand-url 'imaps://{{HOST}}/'", [(None, "implicit", {})], ["server"]),
    "an address": ("curl 'imaps://[2001:db8::1]/'", [("2001:db8::1", "implicit", {})], []),
    "several mails": ("curl 'imaps://h/INBOX;UID=[1-3]{a,b}'", [("h", "implicit", {})], []),
    "a mailbox that the shell knows": ('curl "imaps://h/$(x)"', [("h", "implicit", {})], []),
    "a version that the shell knows": ("curl --tls-max $(x) imaps://h/", [("h", "implicit", {})], ["options", "tls-max"]),
    "a port that the shell knows": ('curl "imaps://u:$(x)@h:$(x)/"', [("h", "implicit", {})], []),
    "a password that the shell knows": ('curl "imaps://u:$(x)@h/"', [("h", "implicit", {})], []),
    "a scheme that the shell knows": ('curl "$(x)://h/"', [(None, None, {})], ["options", "protocol", "server"]),
    "a scheme whose end the shell knows": ('curl --url="imap$(x)://$(y)/"', [(None, None, {})], ["protocol", "server"]),
    "a scheme of the web whose end the shell knows": ('curl "http$(x)://h/"', [], []),
    "a scheme that was set before": ("P=imaps; curl $P://h/", [("h", "implicit", {})], []),
    "a URL that the shell knows": ('curl -s "$(x)"', [], []),
    "a URL that the shell knows, beside a word of mail": (
        'curl -s "$(x)" # the IMAP server',
        [(None, None, {})],
        ["options", "protocol", "server"],
    ),
    "options that the shell knows, beside a word of mail": ("curl $(x) imaps://h/", [("h", "implicit", {})], ["options"]),
    "another file": ("curl -K /etc/c imaps://h/", [("h", "implicit", {"tls-max": "1.0"})], []),
}


@pytest.fixture
def read(tree):
    def read_files(**files: str):
        for path, text in files.items():
            tree.write({"file": FILE, "cron": CRON}[path], text)
        host = tree.host()
        evidence = curl.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_files


@pytest.mark.parametrize("name", FILES)
def test_its_own_file(name, read):
    text, expected = FILES[name]
    accounts, gaps = read(file=text)
    assert [(entry["server"], entry["port"], entry["protocol"], entry["security"]) for entry in accounts] == expected
    assert gaps == []


@pytest.mark.parametrize("name", COMMANDS)
def test_command_lines(name, tree, read):
    command, expected, undecided = COMMANDS[name]
    tree.write("/etc/c", "tls-max = 1.0\n")
    accounts, _gaps = read(cron=f"0 * * * * alice {command}\n")
    settings = [{item["key"]: item["value"] for item in entry["settings"] if item["key"] != "url"} for entry in accounts]
    assert [(entry["server"], entry["security"], found) for entry, found in zip(accounts, settings, strict=True)] == expected
    assert {item["what"] for entry in accounts for item in entry["undecided"]} == set(undecided)


def test_its_own_file_has_its_say_in_a_command_line_unless_that_leaves_it_out(read):
    lines = "0 * * * * alice curl imaps://h/\n0 * * * * alice curl -q imaps://i/\n"
    accounts, _gaps = read(file="tls-max 1.1\nurl = imaps://own/\n", cron=lines)
    found = [(entry["config"], entry["server"], [item["value"] for item in entry["settings"][1:]]) for entry in accounts]
    assert found == [(FILE, "own", ["1.1"]), (CRON, "h", ["1.1"]), (CRON, "i", [])]


@pytest.mark.parametrize(
    ("variables", "path", "reads"),
    [
        ("", "/home/alice/.config/curlrc", True),
        ("", "/home/alice/.config/.curlrc", False),
        ("XDG_CONFIG_HOME=/home/alice/x", "/home/alice/x/.curlrc", True),
        ("XDG_CONFIG_HOME=/home/alice/x", "/home/alice/.config/curlrc", False),
        ("CURL_HOME=/home/alice/c", "/home/alice/c/.curlrc", True),
        ("CURL_HOME=/home/alice/c", "/home/alice/c/.config/curlrc", True),
        ("CURL_HOME=/home/alice/c", "/home/alice/.config/curlrc", False),
    ],
)
def test_where_its_own_file_is(variables, path, reads, tree):
    """Measured with strace and curl 7.88."""
    tree.write("/usr/bin/curl", "libcurl/7.88.1\n")
    tree.write(path, "tls-max 1.1\n")
    tree.write(CRON, f"{variables}\n0 * * * * alice curl -s imaps://h/\n")
    [account] = [account for account in curl.read(tree.host())["accounts"] if account["config"] == CRON]
    assert [setting["key"] for setting in account["settings"] if setting["key"] == "tls-max"] == ["tls-max"] * reads


@pytest.mark.parametrize(("options", "reads"), [("-q -s", False), ("-qs", False), ("--disable", False), ("-s -q", True), ("-sq", True)])
def test_its_own_file_is_left_out_by_the_very_first_option_alone(options, reads, read):
    accounts, _gaps = read(file="tls-max 1.1\n", cron=f"0 * * * * alice curl {options} imaps://h/\n")
    assert [setting["key"] for setting in accounts[0]["settings"] if setting["key"] == "tls-max"] == ["tls-max"] * reads


@pytest.mark.parametrize("name", ["-", "/etc/none"])
def test_options_that_can_t_be_read_leave_the_account_undecided(name, read):
    [account], gaps = read(cron=f"0 * * * * alice echo tls-max 1.1 | curl -K {name} imaps://h/\n")
    assert [item["what"] for item in account["undecided"]] == ["options"]
    assert len(gaps) == 1


def test_a_configuration_that_is_not_found_is_a_gap(read):
    _accounts, gaps = read(file="config = nowhere\nurl = imaps://h/\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:curl")]


def test_configurations_that_name_each_other_end(read):
    accounts, gaps = read(file=f"config = {FILE}\nurl = imaps://h/\n")
    assert accounts
    assert len(gaps) == 1


def test_a_secret_is_in_no_account_and_no_gap(read):
    own = f"user = u:{SECRET}\nurl = imaps://u:{SECRET}@h/\nheader = {SECRET}\n{SECRET}\n-u{SECRET}\noauth2-bearer {SECRET}"
    accounts, gaps = read(file=own, cron=f"0 * * * * alice curl -u u:{SECRET} --pass {SECRET} imaps://u:{SECRET}@h/ {SECRET}\n")
    assert len(accounts) == 2
    assert SECRET not in repr((accounts, gaps))


def test_a_host_that_fetches_no_mail_with_it_has_no_evidence(tree):
    tree.write("/usr/bin/curl", "")
    host = tree.host()
    assert (curl.read(host), host.gaps) == (None, [])
