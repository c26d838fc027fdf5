"""Policies of the whole system (crypto-policies, NSS's policy file): named in the reason, and mended by the program that wrote them."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence as evidence_module
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load

BACK_ENDS = "/etc/crypto-policies/back-ends"
NSS_POLICY = f"{BACK_ENDS}/nss.config"
LIBNSS = "/usr/lib64/libssl3.so"
CAPPED_HELLOS = [make.hello("system", ["TLSv1", "TLSv1.1"]), make.hello("bare")]


def judge(**evidence: Any) -> dict[str, Any]:
    return assess(evidence_module.load(make.evidence(**evidence)), load.load(), datetime.date(2026, 11, 24))


def setting(stack: str, file: str, key: str, value: str, config: str | None = None) -> dict[str, Any]:
    return {"stack": stack, "config": config, "file": file, "line": 5, "section": None, "key": key, "value": value}


def crypto_policy(key: str, value: str) -> dict[str, Any]:
    return setting(
        "crypto-policies", {"policy": "/etc/crypto-policies/config", "applied": "/etc/crypto-policies/state/current"}[key], key, value
    )


def openssl_cap(file: str = f"{BACK_ENDS}/opensslcnf.config", config: str = "/etc/pki/tls/openssl.cnf") -> dict[str, Any]:
    return setting("openssl", file, "MaxProtocol", "TLSv1.1", config)


def nss(config: str | None = NSS_POLICY, **changes: Any) -> dict[str, Any]:
    return make.stack("nss", "3.90", LIBNSS, config=config, **{"hellos": [], **changes})


def thunderbird(*settings: dict[str, Any]) -> dict[str, Any]:
    installs = [make.install("115.3.1", [LIBNSS], "/usr/lib64/thunderbird/thunderbird")]
    return make.client(make.account(settings=list(settings)), name="thunderbird", installs=installs)


def only(record: dict[str, Any], check: str) -> dict[str, Any]:
    [found] = [item for item in record["findings"] if item["check"] == check]
    return found


def test_a_capped_crypto_policy_is_named_and_mended_by_its_own_program():
    stack = make.stack(config="/etc/pki/tls/openssl.cnf", hellos=CAPPED_HELLOS)
    record = judge(stacks=[stack], settings=[openssl_cap(), crypto_policy("policy", "LEGACY:OLD-MAIL")])
    found = only(record, "stack")
    assert (found["verdict"], found["cause"]) == ("FAIL", "system_settings")
    assert f"MaxProtocol = TLSv1.1 ({BACK_ENDS}/opensslcnf.config, line 5)" in found["why"]
    assert "which update-crypto-policies wrote for LEGACY:OLD-MAIL (/etc/crypto-policies/config, line 5)" in found["why"]
    assert "update-crypto-policies --set DEFAULT" in found["fix"]["text"]
    assert "change" not in found["fix"]


def test_the_policy_in_force_is_named_rather_than_the_one_that_was_asked_for():
    stack = make.stack(config="/etc/pki/tls/openssl.cnf", hellos=CAPPED_HELLOS)
    policies = [crypto_policy("policy", "DEFAULT"), crypto_policy("applied", "OLD")]
    assert (
        "update-crypto-policies wrote for OLD (/etc/crypto-policies/state/current"
        in judge(stacks=[stack], settings=[openssl_cap(), *policies])["why"]
    )


def test_a_file_that_a_person_wrote_is_mended_in_its_line():
    stack = make.stack(config="/etc/pki/tls/openssl.cnf", hellos=CAPPED_HELLOS)
    record = judge(stacks=[stack], settings=[openssl_cap("/etc/pki/tls/openssl.cnf"), crypto_policy("policy", "DEFAULT")])
    assert "crypto-policies" not in record["why"]
    assert only(record, "stack")["fix"]["change"]["file"] == "/etc/pki/tls/openssl.cnf"


def test_the_file_of_another_copy_of_the_library_caps_nothing():
    other = openssl_cap("/opt/openssl.cnf", "/opt/openssl.cnf")
    assert judge(stacks=[make.stack(hellos=[])], settings=[other])["verdict"] == "PASS"


def test_what_caps_gnutls_unseen_is_looked_for_where_crypto_policies_writes():
    stack = make.stack("gnutls", "3.7.6", "/usr/lib64/libgnutls.so.30", config=f"{BACK_ENDS}/gnutls.config", hellos=CAPPED_HELLOS)
    found = only(judge(stacks=[stack]), "stack")
    assert found["verdict"] == "FAIL"
    assert "update-crypto-policies --set DEFAULT" in found["fix"]["text"]


@pytest.mark.parametrize(
    ("value", "verdict"), [("tls1.1", "FAIL"), ("TLS1.1", "FAIL"), ("770", "FAIL"), ("tls1.2", "PASS"), ("9", "UNKNOWN")]
)
def test_the_policy_of_nss_caps_a_client_whatever_the_client_sets(value, verdict):
    cap = setting("nss", NSS_POLICY, "tls-version-max", value, NSS_POLICY)
    client = thunderbird(make.setting("security.tls.version.max", "4"), make.setting("security.tls.version.min", "1"))
    found = only(judge(stacks=[nss()], clients=[client], settings=[cap]), "account")
    assert found["verdict"] == verdict
    if verdict == "FAIL":
        assert f"tls-version-max = {value} ({NSS_POLICY}, line 5), which update-crypto-policies wrote" in found["why"]
        assert "update-crypto-policies --set DEFAULT" in found["fix"]["text"]


def test_a_floor_above_what_the_client_takes_leaves_nothing():
    floor = setting("nss", NSS_POLICY, "tls-version-min", "tls1.3", NSS_POLICY)
    client = thunderbird(make.setting("security.tls.version.max", "3"), make.setting("security.tls.version.min", "3"))
    found = only(judge(stacks=[nss()], clients=[client], settings=[floor]), "account")
    assert (found["verdict"], found["offered"]) == ("FAIL", [])


@pytest.mark.parametrize("config", ["", "/opt/nss.config"])
def test_a_copy_of_nss_without_that_file_is_not_capped_by_it(config):
    cap = setting("nss", NSS_POLICY, "tls-version-max", "tls1.1", NSS_POLICY)
    assert only(judge(stacks=[nss(config)], clients=[thunderbird()], settings=[cap]), "account")["verdict"] == "PASS"


def test_a_policy_of_nss_in_a_file_of_its_own_is_mended_there():
    cap = setting("nss", "/etc/nss.config", "tls-version-max", "tls1.1", "/etc/nss.config")
    found = only(judge(stacks=[nss("/etc/nss.config")], clients=[thunderbird()], settings=[cap]), "account")
    assert found["fix"]["change"] == {"file": "/etc/nss.config", "line": 5, "key": "tls-version-max", "from": "tls1.1", "to": "tls1.3"}
