"""The probe against the service as it will be and as it was, by a current host, and by one whose OpenSSL is held below TLS 1.2."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from audits import Audits
from lab.host import Host
from lab.servers import Connection
from lab.session import Lab

CAPPED = """openssl_conf = top
[top]
ssl_conf = modules
[modules]
system_default = all
[all]
MinProtocol = TLSv1
MaxProtocol = TLSv1.1
CipherString = DEFAULT:@SECLEVEL=0
"""
AFTER, BEFORE, NOWHERE = "outlook.office365.com", "imap-legacy.office365.com", "mail.contoso.example:993"
TARGETS = [*(f"{AFTER}:{port}" for port in (993, 995, 143, 110)), f"{BEFORE}:993", f"{BEFORE}:110"]
KINDS = ("openssl", "gnutls")


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> Iterator[dict[str, Host]]:
    names = {AFTER: lab.modern.address, BEFORE: lab.legacy.address}
    started = {
        "new": lab.host("probed-new", names=names),
        "old": lab.host("probed-old", names=names, files={"/etc/ssl/openssl.cnf": CAPPED}),
    }
    yield started
    for host in started.values():
        host.stop()


@pytest.fixture(scope="module")
def audits(lab: Lab, hosts: dict[str, Host]) -> Audits:
    return Audits(lab, "probe", hosts, lab.inventory("prb", hosts.values()))


@dataclass(frozen=True)
class Probed:
    """One audit with a probe: its hosts' records, and what the two servers saw of each host."""

    records: dict[str, dict[str, Any]]
    seen: dict[str, list[Connection]]

    def finding(self, host: str, target: str, kind: str) -> dict[str, Any]:
        probes = [item for item in self.records[host]["findings"] if item["check"] == "probe"]
        [found] = [item for item in probes if target in item["why"] and item["stack"]["kind"] == kind]
        return found


@pytest.fixture(scope="module")
def probed(lab: Lab, hosts: dict[str, Host], audits: Audits) -> Probed:
    servers = {lab.modern: lab.modern.last_number(), lab.legacy: lab.legacy.last_number()}
    options = {"mailtls_probe": [*TARGETS, NOWHERE], "mailtls_probe_jitter": 1}
    run = audits.run("newest", "-e", json.dumps(options))
    assert run.done.returncode == 0, run.done.stdout + run.done.stderr
    seen = {
        name: [one for server, last in servers.items() for one in server.connections(peer=host.address, after=last)]
        for name, host in hosts.items()
    }
    return Probed({name: run.hosts[host.name] for name, host in hosts.items()}, seen)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", ["new", "old"])
def test_the_finding_says_what_happens_on_the_wire(probed: Probed, host: str, kind: str, target: str) -> None:
    found = probed.finding(host, target, kind)
    if (host, kind) == ("new", "openssl") or kind == "gnutls":
        assert (found["verdict"], found["cause"]) == ("PASS", "ok")
        assert "One success proves little" in found["why"]
    elif target.startswith(AFTER):
        assert (found["verdict"], found["cause"]) == ("AT_RISK", "handshake_failed")
        [failed] = [one for one in probed.seen[host] if not one.completed and f":{one.port}" in target]
        # Dovecot hangs up on such a hello without one.
        assert ("sent alert" in found["why"]) == (failed.server_alert is not None)
    else:
        assert (found["verdict"], found["cause"]) == ("AT_RISK", "old_handshake")
        assert "TLS 1.1" in found["why"]


@pytest.mark.parametrize("host", ["new", "old"])
def test_the_servers_saw_one_connection_for_each_finding_and_nobody_sign_in(probed: Probed, host: str) -> None:
    findings = [item for item in probed.records[host]["findings"] if item["check"] == "probe"]
    seen = probed.seen[host]
    assert len(seen) == len(findings) == len(TARGETS) * len(KINDS)
    assert {connection.user for connection in seen} == {None}
    assert {command.upper() for connection in seen for command in connection.plain_commands} <= {"STARTTLS", "STLS"}
    failed = [item for item in findings if item["cause"] == "handshake_failed"]
    assert len([connection for connection in seen if not connection.completed]) == len(failed)


def test_a_server_that_is_not_found_is_told_and_changes_nothing(probed: Probed) -> None:
    [gap] = [gap for gap in probed.records["new"]["gaps"] if NOWHERE in gap["what"]]
    assert "name was not found" in gap["why"]
    assert probed.records["new"]["verdict"] == "PASS"


def test_a_success_of_one_library_mends_nothing_of_the_other(probed: Probed) -> None:
    findings = probed.records["old"]["findings"]
    [library] = [item for item in findings if item["check"] == "stack" and item["stack"]["kind"] == "openssl"]
    assert (library["verdict"], probed.records["old"]["verdict"]) == ("FAIL", "FAIL")


def test_only_the_chosen_hosts_are_probed_and_one_that_can_t_be_says_so(hosts: dict[str, Host], audits: Audits) -> None:
    options = {"mailtls_probe": TARGETS[0], "mailtls_probe_hosts": 1, "mailtls_reach": "shell"}
    run = audits.run("newest", "-e", json.dumps(options))
    gaps = {name: [gap for gap in record["gaps"] if gap["what"] == "probe"] for name, record in run.hosts.items()}
    assert sorted(map(len, gaps.values())) == [0, 1]


def test_a_server_without_a_port_of_mail_stops_the_run_before_the_first_host(audits: Audits) -> None:
    run = audits.run("newest", "-e", "mailtls_probe=outlook.office365.com:25")
    assert run.done.returncode != 0
    assert "probe: expected host:port" in run.done.stdout
