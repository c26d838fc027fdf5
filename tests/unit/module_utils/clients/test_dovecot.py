"""Dovecot where it is a client itself."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import dovecot

FILE = "/etc/dovecot/dovecot.conf"
SECRET = "hunter2"
REMOTE = "mail_location = imapc:~/x\nimapc_host = h\n"
PROXY = "passdb {{\n driver = static\n args = proxy=y host=h nopassword=y {}\n}}\n"

# name: (text, [(server, port, protocol, security)])
ACCOUNTS = {
    "IMAP": ("imapc_host = h\nimapc_ssl = imaps\nimapc_port = 993\n", [("h", 993, "imap", "implicit")]),
    "its port does not follow its security": ("imapc_host = h\nimapc_ssl = imaps\n", [("h", 143, "imap", "implicit")]),
    "after STARTTLS": ("imapc_host = h\nimapc_ssl = starttls\n", [("h", 143, "imap", "starttls")]),
    "nothing else set": ("imapc_host = h\n", [("h", 143, "imap", "none")]),
    "POP3": ("pop3c_host = h\npop3c_ssl = pop3s\npop3c_port = 995\n", [("h", 995, "pop3", "implicit")]),
    "both": ("pop3c_host = h\nimapc_host = i\n", [("i", 143, "imap", "none"), ("h", 110, "pop3", "none")]),
    "a host taken back": ("imapc_host = h\nimapc_host =\n", []),
    "for one protocol": ("imapc_ssl = imaps\nprotocol imap {\n imapc_host = h\n}\n", [("h", 143, "imap", "implicit")]),
    "logins checked elsewhere": (
        "passdb {\n driver = imap\n args = host=h ssl=imaps ssl_ca_dir=/x\n}\n",
        [("h", 993, "imap", "implicit")],
    ),
    "logins checked elsewhere after STARTTLS": (
        "passdb {\n driver=imap\n args = host=h ssl=starttls\n}\n",
        [("h", 143, "imap", "starttls")],
    ),
    "a proxy": (PROXY.format("ssl=yes"), [("h", 993, "imap", "implicit"), ("h", 995, "pop3", "implicit")]),
    "a proxy after STARTTLS": (PROXY.format("starttls=any-cert"), [("h", 143, "imap", "starttls"), ("h", 110, "pop3", "starttls")]),
    "a proxy of IMAP alone": ("protocols = imap\n" + PROXY.format("ssl=yes port=7"), [("h", 7, "imap", "implicit")]),
    "a proxy in the words of 2.4": (
        "protocols = imap\npassdb static {\n fields {\n  proxy = y\n  host = h\n  ssl = yes\n }\n}\n",
        [("h", 993, "imap", "implicit")],
    ),
    "logins checked elsewhere in the words of 2.4": (
        "passdb imap {\n imapc_host = h\n imapc_ssl = starttls\n}\n",
        [("h", 143, "imap", "starttls")],
    ),
    "a proxy whose server nobody names": (
        "protocols = imap\npassdb {\n driver = static\n args = proxy=y\n}\n",
        [(None, None, "imap", None)],
    ),
    "a proxy that a query of 2.4 gives": (
        "protocols = pop3\npassdb sql {\n query = SELECT host, 'Y' AS proxy FROM a\n}\n",
        [(None, None, "pop3", None)],
    ),
    "a query of 2.4 without a proxy": ("passdb sql {\n query = SELECT password FROM proxy_users\n}\n", []),
    "a static login without a proxy": ("passdb {\n driver = static\n args = password=x host=h\n}\n", []),
}


@pytest.fixture
def read(tree):
    """Return read(text), the evidence and gaps of Dovecot's main file."""

    def read_file(text: str):
        tree.write(FILE, text)
        host = tree.host()
        return dovecot.read(host) or {"accounts": []}, host.gaps

    return read_file


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts(name, read):
    text, expected = ACCOUNTS[name]
    evidence, gaps = read(text)
    assert [tuple(account[key] for key in ("server", "port", "protocol", "security")) for account in evidence["accounts"]] == expected
    assert gaps == []


def test_what_acts_on_it_comes_from_every_file(tree, read):
    tree.write("/etc/dovecot/conf.d/10-ssl.conf", "ssl_min_protocol = TLSv1\nssl_cipher_list = ALL\n")
    tree.write("/etc/dovecot/conf.d/10-ssl.conf.ext", "ssl_min_protocol = TLSv1.1\n")
    evidence, _gaps = read("imapc_host = h\n!include conf.d/*.conf\n!include_try local.conf\n")
    [account] = evidence["accounts"]
    assert [(entry["key"], entry["value"], entry["file"]) for entry in account["settings"]] == [
        ("imapc_host", "h", FILE),
        ("ssl_min_protocol", "TLSv1", "/etc/dovecot/conf.d/10-ssl.conf"),
        ("ssl_cipher_list", "ALL", "/etc/dovecot/conf.d/10-ssl.conf"),
    ]


@pytest.mark.parametrize("value", ["</etc/host", "$host"])
def test_a_server_that_stands_elsewhere_is_undecided(value, read):
    evidence, _gaps = read(f"imapc_host = {value}\n")
    [account] = evidence["accounts"]
    assert (account["server"], [entry["what"] for entry in account["undecided"]]) == (None, ["server"])


def test_remote_mailboxes_are_served_on_the_ports_of_this_host(read):
    listener = "service imap-login {\n inet_listener imap {\n port = 1143\n }\n inet_listener imaps {\n port = 0\n }\n}\n"
    evidence, _gaps = read(REMOTE + "protocols = imap\nlisten = 127.0.0.1, ::1\n" + listener)
    [account] = evidence["accounts"]
    assert account["listens"] == [
        {"address": "127.0.0.1", "port": 1143, "leads": "on"},
        {"address": "::1", "port": 1143, "leads": "on"},
    ]
    assert "relays" not in evidence


def test_mailboxes_of_this_host_lead_nowhere(read):
    evidence, _gaps = read("mail_location = maildir:~/Maildir\nprotocols = imap pop3\n")
    [relay] = evidence["relays"]
    assert {(listener["port"], listener["leads"]) for listener in relay["listens"]} == {(port, "nowhere") for port in (110, 143, 993, 995)}
    assert evidence["accounts"] == []


def test_mailboxes_that_are_copied_from_elsewhere_stay_those_of_this_host(read):
    evidence, _gaps = read("mail_location = maildir:~/Maildir\nimapc_host = h\n")
    assert [bool(account["listens"]) for account in evidence["accounts"]] == [False]
    assert len(evidence["relays"]) == 1


def test_a_file_that_dovecot_refuses_is_a_gap_with_its_line(read):
    _evidence, gaps = read(f"imapc_host = h\n{SECRET}\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:dovecot")]
    assert "line 2" in gaps[0]["why"]
    assert SECRET not in gaps[0]["why"]


def test_a_secret_is_in_no_account_and_no_gap(read):
    lines = ("imapc_password = {}", "pop3c_password = {}", "imapc_user = {}", "ssl_key_password = {}", "# {}", "mail_location = imapc:{}")
    passdb = f"passdb {{\n driver = static\n args = proxy=y host=h pass={SECRET} password={SECRET} user={SECRET}\n}}\n"
    evidence, gaps = read("imapc_host = h\n" + "".join(line.format(SECRET) + "\n" for line in lines) + passdb)
    assert len(evidence["accounts"]) == 3
    assert SECRET not in repr((evidence, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (dovecot.read(host), host.gaps) == (None, [])


def test_settings_of_a_command_line_win(tree, read):
    options = f"-o imapc_host=i -oimapc_ssl=imaps -o imapc_port=993 -o imapc_password={SECRET} -o ssl_min_protocol=TLSv1"
    tree.write("/etc/cron.d/a", f"0 * * * * vmail doveadm {options} backup -R -u a imapc:\n0 * * * * vmail doveadm expunge -A mailbox x\n")
    evidence, _gaps = read("mail_location = maildir:~/x\nssl_min_protocol = TLSv1.2\n")
    [account] = evidence["accounts"]
    assert (account["user"], account["server"], account["port"], account["security"]) == ("vmail", "i", 993, "implicit")
    assert [entry["value"] for entry in account["settings"] if entry["key"] == "ssl_min_protocol"] == ["TLSv1"]
    assert SECRET not in repr(evidence)


def test_variables_that_its_processes_get_are_undecided(read):
    evidence, _gaps = read("import_environment = TZ OPENSSL_CONF=/srv/x\nimapc_host = h\n")
    [account] = evidence["accounts"]
    assert [item["what"] for item in account["undecided"]] == ["import_environment"]


def test_the_environment_of_a_command_acts_on_it(tree, read):
    tree.write("/etc/cron.d/mail", "* * * * * root OPENSSL_CONF=$(id) doveadm -o imapc_host=h sync\n")
    evidence, _gaps = read("protocols =\n")
    [account] = evidence["accounts"]
    assert [item["what"] for item in account["undecided"]] == ["OPENSSL_CONF"]


@pytest.mark.parametrize(
    ("driver", "line", "accounts"),
    [
        ("sql", "password_query = SELECT 'h' AS host, \\\n 'Y' AS proxy FROM users", 1),
        ("ldap", "pass_attrs = mailHost=host, =proxy=y", 1),
        ("sql", "password_query = SELECT password FROM users", 0),
    ],
)
def test_a_proxy_that_a_database_tells_for_each_login_is_undecided(driver, line, accounts, tree, read):
    tree.write("/etc/dovecot/dovecot-db.conf.ext", f"# proxy\nconnect = host=db password={SECRET} proxy=1\n{line}\n")
    evidence, gaps = read(f"protocols = imap\npassdb {{\n driver = {driver}\n args = /etc/dovecot/dovecot-db.conf.ext\n}}\n")
    assert [[item["what"] for item in account["undecided"]] for account in evidence["accounts"]] == [["server", "security"]] * accounts
    assert [listener["leads"] for listener in (evidence["accounts"] + evidence.get("relays", []))[0]["listens"]] == [
        "on" if accounts else "nowhere"
    ] * 2
    assert gaps == []
    assert SECRET not in repr(evidence)


def test_a_database_that_cannot_be_read_is_a_gap(tree, read):
    tree.write("/etc/dovecot/dovecot-db.conf.ext", f"password_query {SECRET}\n")
    _evidence, gaps = read("passdb {\n driver = sql\n args = /etc/dovecot/dovecot-db.conf.ext\n}\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [("/etc/dovecot/dovecot-db.conf.ext", "client:dovecot")]
    assert SECRET not in repr(gaps)


PASSDB = "protocols = imap\npassdb {{\n driver = passwd-file\n args = {}\n{}}}\n"
ROW = "{}:{{CRYPT}}" + SECRET + ":::::"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (ROW.format("a") + ":proxy=y host=h ssl=yes", [("h", 993, "implicit")]),
        (ROW.format("a") + f":proxy host=h starttls=yes port=7 pass={SECRET} user={SECRET} master={SECRET}", [("h", 7, "starttls")]),
        (ROW.format("a") + ":proxy_maybe=y host=::1\r", [("::1", 143, "none")]),
        (ROW.format("a") + ":proxy=y", [(None, None, None)]),
        (ROW.format("a") + ":proxy=y host=h\n" + ROW.format("b") + ":host=h proxy=y", [("h", 143, "none")]),
        (ROW.format("a") + ":proxy=y host=h\n" + ROW.format("b") + ":host=i proxy=y", [("h", 143, "none"), ("i", 143, "none")]),
        (ROW.format("a") + ":proxy=y host=%d", [(None, 143, "none")]),
        (ROW.format("a") + ":host=h", []),
        (ROW.format("a") + "::proxy=y host=h", []),
        ("#" + ROW.format("a") + ":proxy=y host=h\n:" + ROW.format("a") + ":proxy=y host=h\na:x\nb\n", []),
    ],
)
def test_a_proxy_in_a_file_of_logins(rows, expected, tree, read):
    tree.write("/srv/users", rows)
    evidence, gaps = read(PASSDB.format("scheme=CRYPT username_format=%u /srv/users", ""))
    assert [tuple(account[key] for key in ("server", "port", "security")) for account in evidence["accounts"]] == expected
    assert gaps == []
    assert SECRET not in repr(evidence)
    assert [listener["leads"] for account in evidence["accounts"] for listener in account["listens"]] == ["on"] * 2 * len(expected)


def test_fields_of_all_logins_come_before_and_behind_those_of_a_file(tree, read):
    tree.write("/srv/users", ROW.format("a") + ":proxy=y host=h ssl=yes port=7")
    evidence, _gaps = read(PASSDB.format("/srv/users", " default_fields = host=i starttls=yes\n override_fields = port=8\n"))
    [account] = evidence["accounts"]
    assert (account["server"], account["port"], account["security"]) == ("h", 8, "starttls")
    assert account["settings"][0]["file"] == "/srv/users"


@pytest.mark.parametrize("path", ["/srv/%d/users", "/srv/%Ld/users", "/srv/%{user | domain}/users"])
def test_each_file_that_a_login_may_stand_in_is_read(path, tree, read):
    for number, domain in enumerate(("a.example", "b.example")):
        tree.write(f"/srv/{domain}/users", ROW.format("a") + f":proxy=y host=h{number}\n")
    evidence, gaps = read(f"protocols = imap\npassdb passwd-file {{\n passwd_file_path = {path}\n}}\n")
    assert [account["server"] for account in evidence["accounts"]] == ["h0", "h1"]
    assert gaps == []


@pytest.mark.parametrize(
    ("passdb", "what"),
    [
        (PASSDB.format("/srv/users", ""), "/srv/users"),
        (PASSDB.format("<$users", ""), FILE + ", line 4"),
        ("passdb passwd-file {\n}\n", FILE + ", line 1"),
    ],
)
def test_a_file_of_logins_that_cannot_be_read_is_a_gap(passdb, what, tree, read):
    tree.write("/srv/users/is_no_file", "")
    _evidence, gaps = read(passdb)
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(what, "client:dovecot")]


@pytest.mark.parametrize("named", ["doveadm -c /opt/move.conf", "doveadm -c/opt/move.conf -v", "dovecot -F -c /opt/move.conf"])
def test_the_file_that_a_command_names_is_read(named, tree, read):
    tree.write("/opt/move.conf", "imapc_host = h\nimapc_ssl = imaps\nssl_min_protocol = TLSv1\n")
    tree.write("/etc/cron.d/a", f"0 * * * * vmail {named} backup -R -u a imapc:\n")
    evidence, _gaps = read("protocols = imap\n")
    [account] = evidence["accounts"]
    assert (account["user"], account["config"], account["server"], account["listens"]) == ("vmail", "/opt/move.conf", "h", [])
    assert [entry["value"] for entry in account["settings"] if entry["key"] == "ssl_min_protocol"] == ["TLSv1"]


def test_a_file_that_only_the_running_command_knows_is_a_gap(tree, read):
    tree.write("/etc/cron.d/a", "0 * * * * vmail doveadm -c $(cat x) backup -R -u a imapc:\n")
    _evidence, gaps = read("protocols = imap\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [("/etc/cron.d/a, line 1", "client:dovecot")]
