"""A Windows host that answers what it is asked as reg.exe and cmd print it. The lab has real ones, of Wine; this one can be denied."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands, questions, registry
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.commands import Query
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.dialogue import Output

CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
SOFTWARE = r"HKLM\SOFTWARE\Microsoft"
SCHANNEL = CONTROL + r"\SecurityProviders\SCHANNEL"
TLS12 = SCHANNEL + r"\Protocols\TLS 1.2\Client"
WINDOWS = SOFTWARE + r"\Windows NT\CurrentVersion"
UNINSTALL = SOFTWARE + r"\Windows\CurrentVersion\Uninstall"
WINHTTP = SOFTWARE + r"\Windows\CurrentVersion\Internet Settings\WinHttp"
SID = "S-1-5-21-1-2-3-1001"
ABSENT_TEXT = "FEHLER: Der angegebene Registrierungsschlüssel bzw. Wert wurde nicht gefunden."

Values = dict[str, tuple[str, str]]


def dword(number: int) -> tuple[str, str]:
    return ("REG_DWORD", f"0x{number:x}")


def text(value: str) -> tuple[str, str]:
    return ("REG_SZ", value)


def windows(build: str = "7601", **more: Values) -> dict[str, Values]:
    """The registry of a machine with one user who is signed in; keys of the 32-bit view begin with "32:"."""
    return {
        CONTROL: {},
        CONTROL + r"\SecurityProviders": {},
        SCHANNEL: {},
        CONTROL + r"\ProductOptions": {"ProductType": text("WinNT")},
        CONTROL + r"\Lsa": {},
        CONTROL + r"\Nls\CodePage": {"OEMCP": text("850")},
        CONTROL + r"\Cryptography": {},
        r"HKLM\SOFTWARE\Policies": {},
        SOFTWARE: {},
        "32:" + SOFTWARE: {},
        "32:" + UNINSTALL: {},
        SOFTWARE + r"\Windows\CurrentVersion\App Paths": {},
        SOFTWARE + r"\Windows\CurrentVersion\Internet Settings": {},
        "32:" + SOFTWARE + r"\Windows\CurrentVersion\Internet Settings": {},
        UNINSTALL: {},
        WINDOWS: {"CurrentBuildNumber": text(build), "ProductName": text("Windows 10 Pro")},
        WINDOWS + rf"\ProfileList\{SID}": {"ProfileImagePath": ("REG_EXPAND_SZ", r"C:\Users\alice")},
        rf"HKU\{SID}\Software\Microsoft": {},
        r"HKU\S-1-5-19": {},
        **more,
    }


OUTLOOK = {SOFTWARE + r"\Windows\CurrentVersion\App Paths\OUTLOOK.EXE": {"(Standard)": text(r"C:\Program Files\Office\OUTLOOK.EXE")}}
PROFILE = rf"HKU\{SID}\Software\Microsoft\Office\16.0\Outlook\Profiles\Outlook\9375CFF0413111d3B88A00104B2A6676\00000002"
IMAP: Values = {
    "clsid": text("{ED475412-B0D6-11D2-8C3B-00104B2A6676}"),
    "Account Name": text("alice@example.org"),
    "IMAP Server": text("outlook.office365.com"),
    "IMAP Port": dword(993),
    "IMAP Use SSL": dword(1),
    "IMAP Password": ("REG_BINARY", "5345435245542d50415353574f5244"),
}


@dataclass
class WindowsHost:
    """A host to be asked.

    keys: its registry. files: its files by path. denied: keys that no query may read. cut: how many bytes of each answer are lost at its
    end. encoding: what it writes in. knows_views: whether its reg.exe takes /reg:64.
    """

    keys: dict[str, Values]
    files: dict[str, str] = field(default_factory=dict)
    denied: tuple[str, ...] = ()
    cut: int = 0
    encoding: str = "cp850"
    knows_views: bool = True
    asked: list[str] = field(default_factory=list)
    _sorted: dict[str, list[str]] = field(default_factory=dict)
    _views: dict[str, dict[str, Values]] = field(default_factory=dict)

    def execute(self, command: str) -> Output:
        self.asked.append(command)
        found = re.search(r"echo @([0-9a-f]{8}) end", command)
        assert found
        nonce = found[1]
        lines: list[str] = []
        for query in self._queries():
            lines += [f"@{nonce} {query.mark}", *self.answer(query, nonce)]
        lines += [f"@{nonce} env", "AMD64", "%PROCESSOR_ARCHITEW6432%", r"C:\Windows", f"@{nonce}+"]
        for path, content in self.files.items():
            mark = "find " + path.rpartition("\\")[0] if path.endswith(".oeaccount") else "file " + path
            lines += [f"@{nonce} {mark}", path if path.endswith(".oeaccount") else content, f"@{nonce}+"]
        lines += [f"@{nonce} end", ""]
        output = "\r\n".join(lines).encode(self.encoding, "replace")
        return Output(output[: len(output) - self.cut].decode("utf-8", "surrogateescape"), ABSENT_TEXT)

    def _queries(self) -> list[Query]:
        hives = [key for key in self._all("") if re.fullmatch(r"HKU\\S-1-5-21-[\d-]+", key)]
        asked = [*questions.machine(), *(query for hive in hives for query in questions.user(hive))]
        return asked if self.knows_views else [*asked, *commands.without_views(questions.machine())]

    def answer(self, query: Query, nonce: str) -> list[str]:
        if query.view and not self.knows_views:
            return [ABSENT_TEXT]
        known = self._all("" if query.view != "32" else "32:")
        if query.key not in known or any(query.key == key or query.key.startswith(key + "\\") for key in self.denied):
            return [ABSENT_TEXT]
        below = self._below("" if query.view != "32" else "32:", query.key + "\\")
        if not query.deep:
            below = [key for key in below if "\\" not in key[len(query.key) + 1 :]]
        lines = self._values(known, query.key, query.name)
        for key in below:
            # Without /s, and where all values are asked for, only the names of the keys below are printed.
            values = self._values(known, key, query.name) if query.deep else []
            lines += values or ([registry.full(key)] if query.name is None else [])
        if query.name is not None and not lines:
            return [ABSENT_TEXT]
        if query.deep and any(key in self.denied for key in below):
            return [line for line in lines if not any(registry.full(key) in line for key in self.denied)]
        ending = ["", "Suchende: 1 Übereinstimmung(en) gefunden."] if query.name and query.deep else []
        return [*lines, *ending, f"@{nonce}+"]

    def _values(self, known: dict[str, Values], key: str, name: str | None) -> list[str]:
        values = [f"    {known_name}    {kind}    {data}" for known_name, (kind, data) in known[key].items() if name in (None, known_name)]
        return ["", registry.full(key), *values] if values else []

    def _below(self, prefix: str, start: str) -> list[str]:
        if prefix not in self._sorted:
            self._sorted[prefix] = sorted(self._all(prefix))
        keys = self._sorted[prefix]
        # No key of a registry holds the last of all characters.
        return keys[bisect.bisect_left(keys, start) : bisect.bisect_left(keys, start + chr(0x10FFFF))]

    def _all(self, prefix: str) -> dict[str, Values]:
        """The keys of one view, those above them included."""
        if prefix in self._views:
            return self._views[prefix]
        found: dict[str, Values] = {}
        for place, values in self.keys.items():
            if place.startswith("32:") != (prefix == "32:"):
                continue
            key = place.removeprefix("32:")
            parts = key.split("\\")
            for count in range(1, len(parts)):
                found.setdefault("\\".join(parts[:count]), {})
            found.setdefault(key, {}).update(values)
        self._views[prefix] = found
        return found
