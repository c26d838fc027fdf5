"""What evidence comes to: each test is the story of one host."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load

TODAY = datetime.date(2026, 11, 24)


def judge(**changes: Any) -> dict[str, Any]:
    return assess(evidence.load(make.evidence(**changes)), load(), TODAY)


def account_of(record: dict[str, Any]) -> dict[str, Any]:
    [found] = [item for item in record["findings"] if item["check"] == "account"]
    return found


def judge_account(*, version: str | None = "6.4.37", name: str = "fetchmail", stack: Any = None, **changes: Any) -> dict[str, Any]:
    installs = [make.install(version)]
    client = make.client(make.account(**changes), name=name, installs=installs)
    return account_of(judge(clients=[client], stacks=[stack or make.stack()]))


def test_a_current_client_with_nothing_pinned_passes_and_that_was_observed():
    found = judge_account()
    assert (found["verdict"], found["confidence"], found["cause"]) == ("PASS", "observed", "ok")
    assert found["offered"] == make.ALL_VERSIONS


def test_a_client_on_a_library_that_nobody_can_ask_is_unknown_and_says_which():
    path = "/usr/lib/libwolfssl.so.35 (wolfssl)"
    installs = [make.install(stacks=[path])]
    other = make.stack("wolfssl", "5.5.4", path, hellos=[], origin="bundled", owner=path)
    found = account_of(judge(clients=[make.client(make.account(), installs=installs)], stacks=[make.stack(), other]))
    assert found["verdict"] == "UNKNOWN"
    assert "wolfssl 5.5.4" in found["why"]


def test_tls_1_0_being_on_as_well_is_no_failure():
    assert judge()["verdict"] == "PASS"


def test_a_host_without_a_mail_client_says_so():
    assert "no POP/IMAP client found" in judge()["why"]


def test_a_pin_to_tls_1_0_fails_and_the_fix_names_file_line_and_value():
    found = judge_account(settings=[make.setting("sslproto", "TLS1")])
    assert (found["verdict"], found["cause"], found["offered"]) == ("FAIL", "pinned", ["TLSv1"])
    assert found["fix"]["change"] == {
        "file": "/home/alice/.fetchmailrc", "line": 3, "key": "sslproto", "from": "TLS1", "to": "TLS1.2+",
    }  # fmt: skip
    assert "TLS 1.0" in found["why"]
    assert "/home/alice/.fetchmailrc, line 3" in found["why"]


def test_a_floor_is_no_pin():
    assert judge_account(settings=[make.setting("sslproto", "tls1+")])["verdict"] == "PASS"


def test_the_legacy_name_fails_whatever_the_client_can_do():
    where = make.setting("poll", "imap-legacy.office365.com", line=1)
    found = judge_account(server="imap-legacy.office365.com", settings=[where])
    assert (found["verdict"], found["cause"]) == ("FAIL", "legacy_endpoint")
    assert found["fix"]["change"]["to"] == "outlook.office365.com"


def test_a_legacy_name_is_known_in_any_spelling_that_dns_takes():
    assert judge_account(server="IMAP-Legacy.Office365.com.")["cause"] == "legacy_endpoint"


def test_a_legacy_name_with_a_pin_names_both_fixes():
    found = judge_account(server="pop-legacy.office365.com", settings=[make.setting("sslproto", "TLS1.1")])
    assert "outlook.office365.com" in found["fix"]["text"]
    assert "sslproto" in found["fix"]["text"]


def test_old_fetchmail_fails_after_starttls_whatever_is_set():
    found = judge_account(version="6.3.26", security="starttls", port=143, settings=[make.setting("sslproto", "auto")])
    assert (found["verdict"], found["cause"]) == ("FAIL", "client_version")
    assert "6.4.0" in found["fix"]["text"]


def test_old_fetchmail_to_which_its_distribution_brought_the_tls_of_a_later_one_passes_after_starttls():
    installs = [{**make.install("6.3.26"), "tls_as_of": "6.4.0"}]
    client = make.client(make.account(security="starttls", port=143), name="fetchmail", installs=installs)
    found = account_of(judge(clients=[client], stacks=[make.stack()]))
    assert (found["verdict"], found["client"]["version"]) == ("PASS", "6.3.26")


def test_old_fetchmail_passes_over_implicit_tls():
    assert judge_account(version="6.3.26")["verdict"] == "PASS"


def test_fetchmail_of_unknown_version_after_starttls_is_unknown_and_says_why():
    found = judge_account(version=None, security="starttls", port=143)
    assert found["verdict"] == "UNKNOWN"
    assert "version of fetchmail" in found["why"]


def test_an_old_library_fails_and_is_inferred_from_its_version():
    old = make.stack(version="0.9.8j", hellos=[])
    found = judge_account(stack=old)
    assert (found["verdict"], found["confidence"], found["cause"]) == ("FAIL", "inferred", "library")


def test_a_library_with_the_tls_1_2_client_compiled_out_fails():
    ubuntu = make.stack(version="1.0.1c", hellos=[], build=["OPENSSL_NO_TLS1_2_CLIENT"])
    assert judge_account(stack=ubuntu)["offered"] == ["TLSv1", "TLSv1.1"]


def test_a_library_of_unknown_version_that_was_not_asked_is_unknown():
    assert judge_account(stack=make.stack(version=None, hellos=[]))["verdict"] == "UNKNOWN"


def test_a_system_cap_fails_and_names_the_line():
    capped = make.stack(hellos=[make.hello("system", ["TLSv1", "TLSv1.1"]), make.hello("bare")])
    client = make.client(make.account())
    record = judge(stacks=[capped], clients=[client], settings=[make.system_setting("MaxProtocol", "TLSv1.1")])
    found = account_of(record)
    assert (found["verdict"], found["cause"]) == ("FAIL", "system_settings")
    assert found["fix"]["change"]["to"] == "TLSv1.3"


def test_a_clients_own_floor_above_the_system_cap_leaves_nothing():
    capped = make.stack(hellos=[make.hello("system", ["TLSv1", "TLSv1.1"]), make.hello("bare")])
    client = make.client(make.account(settings=[make.setting("sslproto", "TLS1.2+")]))
    record = judge(stacks=[capped], clients=[client], settings=[make.system_setting("MaxProtocol", "TLSv1.1")])
    assert account_of(record)["offered"] == []
    assert account_of(record)["verdict"] == "FAIL"


def test_a_clients_own_pin_beats_the_system_cap_of_openssl():
    capped = make.stack(hellos=[make.hello("system", ["TLSv1", "TLSv1.1"]), make.hello("bare")])
    client = make.client(make.account(settings=[make.setting("sslproto", "TLS1.2")]))
    record = judge(stacks=[capped], clients=[client], settings=[make.system_setting("MaxProtocol", "TLSv1.1")])
    assert account_of(record)["offered"] == ["TLSv1.2"]


def test_a_list_with_a_hole_offers_only_what_lies_below_it():
    found = judge_account(name="mbsync", version="1.4.4", settings=[make.setting("sslversions", "TLSv1 TLSv1.2")])
    assert (found["verdict"], found["offered"]) == ("FAIL", ["TLSv1"])


def test_no_cipher_suite_in_common_fails_for_that_reason():
    odd = make.stack(hellos=[make.hello("system", ["TLSv1.2"], ciphers=["009E", "CCA9"]), make.hello("bare")])
    assert judge_account(stack=odd)["cause"] == "no_common_cipher_suite"


def test_no_tls_at_all_fails():
    assert judge_account(security="none", port=143)["cause"] == "plaintext"


@pytest.mark.parametrize(("what", "verdict"), [("server", "UNKNOWN"), ("security", "UNKNOWN"), ("options", "UNKNOWN"), ("port", "FAIL")])
def test_no_tls_by_itself_fails_only_where_nothing_may_speak_it_in_its_place(what, verdict):
    undecided = {"what": what, "why": "the connection goes through a command", "file": "/home/alice/.mbsyncrc", "line": 9}
    found = judge_account(security="none", port=143, undecided=[undecided])
    assert (found["verdict"], "through a command" in found["why"]) == (verdict, verdict == "UNKNOWN")


def test_a_security_that_is_not_known_may_be_none_at_all():
    found = judge_account(security=None)
    assert (found["verdict"], "TLS at all" in found["why"]) == ("UNKNOWN", True)


def test_no_tls_to_a_program_on_the_same_host_is_that_programs_matter():
    assert judge_account(security="none", server="127.0.0.1", port=1143)["verdict"] == "UNKNOWN"


def test_what_is_computed_when_the_client_runs_is_unknown_and_named():
    undecided = {"what": "sslproto", "why": "set by a command", "file": "/home/alice/.fetchmailrc", "line": 9}
    found = judge_account(undecided=[undecided])
    assert found["verdict"] == "UNKNOWN"
    assert "line 9" in found["why"]


def test_what_is_not_known_does_not_hide_a_library_that_fails_anyway():
    undecided = {"what": "sslproto", "why": "set by a command", "file": "/home/alice/.fetchmailrc", "line": 9}
    old = make.stack(version="0.9.8j", hellos=[])
    assert judge_account(undecided=[undecided], stack=old)["verdict"] == "FAIL"


def test_an_account_that_is_not_active_is_at_risk_instead():
    found = judge_account(enabled=False, settings=[make.setting("sslproto", "TLS1")])
    assert found["verdict"] == "AT_RISK"


def test_of_two_copies_of_a_client_the_worse_one_counts():
    installs = [make.install("6.4.37"), make.install("6.3.26", program="/usr/local/bin/fetchmail")]
    account = make.account(security="starttls", port=143)
    record = judge(clients=[make.client(account, installs=installs)])
    assert account_of(record)["client"]["version"] == "6.3.26"


def test_a_configuration_without_its_program_is_unknown():
    record = judge(clients=[make.client(make.account(), installs=[])])
    assert account_of(record)["verdict"] == "UNKNOWN"


def test_a_client_nobody_has_facts_about_is_unknown():
    assert judge_account(name="a-client-of-tomorrow")["verdict"] == "UNKNOWN"


def judge_thunderbird(version: str, **preferences: int | str) -> str:
    nss = make.stack("nss", "3.125.1", origin="bundled", hellos=[make.hello("bare", ["TLSv1.2", "TLSv1.3"])])
    settings = [make.setting(f"security.tls.version.{key.replace('_', '-')}", str(value)) for key, value in preferences.items()]
    return judge_account(name="thunderbird", version=version, stack=nss, settings=settings)["verdict"]


def test_thunderbird_with_a_range_below_tls_1_2_fails():
    assert judge_thunderbird("153.7.0", min=1, max=2) == "FAIL"


def test_thunderbird_ignores_a_maximum_below_its_minimum():
    assert judge_thunderbird("153.7.0", max=1) == "PASS"


def test_thunderbird_68_takes_that_maximum_for_its_minimum_is_lower():
    assert judge_thunderbird("68.3.0", max=1) == "FAIL"


def test_deprecated_versions_on_lower_thunderbirds_minimum_whatever_it_is_set_to():
    assert judge_thunderbird("153.7.0", enable_deprecated="true", max=2) == "FAIL"
    assert judge_thunderbird("153.7.0", enable_deprecated="true", max=2, min=3) == "FAIL"
    assert judge_thunderbird("153.7.0", enable_deprecated="true") == "PASS"


def test_thunderbird_ignores_a_range_with_a_value_that_is_none():
    assert judge_thunderbird("153.7.0", min=0, max=1) == "PASS"


def test_thunderbird_24_fails_unless_its_user_raised_the_maximum():
    nss = make.stack("nss", "3.16", origin="bundled", hellos=[])
    assert judge_account(name="thunderbird", version="24.8.1", stack=nss)["verdict"] == "FAIL"
    raised = [make.setting("security.tls.version.max", "3")]
    assert judge_account(name="thunderbird", version="24.8.1", stack=nss, settings=raised)["verdict"] == "PASS"


def test_an_unreadable_home_makes_a_host_with_a_client_unknown():
    gap = {"what": "/home/bob", "why": "permission denied", "affects": "accounts"}
    record = judge(clients=[make.client(make.account())], gaps=[gap])
    assert record["verdict"] == "UNKNOWN"
    assert "/home/bob" in record["why"]


def test_an_unreadable_home_without_any_client_leaves_a_gap_alone():
    gap = {"what": "/home/bob", "why": "permission denied", "affects": "accounts"}
    record = judge(gaps=[gap])
    assert record["verdict"] == "PASS"
    assert record["gaps"] == [{"what": "/home/bob", "why": "permission denied"}]


def test_a_closed_home_without_any_client_is_unknown_where_the_audit_is_not_root():
    """A script that a crontab nobody may read starts needs no client."""
    gap = {"what": "/var/spool/cron/crontabs", "why": "permission denied", "affects": "accounts"}
    assert judge(gaps=[gap], privileged=False)["verdict"] == "UNKNOWN"


def test_an_old_system_library_fails_a_host_without_a_client():
    assert judge(stacks=[make.stack(version="1.0.0", hellos=[])])["verdict"] == "FAIL"


def test_an_old_system_library_that_no_client_uses_puts_the_host_at_risk():
    old = make.stack(version="1.0.0", path="/usr/lib/libssl.so.10", hellos=[])
    record = judge(stacks=[make.stack(), old], clients=[make.client(make.account())])
    assert record["verdict"] == "AT_RISK"


def test_a_floor_above_the_maximum_of_the_system_is_a_failure_of_its_own():
    nothing = make.stack(hellos=[make.no_hello("system"), make.hello("bare")])
    settings = [
        make.system_setting("MinProtocol", "TLSv1.3", line=7),
        make.system_setting("MaxProtocol", "TLSv1.2", line=8),
    ]
    record = judge(stacks=[nothing], settings=settings)
    assert record["verdict"] == "FAIL"
    assert "line 8" in record["findings"][0]["fix"]["text"]


def test_nothing_seen_at_all_is_unknown():
    assert judge(stacks=[])["verdict"] == "UNKNOWN"


def test_ids_stay_when_an_account_is_mended_and_differ_between_accounts():
    before = judge_account(server="imap-legacy.office365.com", line=4)
    after = judge_account(server="outlook.office365.com", line=5)
    assert before["id"] == after["id"]
    both = judge(clients=[make.client(make.account(), make.account())])
    ids = [item["id"] for item in both["findings"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("protocol", ["TLSv1", "TLSv1.1"])
def test_an_observed_hello_without_tls_1_2_fails_even_if_no_setting_explains_it(protocol: str):
    capped = make.stack(hellos=[make.hello("system", [protocol]), make.hello("bare")])
    assert judge_account(stack=capped)["verdict"] == "FAIL"


def test_a_cap_that_no_setting_explains_still_binds_a_client_that_sets_a_floor_alone():
    capped = make.stack(hellos=[make.hello("system", ["TLSv1", "TLSv1.1"]), make.hello("bare")])
    found = judge_account(stack=capped, settings=[make.setting("sslproto", "TLS1+")])
    assert (found["verdict"], found["cause"]) == ("FAIL", "system_settings")
    assert "ClientHello" in found["why"]


def test_a_library_that_could_not_be_asked_is_no_reason_to_pass_a_client_with_settings():
    silent = make.stack(hellos=[make.no_hello("system", "timed out"), make.hello("bare")])
    assert judge_account(stack=silent, settings=[make.setting("sslproto", "TLS1+")])["verdict"] == "UNKNOWN"


def test_one_deprecated_switch_of_mbsync_brings_back_tls_1_0_alone():
    found = judge_account(name="mbsync", version="1.4.4", settings=[make.setting("useimaps", "yes")])
    assert (found["verdict"], found["offered"]) == ("FAIL", ["TLSv1"])
    assert "SSLType IMAPS" in found["fix"]["text"]
    assert "change" not in found["fix"]


def test_the_deprecated_switches_of_mbsync_add_up():
    settings = [make.setting("usetlsv1.1", "yes"), make.setting("usetlsv1.2", "yes")]
    assert judge_account(name="mbsync", version="1.4.4", settings=settings)["verdict"] == "PASS"


def test_a_version_below_what_the_library_still_writes_makes_no_hole():
    current = make.stack(version="3.5.1", hellos=[make.hello(case, ["TLSv1.2", "TLSv1.3"]) for case in ("system", "bare")])
    found = judge_account(name="mbsync", version="1.5.1", stack=current, settings=[make.setting("tlsversions", "+1.0")])
    assert (found["verdict"], found["offered"]) == ("PASS", ["TLSv1.2", "TLSv1.3"])


def test_mbsync_of_debian_9_offers_tls_1_0_unless_it_is_told_otherwise():
    assert judge_account(name="mbsync", version="1.2.1")["verdict"] == "FAIL"
    told = [make.setting("sslversions", "TLSv1.2")]
    assert judge_account(name="mbsync", version="1.2.1", settings=told)["verdict"] == "PASS"
    assert judge_account(name="mbsync", version="1.3.0")["verdict"] == "PASS"
