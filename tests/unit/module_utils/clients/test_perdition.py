"""perdition: the servers that it connects to."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import perdition

FILE = "/etc/perdition/perdition.conf"
DEFAULTS = "/etc/default/perdition"
SECRET = "hunter2"

# name: (text, [(server, port, protocol, security)]) of the server of IMAP
ACCOUNTS = {
    "implicit TLS": ("outgoing_server h\noutgoing_port 993\nssl_mode ssl_outgoing\n", [("h", 993, "imap", "implicit")]),
    "STARTTLS": ("outgoing_server h\nssl_mode ssl_listen\nssl_mode tls_outgoing\n", [("h", 143, "imap", "starttls")]),
    "no TLS": ("outgoing_server h\nssl_mode tls_listen\n", [("h", 143, "imap", "none")]),
    "servers with ports": ("outgoing_server a,b:imaps\n", [("a", 143, "imap", "none"), ("b", 993, "imap", "none")]),
    "no server": ("outgoing_port 993\n", []),
}


@pytest.fixture
def read(tree):
    """Return read(text, started), the evidence and gaps where the init script starts the server of IMAP."""

    def read_file(text: str, defaults: str = "RUN_PERDITION=yes\nIMAP4=yes\nPOP3=no\n"):
        tree.write(FILE, text)
        tree.write(DEFAULTS, defaults)
        host = tree.host()
        return perdition.read(host) or {"accounts": []}, host.gaps

    return read_file


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    text, expected = ACCOUNTS[name]
    evidence, gaps = read(text)
    assert [tuple(account[key] for key in ("server", "port", "protocol", "security")) for account in evidence["accounts"]] == expected
    assert gaps == []


def test_servers_of_implicit_tls_go_on_with_it(read):
    evidence, _gaps = read("outgoing_server h\n", "RUN_PERDITION=yes\nPOP3S=yes\n")
    [account] = evidence["accounts"]
    assert (account["port"], account["security"], account["listens"][0]["port"]) == (995, "implicit", 995)


def test_each_server_has_a_file_of_its_own_or_the_common_one(tree, read):
    tree.write("/etc/perdition/perdition.pop3.conf", "outgoing_server p\nbind_address 127.0.0.1\nlisten_port 1110\n")
    evidence, _gaps = read("outgoing_server h\n", "RUN_PERDITION=yes\nIMAP4=yes\nPOP3=yes\n")
    assert [(account["name"], account["server"]) for account in evidence["accounts"]] == [("imap4", "h"), ("pop3", "p")]
    assert evidence["accounts"][1]["listens"] == [{"address": "127.0.0.1", "port": 1110, "leads": "on"}]


def test_settings_and_where_they_stand(read):
    evidence, _gaps = read("outgoing_server h\nssl_outgoing_max_proto_version tlsv1\nssl_listen_max_proto_version tlsv1.1\n")
    [account] = evidence["accounts"]
    assert [(entry["key"], entry["value"], entry["line"]) for entry in account["settings"]] == [
        ("outgoing_server", "h", 1),
        ("ssl_outgoing_max_proto_version", "tlsv1", 2),
    ]


def test_what_is_not_started_is_off(read):
    evidence, _gaps = read("outgoing_server h\n", "RUN_PERDITION=no\nIMAP4=yes\n")
    assert [account["enabled"] for account in evidence["accounts"]] == [False]


def test_options_of_the_command_line_are_undecided(read):
    evidence, _gaps = read("outgoing_server h\n", 'RUN_PERDITION=yes\nIMAP4=yes\nIMAP4_FLAGS="--ssl_mode none"\n')
    [account] = evidence["accounts"]
    assert [(entry["what"], entry["file"], entry["line"]) for entry in account["undecided"]] == [("FLAGS", DEFAULTS, 3)]


def test_a_file_that_perdition_refuses_is_a_gap(read):
    _evidence, gaps = read(f"outgoing_server h\nssl_mode '{SECRET}\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:perdition")]
    assert SECRET not in repr(gaps)


def test_a_secret_is_in_no_account_and_no_gap(read):
    lines = ("ssl_passphrase_file /{}", "map_library_opt {}", "# {}", "username {}", "outgoing_server {}@i")
    evidence, gaps = read(
        "outgoing_server h\n" + "".join(line.format(SECRET) + "\n" for line in lines),
        f'RUN_PERDITION=yes\nIMAP4=yes\nFLAGS="--x {SECRET}"\n',
    )
    assert len(evidence["accounts"]) == 1
    assert SECRET not in repr((evidence, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (perdition.read(host), host.gaps) == (None, [])


def test_what_starts_it_acts_on_its_servers(tree, read):
    tree.write("/etc/cron.d/mail", "@reboot root OPENSSL_CONF=$(id) perdition.pop3 -f /srv/x\n")
    evidence, _gaps = read("outgoing_server h\n", "RUN_PERDITION=yes\nPOP3=yes\nIMAP4=yes\n")
    found = [(account["name"], sorted(item["what"] for item in account["undecided"])) for account in evidence["accounts"]]
    assert found == [("imap4", []), ("pop3", ["OPENSSL_CONF", "options"])]
