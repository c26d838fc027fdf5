"""OfflineIMAP: the repositories of its users' files that lie on a server."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import offlineimap

FILE = "/home/alice/.offlineimaprc"
XDG_FILE = "/home/alice/.config/offlineimap/config"
SECRET = "hunter2"


def rc(*lines: str, kind: str = "IMAP", host: str | None = "mx") -> str:
    first = ["[general]", "accounts = work", "[Account work]", "localrepository = near", "remoterepository = far"]
    near = ["[Repository near]", "type = Maildir", "localfolders = ~/Mail"]
    return "\n".join([*first, *near, "[Repository far]", f"type = {kind}", *([f"remotehost = {host}"] if host else []), *lines, ""])


# name: (release, text, (server, port, security))
ACCOUNTS = {
    "nothing set": ("8.0.0", rc(), ("mx", 993, "implicit")),
    "nothing set, before 6.6": ("6.5.7", rc(), ("mx", 143, "starttls")),
    "nothing set, release unknown": (None, rc(), ("mx", 993, "implicit")),
    "TLS on": ("6.5.7", rc("ssl = yes"), ("mx", 993, "implicit")),
    "TLS off": ("8.0.0", rc("ssl = No"), ("mx", 143, "starttls")),
    "TLS and STARTTLS off": ("8.0.0", rc("ssl = 0", "starttls = off"), ("mx", 143, "none")),
    "STARTTLS could not be off before 7": ("6.7.0", rc("ssl = 0", "starttls = off"), ("mx", 143, "starttls")),
    "TLS and STARTTLS on": ("8.0.0", rc("starttls = yes"), ("mx", 993, "implicit")),
    "a port": ("8.0.0", rc("remoteport = 1993"), ("mx", 1993, "implicit")),
    "143 does not make it STARTTLS": ("8.0.0", rc("remoteport: 143"), ("mx", 143, "implicit")),
    "a reference": ("8.0.0", rc("domain = example", host="mx.%(domain)s"), ("mx.example", 993, "implicit")),
    "a reference to the defaults": ("8.0.0", "[DEFAULT]\nd = example\n" + rc(host="mx.%(D)s"), ("mx.example", 993, "implicit")),
    "defaults": ("8.0.0", "[DEFAULT]\nssl = no\n" + rc(), ("mx", 143, "starttls")),
    "Gmail": ("8.0.0", rc(kind="Gmail", host=None), ("imap.gmail.com", 993, "implicit")),
    "Gmail elsewhere": ("8.0.0", rc(kind="Gmail"), ("mx", 993, "implicit")),
    "Gmail was nowhere else before 7.0.10": ("7.0.9", rc(kind="Gmail"), ("imap.gmail.com", 993, "implicit")),
    "Gmail without TLS keeps its port": ("8.0.0", rc("ssl = no", kind="Gmail"), ("mx", 993, "starttls")),
    "Gmail knows one kind of tunnel": ("8.0.0", rc("preauthtunnel = ssh mx imapd", kind="Gmail"), ("mx", 993, "implicit")),
}


@pytest.fixture
def read(tree):
    """Return read(text, release), the accounts and gaps of a file when that release is installed."""

    def read_file(text: str | bytes, release: str | None = "8.0.0", path: str = FILE):
        if release:
            tree.write("/usr/bin/python3.11", "")
            tree.write("/usr/share/offlineimap/run", "#!/usr/bin/python3.11\n")
            tree.write("/usr/share/offlineimap/offlineimap/__init__.py", f'__all__ = []\n__version__ = "{release}"\n')
            tree.link("/usr/bin/offlineimap", "../share/offlineimap/run")
        tree.write(path, text)
        host = tree.host()
        evidence = offlineimap.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_file


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    release, text, expected = ACCOUNTS[name]
    [account], gaps = read(text, release)
    assert (account["server"], account["port"], account["security"]) == expected
    assert (account["protocol"], account["enabled"], account["undecided"], gaps) == ("imap", True, [], [])


def test_an_account_says_where_it_stands_and_what_acts_on_it(read):
    [account], _gaps = read(rc("remotepass = x", "ssl_version = tls%(one)s", "one = 1", "tls_level = tls_compat"))
    assert (account["user"], account["config"], account["line"], account["name"]) == ("alice", FILE, 9, "far")
    assert [(item["key"], item["value"], item["line"]) for item in account["settings"]] == [
        ("remotehost", "mx", 11),
        ("ssl_version", "tls1", 13),
        ("tls_level", "tls_compat", 15),
    ]


def test_versions_and_levels_have_no_say_after_starttls(read):
    [account], _gaps = read(rc("ssl = no", "ssl_version = tls1", "tls_level = tls_secure"))
    assert [item["key"] for item in account["settings"]] == ["remotehost", "ssl"]


def test_before_7_2_2_a_level_without_a_version_stops_starttls_as_well(read):
    [account], _gaps = read(rc("ssl = no", "tls_level = tls_secure"), "7.2.1")
    assert [item["what"] for item in account["undecided"]] == ["tls_level"]


@pytest.mark.parametrize(("listed", "used"), [("work", ["far"]), ("work, idle", ["far", "old", "mirror"]), ("idle", ["old", "mirror"])])
def test_repositories_that_no_run_connects_to_are_not_enabled(listed, used, read):
    others = "".join(f"[Repository {name}]\ntype = IMAP\nremotehost = {name}\n" for name in ("old", "mirror", "stray"))
    idle = "[Account idle]\nremoterepository = old\nlocalrepository = mirror\n"
    accounts, _gaps = read(rc().replace("accounts = work", "accounts = " + listed) + idle + others)
    assert [account["name"] for account in accounts] == ["far", "old", "mirror", "stray"]
    assert [account["name"] for account in accounts if account["enabled"]] == used


def test_an_account_that_is_not_there_is_a_gap(read):
    _accounts, gaps = read(rc().replace("accounts = work", "accounts = work , idle"))
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:offlineimap")]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["remotehosteval = get_host()"], "server"),
        (["remoteporteval = get_port()"], "port"),
        (["remoteport = imaps"], "port"),
        (["ssl = maybe"], "security"),
        (["ssl = no", "starttls = perhaps"], "security"),
        (["ssl_version = %(nowhere)s"], "ssl_version"),
        (["ssl_version = 5%"], "ssl_version"),
        (["transporttunnel = openssl s_client -connect mx:993"], "transporttunnel"),
        (["preauthtunnel = ssh mx imapd"], "preauthtunnel"),
    ],
)
def test_what_only_its_run_would_tell_is_undecided(lines, what, read):
    [account], _gaps = read(rc(*lines))
    assert [item["what"] for item in account["undecided"]] == [what]
    assert account["undecided"][0]["line"] == 11 + len(lines)


@pytest.mark.parametrize(("release", "expected"), [("8.0.0", XDG_FILE), ("6.5.5", FILE), (None, XDG_FILE)])
def test_one_file_is_read(release, expected, tree, read):
    tree.write(FILE, rc())
    accounts, _gaps = read(rc(), release, XDG_FILE)
    assert [account["config"] for account in accounts] == [expected]


@pytest.mark.parametrize("text", [rc("ssl = yes", "ssl = no"), rc() + "nonsense\n", b"\0" + rc().encode()])
def test_a_file_that_offlineimap_refuses_is_a_gap(text, read):
    accounts, gaps = read(text)
    assert accounts == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:offlineimap")]


def test_the_release_is_what_its_module_says_and_not_what_its_package_is_numbered(read, tree):
    read(rc())
    [found] = offlineimap.read(tree.host())["installs"]
    assert (found["program"], found["version"]) == ("/usr/share/offlineimap/run", "8.0.0")


SECRETS = ("remotepass = {0}", "remotepasseval = '{0}'", "oauth2_client_secret = {0}", "remoteuser = u:{0}", "preauthtunnel = x {0}")


@pytest.mark.parametrize(
    "more", ["", f"\n{SECRET}\n", f"\nremotepass = {SECRET}\n", "\nremotehost = %(remotepass)s", "\nssl = %(remotepass)s"]
)
def test_secrets_stay_on_the_host(more, read):
    text = rc(*(line.format(SECRET) for line in SECRETS), host=None) + more
    assert SECRET not in json.dumps(read(text))


def test_nothing_there_is_no_client(tree):
    assert offlineimap.read(tree.host()) is None


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_text_is_an_account_or_a_gap(tree, text):
    tree.write(FILE, rc() + text)
    host = tree.host()
    evidence = offlineimap.read(host)
    assert evidence is not None or host.gaps
