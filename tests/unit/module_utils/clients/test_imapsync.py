"""imapsync: the two servers of a command line."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import imapsync

TABLE = "/var/spool/cron/crontabs/alice"
PROGRAM = "#!/usr/bin/perl\n# $Id: imapsync,v {0} 2022/09/14 18:08:24 gilles Exp gilles $\n"
SECRET = "hunter2"
COMMON = f"--user1 u --password1 {SECRET} --user2 v --passfile2 /x"
# command: (name, server, port, security, pins, what is undecided) of each account
COMMANDS = {
    "--host1 h --host2 i": [("host1", "h", 993, "implicit", [], []), ("host2", "i", 993, "implicit", [], [])],
    "--host1 h --tls1 --host2=i --port2 1993 --ssl2": [
        ("host1", "h", 143, "starttls", [], []),
        ("host2", "i", 1993, "implicit", [], []),
    ],
    "-HOST1 h --nossl1 --notls1": [("host1", "h", 143, "none", [], [])],
    "--host1 h --no-ssl1": [("host1", "h", 143, "starttls", [], [])],
    "--host1 h --port1 143": [("host1", "h", 143, "starttls", [], [])],
    "--office2": [("host2", "outlook.office365.com", 993, "implicit", [], [])],
    "--host1 h --sslargs1 SSL_version=TLSv1 --sslargs1 SSL_verify_mode=0 --sslargs2=SSL_version=TLSv1_1": [
        ("host1", "h", 993, "implicit", [("SSL_version", "TLSv1")], []),
    ],
    "--host1 h --ssl1_SSL_version SSLv23:!TLSv1_2": [
        ("host1", "h", 993, "implicit", [("SSL_version", "SSLv23"), ("SSL_version", "!TLSv1_2")], []),
    ],
    "--host1 h --sslargs1 SSL_cipher_list=DEFAULT": [("host1", "h", 993, "implicit", [("SSL_cipher_list", "DEFAULT")], [])],
    '--host1 "$(cat x)"': [("host1", None, 993, "implicit", [], ["server"])],
    '--host1 h --user1 "$(cat x)" --dry': [("host1", "h", 993, "implicit", [], [])],
    "--host1 h $(cat x)": [("host1", "h", 993, "implicit", [], ["options"])],
    "--version": [],
}


@pytest.fixture
def read(tree):
    """Return read(command, version), the accounts that a command of cron makes, and the gaps."""

    def read_command(command: str, version: str = "2.229"):
        tree.write("/usr/bin/imapsync", PROGRAM.format(version))
        tree.write(TABLE, f"* * * * * {command}\n")
        host = tree.host()
        return imapsync.read(host)["accounts"], host.gaps

    return read_command


@pytest.mark.parametrize("options", COMMANDS)
def test_what_a_command_connects_to(options, read):
    accounts, gaps = read(f"imapsync {COMMON} {options}")
    pins = [[(item["key"], item["value"]) for item in entry["settings"] if item["key"].startswith("SSL")] for entry in accounts]
    assert [
        (entry["name"], entry["server"], entry["port"], entry["security"], pin, [item["what"] for item in entry["undecided"]])
        for entry, pin in zip(accounts, pins, strict=True)
    ] == COMMANDS[options]
    assert SECRET not in repr((accounts, gaps))


def test_an_old_release_begins_tls_only_where_it_is_told_to(read):
    found = [read(f"imapsync --host1 h {options}", "1.500")[0][0] for options in ("", "--ssl1")]
    assert [(entry["security"], [item["what"] for item in entry["undecided"]]) for entry in found] == [
        (None, ["security"]),
        ("implicit", []),
    ]


def test_a_copy_anywhere_is_found_by_its_command(tree):
    tree.write("/opt/imapsync/imapsync", PROGRAM.format("2.290"))
    tree.write(TABLE, "* * * * * /opt/imapsync/imapsync --host1 h\n1 * * * * perl /opt/imapsync/imapsync --host1 i\n")
    evidence = imapsync.read(tree.host())
    assert [(copy["program"], copy["version"]) for copy in evidence["installs"]] == [("/opt/imapsync/imapsync", "2.290")]
    assert [entry["server"] for entry in evidence["accounts"]] == ["h", "i"]


def test_nothing_of_it_is_no_evidence(tree):
    assert imapsync.read(tree.host()) is None
