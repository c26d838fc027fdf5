"""Fetchers on nobody's list: with a TLS library of their own, started again and again for a moment, and seen only while they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from audits import Audits
from lab.container import File
from lab.host import Host
from lab.session import Lab

# In place of a home-made program: one that sets nothing of TLS by itself, with copies of its libraries beside it.
INSTALL = """
for name in {names}; do
    mkdir -p /opt/$name/lib
    cp /usr/bin/openssl /opt/$name/fetch
    cp /usr/lib/*/libssl.so.3 /usr/lib/*/libcrypto.so.3 /opt/$name/lib
done
"""
FETCH = """#!/bin/sh
export LD_LIBRARY_PATH=/opt/{name}/lib{environment}
sleep 2 | /opt/{name}/fetch s_client -quiet -connect outlook.office365.com:993 -servername outlook.office365.com
"""
CAPPED = """openssl_conf = top
[top]
ssl_conf = modules
[modules]
system_default = all
[all]
MaxProtocol = TLSv1.1
CipherString = DEFAULT:@SECLEVEL=0
"""
NAMES = ("new", "old")
TIMER = "for name in {names}; do while sleep 1; do /opt/$name/run; done & done; wait"


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[Host]:
    files: dict[str, File | str] = {"/opt/old/openssl.cnf": CAPPED}
    for name in NAMES:
        environment = " OPENSSL_CONF=/opt/old/openssl.cnf" if name == "old" else ""
        files[f"/opt/{name}/run"] = File(FETCH.format(name=name, environment=environment), mode=0o755)
    host = lab.host("unlisted", files=files)
    host.do(INSTALL.format(names=" ".join(NAMES)))
    yield host
    host.stop()


@pytest.fixture(scope="module")
def found(lab: Lab, host: Host) -> dict[str, dict[str, Any]]:
    """The findings by program, of an audit that watches while the fetchers come and go."""
    timer = host.start(["sh", "-c", TIMER.format(names=" ".join(NAMES))], user="root", output="/var/log/timer")
    try:
        audits = Audits(lab, "unlisted", {host.name: host}, lab.inventory("unl", [host]))
        run = audits.run("newest", "-e", "mailtls_watch=8s")
        assert run.done.returncode == 0, run.done.stdout + run.done.stderr
        findings = run.hosts[host.name]["findings"]
    finally:
        host.end(timer)
    return {item["account"]["config"]: item for item in findings if item["check"] == "account"}


@pytest.mark.parametrize("name", NAMES)
def test_the_finding_says_what_happens_on_the_wire(lab: Lab, host: Host, found: dict[str, dict[str, Any]], name: str) -> None:
    finding = found[f"/opt/{name}/fetch"]
    host.resolve(lab.names_after())
    before = lab.modern.last_number()
    host.run([f"/opt/{name}/run"])
    [connection] = lab.modern.connections(peer=host.address, after=before)
    assert (finding["verdict"] == "PASS", finding["verdict"] == "FAIL") == (connection.completed, not connection.completed), finding["why"]
    assert (finding["confidence"], finding["stack"]["path"].startswith(f"/opt/{name}/lib/libssl.so.3")) == ("observed", True)
    assert tuple(finding["offered"])[-1:] == connection.offered[-1:]


def test_both_kinds_are_there(found: dict[str, dict[str, Any]]) -> None:
    assert {item["verdict"] for item in found.values()} == {"PASS", "FAIL"}
