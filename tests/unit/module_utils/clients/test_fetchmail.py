"""fetchmail: its accounts, of users and of the system's daemon."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import fetchmail

USER_FILE = "/home/alice/.fetchmailrc"
SYSTEM_FILE = "/etc/fetchmailrc"
SERVICES = "# names\nimap2 143/tcp imap\nimaps 993/tcp # IMAP over SSL\nkpop 1109/tcp\npop3s 995/udp\n"
SECRET = "hunter2"

# name: (text, [(server, port, protocol, security)])
ACCOUNTS = {
    "nothing but a name": ("poll mx", [("mx", None, None, "starttls")]),
    "IMAP": ("poll mx proto imap", [("mx", 143, "imap", "starttls")]),
    "POP3": ("poll mx proto pop3", [("mx", 110, "pop3", "starttls")]),
    "IMAP with implicit TLS": ("poll mx proto imap user a ssl", [("mx", 993, "imap", "implicit")]),
    "POP3 with implicit TLS": ("poll mx proto pop3 user a ssl", [("mx", 995, "pop3", "implicit")]),
    "kinds of POP3": (
        "poll a proto apop poll b proto sdps poll c proto kpop poll d proto rpop",
        [("a", 110, "pop3", "starttls"), ("b", 110, "pop3", "starttls"), ("c", 1109, "pop3", "starttls"), ("d", 110, "pop3", "starttls")],
    ),
    "what is neither IMAP nor POP3": ("poll a proto etrn poll b proto odmr poll c proto pop2", []),
    "via": ("poll work via outlook.office365.com proto imap", [("outlook.office365.com", 143, "imap", "starttls")]),
    "a port": ("poll mx proto imap port 1143 user a ssl", [("mx", 1143, "imap", "implicit")]),
    "993 does not make it TLS": ("poll mx proto imap port 993", [("mx", 993, "imap", "starttls")]),
    "a port by name": ("poll mx proto imap service imaps user a ssl", [("mx", 993, "imap", "implicit")]),
    "a port by its other name": ('poll mx service "imap"', [("mx", 143, None, "starttls")]),
    "an empty sslproto": ("poll mx proto imap user a sslproto ''", [("mx", 143, "imap", "none")]),
    "an empty sslproto with ssl": ("poll mx proto imap user a sslproto '' ssl", [("mx", 993, "imap", "implicit")]),
    "a version": ("poll mx proto imap user a sslproto TLS1", [("mx", 143, "imap", "starttls")]),
    "no ssl": ("defaults ssl poll mx proto imap user a no ssl", [("mx", 143, "imap", "starttls")]),
    "several users": ("poll mx proto imap user a ssl user b", [("mx", 993, "imap", "implicit"), ("mx", 143, "imap", "starttls")]),
}


@pytest.fixture
def read(tree):
    """Return read(text, path), the accounts and gaps of a file."""

    def read_file(text: str, path: str = USER_FILE):
        tree.write("/etc/services", SERVICES)
        tree.write(path, text)
        host = tree.host()
        evidence = fetchmail.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    text, expected = ACCOUNTS[name]
    accounts, gaps = read(text)
    assert [(account["server"], account["port"], account["protocol"], account["security"]) for account in accounts] == expected
    assert [account["undecided"] for account in accounts] == [[]] * len(expected)
    assert gaps == []


def test_an_account_says_where_it_stands_and_what_acts_on_it(read):
    accounts, _gaps = read("defaults\n sslproto tls1\n\npoll work\n via mx.example proto imap\n user a pass x\n ssl\n")
    where = {"file": USER_FILE}
    assert accounts == [
        {
            "user": "alice",
            "config": USER_FILE,
            "line": 6,
            "name": "work",
            "server": "mx.example",
            "port": 993,
            "protocol": "imap",
            "security": "implicit",
            "enabled": True,
            "settings": [
                {"key": "via", "value": "mx.example", "line": 5, **where},
                {"key": "ssl", "value": "on", "line": 7, **where},
                {"key": "sslproto", "value": "tls1", "line": 2, **where},
            ],
            "undecided": [],
        }
    ]


def test_without_via_the_name_of_the_entry_is_the_setting_that_names_the_server(read):
    accounts, _gaps = read("\nskip\nmx")
    assert accounts[0]["settings"] == [{"key": "skip", "value": "mx", "file": USER_FILE, "line": 2}]


def test_what_is_skipped_is_not_enabled(read):
    accounts, _gaps = read("skip a poll b")
    assert [account["enabled"] for account in accounts] == [False, True]


@pytest.mark.parametrize(
    ("text", "what", "security"),
    [
        ('poll mx proto imap plugin "nc %h %p" user a ssl', ["server"], "implicit"),
        ('poll mx proto imap plugin "openssl s_client -connect %h:%p"', ["server", "security"], None),
        ("poll mx proto imap service nosuch", ["port"], "starttls"),
        ("poll mx proto imap service pop3s", ["port"], "starttls"),
        ("poll mx proto imap port 0", ["port"], "starttls"),
        ("poll mx proto imap port 65536", ["port"], "starttls"),
        ("poll mx proto imap user a sslproto ssl23", ["security"], None),
    ],
)
def test_what_only_the_running_program_would_know(text, what, security, read):
    (account,), _gaps = read(text)
    assert [entry["what"] for entry in account["undecided"]] == what
    assert account["security"] == security


@pytest.mark.parametrize(
    ("version", "sslproto", "security"),
    [
        ("6.3.26", "tls1", "starttls"),
        ("6.3.26", "TLS1", "starttls"),
        ("6.3.26", "ssl23", "none"),
        ("6.3.26", "ssl3", "none"),
        ("6.4.0", "ssl23", "starttls"),
        ("6.4.37", "tls1.2+", "starttls"),
        ("6.6.9", "anything", "starttls"),
        ("6.4.37", "''", "none"),
    ],
)
def test_which_sslproto_means_starttls_changed_with_a_release(version, sslproto, security, tree, read):
    tree.write("/usr/bin/fetchmail", b"\0Fetchmail\0" + version.encode() + b"\0")
    (account,), _gaps = read(f"poll mx proto imap user a sslproto {sslproto}")
    assert (account["security"], account["undecided"]) == (security, [])


@pytest.mark.parametrize(("words", "security"), [(b"tls1\0", "none"), (b"tls1\0tls1.2+\0", "starttls")])
def test_an_old_release_with_the_words_of_a_later_one_has_the_tls_of_that(words, security, tree, read):
    tree.write("/usr/bin/fetchmail", b"\x006.3.26\0" + words)
    (account,), _gaps = read("poll mx proto imap user a sslproto ssl23")
    [install] = fetchmail.read(tree.host())["installs"]
    assert account["security"] == security
    assert (install["version"], install.get("tls_as_of")) == ("6.3.26", "6.4.0" if security == "starttls" else None)


def test_of_two_releases_that_differ_neither_decides(tree, read):
    tree.write("/usr/bin/fetchmail", b"\x006.3.26\0")
    tree.write("/usr/local/bin/fetchmail", b"\x006.4.37\0")
    (account,), _gaps = read("poll mx proto imap user a sslproto ssl23")
    assert (account["security"], [entry["what"] for entry in account["undecided"]]) == (None, ["security"])


def test_a_file_that_fetchmail_refuses_is_a_gap_with_its_line(read):
    accounts, gaps = read(f"poll a\npoll b user c pass {SECRET} {SECRET}\n")
    assert accounts == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(USER_FILE, "client:fetchmail")]
    assert "line 2" in gaps[0]["why"]


def test_a_secret_is_in_no_account_and_no_gap(tree, read):
    tree.write("/etc/init.d/fetchmail", "")
    tree.write("/etc/default/fetchmail", f'START_DAEMON=yes\nOPTIONS="--sslproto tls1 --esmtppassword {SECRET}"\n')
    system = f'poll b plugin "nc {SECRET}" user u password "{SECRET}" ssl sslkey /{SECRET} # {SECRET}\n'
    tree.write(SYSTEM_FILE, system)
    accounts, gaps = read(f"poll a user u pass {SECRET}\nssl secret {SECRET}\n")
    assert len(accounts) == 1
    assert len(gaps) == 1
    assert SECRET not in repr((accounts, gaps))


def test_a_file_that_is_no_file_is_a_gap(tree):
    (tree.root / USER_FILE.lstrip("/")).mkdir()
    host = tree.host()
    assert fetchmail.read(host) is None
    assert [(gap["what"], gap["affects"]) for gap in host.gaps] == [(USER_FILE, "client:fetchmail")]


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (fetchmail.read(host), host.gaps) == (None, [])


def test_more_accounts_than_anyone_has_are_a_gap(read):
    accounts, gaps = read("poll a\n" * 3000)
    assert len(accounts) == 1000
    assert [gap["what"] for gap in gaps] == [USER_FILE]


@pytest.mark.parametrize(
    ("files", "enabled"),
    [
        ({}, True),
        ({"/etc/init.d/fetchmail": ""}, False),
        ({"/etc/init.d/fetchmail": "", "/etc/default/fetchmail": "START_DAEMON=no\n"}, False),
        ({"/etc/init.d/fetchmail": "", "/etc/default/fetchmail": "#START_DAEMON=yes\n"}, False),
        ({"/etc/init.d/fetchmail": "", "/etc/default/fetchmail": "START_DAEMON=yes\n"}, True),
        ({"/etc/init.d/fetchmail": "", "/etc/default/fetchmail": 'START_DAEMON="yes" # on\n'}, True),
        ({"/etc/init.d/fetchmail": "", "/etc/default/fetchmail": "START_DAEMON=no\nSTART_DAEMON=yes\n"}, True),
        ({"/usr/lib/systemd/system/fetchmail.service": ""}, False),
        ({"/usr/lib/systemd/system/fetchmail.service": "", "/etc/systemd/system/x.target.wants/fetchmail.service": ""}, True),
    ],
)
def test_the_system_file_is_used_when_its_daemon_is_started(files, enabled, tree, read):
    for path, content in files.items():
        tree.write(path, content)
    accounts, _gaps = read("poll a skip b", SYSTEM_FILE)
    assert [(account["user"], account["enabled"]) for account in accounts] == [("", enabled), ("", False)]


@pytest.mark.parametrize(
    ("options", "wins"),
    [
        ("-d 300", False),
        ("--sslcertck -d 300", False),
        ("-d 300 --sslproto tls1", True),
        ("--ssl", True),
        ("-p imap", True),
        ("--port 9", True),
    ],
)
def test_options_of_the_daemon_win_over_its_file(options, wins, tree, read):
    tree.write("/etc/init.d/fetchmail", "")
    tree.write("/etc/default/fetchmail", f'START_DAEMON=yes\nOPTIONS="{options}"\n')
    (account,), _gaps = read("poll a", SYSTEM_FILE)
    assert [(entry["what"], entry["file"], entry["line"]) for entry in account["undecided"]] == [
        ("OPTIONS", "/etc/default/fetchmail", 2)
    ] * wins


@pytest.mark.requires_program("fetchmail")
@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize(
    "options",
    ["", "ssl", "no ssl", "sslproto ''", "sslproto '' ssl", "sslproto tls1", "sslproto ssl23", "sslproto 'auto'", "sslproto tls1.2+"],
)
def test_fetchmail_secures_its_connection_as_we_say(protocol, options, read, tree, listen, tmp_path):
    """The real program against a listener on the loopback. Its release is 6.4 or later wherever this test runs."""
    listener = listen(protocol)
    text = f"poll localhost via 127.0.0.1 proto {protocol} port {listener.port} timeout 20 user a pass x no sslcertck {options}\n"
    rc = tmp_path / "rc"
    rc.write_text(text)
    rc.chmod(0o600)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "FETCHMAILHOME": str(tmp_path), "LC_ALL": "C"}
    subprocess.run(
        ["fetchmail", "--nodetach", "--nosyslog", "--pidfile", str(tmp_path / "pid"), "-f", str(rc)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    tree.write("/usr/bin/fetchmail", b"\x006.4.37\0")
    (account,), _gaps = read(text)
    assert account["security"] == listener.security()
