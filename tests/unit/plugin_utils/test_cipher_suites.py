"""Lists of cipher suites: what their words tell for certain, held against OpenSSL; and what an account's finding makes of the answer."""

from __future__ import annotations

import datetime
import ssl
from typing import Any

import evidence_factory as make
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.plugin_utils import cipher_string, evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load

POLICY = load()
ACCEPTED = {suite.openssl for suite in POLICY.cipher_suites.values()}
TODAY = datetime.date(2026, 11, 24)
# fmt: off
WORDS = [
    "ALL", "DEFAULT", "HIGH", "AESGCM", "ECDHE", "kEECDH",
    "kECDHE", "RSA", "AES128", "SHA1", "ECDHE+AESGCM", "ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA",
]
REMOVED = [
    "!aNULL", "!MD5", "!RC4", "!SHA384", "-AESCCM", "!AESCCM8", "!3DES", "!DH",
    "!kDHE", "-PSK", "!ECDHE", "!AESGCM", "!RSA", "!SHA1", "@STRENGTH", "@SECLEVEL=2",
]
# fmt: on


def left_by_openssl(string: str) -> set[str]:
    """The suites of TLS 1.2 that this machine's OpenSSL leaves with that list; none where it refuses it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.set_ciphers(string)
    except ssl.SSLError:
        return set()
    return {cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"}


@example(["AES128-SHA", "DEFAULT"], [])
@given(st.lists(st.sampled_from(WORDS), max_size=3), st.lists(st.sampled_from(REMOVED), max_size=3))
def test_what_its_words_tell_for_certain_is_what_openssl_does(brought: list[str], removed: list[str]) -> None:
    string = ":".join([*brought, *removed])
    told = cipher_string.shares(string, ACCEPTED)
    if told is not None:
        assert told == bool(left_by_openssl(string) & ACCEPTED), string


@given(st.text())
def test_any_text_is_a_list_of_which_something_or_nothing_is_certain(string: str) -> None:
    assert cipher_string.shares(string, ACCEPTED) in (True, False, None)


@pytest.mark.parametrize(
    ("string", "told"),
    [
        ("DEFAULT", True),
        ("HIGH:!aNULL:!MD5", True),
        ("ECDHE-RSA-AES128-GCM-SHA256:RC4-SHA", True),
        ("DEFAULT:@SECLEVEL=1", True),
        ("DEFAULT@SECLEVEL=0", True),
        ("DEFAULT:@SECLEVEL=5", None),
        ("DEFAULT:!ECDHE", None),
        ("DEFAULT:AES128-SHA", True),
        ("AES128-SHA:DEFAULT", None),
        (":DEFAULT", None),
        ("!aNULL:DEFAULT", None),
        ("PROFILE=SYSTEM", None),
        ("AES128-SHA:DES-CBC3-SHA", False),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", False),
        ("", None),
    ],
)
def test_what_is_certain(string: str, told: bool | None) -> None:
    assert cipher_string.shares(string, ACCEPTED) is told


def ciphers(string: str, codes: list[str], **changes: Any) -> dict[str, Any]:
    """OpenSSL's answer to that list."""
    return make.hello("ciphers", priority=string, ciphers=codes, **changes)


def judged(string: str, answer: dict[str, Any] | None, pin: str | None = None) -> dict[str, Any]:
    """The finding of a getmail account with those ssl_ciphers."""
    settings = [make.setting("ssl_ciphers", string)] + ([make.setting("ssl_version", pin, line=4)] if pin else [])
    python = make.stack("python", "3.11.2", "/usr/bin/python3.11")
    hellos = [make.hello("system"), make.hello("bare")] + ([answer] if answer else [])
    client = make.client(
        make.account(settings=settings), name="getmail", installs=[make.install("6.18.11", ["/usr/bin/python3.11", make.LIBSSL])]
    )
    document = make.evidence(stacks=[python, make.stack(hellos=hellos)], clients=[client])
    return assess(evidence.load(document), POLICY, TODAY)["findings"][0]


def test_a_list_that_leaves_a_suite_of_the_service_passes() -> None:
    assert judged("HIGH:!ECDHE", ciphers("HIGH:!ECDHE", ["1302", "009D"]))["verdict"] == "PASS"


def test_a_list_without_one_fails_and_its_line_is_named() -> None:
    found = judged("AES128-SHA", ciphers("AES128-SHA", ["002F"]))
    assert (found["verdict"], found["cause"]) == ("FAIL", "no_common_cipher_suite")
    assert "ssl_ciphers = AES128-SHA (/home/alice/.fetchmailrc, line 3)" in found["why"]
    assert found["fix"]["change"] == {
        "file": "/home/alice/.fetchmailrc", "line": 3, "key": "ssl_ciphers", "from": "AES128-SHA", "to": "DEFAULT",
    }  # fmt: skip


def test_the_suites_of_tls_1_3_are_apart_from_the_list() -> None:
    answer = ciphers("AES128-SHA", ["1301", "002F"])
    assert judged("AES128-SHA", answer)["verdict"] == "PASS"
    assert judged("AES128-SHA", answer, pin="tlsv1_2")["cause"] == "no_common_cipher_suite"


def test_a_list_that_openssl_refuses_leaves_nothing() -> None:
    error = "error:0A0000B9:SSL routines::no cipher match"
    found = judged("RC4-SHA", ciphers("RC4-SHA", [], versions=[], error=error))
    assert (found["verdict"], found["cause"], found["offered"]) == ("FAIL", "pinned", [])


def test_an_answer_that_is_none_and_a_library_that_was_not_asked_are_unknown() -> None:
    assert judged("ECDHE+AES", ciphers("ECDHE+AES", [], versions=[], error="it crashed"))["verdict"] == "UNKNOWN"
    found = judged("RC4-SHA", None)
    assert found["verdict"] == "UNKNOWN"
    assert "ssl_ciphers = RC4-SHA" in found["why"]
    assert judged("RC4-SHA", None, pin="tlsv1_2")["cause"] == "no_common_cipher_suite"
    assert judged("DEFAULT@SECLEVEL=1", None)["verdict"] == "PASS"
