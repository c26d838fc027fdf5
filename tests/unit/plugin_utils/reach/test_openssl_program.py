"""What a host's own program `openssl` says, held against what the library itself writes, under every shell."""

from __future__ import annotations

import datetime
import os
import subprocess
from pathlib import Path
from typing import Any

import evidence_factory as make
import pytest
from posix_shells import SHELLS, functions

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import frame, openssl_program, program
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.frame import Record
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.saved_host import SavedHost

PROGRAM = "/usr/bin/openssl"
LIBRARY = "/usr/lib/libssl.so.1.0.2k"
LISTS = ("AES128-SHA:ECDHE+AESGCM", "ALL:!aNULL:@SECLEVEL=0", "NOTHING:OF:THIS")


def said(sh: list[str], calls: str) -> list[Record]:
    text = f"{functions()}\nprintf '%s\\n' '{program.START} n0'\nwant_host\nwant_loaders\n{calls}\nrecord end\n"
    done = subprocess.run(sh, input=text.encode(), env={"PATH": os.environ["PATH"]}, capture_output=True, check=False)
    return frame.split(done.stdout, "n0")[0]


def hellos(stack: dict[str, Any]) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {(hello["case"], hello["priority"]): hello for hello in stack["hellos"]}


@pytest.mark.requires_program("openssl")
@pytest.mark.parametrize("sh", SHELLS)
def test_the_program_says_what_its_library_writes(sh: list[str]) -> None:
    host = Host("/")
    [path] = [path for path in host.stacks.of_binary(PROGRAM) if "libssl" in path]
    for text in LISTS:
        host.stacks.want_ciphers(path, text)
    host.stacks.ask()
    written = hellos(next(stack for stack in host.stacks.all() if stack["path"] == path))
    noted = "\n".join(f"noted words 'CipherString {text}'" for text in LISTS)
    records = said(sh, f"{noted}\nwant_openssl")
    stack: dict[str, Any] = {"path": path, "hellos": [], "build": [], "version": None}
    openssl_program.complete(SavedHost(records, []), [stack], records)
    told = hellos(stack)
    assert told["bare", None]["versions"] == written["bare", None]["versions"]
    # The renegotiation's number (RFC 5746) stands in a ClientHello among the suites.
    assert set(told["suites", None]["ciphers"]) == set(written["system", None]["ciphers"]) - {"00FF"}
    for text in LISTS[:2]:
        assert set(told["ciphers", text]["ciphers"]) == set(written["ciphers", text]["ciphers"]) - {"00FF"}
    for answer in (told, written):
        assert answer["ciphers", LISTS[2]]["error"].endswith("no cipher match")
    assert stack["version"]


@pytest.mark.parametrize("sh", SHELLS)
def test_what_is_no_list_of_suites_or_could_be_an_option_is_not_asked(sh: list[str]) -> None:
    content = 'ciphers = "A:B" \r\nciphersuites = C\n# ciphers = D\nCIPHERSTRING\tE\nCipherString -s\nciphers =\nciphers=A:B'
    records = said(sh, f"noted assignments '{content}'\nnoted fetchmailrc 'ciphers = F'\nrecord lists \"$LISTS\"")
    assert [record[1] for record in records if record[0] == "lists"] == ["\nA:B\nE\n"]


@pytest.mark.parametrize("sh", SHELLS)
def test_a_program_that_hangs_is_ended_and_told(sh: list[str], tmp_path: Path) -> None:
    hanging = tmp_path / "openssl"
    hanging.write_text("#!/bin/sh\nexec sleep 1000\n")
    hanging.chmod(0o755)
    records = said(sh, f"PATIENCE=1\nanswer '{hanging}' version p version -a")
    host = SavedHost(records, [])
    openssl_program.complete(host, [], records)
    assert [gap["what"] for gap in host.gaps] == [str(hanging)]


def of(**answers: str) -> dict[str, Any]:
    """The evidence of a library whose program gave these answers."""
    listed = ("loads", PROGRAM, f"\tlibssl.so.10 => {LIBRARY} (0x0000)\n")
    records = [listed, *(("openssl", PROGRAM, question.replace("_", " ", 1), answer) for question, answer in answers.items())]
    stack = {"path": LIBRARY, "hellos": [], "build": [], "version": "1.0.2k"}
    openssl_program.complete(SavedHost(records, []), [stack], records)
    return stack


# Lines as the manual pages of these releases have them, and OpenSSL's source prints them (SSL_CIPHER_description).
OLD = {
    "0.9.8e": ("OpenSSL 0.9.8e-fips-rhel5 01 Jul 2008\ncompiler: gcc -fPIC", "tls1", "- SSLv3\n- SSLv2", ["TLSv1"]),
    "1.0.0": ("OpenSSL 1.0.0-fips 29 Mar 2010\ncompiler: gcc", "tls1", "0039 SSLv3", ["TLSv1"]),
    "1.0.2k": ("OpenSSL 1.0.2k-fips 26 Jan 2017\ncompiler: gcc", "tls1_2\ntls1_1\ntls1", "C030 TLSv1.2\n0035 SSLv3", ["TLSv1.2"]),
    "1.0.1 of Ubuntu 12.04": (
        "OpenSSL 1.0.1 14 Mar 2012\ncompiler: cc -DOPENSSL_NO_TLS1_2_CLIENT -DOPENSSL_MAX_TLS1_2_CIPHER_LENGTH=50",
        "tls1_2\ntls1_1\ntls1",
        "C030 TLSv1.2\n0035 SSLv3",
        ["TLSv1.1"],
    ),
}


@pytest.mark.parametrize(("version", "options", "suites", "expected"), OLD.values(), ids=OLD)
def test_before_1_1_0_the_highest_version_is_told_by_suites_options_and_flags(
    version: str, options: str, suites: str, expected: list[str]
) -> None:
    stack = of(version=version, options=options, system=suites, bare=suites)
    assert hellos(stack)["bare", None]["versions"] == expected


SUITES = "C030 TLSv1.2\n0035 SSLv3"
ANSWERS = {
    "RHEL 7": ("PASS", "1.0.2k", {"version": OLD["1.0.2k"][0], "options": "tls1_2\ntls1_1\ntls1", "system": SUITES, "bare": SUITES}),
    "RHEL 5": ("FAIL", "0.9.8e", {"version": OLD["0.9.8e"][0], "options": "tls1", "system": "- SSLv3", "bare": "- SSLv3"}),
    "Debian 12": (
        "PASS",
        "3.0.20",
        {
            "version": "OpenSSL 3.0.20 1 Apr 2026",
            "options": "tls1_2\ntls1_3",
            "system": f"1301 TLSv1.3\n{SUITES}",
            **{f"bare_{pin}": "0035 SSLv3" for pin in ("-tls1", "-tls1_1")},
            "bare_-tls1_2": SUITES,
            "bare_-tls1_3": "1301 TLSv1.3",
        },
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_oldest_system_gets_as_firm_a_verdict_as_a_new_one(name: str) -> None:
    verdict, release, answers = ANSWERS[name]
    told = of(**answers)
    stack = make.stack(version=release, hellos=told["hellos"], build=told["build"])
    document = make.evidence(reach="shell", stacks=[stack], clients=[make.client(make.account())])
    record = assess(evidence.load(document), load(), datetime.date(2026, 11, 29))
    [found] = [item for item in record["findings"] if item["check"] == "account"]
    assert (found["verdict"], found["confidence"]) == (verdict, "configured"), found["why"]


def test_of_the_oldest_no_suite_has_a_number() -> None:
    stack = of(version="OpenSSL 0.9.8e 1 Jan 2008", options="tls1", system="- SSLv3", bare="- SSLv3")
    assert ("suites", None) not in hellos(stack)


def test_an_option_that_is_ignored_shows_nothing() -> None:
    """A program that lists the same whatever version it is asked for tells nothing of the old ones."""
    suites = "1301 TLSv1.3\nC030 TLSv1.2\n0035 SSLv3"
    answers = {f"bare_{pin}": suites for pin in ("-tls1", "-tls1_1", "-tls1_2", "-tls1_3")}
    stack = of(version="OpenSSL 3.0.0 1 Jan 2022", options="tls1_2", **answers)
    assert hellos(stack)["bare", None]["versions"] == ["TLSv1.3"]


def test_a_program_whose_library_is_not_known_is_a_gap() -> None:
    records = [("openssl", PROGRAM, "version", "OpenSSL 1.0.2k")]
    host = SavedHost(records, [])
    openssl_program.complete(host, [], records)
    assert [gap["what"] for gap in host.gaps] == [PROGRAM]
