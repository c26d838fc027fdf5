"""The Windows-like hosts of the lab, with the verdict that each has to get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from windows_host import IMAP, OUTLOOK, PROFILE, SID, TLS12, UNINSTALL, WINDOWS, WINHTTP, Values, dword, text, windows

SECRET = "5345435245542d4f462d4f55544c4f4f4b"
ON: Values = {"Enabled": dword(1), "DisabledByDefault": dword(0)}
_THUNDERBIRD: dict[str, Values] = {
    "32:" + UNINSTALL + r"\Mozilla Thunderbird": {
        "DisplayName": text("Mozilla Thunderbird (x86 de)"),
        "DisplayVersion": text("68.12.1"),
        "InstallLocation": text(r"C:\Program Files (x86)\Mozilla Thunderbird"),
    }
}
_ROAMING = r"C:\Users\alice\AppData\Roaming\Thunderbird"
_PREFERENCES = """user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "outlook.office365.com");
user_pref("mail.server.server1.socketType", 3);
user_pref("some.token", "a-password-that-must-stay-on-its-host");
"""


@dataclass(frozen=True)
class WindowsMember:
    """A host of the fleet: its registry and files; the host's verdict, and what its accounts come to, by user."""

    verdict: str
    registry: Mapping[str, Values]
    files: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    why: str = ""


def _outlook(build: str, **more: Values) -> dict[str, Values]:
    profile: dict[str, Values] = {PROFILE: {**IMAP, "IMAP Password": ("REG_BINARY", SECRET)}}
    return windows(build, **{**OUTLOOK, **profile, **more})


def _thunderbird(maximum: str = "") -> dict[str, str]:
    return {
        _ROAMING + r"\profiles.ini": "[Profile0]\nIsRelative=1\nPath=Profiles/x.default\n",
        _ROAMING + r"\Profiles\x.default\prefs.js": _PREFERENCES + maximum,
    }


_BOB = "S-1-5-21-1-2-3-1002"
_SECOND_USER: dict[str, Values] = {
    WINDOWS + rf"\ProfileList\{_BOB}": {"ProfileImagePath": ("REG_EXPAND_SZ", r"C:\Users\bob")},
    PROFILE.replace(SID, _BOB): {**IMAP, "IMAP Server": text("imap-legacy.office365.com")},
}
_CAROL: dict[str, Values] = {
    WINDOWS + r"\ProfileList\S-1-5-21-1-2-3-1003": {"ProfileImagePath": ("REG_EXPAND_SZ", r"C:\Users\Carol Müller")}
}
WINDOWS_FLEET = {
    "windows10": WindowsMember("PASS", _outlook("19045"), accounts={"alice": ("PASS", "ok")}),
    "windows10-disabled": WindowsMember(
        "FAIL", _outlook("19045", **{TLS12: {"Enabled": dword(0)}}), accounts={"alice": ("FAIL", "system_settings")}
    ),
    "windows7": WindowsMember("FAIL", _outlook("7601"), accounts={"alice": ("FAIL", "system_settings")}),
    # The mail goes on; signing in is what may not, and that is a warning.
    "windows7-mended": WindowsMember("AT_RISK", _outlook("7601", **{TLS12: ON}), accounts={"alice": ("PASS", "ok")}, why="WinHTTP"),
    "windows8-mended": WindowsMember(
        "AT_RISK",
        _outlook("9200", **{WINHTTP: {"DefaultSecureProtocols": dword(0xA80)}, "32:" + WINHTTP: {"DefaultSecureProtocols": dword(0xA80)}}),
        accounts={"alice": ("PASS", "ok")},
        why="KB3140245",
    ),
    "windows-no-client": WindowsMember("PASS", windows("20348"), why="no POP/IMAP client found"),
    "windows-several-users": WindowsMember(
        "FAIL", _outlook("22631", **_SECOND_USER), accounts={"alice": ("PASS", "ok"), "bob": ("FAIL", "legacy_endpoint")}
    ),
    "windows-not-signed-in": WindowsMember(
        "UNKNOWN", _outlook("22631", **_CAROL), accounts={"alice": ("PASS", "ok")}, why="registry of user Carol Müller"
    ),
    "windows-thunderbird": WindowsMember("PASS", windows("7601", **{TLS12: ON}, **_THUNDERBIRD), _thunderbird(), {"alice": ("PASS", "ok")}),
    "windows-thunderbird-pinned": WindowsMember(
        "FAIL",
        windows("19045", **_THUNDERBIRD),
        _thunderbird('user_pref("security.tls.version.max", 1);\n'),
        {"alice": ("FAIL", "pinned")},
    ),
    "windows-bat": WindowsMember(
        "UNKNOWN", windows("19045", **{UNINSTALL + r"\Bat": {"DisplayName": text("The Bat! v10.4 (64-bit)")}}), why="not documented"
    ),
    "windows-bad-type": WindowsMember(
        "UNKNOWN", _outlook("19045", **{TLS12: {"Enabled": text("1")}}), accounts={"alice": ("UNKNOWN", "undecided")}
    ),
    "windows-many-programs": WindowsMember(
        "PASS", windows("19045", **{UNINSTALL + rf"\P{number}": {"DisplayName": text(f"P {number}")} for number in range(2000)})
    ),
}
