"""HAProxy: its servers that are mail servers."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import haproxy

FILE = "/etc/haproxy/haproxy.cfg"
SECRET = "hunter2"
LISTEN = "listen a\n bind :143\n server s h:993 "

# name: (text, accounts, relays), each [(server, port, protocol, security)]
SERVERS = {
    "TLS": (LISTEN + "ssl\n", [("h", 993, "imap", "implicit")], []),
    "no TLS": (LISTEN + "\n", [("h", 993, "imap", None)], []),
    "TLS ends here": ("listen a\n bind :993 ssl crt x\n server s h:143\n", [("h", 143, "imap", "none")], []),
    "a frontend's backend": (
        "frontend f\n bind :110\n use_backend b if x\nbackend b\n server s h:7 ssl\n",
        [("h", 7, "pop3", "implicit")],
        [],
    ),
    "neither port is one of mail": ("listen a\n bind :1\n server s h:2 ssl\n", [], [("h", 2, None, "implicit")]),
    "HTTP": ("listen a\n mode http\n bind :143\n server s h:993 ssl\n", [], []),
    "HTTP by default": ("defaults\n mode http\n" + LISTEN + "ssl\n", [], []),
    "HTTP by default and TCP here": ("defaults\n mode http\n" + LISTEN + "ssl\n mode tcp\n", [("h", 993, "imap", "implicit")], []),
    "named defaults": ("defaults x\n mode http\ndefaults y\nlisten a from x\n server s h:993 ssl\n", [], []),
    "defaults from defaults": (
        "defaults x\n default-server ssl\ndefaults y from x\n timeout client 1s\n" + LISTEN.replace("listen a", "listen a from y") + "\n",
        [("h", 993, "imap", "implicit")],
        [],
    ),
    "defaults that begin anew": ("defaults\n default-server ssl\ndefaults\n mode tcp\n" + LISTEN + "\n", [("h", 993, "imap", None)], []),
    "switched off": (LISTEN + "ssl\n disabled\n", [], []),
    "TLS by default": ("defaults\n default-server ssl\n" + LISTEN + "\n", [("h", 993, "imap", "implicit")], []),
    "TLS by default and not here": ("defaults\n default-server ssl\n" + LISTEN + "no-ssl\n", [("h", 993, "imap", None)], []),
    "TLS by a line of the proxy": (LISTEN + "\n default-server ssl\n", [("h", 993, "imap", "implicit")], []),
    "an address of a family": ("listen a\n server s ipv6@[::1]:993 ssl\n", [("::1", 993, "imap", "implicit")], []),
    "servers by number": ("listen a\n server-template s 1-3 h:993 ssl\n", [("h", 993, "imap", "implicit")], []),
    "a socket": ("listen a\n bind :143\n server s unix@/run/x\n", [], []),
}

# name: (global line, server words, [(key, value)])
SETTINGS = {
    "nothing": ("", "", []),
    "bounds": ("", "ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.1", [("ssl-min-ver", "TLSv1.0"), ("ssl-max-ver", "TLSv1.1")]),
    "forced": ("", "force-tlsv10", [("force-tlsv10", "TLSv1.0")]),
    "the last that forces": ("", "force-tlsv10 force-tlsv12", [("force-tlsv12", "TLSv1.2")]),
    "one bound of a forced version": ("", "force-tlsv10 ssl-max-ver TLSv1.3", [("ssl-min-ver", "TLSv1.0"), ("ssl-max-ver", "TLSv1.3")]),
    "for every server": ("ssl-default-server-options force-tlsv11", "", [("force-tlsv11", "TLSv1.1")]),
    "one bound from each": (
        "ssl-default-server-options ssl-max-ver TLSv1.1",
        "ssl-min-ver TLSv1.0",
        [("ssl-min-ver", "TLSv1.0"), ("ssl-max-ver", "TLSv1.1")],
    ),
    "from the top": ("", "no-tlsv12 no-tlsv13", [("no-tlsv13", "on"), ("no-tlsv12", "on")]),
    "a gap": ("", "no-tlsv12", []),
    "a gap below what is off": ("", "no-tlsv13 no-tlsv11", [("no-tlsv13", "on")]),
    "from both places": ("ssl-default-server-options no-tlsv13", "no-tlsv12", [("no-tlsv13", "on"), ("no-tlsv12", "on")]),
    "beside a bound": ("ssl-default-server-options no-tlsv13", "ssl-min-ver TLSv1.2", [("ssl-min-ver", "TLSv1.2")]),
    "cipher suites": ("ssl-default-server-ciphers HIGH", "", [("ciphers", "HIGH")]),
    "cipher suites of the server": ("ssl-default-server-ciphers HIGH", "ciphers ALL", [("ciphers", "ALL")]),
    "what clients are offered": ("ssl-default-bind-options force-tlsv10", "", []),
}


@pytest.fixture
def read(tree):
    """Return read(text, path), the evidence and gaps."""

    def read_file(text: str, path: str = FILE):
        tree.write(path, text)
        host = tree.host()
        return haproxy.read(host) or {"accounts": []}, host.gaps

    return read_file


def plain(accounts):
    return [tuple(account[key] for key in ("server", "port", "protocol", "security")) for account in accounts]


@pytest.mark.parametrize("name", SERVERS)
def test_servers(name, read):
    text, accounts, relays = SERVERS[name]
    evidence, gaps = read(text)
    assert (plain(evidence["accounts"]), plain(evidence.get("relays", ())), gaps) == (accounts, relays, [])


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name, read):
    common, words, expected = SETTINGS[name]
    evidence, _gaps = read(f"global\n {common}\n{LISTEN}ssl {words}\n")
    [account] = evidence["accounts"]
    assert [(setting["key"], setting["value"]) for setting in account["settings"]] == [("server", "h"), *expected]


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        (LISTEN + "ssl\n", "on"),
        (LISTEN + "\n", "through"),
        ("listen a\n bind :143 ssl crt x\n server s h:993\n", "on"),
    ],
)
def test_where_it_leads(text, leads, read):
    evidence, _gaps = read(text)
    assert evidence["accounts"][0]["listens"] == [{"address": "", "port": 143, "leads": leads}]


def test_files_make_one_configuration(tree, read):
    tree.write(FILE, "global\n ssl-default-server-options force-tlsv10\n")
    evidence, _gaps = read(LISTEN + "ssl\n", "/etc/haproxy/conf.d/mail.cfg")
    [account] = evidence["accounts"]
    assert [(entry["key"], entry["file"]) for entry in account["settings"]][1] == ("force-tlsv10", FILE)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('listen a\n bind :143\n server s "$H:993" ssl\n', "server"),
        ("listen a\n bind :143\n server-template s 3 _imaps._tcp.h.example resolvers r ssl\n", "server"),
        ("listen a\n.if defined(X)\n server s h:993 ssl\n.endif\n", "proxy"),
    ],
)
def test_what_is_known_only_at_start_is_undecided(text, what, read):
    evidence, _gaps = read(text)
    assert [entry["what"] for entry in evidence["accounts"][0]["undecided"]] == [what]


def test_a_file_that_haproxy_refuses_is_a_gap(read):
    evidence, gaps = read(LISTEN + f"ssl '{SECRET}\n")
    assert evidence["accounts"] == []
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:haproxy")]
    assert "line 3" in gaps[0]["why"]
    assert SECRET not in repr(gaps)


def test_a_secret_is_in_no_account_and_no_gap(read):
    lines = ("stats auth admin:{}", "http-request set-header X {}", "tcp-check send {}", "user x password {}", "# {}", "log {}")
    evidence, gaps = read(
        f"userlist u\n user a insecure-password {SECRET}\n"
        + LISTEN
        + f"ssl check sni str({SECRET})\n"
        + "".join(line.format(SECRET) + "\n" for line in lines)
    )
    assert len(evidence["accounts"]) == 1
    assert SECRET not in repr((evidence, gaps))


def test_a_proxy_of_no_mail_is_no_evidence(tree):
    host = tree.host()
    assert (haproxy.read(host), host.gaps) == (None, [])


def test_a_configuration_that_a_command_line_names_is_one_of_its_own(tree, read):
    tree.write("/opt/a.cfg", LISTEN + "ssl\n")
    tree.write("/etc/cron.d/a", "@reboot root haproxy -D -f /opt/a.cfg\n@reboot root haproxy -f /etc/haproxy/haproxy.cfg\n")
    evidence, _gaps = read("global\n ssl-default-server-options force-tlsv10\n")
    [account] = evidence["accounts"]
    assert (account["config"], [entry["key"] for entry in account["settings"]]) == ("/opt/a.cfg", ["server"])


@pytest.mark.parametrize("named", ["-f /opt/mail.cfg", "-f /opt/mail.d", "-- /opt/mail.cfg"])
def test_files_that_a_command_line_names_together_make_one_configuration(named, tree, read):
    for path in ("/opt/mail.cfg", "/opt/mail.d/b.cfg"):
        tree.write(path, LISTEN + "ssl\n")
    tree.write("/opt/mail.d/a.cfg", "defaults\n mode tcp\n")
    tree.write("/opt/mail.d/.hidden.cfg", "refused\n")
    tree.write("/opt/mail.d/readme", "refused\n")
    tree.write("/etc/cron.d/a", f"@reboot root haproxy -D -f {FILE} {named}\n")
    evidence, gaps = read("global\n ssl-default-server-options force-tlsv10\n")
    [account] = evidence["accounts"]
    assert account["config"].startswith("/opt/mail")
    assert [(entry["key"], entry["file"]) for entry in account["settings"]][1] == ("force-tlsv10", FILE)
    assert gaps == []


def test_a_file_that_only_the_running_command_knows_is_a_gap(tree, read):
    tree.write("/etc/cron.d/a", '@reboot root haproxy -f "$(cat x)"\n')
    evidence, gaps = read("global\n")
    assert evidence is not None
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [("/etc/cron.d/a, line 1", "client:haproxy")]


@pytest.mark.parametrize(
    ("words", "enabled"), [("ssl", True), ("ssl disabled", False), ("disabled ssl enabled", True), ("ssl\n default-server disabled", False)]
)
def test_a_server_in_maintenance_is_not_in_use(words, enabled, read):
    evidence, _gaps = read(LISTEN + words + "\n")
    assert [account["enabled"] for account in evidence["accounts"]] == [enabled]
