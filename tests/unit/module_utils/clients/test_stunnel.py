"""stunnel: its services that speak TLS to mail servers."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import stunnel

FILE = "/etc/stunnel/mail.conf"
SECRET = "hunter2"

# name: (text, accounts, relays), each [(name, server, port, protocol, security)]
SERVICES = {
    "IMAP": ("[a]\nclient=yes\nconnect=h:993\n", [("a", "h", 993, "imap", "implicit")], []),
    "a port by its name": ("[a]\nclient=yes\nconnect=h:pop3s\n", [("a", "h", 995, "pop3", "implicit")], []),
    "after STARTTLS": ("[a]\nclient=yes\nconnect=h:143\nprotocol=IMAP\n", [("a", "h", 143, "imap", "starttls")], []),
    "after STLS on an odd port": ("[a]\nclient=yes\nconnect=h:7\nprotocol=pop3\n", [("a", "h", 7, "pop3", "starttls")], []),
    "an odd port behind one of mail": ("[a]\nclient=yes\naccept=143\nconnect=h:7\n", [("a", "h", 7, None, "implicit")], []),
    "through a proxy of HTTP": (
        "[a]\nclient=yes\naccept=1\nconnect=p:3128\nprotocol=connect\nprotocolHost=h:995\n",
        [("a", "h", 995, "pop3", "implicit")],
        [],
    ),
    "two servers": (
        "[a]\nclient=yes\nconnect=h:993\nconnect=i:993\n",
        [("a", "h", 993, "imap", "implicit"), ("a", "i", 993, "imap", "implicit")],
        [],
    ),
    "an address": ("[a]\nclient=yes\nconnect=::1:993\n", [("a", "::1", 993, "imap", "implicit")], []),
    "no host": ("[a]\nclient=yes\nconnect=993\n", [("a", "localhost", 993, "imap", "implicit")], []),
    "before the services": ("client=yes\n[a]\nconnect=h:993\n", [("a", "h", 993, "imap", "implicit")], []),
    "a server of its own": ("[imaps]\naccept=993\nconnect=143\n", [], []),
    "another kind of service": ("[a]\nclient=yes\naccept=1\nconnect=h:6514\n", [], [("a", "h", 6514, None, "implicit")]),
    "mail that is sent": ("[a]\nclient=yes\naccept=25\nconnect=h:25\nprotocol=smtp\n", [], [("a", "h", 25, None, "implicit")]),
}

# name: (text of the service, [(key, value)] besides the connection)
SETTINGS = {
    "none": ("", []),
    "a pin": ("sslVersion=TLSv1\n", [("sslversion", "TLSv1")]),
    "bounds": ("sslVersionMin=TLSv1\nsslVersionMax=TLSv1.1\n", [("sslversionmin", "TLSv1"), ("sslversionmax", "TLSv1.1")]),
    "a pin with one bound replaced": ("sslVersion=TLSv1\nsslVersionMax=all\n", [("sslversionmin", "TLSv1"), ("sslversionmax", "all")]),
    "options": ("options=NO_TLSv1_2\noptions=ALL\n", [("options", "NO_TLSv1_2"), ("options", "ALL")]),
    "an option taken back": ("options=-no_tlsv1_2\noptions=NO_TLSv1_2\n", []),
    "commands": ("config=MaxProtocol:TLSv1.1\nsslVersion=TLSv1\n", [("sslversion", "TLSv1"), ("config", "MaxProtocol:TLSv1.1")]),
}


@pytest.fixture
def read(tree):
    """Return read(text, path), the evidence and gaps of a file."""

    def read_file(text: str, path: str = FILE):
        tree.write(path, text)
        host = tree.host()
        return stunnel.read(host) or {"accounts": []}, host.gaps

    return read_file


def plain(accounts):
    return [tuple(account[key] for key in ("name", "server", "port", "protocol", "security")) for account in accounts]


@pytest.mark.parametrize("name", SERVICES)
def test_services(name, read):
    text, accounts, relays = SERVICES[name]
    evidence, gaps = read(text)
    assert (plain(evidence["accounts"]), plain(evidence.get("relays", ())), gaps) == (accounts, relays, [])


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name, read):
    text, expected = SETTINGS[name]
    evidence, _gaps = read("[a]\nclient=yes\nconnect=h:993\n" + text)
    [account] = evidence["accounts"]
    assert [(setting["key"], setting["value"]) for setting in account["settings"]] == [("connect", "h"), *expected]


def test_a_service_says_where_it_listens(read):
    evidence, _gaps = read("[a]\nclient=yes\naccept=127.0.0.1:143\naccept=imap2\naccept=/run/socket\nconnect=h:993\n")
    [account] = evidence["accounts"]
    assert account["listens"] == [
        {"address": "127.0.0.1", "port": 143, "leads": "on"},
        {"address": "", "port": 143, "leads": "on"},
    ]


def test_users_have_services_of_their_own(read):
    evidence, _gaps = read("client=yes\nconnect=h:993\n", "/home/alice/.config/stunnel/a.conf")
    [account] = evidence["accounts"]
    assert (account["user"], account["line"], account["listens"]) == ("alice", 1, [])


def test_included_files_are_read(tree, read):
    tree.write("/etc/stunnel/conf.d/a", "[a]\nclient=yes\nconnect=h:993\n")
    evidence, _gaps = read("include=/etc/stunnel/conf.d\n")
    assert [account["config"] for account in evidence["accounts"]] == ["/etc/stunnel/conf.d/a"]


def test_a_relative_directory_is_a_gap(read):
    _evidence, gaps = read("include=conf.d\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [("conf.d", "client:stunnel")]


def test_a_secret_is_in_no_account_and_no_gap(read):
    lines = ("protocolPassword = {}", "protocolUsername = {}", "PSKsecrets = /{}", "key = /{}", "; {}", "{}")
    evidence, gaps = read("[a]\nclient=yes\nconnect=h:993\n" + "".join(line.format(SECRET) + "\n" for line in lines[:-1]))
    assert len(evidence["accounts"]) == 1
    refused, more = read(lines[-1].format(SECRET))
    assert len(more) == 1
    assert SECRET not in repr((evidence, gaps, refused, more))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (stunnel.read(host), host.gaps) == (None, [])


def test_a_configuration_that_a_command_line_names_is_read_once(tree, read):
    tree.write("/opt/tunnel.conf", "client=yes\nconnect=h:993\n")
    tree.write("/etc/cron.d/a", f"@reboot bob stunnel4 /opt/tunnel.conf\n@reboot root stunnel {FILE}\n@reboot root stunnel $(cat x)\n")
    evidence, gaps = read("client=yes\nconnect=i:993\n")
    assert [(account["user"], account["server"]) for account in evidence["accounts"]] == [("", "i"), ("bob", "h")]
    assert [gap["affects"] for gap in gaps] == ["client:stunnel"]


def test_a_template_of_systemd_without_an_instance_is_no_gap(tree, read):
    tree.write("/usr/lib/systemd/system/stunnel@.service", "[Service]\nExecStart=/usr/bin/stunnel /etc/stunnel/%i.conf\n")
    _evidence, gaps = read("client=yes\nconnect=i:993\n")
    assert gaps == []


def test_an_instance_of_a_template_names_its_configuration(tree, read):
    tree.write("/usr/lib/systemd/system/stunnel@.service", "[Service]\nExecStart=/usr/bin/stunnel /opt/%i.conf\n")
    tree.write("/etc/systemd/system/multi-user.target.wants/stunnel@work.service", "[Service]\nExecStart=/usr/bin/stunnel /opt/%i.conf\n")
    tree.write("/opt/work.conf", "client=yes\nconnect=h:993\n")
    evidence, _gaps = read("client=yes\nconnect=i:993\n")
    assert [account["server"] for account in evidence["accounts"]] == ["i", "h"]


@pytest.mark.parametrize("option", ["engine = pkcs11", "engineDefault = CIPHERS"])
def test_an_engine_is_a_setting_of_every_service(option, read):
    evidence, _gaps = read(option + "\n[a]\nclient = yes\naccept = 1143\nconnect = h:993\n")
    assert option.partition(" = ")[0].lower() in [setting["key"] for setting in evidence["accounts"][0]["settings"]]


@pytest.mark.parametrize(
    ("command", "account"),
    [
        ("stunnel -c -d 127.0.0.1:1110 -r h:995", ("stunnel3", "h", 995, "pop3", "implicit", 1110)),
        ("stunnel3 -cf -d1110 -rh:110 -n pop3 -A /x", ("stunnel3", "h", 110, "pop3", "starttls", 1110)),
        ("stunnel4 -d 993 -r 143 -p /x.pem", None),
    ],
)
def test_a_command_line_of_stunnel_3_is_a_service(command, account, tree):
    tree.write("/etc/cron.d/a", f"@reboot bob {command} -C ALL\n")
    host = tree.host()
    found = [(*plain([entry])[0], entry["listens"][0]["port"]) for entry in (stunnel.read(host) or {"accounts": []})["accounts"]]
    assert found == ([account] if account else [])
    assert host.gaps == []


def test_a_command_line_of_stunnel_3_gives_cipher_suites(tree):
    tree.write("/etc/cron.d/a", "@reboot bob stunnel -c -d 1 -r h:993 -C ALL\n")
    [account] = stunnel.read(tree.host())["accounts"]
    assert [(entry["key"], entry["value"]) for entry in account["settings"]] == [("connect", "h"), ("ciphers", "ALL")]


def test_a_computed_server_of_stunnel_3_is_a_gap(tree):
    tree.write("/etc/cron.d/a", "@reboot bob stunnel -c -d 1 -r $(cat x)\n")
    host = tree.host()
    stunnel.read(host)
    assert [(gap["what"], gap["affects"]) for gap in host.gaps] == [("/etc/cron.d/a, line 1", "client:stunnel")]
