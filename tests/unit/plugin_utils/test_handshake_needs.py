"""A handshake that versions and cipher suites would allow, and groups, signature algorithms or key lengths may not."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import cipher_string, evidence, priority_string
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load

POLICY = load()
TODAY = datetime.date(2026, 11, 24)
USUAL = {"groups": ["001D", "0017"], "signature_algorithms": ["0403", "0804"]}


def account(hellos: list[dict[str, Any]], **settings: str) -> dict[str, Any]:
    """The finding of fetchmail's account, with those settings of the system for OpenSSL."""
    file = "/etc/ssl/openssl.cnf"
    read = [
        {"stack": "openssl", "config": file, "file": file, "line": 9, "section": "defaults", "key": key, "value": value}
        for key, value in settings.items()
    ]
    stack = make.stack(config=file, hellos=hellos)
    document = make.evidence(stacks=[stack], settings=read, clients=[make.client(make.account())])
    record = assess(evidence.load(document), POLICY, TODAY)
    [found] = [item for item in record["findings"] if item["check"] == "account"]
    return found


def hellos(**changes: Any) -> list[dict[str, Any]]:
    return [make.hello("system", **{**USUAL, **changes}), make.hello("bare", **USUAL)]


@pytest.mark.parametrize("offer", [USUAL, {"groups": None, "signature_algorithms": None}, {"groups": ["0101", "0018"]}])
def test_what_servers_take_passes(offer: dict[str, Any]) -> None:
    assert account(hellos(**offer))["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        ({"groups": ["0104"]}, "one of the groups for the key exchange that its ClientHello offers (0104)"),
        ({"groups": []}, "one of the groups for the key exchange that its ClientHello offers (none)"),
        ({"signature_algorithms": ["0403", "0201"]}, "one of the signature algorithms that its ClientHello offers (0403, 0201)"),
    ],
)
def test_what_perhaps_no_server_takes_is_unknown(offer: dict[str, Any], why: str) -> None:
    found = account(hellos(**offer))
    assert found["verdict"] == "UNKNOWN"
    assert why in found["why"]


def test_evidence_without_these_lists_is_judged_as_before() -> None:
    old = [make.hello("system"), make.hello("bare")]
    for hello in old:
        hello.pop("groups", None)
        hello.pop("signature_algorithms", None)
    assert account(old)["verdict"] == "PASS"


def test_a_suite_of_tls_1_3_that_few_servers_have_is_none_in_common() -> None:
    found = account(hellos(versions=["TLSv1.3"], ciphers=["1304"]))
    assert (found["verdict"], found["cause"]) == ("FAIL", "no_common_cipher_suite")


@pytest.mark.parametrize(("level", "verdict"), [(2, "PASS"), (3, "UNKNOWN"), (5, "UNKNOWN")])
def test_a_level_of_security_that_asks_for_longer_keys(level: int, verdict: str) -> None:
    found = account(hellos(), CipherString=f"DEFAULT@SECLEVEL={level}")
    assert found["verdict"] == verdict
    assert ("/etc/ssl/openssl.cnf, line 9" in found["why"]) == (verdict == "UNKNOWN")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CipherString", "AES128-SHA@SECLEVEL=0"),
        ("Ciphersuites", "TLS_AES_128_CCM_SHA256"),
        ("Groups", "brainpoolP256r1"),
        ("Curves", "P-521:ffdhe2048"),
        ("SignatureAlgorithms", "ECDSA+SHA256"),
    ],
)
def test_a_list_whose_words_do_not_tell_is_unknown_where_the_library_was_not_asked(key: str, value: str) -> None:
    found = account([], **{key: value})
    assert found["verdict"] == "UNKNOWN"
    assert f"{key} = {value} (/etc/ssl/openssl.cnf, line 9) leaves is known only to the library that reads it" in found["why"]
    assert account(hellos(), **{key: value})["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CipherString", "DEFAULT@SECLEVEL=2"),
        (
            "CipherString",
            "@SECLEVEL=2:kEECDH:kRSA:kEDH:kPSK:kDHEPSK:kECDHEPSK:kRSAPSK:-aDSS:-3DES:!DES:!RC4:-SEED:!aNULL",
        ),
        ("Ciphersuites", "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"),
        ("Groups", "?X25519MLKEM768 / ?*X25519:secp256r1"),
        ("SignatureAlgorithms", "ECDSA+SHA256:RSA+SHA256"),
    ],
)
def test_a_list_whose_words_tell_passes_without_asking(key: str, value: str) -> None:
    assert account([], **{key: value})["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("ciphers", "settings", "verdict"),
    [
        (["C030"], {"CipherString": "kEECDH+aRSA:-SHA1"}, "PASS"),
        (["0035"], {"CipherString": "kRSA+SHA1", "MaxProtocol": "TLSv1.2"}, "FAIL"),
        # Suites alone don't tell what these come to.
        (["C030"], {"Groups": "brainpoolP256r1"}, "UNKNOWN"),
        (["C030"], {"SignatureAlgorithms": "ECDSA+SHA512"}, "UNKNOWN"),
        # And they don't hide what the configuration does to the versions.
        (["1301", "C030"], {"MaxProtocol": "TLSv1.1"}, "FAIL"),
    ],
)
def test_suites_that_the_host_s_own_program_lists_tell_of_cipher_lists_alone(
    ciphers: list[str], settings: dict[str, str], verdict: str
) -> None:
    suites = make.hello("suites", [], ciphers=ciphers, groups=None, signature_algorithms=None)
    assert account([make.hello("bare"), suites], **settings)["verdict"] == verdict


def test_tls_1_3_without_a_suite_of_it_is_unknown() -> None:
    found = account(hellos(ciphers=["C02F", "1304"]))
    assert found["verdict"] == "UNKNOWN"
    assert "which is offered without a suite of it that servers have" in found["why"]
    assert account(hellos(versions=["TLSv1.2"], ciphers=["C02F"]))["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("string", "asks"),
    [
        ("NORMAL:%PROFILE_HIGH", True),
        ("@SYSTEM:%PROFILE_ULTRA", True),
        ("NORMAL:%PROFILE_MEDIUM", False),
        ("SECURE128", False),
    ],
)
def test_profiles_that_ask_for_longer_keys(string: str, asks: bool) -> None:
    assert priority_string.asks_for_longer_keys(string) is asks


@pytest.mark.parametrize(("profile", "verdict"), [("medium", "PASS"), ("legacy", "PASS"), ("high", "UNKNOWN"), ("ultra", "UNKNOWN")])
def test_a_profile_of_the_system_for_gnutls(profile: str, verdict: str) -> None:
    file, library = "/etc/gnutls/config", "/usr/lib/x86_64-linux-gnu/libgnutls.so.30"
    setting = {"stack": "gnutls", "config": file, "file": file, "line": 2, "section": "overrides", "key": "min-verification-profile"}
    stack = make.stack("gnutls", "3.7.9", library, config=file, hellos=hellos())
    document = make.evidence(stacks=[stack], settings=[dict(setting, value=profile)])
    record = assess(evidence.load(document), POLICY, TODAY)
    [found] = [item for item in record["findings"] if item["check"] == "stack"]
    assert found["verdict"] == verdict
    assert (f"long enough for this profile: min-verification-profile = {profile} ({file}, line 2)" in found["why"]) == (verdict != "PASS")


@pytest.mark.parametrize(
    ("key", "value", "verdict"),
    [
        ("insecure-hash", "SHA1", "PASS"),
        ("insecure-hash", "sha256", "UNKNOWN"),
        ("tls-disabled-cipher", "3DES-CBC", "PASS"),
        ("tls-disabled-cipher", "aes-128-gcm", "UNKNOWN"),
        ("tls-disabled-kx", "ecdhe-rsa", "UNKNOWN"),
    ],
)
def test_what_the_system_takes_from_a_gnutls_that_was_not_asked(key: str, value: str, verdict: str) -> None:
    file, library = "/etc/gnutls/config", "/usr/lib/x86_64-linux-gnu/libgnutls.so.30"
    setting = {"stack": "gnutls", "config": file, "file": file, "line": 2, "section": "overrides", "key": key, "value": value}
    document = make.evidence(stacks=[make.stack("gnutls", "3.7.9", library, config=file, hellos=[])], settings=[setting])
    record = assess(evidence.load(document), POLICY, TODAY)
    [found] = [item for item in record["findings"] if item["check"] == "stack"]
    assert found["verdict"] == verdict


@pytest.mark.parametrize(("string", "level"), [("DEFAULT", None), ("HIGH@SECLEVEL=1:@SECLEVEL=3", 3), ("@SECLEVEL=0", 0)])
def test_the_last_level_counts(string: str, level: int | None) -> None:
    assert cipher_string.security_level(string) == level
