"""What a host has on record: a real journal, in a mount namespace of its own; log files; tracked connections, as the kernel's text."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.live import records

SECRET = "s3cretW0rd"
JOURNALD = "/lib/systemd/systemd-journald"
# Its own /run and /var/log, a journal daemon without systemd, lines of several programs; then what this Python is given.
JOURNAL = f"""
mount -t tmpfs none /run && mount -t tmpfs none /var/log && mkdir -p /run/systemd /run/log
{JOURNALD} >/dev/null 2>&1 &
until [ -S /run/systemd/journal/stdout ]; do sleep 0.1; done
echo 'password {SECRET}' | systemd-cat -t fetchmail
echo '{SECRET}' | systemd-cat -t fetchmailer
printf '#!/bin/sh\\necho disabled; sleep 3\\n' >/run/mpop; chmod +x /run/mpop; systemd-cat -t mpop /run/mpop &
cp /bin/cat /run/mbsync; (echo '{SECRET}'; sleep 3) | setpriv --reuid=65534 --clear-groups systemd-cat -t other /run/mbsync &
until journalctl -q --sync && [ "$(journalctl -q -t mpop -t other -t fetchmail | wc -l)" -ge 3 ]; do sleep 0.1; done
exec "$0" -c "$1"
"""
READ = """
import json, sys
sys.path[:] = json.loads(%r)
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.live import records
host = Host()
records.note(host, [], lambda uid: f"user {uid}")
print(json.dumps(host.gaps))
"""
needs_journal = pytest.mark.skipif(
    os.geteuid() != 0 or not pathlib.Path(JOURNALD).exists(), reason="a journal of its own needs root and systemd-journald"
)


@needs_journal
def test_lines_of_fetchers_in_the_journal_name_their_users() -> None:
    command = ["unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command += ["sh", "-c", JOURNAL, sys.executable, READ % json.dumps(sys.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    gaps = [item for item in json.loads(done.stdout) if item["what"] == "the journal"]
    assert [(item["why"].partition(" has")[0], item["affects"]) for item in gaps] == [
        ("fetchmail, run by user 0,", "clients"),
        ("mbsync, run by user 65534,", "clients"),
    ]
    assert SECRET not in done.stdout


class Logs(Host):
    """This host, with its log files below another directory, and without a journal."""

    def __init__(self, root: pathlib.Path) -> None:
        super().__init__(str(root))

    def programs(self, *names: str) -> list[str]:
        return []


def noted(root: pathlib.Path, clients: list[dict[str, Any]], age: int = 0) -> list[tuple[str, str, str | None]]:
    log = root / "var/log/mail.log"
    os.utime(log, (log.stat().st_atime, log.stat().st_mtime - age))
    host = Logs(root)
    records.note(host, clients, str)
    return [(item["what"], item["why"].partition(" has")[0], item["affects"]) for item in host.gaps]


LOG = f"""Nov 29 12:00:00 mail fetchmail[12]: {SECRET}
2026-11-29T12:00:00.123456+00:00 mail mpop: {SECRET}
Nov 29 12:00:00 mail postfix/smtpd[12]: fetchmail[1]: {SECRET}
Nov 29 12:00:00 mail getmailer[12]: {SECRET}
"""


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log/mail.log").write_bytes(b"\xff\0 binary\n" + LOG.encode())
    return tmp_path


def test_lines_of_fetchers_in_log_files_are_told_by_their_headers(root: pathlib.Path) -> None:
    assert noted(root, []) == [("/var/log/mail.log", "fetchmail", "clients"), ("/var/log/mail.log", "mpop", "clients")]


def test_an_account_explains_the_line_and_a_client_without_one_does_not(root: pathlib.Path) -> None:
    install = {"program": "/usr/bin/mpop", "version": None, "package": None, "stacks": []}
    clients = [base.evidence("fetchmail", [], [base.account("alice", "/home/alice/.fetchmailrc", 1)]), base.evidence("mpop", [install], [])]
    assert noted(root, clients) == [("/var/log/mail.log", "mpop", "client:mpop")]


def test_a_log_that_nobody_wrote_to_for_days_tells_nothing(root: pathlib.Path) -> None:
    assert noted(root, [], age=(records.DAYS + 1) * 86400) == []


OWN = "192.0.2.10"
TRACKED = f"""ipv4     2 tcp      6 431999 ESTABLISHED src={OWN} dst=198.51.100.1 sport=4 dport=993 src=198.51.100.1 [ASSURED]
ipv4     2 tcp      6 100 TIME_WAIT src={OWN} dst=198.51.100.2 sport=5 dport=995 src=198.51.100.2 dst={OWN} sport=995 dport=5 mark=0
ipv4     2 tcp      6 100 TIME_WAIT src=203.0.113.9 dst=198.51.100.3 sport=5 dport=143 src=198.51.100.3 dst={OWN} sport=143 dport=5
ipv4     2 tcp      6 100 TIME_WAIT src=203.0.113.9 dst={OWN} sport=5 dport=110 src={OWN} dst=203.0.113.9 sport=110 dport=5
ipv4     2 udp      17 100 src={OWN} dst=198.51.100.4 sport=5 dport=993 src=198.51.100.4 dst={OWN} sport=993 dport=5
ipv4     2 tcp      6 100 TIME_WAIT src={OWN} dst=198.51.100.5 sport=993 dport=9931 src=198.51.100.5 dst={OWN} sport=9931 dport=993
ipv6     10 tcp 6 9 CLOSE src=2001:0db8::0001 dst=2001:0db8:0000:0000:0000:0000:0000:0002 sport=5 dport=993 [ASSURED]
"""
ROUTES = f"""Local:
  +-- 192.0.2.0/24 2 0 2
     |-- {OWN}
        /32 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
"""
ADDRESSES = "20010db8000000000000000000000001 02 40 00 82     eth0\n"


def tracked(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, clients: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    for name, text in (("tracked", TRACKED), ("routes", ROUTES), ("addresses", ADDRESSES)):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(records, "_TRACKED", str(tmp_path / "tracked"))
    monkeypatch.setattr(records, "_ROUTES", str(tmp_path / "routes"))
    monkeypatch.setattr(records, "_ADDRESSES", str(tmp_path / "addresses"))
    host = Host(str(tmp_path))
    records.note_connections(host, clients, {("198.51.100.1", 993)})
    return [(item["what"], item["why"].partition(" ")[0], item["affects"]) for item in host.gaps]


def test_tracked_connections_leave_the_answer_open(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of a kernel as text: a test that fills a real one would change the machine's firewall."""
    assert sorted(tracked(tmp_path, monkeypatch, [])) == [
        ("198.51.100.2 port 995", "something", "clients"),
        ("198.51.100.3 port 143", "203.0.113.9", None),
        ("2001:db8::2 port 993", "something", "clients"),
    ]


def test_where_an_account_was_found_they_are_told_of_alone(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = [base.evidence("fetchmail", [], [base.account("alice", "/home/alice/.fetchmailrc", 1)])]
    assert {affects for _what, _why, affects in tracked(tmp_path, monkeypatch, clients)} == {None}
