# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where Windows keeps what bears on mail over TLS: keys and the names of the values that are asked for."""

from __future__ import annotations

SOFTWARE = r"HKLM\SOFTWARE\Microsoft"
POLICIES = r"HKLM\SOFTWARE\Policies\Microsoft"
CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"

ALL_SOFTWARE = r"HKLM\SOFTWARE"
ALL_POLICIES = r"HKLM\SOFTWARE\Policies"
CURRENT = SOFTWARE + r"\Windows\CurrentVersion"
LSA = CONTROL + r"\Lsa"

WINDOWS = SOFTWARE + r"\Windows NT\CurrentVersion"
WINDOWS_VALUES = ("CurrentBuildNumber", "UBR", "DisplayVersion", "ReleaseId", "ProductName", "EditionID", "InstallationType", "CSDVersion")
PROFILES = WINDOWS + r"\ProfileList"
PRODUCT = CONTROL + r"\ProductOptions"
CODE_PAGES = CONTROL + r"\Nls\CodePage"
USERS = "HKU"
# Only administrators may open the hive of the account LocalService.
ADMINISTRATORS_ONLY = r"HKU\S-1-5-19"

PROVIDERS = CONTROL + r"\SecurityProviders"
SCHANNEL = PROVIDERS + r"\SCHANNEL"
LOCAL_SUITES = CONTROL + r"\Cryptography\Configuration\Local\SSL\00010002"
POLICY_SUITES = POLICIES + r"\Cryptography\Configuration\SSL\00010002"
FIPS = LSA + r"\FIPSAlgorithmPolicy"

INTERNET = r"\Microsoft\Windows\CurrentVersion\Internet Settings"
INTERNET_POLICY = POLICIES + INTERNET.removeprefix(r"\Microsoft")
WINHTTP = SOFTWARE + INTERNET.removeprefix(r"\Microsoft") + r"\WinHttp"
DOTNET = SOFTWARE + r"\.NETFramework"
DOTNET_VERSIONS = ("v2.0.50727", "v4.0.30319")
DOTNET_RELEASE = SOFTWARE + r"\NET Framework Setup\NDP\v4\Full"
JAVA = r"HKLM\SOFTWARE\JavaSoft"

UNINSTALL = CURRENT + r"\Uninstall"
UNINSTALL_VALUES = ("DisplayName", "DisplayVersion", "InstallLocation")
OFFICE = SOFTWARE + r"\Office"
OUTLOOK_PROGRAM = CURRENT + r"\App Paths\OUTLOOK.EXE"
CLICK_TO_RUN = OFFICE + r"\ClickToRun\Configuration"
CLICK_TO_RUN_VALUES = ("VersionToReport", "Platform", "ProductReleaseIds")
STORE_PROGRAMS = CURRENT + r"\Appx\AppxAllUserStore\Applications"
THUNDERBIRD_POLICY = r"HKLM\SOFTWARE\Policies\Mozilla\Thunderbird"

UPDATE_REBOOT = CURRENT + r"\WindowsUpdate\Auto Update"
SERVICING = CURRENT + r"\Component Based Servicing"

# Below a user's hive.
OUTLOOK_PROFILES = (
    r"Software\Microsoft\Office\16.0\Outlook\Profiles",
    r"Software\Microsoft\Office\15.0\Outlook\Profiles",
    r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles",
)
# The keys above them, each of which tells whether the next one is there. Up to Outlook 2010 accounts stand in the last of them.
OUTLOOK_ABOVE = (
    r"Software\Microsoft",
    r"Software\Microsoft\Office",
    *(rf"Software\Microsoft\Office\{version}{below}" for version in ("16.0", "15.0") for below in ("", r"\Outlook")),
    r"Software\Microsoft\Windows NT",
    r"Software\Microsoft\Windows NT\CurrentVersion",
    r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem",
)
# Never all of a profile: encrypted passwords stand beside these.
ACCOUNT_VALUES = (
    "clsid", "Account Name",
    "IMAP Server", "IMAP Port", "IMAP Use SSL", "IMAP Secure Connection",
    "POP3 Server", "POP3 Port", "POP3 Use SSL", "POP3 Secure Connection",
)  # fmt: skip
USER_INTERNET = r"Software" + INTERNET
USER_UNINSTALL = r"Software\Microsoft\Windows\CurrentVersion\Uninstall"

# Below a user's directory: the directories that hold a profiles.ini, by client.
MOZILLA = {
    "thunderbird": r"AppData\Roaming\Thunderbird",
    "betterbird": r"AppData\Roaming\Betterbird",
    "seamonkey": r"AppData\Roaming\Mozilla\SeaMonkey",
}
# Clients that keep an account in a file of its own, .oeaccount.
ACCOUNT_FILES = {
    "windows-mail": r"AppData\Local\Microsoft\Windows Mail",
    "windows-live-mail": r"AppData\Local\Microsoft\Windows Live Mail",
}
# What a line of preferences has to hold to be read at all, one set of words or another: accounts, and what bears on TLS. Of a mail
# server only what is wanted is printed at all, since a line beside it may hold a password, and what is printed stands in Ansible's log.
_OF_SERVER = (".hostname", ".realhostname", ".port", ".socketType", ".isSecure", ".type")
PREFERENCES = (
    *(("mail.server.server", key) for key in _OF_SERVER),
    ("mail.account", ".server"),
    ("mail.accountmanager.accounts",),
    ("security.tls.version",),
    ("mail.ui-rdf.version",),
)
