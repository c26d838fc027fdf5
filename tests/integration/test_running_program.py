"""Fetchers on nobody's list: with a TLS library of their own, started again and again for a moment, and seen only while they run.
Beside them lies an old library that nothing loads."""

from __future__ import annotations

import subprocess
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
FORGOTTEN = "/opt/forgotten/lib/libssl.so.6"
# No package has a library that is so old. This one has its text, and no functions that could be asked.
RELEASE = '__attribute__((used)) static const char release[] = "OpenSSL 0.9.8e 23 Feb 2007";'
TIMER = "for name in {names}; do while sleep 1; do /opt/$name/run; done & done; wait"


@pytest.fixture(scope="module")
def host(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    library = tmp_path_factory.mktemp("forgotten") / "libssl.so.6"
    subprocess.run(["gcc", "-shared", "-o", library, "-x", "c", "-"], input=RELEASE, text=True, check=True)
    files: dict[str, File | str] = {"/opt/old/openssl.cnf": CAPPED, FORGOTTEN: File(library.read_bytes())}
    for name in NAMES:
        environment = " OPENSSL_CONF=/opt/old/openssl.cnf" if name == "old" else ""
        files[f"/opt/{name}/run"] = File(FETCH.format(name=name, environment=environment), mode=0o755)
    host = lab.host("unlisted", files=files)
    host.do(INSTALL.format(names=" ".join(NAMES)))
    yield host
    host.stop()


@pytest.fixture(scope="module")
def findings(lab: Lab, host: Host) -> list[dict[str, Any]]:
    """Those of an audit that watches while the fetchers come and go."""
    timer = host.start(["sh", "-c", TIMER.format(names=" ".join(NAMES))], user="root", output="/var/log/timer")
    try:
        audits = Audits(lab, "unlisted", {host.name: host}, lab.inventory("unl", [host]))
        run = audits.run("newest", "-e", "mailtls_watch=8s")
        assert run.done.returncode == 0, run.done.stdout + run.done.stderr
        return list(run.hosts[host.name]["findings"])
    finally:
        host.end(timer)


@pytest.fixture(scope="module")
def found(findings: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Those of the fetchers, by program."""
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


def test_of_libraries_that_lie_there_only_an_old_one_is_a_risk(findings: list[dict[str, Any]]) -> None:
    lying = [item for item in findings if item["check"] == "stack" and item["stack"]["path"].startswith("/opt/")]
    assert [(item["verdict"], item["stack"]["path"], item["stack"]["version"]) for item in lying] == [("AT_RISK", FORGOTTEN, "0.9.8e")]
    assert "belongs to /opt/forgotten" in lying[0]["why"]
