"""From a host's answers to evidence and verdict: what is there, what is not, and that nothing unseen counts as absent."""

from __future__ import annotations

import datetime
import json
from typing import Any

import jsonschema
import pytest
from schema import RECORD_SCHEMA
from windows_host import (
    CONTROL,
    IMAP,
    OUTLOOK,
    PROFILE,
    SCHANNEL,
    SID,
    SOFTWARE,
    TLS12,
    UNINSTALL,
    WINDOWS,
    WINHTTP,
    WindowsHost,
    dword,
    text,
    windows,
)

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence as evidence_model
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.collect import collect
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.dialogue import Silent

ON: dict[str, tuple[str, str]] = {"Enabled": dword(1), "DisabledByDefault": dword(0)}
PREFERENCES = """user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "outlook.office365.com");
user_pref("mail.server.server1.socketType", 3);"""
THUNDERBIRD = {
    UNINSTALL + r"\Mozilla Thunderbird": {
        "DisplayName": text("Mozilla Thunderbird (x64 de)"),
        "DisplayVersion": text("115.1.0"),
        "InstallLocation": text(r"C:\Program Files\Mozilla Thunderbird"),
    }
}
OLD_THUNDERBIRD = {key: {**values, "DisplayVersion": text("60.9")} for key, values in THUNDERBIRD.items()}
PROFILES = PROFILE.partition(r"\Profiles")[0] + r"\Profiles"
ROAMING = r"C:\Users\alice\AppData\Roaming\Thunderbird"
PROFILE_FILES = {
    ROAMING + r"\profiles.ini": "[Profile0]\nIsRelative=1\nPath=Profiles/x.default\n",
    ROAMING + r"\Profiles\x.default\prefs.js": PREFERENCES,
}


def evidence_of(host: WindowsHost, **options: Any) -> dict[str, Any]:
    document = collect(host.execute, options.pop("shell", commands.CMD), options.pop("writes_utf8", False), **options)
    evidence_model.load(document)
    assert len(host.asked) <= 3
    return document


def record_of(host: WindowsHost, **options: Any) -> dict[str, Any]:
    record = assess(evidence_model.load(evidence_of(host, **options)), policy_load.load(), datetime.date(2026, 11, 24))
    jsonschema.validate({"host": "windows", **record}, RECORD_SCHEMA)
    return record


def account(record: dict[str, Any]) -> dict[str, Any]:
    return next(finding for finding in record["findings"] if finding["check"] == "account")


def outlook(build: str = "7601", **more: Any) -> WindowsHost:
    return WindowsHost(windows(build, **{**OUTLOOK, PROFILE: IMAP, **more}))


# What users write


@pytest.mark.parametrize(
    "place", [r"\\evil.example\share", r"\\evil.example\c:\share", "//evil.example/share", r"\\.\pipe\x", r"\\?\UNC\evil.example\share"]
)
def test_no_server_that_a_user_names_is_spoken_to(place: str) -> None:
    """Windows would send it the audit's own login, as an answer to be cracked or handed on."""
    home = {ROAMING + r"\profiles.ini": f"[Profile0]\nIsRelative=0\nPath={place}\n"}
    copy = {key: {**values, "InstallLocation": text(place)} for key, values in THUNDERBIRD.items()}
    host = WindowsHost(windows("19045", **copy), home)
    gaps = evidence_of(host)["gaps"]
    directory = place.replace("/", "\\")
    assert not any(directory in question or place in question for question in host.asked)
    assert {"what": rf"{directory}\prefs.js", "why": "it could not be read", "affects": "client:thunderbird"} in gaps


# Verdicts


@pytest.mark.parametrize(
    ("build", "values", "verdict"),
    [
        ("7601", None, "FAIL"),
        ("7601", ON, "PASS"),
        ("7601", {"Enabled": dword(1)}, "UNKNOWN"),
        ("7601", {"Enabled": dword(0xFFFFFFFF), "DisabledByDefault": dword(0)}, "PASS"),
        ("7601", {"Enabled": text("1"), "DisabledByDefault": dword(0)}, "UNKNOWN"),
        ("6003", None, "FAIL"),
        ("6003", ON, "UNKNOWN"),
        ("6001", ON, "FAIL"),
        ("9200", None, "PASS"),
        ("9600", None, "PASS"),
        ("19045", None, "PASS"),
        ("19045", {"DisabledByDefault": dword(1)}, "FAIL"),
        ("19045", {"Enabled": dword(0)}, "FAIL"),
        ("20348", {"Enabled": dword(0)}, "PASS"),
        ("22631", None, "PASS"),
    ],
)
def test_outlook_is_judged_by_schannel(build: str, values: dict[str, tuple[str, str]] | None, verdict: str) -> None:
    found = account(record_of(outlook(build, **({TLS12: values} if values else {}))))
    assert (found["verdict"], found["account"]["server"], found["account"]["user"]) == (verdict, "outlook.office365.com", "alice")
    assert found["confidence"] == "inferred"


def test_raw_value_default_and_effect_stand_in_the_finding() -> None:
    found = account(record_of(outlook("19045", **{TLS12: {"Enabled": dword(0)}})))
    state = next(state for state in found["states"] if state["protocol"] == "TLSv1.2")
    assert (state["raw"], state["default"], state["effective"]) == ({"Enabled": "0x0", "DisabledByDefault": None}, "on", "disabled")
    assert found["fix"]["remedy"] == "registry"
    assert found["fix"]["change"] == {
        "registry": "HKEY_LOCAL_MACHINE" + TLS12.removeprefix("HKLM"),
        "view": "64",
        "values": [
            {"value": "Enabled", "type": "REG_DWORD", "from": "0x0", "to": "0x1"},
            {"value": "DisabledByDefault", "type": "REG_DWORD", "from": None, "to": "0x0"},
        ],
    }


def test_the_update_of_server_2008_is_said_with_the_values() -> None:
    assert "KB4019276" in account(record_of(outlook("6003")))["fix"]["text"]


def test_winhttp_is_a_warning_that_names_update_and_value() -> None:
    record = record_of(outlook("7601", **{TLS12: ON}))
    found = next(finding for finding in record["findings"] if finding.get("stack", {}).get("kind") == "winhttp")
    assert found["verdict"] == "AT_RISK"
    assert "KB3140245" in found["fix"]["text"]
    assert "DefaultSecureProtocols to 0xa00" in found["fix"]["text"].lower().replace("defaultsecureprotocols", "DefaultSecureProtocols")


def test_winhttp_is_no_matter_without_a_client_that_uses_it() -> None:
    record = record_of(WindowsHost(windows("7601", **{TLS12: ON})))
    assert {finding["stack"]["kind"] for finding in record["findings"]} == {"schannel"}
    assert record["verdict"] == "PASS"
    assert "no POP/IMAP client found" in record["why"]


def test_a_value_that_waits_for_a_restart_is_at_risk() -> None:
    pending = {
        SOFTWARE + r"\Windows\CurrentVersion\Component Based Servicing\RebootPending": {},
        SOFTWARE + r"\Windows\CurrentVersion\Component Based Servicing": {},
    }
    assert account(record_of(outlook("7601", **{TLS12: ON}, **pending)))["verdict"] == "AT_RISK"
    assert account(record_of(outlook("19045", **pending)))["verdict"] == "PASS"


def test_the_server_side_and_values_beside_the_client_key_do_not_count() -> None:
    beside = {SCHANNEL + r"\Protocols\TLS 1.2": {"Enabled": dword(0)}, SCHANNEL + r"\Protocols\TLS 1.2\Server": {"Enabled": dword(0)}}
    assert account(record_of(outlook("19045", **beside)))["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("build", "functions", "verdict"),
    [
        ("19045", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "PASS"),
        ("7601", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384_P256", "FAIL"),
        ("7601", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384_P384,TLS_RSA_WITH_RC4_128_SHA", "PASS"),
        ("19045", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "FAIL"),
    ],
)
def test_a_list_of_suites_decides_by_what_this_build_has_of_it(build: str, functions: str, verdict: str) -> None:
    lists = {r"HKLM\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002": {"Functions": text(functions)}}
    assert account(record_of(outlook(build, **{TLS12: ON}, **lists)))["verdict"] == verdict


@pytest.mark.parametrize("slash", ["/", "\u2215"])
def test_switched_off_ciphers_count_with_either_slash(slash: str) -> None:
    off = {SCHANNEL + rf"\Ciphers\AES {size}{slash}{size}": {"Enabled": dword(0)} for size in (128, 256)}
    host = outlook("19045", **off)
    host.encoding = "utf-8"
    assert account(record_of(host, writes_utf8=True))["cause"] == "no_common_cipher_suite"


def test_group_policy_is_named_where_it_set_a_value() -> None:
    policy = {r"HKLM\SOFTWARE\Policies\Mozilla\Thunderbird": {"SSLVersionMax": text("tls1.1")}}
    found = account(record_of(WindowsHost(windows(**OLD_THUNDERBIRD, **policy), PROFILE_FILES)))
    assert found["verdict"] == "FAIL"
    assert "Group Policy" in found["why"]
    assert "Group Policy" in found["fix"]["text"]


def test_thunderbird_brings_its_own_library() -> None:
    found = account(record_of(WindowsHost(windows("7601", **THUNDERBIRD), PROFILE_FILES)))
    assert (found["verdict"], found["stack"]["kind"], found["account"]["port"]) == ("PASS", "nss", 993)


def test_a_capped_profile_of_an_old_thunderbird_fails() -> None:
    files = {**PROFILE_FILES, ROAMING + r"\Profiles\x.default\prefs.js": PREFERENCES + '\nuser_pref("security.tls.version.max", 1);'}
    found = account(record_of(WindowsHost(windows(**OLD_THUNDERBIRD), files)))
    assert found["verdict"] == "FAIL"
    # Its line is not known, so that no program should try.
    assert "change" not in found["fix"]


@pytest.mark.parametrize("name", ["The Bat! v10.4 (64-bit)", "Foxmail", "Becky! Ver.2", "Pegasus Mail", "eM Client", "Mailbird"])
def test_clients_that_nobody_knows_are_unknown_with_the_question(name: str) -> None:
    installed = {UNINSTALL + r"\X": {"DisplayName": text(name), "DisplayVersion": text("1.2")}}
    record = record_of(WindowsHost(windows("19045", **installed)))
    assert record["verdict"] == "UNKNOWN"
    assert "Ask its maker" in next(finding for finding in record["findings"] if finding["check"] == "client")["fix"]["text"]


def test_new_outlook_is_nothing_that_this_host_decides() -> None:
    store = {
        SOFTWARE
        + r"\Windows\CurrentVersion\Appx\AppxAllUserStore\Applications\Microsoft.OutlookForWindows_1.2024.1.0_x64__8wekyb3d8bbwe": {}
    }
    record = record_of(WindowsHost(windows("22631", **store)))
    assert [(client["name"], client["version"]) for client in record["clients"]] == [("new-outlook", "1.2024.1.0")]
    assert record["verdict"] == "PASS"


def test_live_mail_s_accounts_are_seen_and_not_read() -> None:
    file = r"C:\Users\alice\AppData\Local\Microsoft\Windows Live Mail\account{1}.oeaccount"
    installed = {UNINSTALL + r"\L": {"DisplayName": text("Windows Live Mail"), "DisplayVersion": text("16.4")}}
    assert account(record_of(WindowsHost(windows("7601", **installed), {file: ""})))["verdict"] == "FAIL"
    assert account(record_of(WindowsHost(windows("9600", **installed), {file: ""})))["verdict"] == "UNKNOWN"


# Accounts of Outlook


@pytest.mark.parametrize(
    ("changes", "port", "security"),
    [
        ({}, 993, "implicit"),
        ({"IMAP Port": None}, 993, "implicit"),
        ({"IMAP Use SSL": None, "IMAP Port": None}, 143, None),
        ({"IMAP Use SSL": None, "IMAP Port": None, "IMAP Secure Connection": dword(1)}, 143, "starttls"),
        ({"IMAP Use SSL": None, "IMAP Port": None, "IMAP Secure Connection": dword(0)}, 143, "none"),
        ({"IMAP Use SSL": None, "IMAP Secure Connection": dword(2)}, 993, "implicit"),
        ({"IMAP Use SSL": None, "IMAP Secure Connection": dword(1)}, 993, None),
        ({"IMAP Use SSL": text("1")}, 993, None),
        ({"IMAP Port": dword(0xFFFFFFFF)}, None, "implicit"),
    ],
)
def test_port_and_security_of_an_account(changes: dict[str, Any], port: int | None, security: str | None) -> None:
    values = {name: value for name, value in {**IMAP, **changes}.items() if value is not None}
    client = evidence_of(WindowsHost(windows(**{**OUTLOOK, PROFILE: values})))["clients"][0]
    assert [(found["port"], found["security"]) for found in client["accounts"]] == [(port, security)]


def test_an_account_without_a_known_security_never_passes() -> None:
    values = {name: value for name, value in IMAP.items() if name not in ("IMAP Use SSL", "IMAP Port")}
    assert account(record_of(WindowsHost(windows("19045", **{**OUTLOOK, PROFILE: values}))))["verdict"] == "UNKNOWN"


@pytest.mark.parametrize("place", ["15.0", None])
def test_accounts_of_older_outlooks_and_pop3(place: str | None) -> None:
    profile = (
        PROFILE.replace("16.0", place)
        if place
        else PROFILE.replace(r"Office\16.0\Outlook", r"Windows NT\CurrentVersion\Windows Messaging Subsystem")
    )
    server = "pop-legacy.office365.com\0".encode("utf-16-le").hex().upper()
    pop3: dict[str, Any] = {"POP3 Server": ("REG_BINARY", server), "POP3 Use SSL": dword(1)}
    found = account(record_of(WindowsHost(windows("19045", **{**OUTLOOK, profile: pop3}))))
    assert (found["verdict"], found["cause"], found["account"]["port"]) == ("FAIL", "legacy_endpoint", 995)
    assert found["fix"]["change"]["values"][0]["value"] == "POP3 Server"


def test_no_password_is_asked_for_or_kept() -> None:
    host = outlook()
    document = json.dumps(evidence_of(host))
    assert "5345435245542d50415353574f5244" not in document
    assert "assword" not in document + "".join(host.asked)


# What could not be seen


@pytest.mark.parametrize("denied", [SCHANNEL, SCHANNEL + r"\Protocols", CONTROL + r"\SecurityProviders", TLS12])
def test_protocols_that_are_denied_are_not_absent(denied: str) -> None:
    host = outlook("19045", **{TLS12: {"Enabled": dword(0)}})
    host.denied = (denied,)
    assert account(record_of(host))["verdict"] == "UNKNOWN"


@pytest.mark.parametrize("denied", [UNINSTALL, PROFILES, rf"HKU\{SID}\Software\Microsoft\Office"])
def test_programs_and_accounts_that_are_denied_are_not_absent(denied: str) -> None:
    host = outlook("19045")
    host.denied = (denied,)
    assert record_of(host)["verdict"] == "UNKNOWN"


@pytest.mark.parametrize("part", range(1, 20))
def test_an_answer_that_is_cut_never_passes(part: int) -> None:
    """Wherever the connection cuts it off: what is lost is a gap, or the host's error."""
    host = outlook("19045", **{TLS12: {"Enabled": dword(0)}})
    whole = len(host.execute("echo @01234567 end").stdout)
    host.asked.clear()
    host.cut = whole * part // 20
    try:
        assert record_of(host)["verdict"] != "PASS"
    except Silent:
        assert part > 10


def test_a_user_who_is_not_signed_in_is_a_gap_where_outlook_is_installed() -> None:
    other = {WINDOWS + r"\ProfileList\S-1-5-21-1-2-3-1002": {"ProfileImagePath": text(r"C:\Users\bob")}}
    record = record_of(outlook("19045", **other))
    assert record["verdict"] == "UNKNOWN"
    assert "user bob" in record["why"]
    assert record_of(WindowsHost(windows("19045", **other)))["verdict"] == "PASS"


def test_hives_are_loaded_only_on_demand_and_unloaded_in_the_same_command() -> None:
    other = {WINDOWS + r"\ProfileList\S-1-5-21-1-2-3-1002": {"ProfileImagePath": text(r"C:\Users\bob")}}
    host = outlook("19045", **other)
    evidence_of(host)
    assert not [line for line in host.asked if "reg load" in line]
    host.asked.clear()
    document = evidence_of(host, load_hives=True)
    loading = next(line for line in host.asked if "reg load" in line)
    assert r'reg load "HKU\mailtls-audit-0" "C:\Users\bob\NTUSER.DAT"' in loading
    assert loading.index(r'reg unload "HKU\mailtls-audit-0"') > loading.rindex("reg query")
    # This host has no such hive: what could not be loaded is told.
    assert "registry of user bob" in [gap["what"] for gap in document["gaps"] if gap["affects"]][-1]


def test_a_path_that_a_command_line_can_not_hold_is_a_gap() -> None:
    odd = {WINDOWS + rf"\ProfileList\{SID}": {"ProfileImagePath": text(r"C:\Users\%PATH%&calc")}}
    host = outlook(**odd)
    document = evidence_of(host)
    assert "calc" not in "".join(host.asked)
    assert [gap for gap in document["gaps"] if gap["affects"] == "accounts"]


def test_a_silent_host_is_an_error_in_its_own_words() -> None:
    host = WindowsHost({})
    with pytest.raises(Silent, match="Registrierungsschl"):
        collect(host.execute, commands.CMD, False)


def test_a_value_with_line_breaks_is_no_verdict() -> None:
    forged = {"Text": text("x\r\n    Enabled    REG_DWORD    0x1"), "Enabled": dword(0)}
    assert record_of(outlook("19045", **{TLS12: forged}))["verdict"] != "PASS"


def test_twenty_thousand_programs_are_no_trouble() -> None:
    many = {UNINSTALL + rf"\Program {number}": {"DisplayName": text(f"Program {number}")} for number in range(20000)}
    document = evidence_of(WindowsHost(windows("19045", **many, **THUNDERBIRD)))
    assert [client["name"] for client in document["clients"]] == ["thunderbird"]


def test_a_host_with_many_users_is_asked_what_fits_and_the_rest_is_a_gap() -> None:
    sids = [f"S-1-5-21-1234567890-1234567890-1234567890-{number}" for number in range(1000, 1100)]
    users = {WINDOWS + rf"\ProfileList\{sid}": {"ProfileImagePath": text(rf"C:\Users\user{sid[-4:]}")} for sid in sids}
    hives: dict[str, Any] = {rf"HKU\{sid}\Software\Microsoft": {} for sid in sids}
    host = outlook("19045", **users, **hives)
    document = evidence_of(host, shell=commands.POWERSHELL, writes_utf8=True)
    assert max(map(len, host.asked)) <= commands.LIMITS[commands.POWERSHELL]
    assert [gap for gap in document["gaps"] if gap["why"].startswith("more users than")]


def test_winhttp_values_are_kept_by_view() -> None:
    keys = {WINHTTP: {"DefaultSecureProtocols": dword(0xA80)}, "32:" + WINHTTP: {"DefaultSecureProtocols": dword(0x80)}}
    settings = [setting for setting in evidence_of(outlook(**keys))["settings"] if setting["stack"] == "winhttp"]
    assert {(setting["registry"]["view"], setting["value"]) for setting in settings} == {("64", "0xa80"), ("32", "0x80")}


def test_what_bears_on_other_programs_is_kept_as_it_stands() -> None:
    java = {r"HKLM\SOFTWARE\JavaSoft\JDK\17.0.2": {"JavaHome": text(r"C:\Java\17")}}
    inet: dict[str, Any] = {rf"HKU\{SID}\Software\Microsoft\Windows\CurrentVersion\Internet Settings": {"SecureProtocols": dword(0xA80)}}
    dotnet = {f"{view}{SOFTWARE}\\.NETFramework\\v4.0.30319": {"SchUseStrongCrypto": dword(1)} for view in ("", "32:")}
    document = evidence_of(WindowsHost(windows("19045", **java, **inet, **dotnet)))
    assert ("java", "17.0.2", r"C:\Java\17") in [(stack["kind"], stack["version"], stack["path"]) for stack in document["stacks"]]
    settings = [(setting["stack"], setting["key"], setting["value"], setting["registry"]["view"]) for setting in document["settings"]]
    assert ("wininet", "SecureProtocols", "0xa80", "") in settings
    assert {("dotnet", "SchUseStrongCrypto", "0x1", view) for view in ("64", "32")} <= set(settings)
    assert ("windows", "ProductType", "WinNT", "64") in settings


def test_a_reg_exe_that_knows_no_views_is_asked_again_without_them() -> None:
    host = outlook("6003")
    host.knows_views = False
    record = record_of(host)
    assert "/reg:" in host.asked[0]
    assert "/reg:" not in host.asked[1]
    assert account(record)["verdict"] == "FAIL"
    # The other view was not seen, and a client may stand there.
    assert "32-bit view" in "".join(gap["what"] for gap in record["gaps"])
