"""Fetchers on nobody's list: with a TLS library of their own, started again and again for a moment, and seen only while they run.
Beside them lies an old library that nothing loads."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import foreign_libraries
import pytest
from audits import Audits
from lab.container import File
from lab.host import Host
from lab.session import Lab

# Copies of a program that sets nothing of TLS by itself, with copies of its libraries beside it.
INSTALL = """
for name in new old; do
    mkdir -p /opt/$name/lib
    cp /usr/bin/openssl /opt/$name/fetch
    cp /usr/lib/*/libssl.so.3 /usr/lib/*/libcrypto.so.3 /opt/$name/lib
done
"""
COPIED = "sleep 2 | /opt/{name}/fetch s_client -quiet -connect outlook.office365.com:993 -servername outlook.office365.com"
# What starts each fetcher, once.
RUNS = {
    "new": f"export LD_LIBRARY_PATH=/opt/new/lib\n{COPIED.format(name='new')}",
    "old": f"export LD_LIBRARY_PATH=/opt/old/lib OPENSSL_CONF=/opt/old/openssl.cnf\n{COPIED.format(name='old')}",
    "compiled": "/opt/compiled/fetch outlook.office365.com 993",
    "contained": "/opt/contained/fetch /opt/contained/fetch.js",
}
# The library of each, how it is known, and what is found of it.
LIBRARIES = {
    "new": ("/opt/new/lib/libssl.so.3", "observed"),
    "old": ("/opt/old/lib/libssl.so.3", "observed"),
    "compiled": ("/opt/compiled/lib/libssl-3309e9a3.so.1.0.2n", "observed"),
    "contained": ("/opt/contained/fetch (openssl)", "inferred"),
}
# OpenSSL 1.0.0 in a program under a name of its own: Node.js 0.8.
CONTAINED = """var end = require("tls").connect(993, "outlook.office365.com", {servername: "outlook.office365.com"}, function () {
    setTimeout(process.exit, 2000);
});
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
FORGOTTEN = "/opt/forgotten/lib/libssl.so.6"
# No package has a library that is so old. This one has its text, and no functions that could be asked.
RELEASE = '__attribute__((used)) static const char release[] = "OpenSSL 0.9.8e 23 Feb 2007";'
TIMER = "for name in {names}; do while sleep 1; do /opt/$name/run; done & done; wait"


def compiled(directory: Path) -> dict[str, File | str]:
    """The fetcher that is made here, and the libraries that it brings along."""
    libraries = foreign_libraries.openssl("1.0.2n").parent
    program = directory / "fetch"
    linked = [*libraries.glob("libssl*"), *libraries.glob("libcrypto*")]
    # Of the older kind of path, which its libraries are looked for in as well.
    linker = "-Wl,--disable-new-dtags,-rpath,$ORIGIN/lib,--unresolved-symbols=ignore-in-shared-libs"
    subprocess.run(["gcc", "-o", program, Path(__file__).with_name("home_made_fetcher.c"), *linked, linker], check=True)
    files = {f"/opt/compiled/lib/{path.name}": File(path.read_bytes(), mode=0o755) for path in libraries.iterdir()}
    return {**files, "/opt/compiled/fetch": File(program.read_bytes(), mode=0o755)}


def contained() -> dict[str, File | str]:
    """The fetcher that contains its library."""
    program = foreign_libraries.node("0.8.28")
    return {"/opt/contained/fetch": File(program.read_bytes(), mode=0o755), "/opt/contained/fetch.js": CONTAINED}


@pytest.fixture(scope="module")
def host(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    library = tmp_path_factory.mktemp("forgotten") / "libssl.so.6"
    subprocess.run(["gcc", "-shared", "-o", library, "-x", "c", "-"], input=RELEASE, text=True, check=True)
    files: dict[str, File | str] = {"/opt/old/openssl.cnf": CAPPED, FORGOTTEN: File(library.read_bytes())}
    try:
        files |= {**compiled(tmp_path_factory.mktemp("compiled")), **contained()}
    except foreign_libraries.Unavailable as error:
        pytest.skip(str(error))
    files |= {f"/opt/{name}/run": File(f"#!/bin/sh\n{run}\n", mode=0o755) for name, run in RUNS.items()}
    host = lab.host("unlisted", files=files)
    host.do(INSTALL)
    yield host
    host.stop()


@pytest.fixture(scope="module")
def findings(lab: Lab, host: Host) -> list[dict[str, Any]]:
    """Those of an audit that watches while the fetchers come and go."""
    timer = host.start(["sh", "-c", TIMER.format(names=" ".join(RUNS))], user="root", output="/var/log/timer")
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


@pytest.mark.parametrize("name", RUNS)
def test_the_finding_says_what_happens_on_the_wire(lab: Lab, host: Host, found: dict[str, dict[str, Any]], name: str) -> None:
    finding = found[f"/opt/{name}/fetch"]
    host.resolve(lab.names_after())
    before = lab.modern.last_number()
    host.run([f"/opt/{name}/run"])
    [connection] = lab.modern.connections(peer=host.address, after=before)
    assert (finding["verdict"] == "PASS", finding["verdict"] == "FAIL") == (connection.completed, not connection.completed), finding["why"]
    library, confidence = LIBRARIES[name]
    assert (finding["confidence"], finding["stack"]["path"].startswith(library)) == (confidence, True)
    assert tuple(finding["offered"])[-1:] == connection.offered[-1:]


def test_both_kinds_are_there(found: dict[str, dict[str, Any]]) -> None:
    assert {item["verdict"] for item in found.values()} == {"PASS", "FAIL"}


def test_of_libraries_that_lie_there_only_an_old_one_is_a_risk(findings: list[dict[str, Any]]) -> None:
    lying = [item for item in findings if item["check"] == "stack" and item["stack"]["path"].startswith("/opt/")]
    assert [(item["verdict"], item["stack"]["path"], item["stack"]["version"]) for item in lying] == [("AT_RISK", FORGOTTEN, "0.9.8e")]
    assert "belongs to /opt/forgotten" in lying[0]["why"]
