"""Mounted trees of old systems. They are made here by hand: the few files of each that matter, with libraries that hold the texts of
that release and can do nothing. Nothing of a tree is run: each program in it would leave a mark."""

from __future__ import annotations

import datetime
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.collect import collect
from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence as evidence_model
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load

pytestmark = pytest.mark.requires_program("gcc")
RC = 'poll outlook.office365.com proto imap user "u" pass "secret" ssl\n'
PINNED = RC.replace("ssl\n", "ssl sslproto TLS1\n")


@dataclass(frozen=True)
class System:
    """What a tree is made of, and what the audit has to say of it."""

    files: dict[str, str]
    soname: str
    library: str
    directory: str
    openssl: str
    platform: tuple[str, str]
    verdict: str
    run_control: str = RC


SYSTEMS = {
    "RHEL 5": System(
        {"/etc/redhat-release": "Red Hat Enterprise Linux Server release 5.11 (Tikanga)\n"},
        "6",
        "/lib64",
        "/etc/pki/tls",
        "OpenSSL 0.9.8e-fips-rhel5 01 Jul 2008",
        ("rhel", "5.11"),
        "FAIL",
    ),
    "RHEL 6": System(
        {"/etc/redhat-release": "CentOS release 6.10 (Final)\n"},
        "10",
        "/usr/lib64",
        "/etc/pki/tls",
        "OpenSSL 1.0.1e-fips 11 Feb 2013",
        ("centos", "6.10"),
        "PASS",
    ),
    "RHEL 7, pinned": System(
        {"/etc/os-release": 'ID="rhel"\nVERSION_ID="7.9"\n'},
        "10",
        "/usr/lib64",
        "/etc/pki/tls",
        "OpenSSL 1.0.2k-fips  26 Jan 2017",
        ("rhel", "7.9"),
        "FAIL",
        PINNED,
    ),
    "Ubuntu 12.04": System(
        {"/etc/os-release": 'ID=ubuntu\nVERSION_ID="12.04"\n'},
        "1.0.0",
        "/lib/x86_64-linux-gnu",
        "/usr/lib/ssl",
        "OpenSSL 1.0.1 14 Mar 2012",
        ("ubuntu", "12.04"),
        "PASS",
    ),
}


@pytest.fixture(params=SYSTEMS)
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[System, Path]]:
    system = SYSTEMS[request.param]
    root = tmp_path / "root"
    for path, text in {
        **system.files,
        "/etc/passwd": "alice:x:1000:1000::/home/alice:/bin/sh\n",
        "/home/alice/.fetchmailrc": system.run_control,
        f"{system.directory}/openssl.cnf": "",
    }.items():
        _write(root / path.lstrip("/"), text)
    for program in ("usr/bin/rpm", "usr/bin/openssl", "bin/sh", "sbin/ldconfig", "usr/bin/dpkg-query"):
        _write(root / program, f"#!/bin/sh\ntouch {tmp_path}/mark\n", 0o755)
    _build(system, root, tmp_path)
    # Links of the tree lead to places of the tree: this machine has neither.
    (root / "usr/local").mkdir(parents=True)
    (root / "usr/local/lib").symlink_to("/nowhere/of/this/machine")
    (root / "usr/local/bin").symlink_to("/opt/mail")
    (root / "opt/mail").mkdir(parents=True)
    (root / "usr/bin/fetchmail").rename(root / "opt/mail/fetchmail")
    yield system, root
    assert not (tmp_path / "mark").exists()


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _build(system: System, root: Path, work: Path) -> None:
    """A libcrypto with the texts of that release, a libssl that needs it, and a fetchmail that needs that."""
    directory = root / system.library.lstrip("/")
    directory.mkdir(parents=True, exist_ok=True)
    texts = [system.openssl, "compiler: gcc -DOPENSSL_THREADS", f'OPENSSLDIR: "{system.directory}"']
    quoted = ", ".join('"' + text.replace('"', '\\"') + '"' for text in texts)
    (work / "crypto.c").write_text(f"const char *const texts[] = {{{quoted}}}; int crypto;\n")
    (work / "ssl.c").write_text("extern int crypto; int *ssl = &crypto;\n")
    version = '__attribute__((used)) const char version[] = "\\0" "6.3.24";'
    main = f'int main(void) {{ fopen("{work}/mark", "w"); return *ssl; }}'
    (work / "main.c").write_text(f"#include <stdio.h>\nextern int *ssl;\n{version}\n{main}\n")
    crypto, ssl = (directory / f"lib{name}.so.{system.soname}" for name in ("crypto", "ssl"))
    (root / "usr/bin").mkdir(parents=True, exist_ok=True)
    for command in (
        ["-shared", "-fPIC", f"-Wl,-soname,{crypto.name}", "-o", crypto, work / "crypto.c"],
        ["-shared", "-fPIC", f"-Wl,-soname,{ssl.name}", "-o", ssl, work / "ssl.c", crypto],
        ["-o", root / "usr/bin/fetchmail", work / "main.c", ssl, "-Wl,--allow-shlib-undefined", f"-Wl,-rpath-link,{directory}"],
    ):
        subprocess.run(["gcc", *map(str, command)], check=True, env={**os.environ, "LD_LIBRARY_PATH": str(directory)})


def _judged(document: dict[str, Any]) -> dict[str, Any]:
    return assess(evidence_model.load(document), policy_load.load(), datetime.date(2026, 11, 24))


def test_the_tree_is_audited_by_its_files(tree: tuple[System, Path]) -> None:
    system, root = tree
    document = collect(root=str(root))
    assert (document["platform"]["os"], document["platform"]["release"]) == system.platform
    assert document["platform"]["kernel"] is None
    [stack] = document["stacks"]
    assert stack["path"] == f"{system.library}/libssl.so.{system.soname}"
    assert stack["version"] == system.openssl.split()[1].partition("-")[0]
    assert stack["config"] == f"{system.directory}/openssl.cnf"
    assert stack["hellos"] == []
    [client] = document["clients"]
    assert [(copy["program"], copy["stacks"]) for copy in client["installs"]] == [("/opt/mail/fetchmail", [stack["path"]])]
    findings = [finding for finding in _judged(document)["findings"] if finding["check"] == "account"]
    assert [(finding["verdict"], finding["account"]["user"]) for finding in findings] == [(system.verdict, "alice")]
    assert findings[0]["confidence"] == "inferred"


def test_a_trailing_slash_means_nothing(tree: tuple[System, Path]) -> None:
    _system, root = tree
    assert collect(root=f"{root}/") == collect(root=str(root))
