"""Evolution, Geary and Balsa: the accounts of their users, and the variable that GIO's TLS module goes by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import balsa, evolution, geary
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host

HOME = "/home/alice"
EVOLUTION = HOME + "/.config/evolution/sources/a.source"
GEARY = HOME + "/.config/geary/account_01/geary.ini"
BALSA = HOME + "/.config/balsa/config"
OLD_GEARY = HOME + "/.local/share/geary/a@example.org/geary.ini"
SECRET = "hunter2"
SOURCE = (
    "[Data Source]\nDisplayName=a\nEnabled={}\nParent=\n[Mail Account]\nBackendName={}\n"
    "[Authentication]\nHost=h\nPort={}\n[Security]\nMethod={}\n"
)
OUTLOOK = "imap-mail.outlook.com"

# name: (reader, path, text, [(server, port, protocol, security, enabled)])
ACCOUNTS = {
    "Evolution: IMAP": (
        evolution,
        EVOLUTION,
        SOURCE.format("true", "imapx", 993, "ssl-on-alternate-port"),
        [("h", 993, "imap", "implicit", True)],
    ),
    "Evolution: POP3": (
        evolution,
        EVOLUTION,
        SOURCE.format("false", "pop", 110, "starttls-on-standard-port"),
        [("h", 110, "pop3", "starttls", False)],
    ),
    "Evolution: of old": (evolution, EVOLUTION, SOURCE.format("true", "imapx", 0, "tls"), [("h", 993, "imap", "implicit", True)]),
    "Evolution: no TLS": (evolution, EVOLUTION, SOURCE.format("true", "imapx", 143, "none"), [("h", 143, "imap", "none", True)]),
    "Evolution: no method": (
        evolution,
        EVOLUTION,
        "[Mail Account]\nBackendName=pop\n[Authentication]\nHost=h\n",
        [("h", 110, "pop3", "none", True)],
    ),
    "Evolution: mail that is sent": (evolution, EVOLUTION, "[Mail Transport]\nBackendName=smtp\n[Authentication]\nHost=h\n", []),
    "Evolution: another kind": (evolution, EVOLUTION, SOURCE.format("true", "ews", 443, "none"), []),
    "Geary": (
        geary,
        GEARY,
        "[Account]\nservice_provider=other\n[Incoming]\nhost=h\nport=993\ntransport_security=transport\n",
        [("h", 993, "imap", "implicit", True)],
    ),
    "Geary: STARTTLS": (
        geary,
        GEARY,
        "[Incoming]\nhost=h\nport=143\ntransport_security=start-tls\n",
        [("h", 143, "imap", "starttls", True)],
    ),
    "Geary: a known provider": (
        geary,
        GEARY,
        "[Metadata]\nstatus=disabled\n[Account]\nservice_provider=outlook\n[Incoming]\nlogin=a\n",
        [(OUTLOOK, 993, "imap", "implicit", False)],
    ),
    "Geary: of old": (
        geary,
        OLD_GEARY,
        "[AccountInformation]\nservice_provider=OTHER\nimap_host=h\nimap_port=143\nimap_ssl=false\nimap_starttls=true\n",
        [("h", 143, "imap", "starttls", True)],
    ),
    "Balsa: POP3": (
        balsa,
        BALSA,
        "[mailbox-1]\nType=LibBalsaMailboxPOP3\nServer=h:995\nSecurity=1\n",
        [("h", 995, "pop3", "implicit", True)],
    ),
    "Balsa: IMAP": (balsa, BALSA, "[folder-1]\nServer=h\nPort=143\nSecurity=2\n", [("h", 143, "imap", "starttls", True)]),
    "Balsa: no TLS": (balsa, BALSA, "[folder-1]\nServer=h\nSecurity=4\n", [("h", 143, "imap", "none", True)]),
    "Balsa: SSL of old": (
        balsa,
        HOME + "/.balsa/config",
        "[folder-1]\nServer=h\nSSL=true\nTLSMode=0\n",
        [("h", 993, "imap", "implicit", True)],
    ),
    "Balsa: TLSMode of old": (balsa, BALSA, "[folder-1]\nServer=h\nSSL=false\nTLSMode=0\n", [("h", 143, "imap", "none", True)]),
    "Balsa: nothing said": (balsa, BALSA, "[folder-1]\nServer=h\n", [("h", 143, "imap", "starttls", True)]),
    "Balsa: a local mailbox": (balsa, BALSA, "[mailbox-1]\nType=LibBalsaMailboxMbox\n[folder-1]\nPath=/x\n[smtp-server-1]\nServer=h\n", []),
}
EXAMPLES = [next(case[:3] for case in ACCOUNTS.values() if case[0] is reader) for reader in (evolution, geary, balsa)]


def read(tree, reader, path, text):
    tree.write(path, text)
    host = tree.host()
    return (reader.read(host) or {"accounts": []})["accounts"], host.gaps


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, tree):
    reader, path, text, expected = ACCOUNTS[name]
    accounts, gaps = read(tree, reader, path, text)
    assert [tuple(account[key] for key in ("server", "port", "protocol", "security", "enabled")) for account in accounts] == expected
    assert gaps == []


@pytest.mark.parametrize(
    "path", ["/etc/environment", "/etc/environment.d/a.conf", HOME + "/.config/environment.d/b.conf", HOME + "/.profile"]
)
@pytest.mark.parametrize(("reader", "file", "text"), EXAMPLES)
def test_the_sessions_variable_acts_on_every_account(reader, file, text, path, tree):
    export = "" if "environment.d" in path else "export "
    tree.write(path, f"# G_TLS_GNUTLS_PRIORITY=no\n{export}G_TLS_GNUTLS_PRIORITY='NORMAL:-VERS-TLS1.3'\n")
    [account], _gaps = read(tree, reader, file, text)
    [setting] = [entry for entry in account["settings"] if entry["key"] == "G_TLS_GNUTLS_PRIORITY"]
    assert (setting["value"], setting["file"], setting["line"]) == ("NORMAL:-VERS-TLS1.3", path, 2)


def test_the_users_own_variable_wins(tree):
    tree.write("/etc/environment", "G_TLS_GNUTLS_PRIORITY=NONE\n")
    tree.write(HOME + "/.profile", "G_TLS_GNUTLS_PRIORITY=\n")
    [account], _gaps = read(tree, *EXAMPLES[0])
    assert "G_TLS_GNUTLS_PRIORITY" not in [entry["key"] for entry in account["settings"]]


@pytest.mark.parametrize(
    ("reader", "path", "text"),
    [
        (evolution, EVOLUTION, "[Data Source]\nParent=goa\n[Mail Account]\nBackendName=imapx\n"),
        (geary, GEARY, "[Account]\nservice_provider=other\n[Incoming]\nlogin=a\n"),
    ],
)
def test_a_server_that_is_kept_elsewhere_is_undecided(reader, path, text, tree):
    [account], _gaps = read(tree, reader, path, text)
    assert (account["server"], [entry["what"] for entry in account["undecided"]]) == (None, ["server"])


FLATPAKS = [
    (evolution, "org.gnome.Evolution/config/evolution/sources/a.source"),
    (geary, "org.gnome.Geary/config/geary/account_01/geary.ini"),
    (geary, "org.gnome.Geary/data/geary/account_01/geary.ini"),
]


@pytest.mark.parametrize(("reader", "path"), FLATPAKS)
def test_what_a_flatpak_keeps_is_read_but_not_taken_for_the_system_s_program(reader, path, tree):
    text = next(text for example, _path, text in EXAMPLES if example is reader)
    [account], gaps = read(tree, reader, f"{HOME}/.var/app/{path}", text)
    assert (account["config"], account["enabled"], gaps) == (f"{HOME}/.var/app/{path}", True, [])
    assert [entry["what"] for entry in account["undecided"]] == ["TLS library"]


@pytest.mark.parametrize(("reader", "path", "text"), EXAMPLES)
def test_a_line_that_is_none_is_a_gap_without_its_text(reader, path, text, tree):
    _accounts, gaps = read(tree, reader, path, text + SECRET + "\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(path, "client:" + reader.NAME)]
    assert SECRET not in repr(gaps)


@pytest.mark.parametrize(("reader", "path", "text"), EXAMPLES)
def test_a_secret_is_in_no_account_and_no_gap(reader, path, text, tree):
    keys = ("Password", "password", "User", "login", "Username", "CertificatePassphrase")
    accounts, gaps = read(tree, reader, path, text + "".join(f"{key}={SECRET}\n" for key in keys))
    assert len(accounts) == 1
    assert SECRET not in repr((accounts, gaps))


@pytest.mark.parametrize("reader", [evolution, geary, balsa])
def test_nothing_of_it_is_no_evidence(reader, tree):
    host = tree.host()
    assert (reader.read(host), host.gaps) == (None, [])


@given(text=st.text(alphabet="[]=\n#Mail Account BackendName=imapx Incoming host Server folder-", max_size=200))
def test_anything_is_survived(text, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text(f"alice:x:0:0::{HOME}:/bin/sh\n")
    for reader, path, _text in EXAMPLES:
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True)
        target.write_text(text, encoding="utf-8", newline="")
        reader.read(Host(str(root)))
