"""Checks of mail servers, wherever they are called."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import monitoring_plugins

NRPE, OBJECTS = "/etc/nagios/nrpe.cfg", "/etc/nagios4/conf.d/mail.cfg"
PLACES = {"nrpe": NRPE, "objects": OBJECTS, "icinga": "/etc/icinga2/conf.d/a.conf", "cron": "/etc/cron.d/a"}
SECRET = "hunter2"
COMMANDS = """
define command {
  command_name check_simap
  command_line $USER1$/check_imap -p 993 -H '$HOSTADDRESS$' -S $ARG1$
}
define command {
  command_name check_any
  command_line $USER1$/check_tcp -H $ARG1$ -p $ARG2$ $ARG3$
}
define host {
  host_name mail
  address outlook.office365.com
}
"""
SERVICE = "define service {{\n host_name {}\n check_command {}\n}}\n"

# line of NRPE: [(server, port, protocol, security)]
LINES = {
    "/p/check_imap -H h -S -p 993": [("h", 993, "imap", "implicit")],
    "/p/check_imap -H h": [("h", 143, "imap", "none")],
    "/p/check_simap -H h": [("h", 993, "imap", "implicit")],
    "/p/check_spop --hostname=h": [("h", 995, "pop3", "implicit")],
    "/p/check_pop -D 30,14 -p pop3s -H h": [("h", 995, "pop3", "implicit")],
    "sudo /p/check_pop -Hh --ssl": [("h", 110, "pop3", "implicit")],
    "/p/check_tcp -H h -p 993 -S": [("h", 993, "imap", "implicit")],
    "/p/check_tcp -H h -p 22": [],
    "/p/check_http -H h": [],
    "/p/check_imap -H $ARG1$ -S -p 993": [(None, 993, "imap", "implicit")],
    "/p/check_imap -H 'h": [],
}
# name: (service, [(server, port, security)])
SERVICES = {
    "of a host": (SERVICE.format("mail", "check_simap"), [("outlook.office365.com", 993, "implicit")]),
    "of a host that is not defined": (SERVICE.format("other", "check_simap"), [(None, 993, "implicit")]),
    "of two hosts": (SERVICE.format("mail,mail", "check_simap"), [("outlook.office365.com", 993, "implicit")] * 2),
    "with arguments": (SERVICE.format("mail", "check_any!h!995!-S"), [("h", 995, "implicit")]),
    "with other arguments": (SERVICE.format("mail", "check_any!h!80!-S"), []),
    "of another command": (SERVICE.format("mail", "check_ping!1!2"), []),
    "none": ("", []),
}


@pytest.fixture
def read(tree):
    """Return read(place=text), the accounts and gaps."""

    def read_files(**files: str):
        for place, text in files.items():
            tree.write(PLACES[place], text)
        host = tree.host()
        return (monitoring_plugins.read(host) or {"accounts": []})["accounts"], host.gaps

    return read_files


@pytest.mark.parametrize("line", LINES)
def test_commands_of_nrpe(line, read):
    accounts, gaps = read(nrpe=f"# x\ncommand[a]={line}\n")
    assert [tuple(account[key] for key in ("server", "port", "protocol", "security")) for account in accounts] == LINES[line]
    assert [account["undecided"] != [] for account in accounts] == [account["server"] is None for account in accounts]
    assert gaps == []


@pytest.mark.parametrize("name", SERVICES)
def test_services(name, read):
    text, expected = SERVICES[name]
    accounts, _gaps = read(objects=COMMANDS + text)
    assert [tuple(account[key] for key in ("server", "port", "security")) for account in accounts] == expected


def test_cron_calls_them_as_well(read):
    [account], _gaps = read(cron="0 * * * * nagios /usr/lib/nagios/plugins/check_imap -H h -S -p 993\n")
    assert (account["server"], account["user"], account["security"], account["line"]) == ("h", "nagios", "implicit", 1)


def test_icinga_2_is_told_apart_and_not_followed(read):
    [account], _gaps = read(icinga='apply Service "x" {\n  check_command = "simap"\n}\n')
    assert (account["line"], account["security"], [entry["what"] for entry in account["undecided"]]) == (2, "implicit", ["server"])


def test_a_file_without_an_end_is_a_gap(read):
    _accounts, gaps = read(objects="define host {\n")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(OBJECTS, "client:monitoring-plugins")]


def test_a_secret_is_in_no_account_and_no_gap(read):
    accounts, gaps = read(nrpe=f"command[a]=/p/check_imap -H h -s 'a LOGIN u {SECRET}' -e {SECRET} -q {SECRET}\n# {SECRET}\n")
    assert len(accounts) == 1
    assert SECRET not in repr((accounts, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (monitoring_plugins.read(host), host.gaps) == (None, [])
