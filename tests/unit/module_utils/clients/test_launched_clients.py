"""socat and Redmine, whose mailboxes stand on command lines; DavMail's services; ticket systems that keep theirs in a database."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import davmail, glpi, jira, osticket, redmine, socat, zammad, znuny

CRON = "/etc/cron.d/mail"
SECRET = "hunter2"
SOCAT = "* * * * * tunnel socat TCP-LISTEN:143,fork "

# words behind the listening address: [(server, port, protocol)], [(key, value)] besides the address
ADDRESSES = {
    "OPENSSL:h:993": ([("h", 993, "imap")], []),
    "openssl-connect:h:pop3s,verify=0": ([("h", 995, "pop3")], []),
    "'SSL:[::1]:993'": ([("::1", 993, "imap")], []),
    "OPENSSL:h:993,max-version=TLS1.1": ([("h", 993, "imap")], [("openssl-max-proto-version", "TLS1.1")]),
    "OPENSSL:h:993,openssl-min-proto-version=TLS1.2,cipher=HIGH": (
        [("h", 993, "imap")],
        [("openssl-min-proto-version", "TLS1.2"), ("openssl-cipherlist", "HIGH")],
    ),
    "OPENSSL:h:993,method=TLS1": ([("h", 993, "imap")], [("openssl-method", "TLS1")]),
    "TCP:h:993": ([], []),
}
# arguments of the task: (server, port, security)
ARGUMENTS = {
    "receive_imap host=h": ("h", 143, "none"),
    "receive_imap host=h port=993 ssl=1": ("h", 993, "implicit"),
    "receive_imap host=h ssl=0": ("h", 143, "implicit"),
    "receive_imap host=h starttls=1": ("h", 143, "starttls"),
    "receive_pop3 host=h port=995 ssl=1": ("h", 995, "implicit"),
    "receive_pop3 username=a": ("127.0.0.1", 110, "none"),
}


@pytest.fixture
def read(tree):
    """Return read(reader, line of cron), the evidence."""

    def read_line(reader, line: str):
        tree.write(CRON, line + "\n")
        return reader.read(tree.host()) or {"accounts": []}

    return read_line


@pytest.mark.parametrize("words", ADDRESSES)
def test_what_socat_connects_to(words, read):
    accounts, settings = ADDRESSES[words]
    found = read(socat, SOCAT + words)["accounts"]
    assert [(account["server"], account["port"], account["protocol"]) for account in found] == accounts
    assert [(entry["key"], entry["value"]) for account in found for entry in account["settings"][1:]] == settings


def test_socat_says_where_it_listens(read):
    [account] = read(socat, "* * * * * t socat TCP4-LISTEN:1143,bind=127.0.0.1 OPENSSL:h:993")["accounts"]
    assert account["listens"] == [{"address": "127.0.0.1", "port": 1143, "leads": "on"}]


def test_socat_for_something_else_counts_only_behind_a_mail_client(read):
    evidence = read(socat, "* * * * * t socat TCP-LISTEN:8000 OPENSSL:h:8443")
    assert (evidence["accounts"], len(evidence["relays"])) == ([], 1)


def test_an_address_that_only_the_shell_knows_is_undecided(read):
    [account] = read(socat, SOCAT + "OPENSSL:h:993,$(cat x)")["accounts"]
    assert [entry["what"] for entry in account["undecided"]] == ["options"]


@pytest.mark.parametrize("words", ARGUMENTS)
def test_what_redmine_fetches(words, read):
    line = f"*/5 * * * * www-data cd /usr/share/redmine && bundle exec rake redmine:email:{words} RAILS_ENV=production"
    [account] = read(redmine, line)["accounts"]
    assert (account["server"], account["port"], account["security"]) == ARGUMENTS[words]
    assert (account["user"], account["config"], account["line"]) == ("www-data", CRON, 1)


def test_another_task_fetches_nothing(read):
    assert read(redmine, "* * * * * a rake redmine:send_reminders host=h")["accounts"] == []


def test_what_only_the_shell_knows_of_a_mailbox_is_undecided(read):
    [account] = read(redmine, "* * * * * a rake redmine:email:receive_imap host=$(cat x) ssl=1")["accounts"]
    assert [entry["what"] for entry in account["undecided"]] == ["server"]


def test_passwords_stay_on_the_command_line(read):
    words = f"rake redmine:email:receive_imap host=h username={SECRET} password={SECRET} folder={SECRET}"
    assert SECRET not in repr(read(redmine, "* * * * * a " + words))
    words = f"socat TCP-LISTEN:143 OPENSSL:h:993,key={SECRET},cert={SECRET},passwd={SECRET}"
    assert SECRET not in repr(read(socat, "* * * * * a " + words))


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("davmail.imapPort=1143\ndavmail.popPort=1110\ndavmail.smtpPort=1025\n", [1143, 1110]),
        ("#davmail.popPort=1\ndavmail.imapPort=\ndavmail.popPort = 110\n", [110]),
        ("davmail.imapPort=1\ndavmail.imapPort=2\n", [2]),
        ("davmail.url=x\n", []),
        ("  davmail.imapPort 1143\ndavmail.popPort:\\\n 1110\n", [1143, 1110]),
    ],
)
def test_davmail_serves_and_leads_nowhere(text, ports, tree):
    tree.write("/home/alice/.davmail.properties", text + f"davmail.ssl.keystorePass={SECRET}\n")
    evidence = davmail.read(tree.host()) or {"relays": []}
    listens = [listener for relay in evidence["relays"] for listener in relay["listens"]]
    assert listens == [{"address": "", "port": port, "leads": "nowhere"} for port in ports]
    assert SECRET not in repr(evidence)


@pytest.mark.parametrize("reader", [glpi, jira, osticket, zammad, znuny])
def test_accounts_in_a_database_are_undecided(reader, tree):
    host = tree.host()
    assert (reader.read(host), host.gaps) == (None, [])
    path = reader._FILES[-1]
    tree.write(path, f"password: {SECRET}\n")
    evidence = reader.read(tree.host())
    [account] = evidence["accounts"]
    assert (evidence["name"], account["config"], [entry["what"] for entry in account["undecided"]]) == (reader.NAME, path, ["server"])
    assert SECRET not in repr(evidence)


@pytest.mark.parametrize("reader", [socat, redmine, davmail])
def test_nothing_of_it_is_no_evidence(reader, tree):
    host = tree.host()
    assert (reader.read(host), host.gaps) == (None, [])
