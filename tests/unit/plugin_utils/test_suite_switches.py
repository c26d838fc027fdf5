"""Cipher suites that a client chooses and switches off by itself: shared, not shared, or nobody can tell."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load

LIBNSS = "/usr/lib/thunderbird/libssl3.so"
PREFS = "/home/alice/.thunderbird/p/prefs.js"
SERVICES = ("ecdhe_rsa_aes_256_gcm_sha384", "ecdhe_rsa_aes_128_gcm_sha256", "ecdhe_rsa_aes_256_sha", "ecdhe_rsa_aes_128_sha")
RSA = ("rsa_aes_256_gcm_sha384", "rsa_aes_128_gcm_sha256")
NSS_DEFAULT = ["1301", "1303", "1302", "C02B", "C02F", "C02C", "C030", "C013", "C027", "C014", "009C", "009D", "002F"]


def off(*names: str) -> list[dict[str, Any]]:
    return [make.setting(f"security.ssl3.{name}", "false", PREFS, 10 + line) for line, name in enumerate(names)]


def at_most(version: str) -> list[dict[str, Any]]:
    return [make.setting("security.tls.version.max", version, PREFS), make.setting("security.tls.version.min", "3", PREFS)]


def judge(settings: list[dict[str, Any]], version: str | None = "153.7.0", ciphers: list[str] | None = NSS_DEFAULT) -> dict[str, Any]:
    hellos = [make.hello(case, ciphers=ciphers) for case in ("system", "bare")] if ciphers is not None else []
    stack = make.stack("nss", "3.125", LIBNSS, config="", origin="bundled", owner="/usr/lib/thunderbird/thunderbird", hellos=hellos)
    installs = [make.install(version, [LIBNSS], "/usr/lib/thunderbird/thunderbird")]
    client = make.client(make.account(settings=settings), name="thunderbird", installs=installs)
    record = assess(evidence.load(make.evidence(stacks=[stack], clients=[client])), load.load(), datetime.date(2026, 11, 24))
    [found] = [item for item in record["findings"] if item["check"] == "account"]
    return found


@pytest.mark.parametrize("ciphers", [NSS_DEFAULT, None], ids=["asked", "not asked"])
def test_every_suite_of_the_service_switched_off_fails_and_names_the_lines(ciphers):
    found = judge([*at_most("3"), *off(*SERVICES, *RSA)], ciphers=ciphers)
    assert (found["verdict"], found["cause"]) == ("FAIL", "no_common_cipher_suite")
    assert f"security.ssl3.rsa_aes_128_gcm_sha256 = false ({PREFS}, line 15)" in found["why"]
    assert found["fix"]["change"] == {
        "file": PREFS, "line": 10, "key": "security.ssl3.ecdhe_rsa_aes_256_gcm_sha384", "from": "false", "to": "true",
    }  # fmt: skip


@pytest.mark.parametrize("left", [*SERVICES, *RSA])
def test_one_suite_that_is_left_is_enough(left):
    settings = off(*(name for name in (*SERVICES, *RSA) if name != left))
    assert judge([*at_most("3"), *settings])["verdict"] == "PASS"


def test_a_suite_that_is_switched_on_is_on():
    assert (
        judge([*at_most("3"), *off(*SERVICES[1:], *RSA), make.setting(f"security.ssl3.{SERVICES[0]}", "true", PREFS)])["verdict"] == "PASS"
    )


def test_suites_of_tls_1_3_are_left_where_that_is_offered():
    assert judge(off(*SERVICES, *RSA))["verdict"] == "PASS"


def test_suites_of_tls_1_3_can_be_switched_off_as_well():
    tls13 = [make.setting(f"security.tls13.{name}", "false", PREFS) for name in ("aes_128_gcm_sha256", "aes_256_gcm_sha384")]
    chacha = make.setting("security.tls13.chacha20_poly1305_sha256", "false", PREFS)
    assert judge([*off(*SERVICES, *RSA), *tls13])["verdict"] == "PASS"
    assert judge([*off(*SERVICES, *RSA), *tls13, chacha])["cause"] == "no_common_cipher_suite"


def test_policies_json_switches_suites_off_by_their_names():
    names = ("TLS_ECDHE_RSA_WITH_AES_{}_GCM_SHA{}", "TLS_RSA_WITH_AES_{}_GCM_SHA{}", "TLS_ECDHE_RSA_WITH_AES_{}_CBC_SHA")
    disabled = [f"DisabledCiphers.{name.format(*size)}" for name in names for size in (("256", "384"), ("128", "256"))]
    settings = [make.setting(key, "true", "/etc/thunderbird/policies/policies.json") for key in disabled]
    found = judge([*at_most("3"), *settings])
    assert (found["verdict"], found["cause"], found["fix"]["change"]["to"]) == ("FAIL", "no_common_cipher_suite", "false")


def test_what_older_releases_have_on_besides_the_certain_ones_nobody_can_tell():
    found = judge([*at_most("3"), *off(*SERVICES[1:])], version="91.9.0")
    assert found["verdict"] == "UNKNOWN"
    assert "which cipher suites are left" in found["why"]
    assert judge([*at_most("3"), *off(*SERVICES[2:])], version="91.9.0")["verdict"] == "PASS"


def test_of_a_release_that_is_not_known_nothing_is_certain():
    assert judge([*at_most("3"), *off(*SERVICES)], version=None)["verdict"] == "UNKNOWN"


def test_what_the_library_does_not_offer_is_not_left():
    found = judge([*at_most("3"), *off(*SERVICES[:3])], ciphers=["C030", "C02F", "C014"])
    assert (found["verdict"], found["cause"]) == ("FAIL", "no_common_cipher_suite")


def test_a_range_that_contradicts_itself_leaves_the_suites_switched_off():
    contradiction = [make.setting("security.tls.version.max", "1", PREFS), make.setting("security.tls.version.min", "3", PREFS)]
    assert judge([*contradiction, *off(*SERVICES, *RSA)], ciphers=["C030", "C02F", "C014", "C013", "009C"])["verdict"] == "FAIL"


@pytest.mark.parametrize("code", ["c030", "C03", "C0300", "WXYZ"])
def test_what_is_no_code_point_is_refused_where_it_stands(tmp_path, code):
    file = tmp_path / "policy.yml"
    file.write_text(
        "schema: mailtls.policy/1\nclients:\n  x:\n    title: X\n    libraries: [nss]\n"
        f"    suites:\n      - {{suites: [{code}], source: TB1}}\n"
    )
    with pytest.raises(load.PolicyError, match=r"policy\.yml, line 7: .*four hexadecimal digits"):
        load.load(str(file))
