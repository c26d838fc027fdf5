# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The machine itself: which Windows it is, its TLS libraries, and the registry values that act on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import places
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.registry import Value
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.seen import THERE, Seen

Entry = dict[str, Any]
_ELEVEN = 22000
_ARCHITECTURES = {"AMD64": "x86_64", "ARM64": "aarch64", "X86": "i686"}


class Machine:
    """A Windows machine, from what was seen of its registry and of its environment (architecture, of WOW64, Windows directory)."""

    def __init__(self, seen: Seen, environment: list[str]) -> None:
        self.seen = seen
        native = environment[1] if len(environment) > 1 and not environment[1].startswith("%") else ""
        machine = (native or (environment[0] if environment else "")).strip().upper()
        self.arch = _ARCHITECTURES.get(machine)
        self.directory = environment[2].strip() if len(environment) > 2 and not environment[2].startswith("%") else r"C:\Windows"

    def _text(self, name: str) -> str | None:
        value = self.seen.value(places.WINDOWS, name, "64")
        return value.text if value else None

    @property
    def views(self) -> tuple[str, ...]:
        """The views that differ: a 32-bit Windows has but one."""
        return ("64",) if self.arch == "i686" else ("64", "32")

    @property
    def build(self) -> str | None:
        """Number of the build, with that of its update where it has one: "19045.4291"."""
        build = self._text("CurrentBuildNumber")
        if build is None or not build.isdecimal():
            return None
        update = self.seen.value(places.WINDOWS, "UBR", "64")
        return f"{build}.{update.number}" if update is not None and update.number is not None else build

    def platform(self) -> Entry:
        """Return the platform of the evidence."""
        name = self._text("ProductName") or "Windows"
        if self.build and int(self.build.partition(".")[0]) >= _ELEVEN:
            # Windows 11 goes on calling itself 10 there.
            name = name.replace("Windows 10", "Windows 11")
        service_pack = self._text("CSDVersion")
        version = self._text("DisplayVersion") or self._text("ReleaseId")
        return {
            "os": "windows",
            "release": self.build,
            "name": " ".join(part for part in (name, version, service_pack) if part),
            "kernel": None,
            "arch": self.arch,
            "python": None,
        }

    @property
    def restart_pending(self) -> list[str]:
        """The keys that say that an update waits for a restart."""
        keys = (places.UPDATE_REBOOT + r"\RebootRequired", places.SERVICING + r"\RebootPending")
        return [key for key in keys if self.seen.state(key, "64") == THERE]

    # Libraries

    @property
    def schannel(self) -> str:
        """Path of Schannel's library."""
        return self.directory + r"\System32\schannel.dll"

    def winhttp(self, view: str) -> str:
        """Path of WinHTTP's library for programs of that bitness."""
        return self.directory + (r"\System32" if view == "64" else r"\SysWOW64") + r"\winhttp.dll"

    def dotnet(self, version: str, view: str) -> str:
        """Directory of the .NET Framework for programs of that bitness."""
        return self.directory + r"\Microsoft.NET" + (r"\Framework64" if view == "64" else r"\Framework") + "\\" + version

    def stacks(self) -> list[Entry]:
        """Return the system's libraries as stacks of the evidence."""
        found = [stack("schannel", self.schannel, self.build)]
        for view in self.views:
            if self.seen.state(places.WINHTTP.rpartition("\\")[0], view) == THERE:
                found.append(stack("winhttp", self.winhttp(view), self.build))
            for version in places.DOTNET_VERSIONS:
                if self.seen.state(rf"{places.DOTNET}\{version}", view) == THERE:
                    found.append(stack("dotnet", self.dotnet(version, view), version.removeprefix("v")))
        return found

    # Settings

    def settings(self) -> list[Entry]:
        """Return the values that act on the system's libraries as settings of the evidence."""
        found = list(self._below("schannel", places.SCHANNEL))
        for key in (places.POLICY_SUITES, places.LOCAL_SUITES, places.FIPS):
            found.extend(self._values("schannel", key, "64"))
        for view in self.views:
            found.extend(self._values("winhttp", places.WINHTTP, view, ("DefaultSecureProtocols",), self.winhttp(view)))
            for version in places.DOTNET_VERSIONS:
                names = ("SchUseStrongCrypto", "SystemDefaultTlsVersions")
                found.extend(self._values("dotnet", rf"{places.DOTNET}\{version}", view, names, self.dotnet(version, view)))
        for view in self.views:
            found.extend(self._values("wininet", places.WINHTTP.rpartition("\\")[0], view, ("SecureProtocols",)))
        found.extend(self._values("wininet", places.INTERNET_POLICY, "64", ("SecureProtocols",)))
        found.extend(self._values("dotnet", places.DOTNET_RELEASE, "64", ("Release",)))
        found.extend(self._values("windows", places.PRODUCT, "64", ("ProductType",)))
        found.extend(self._values("windows", places.WINDOWS, "64", ("EditionID", "InstallationType")))
        found.extend(setting("restart", key, "64", "pending", Value("REG_SZ", "yes")) for key in self.restart_pending)
        return found

    def _below(self, kind: str, key: str) -> Iterator[Entry]:
        for found in self.seen.below(key, "64"):
            yield from self._values(kind, found, "64")

    def _values(self, kind: str, key: str, view: str, names: tuple[str, ...] = (), config: str | None = None) -> Iterator[Entry]:
        for name, value in self.seen.values(key, view).items():
            if not names or name in names:
                yield {**setting(kind, self.seen.spelled(key, view) or key, view, name, value), "config": config}

    def java(self) -> Iterator[Entry]:
        """Yield the Java runtimes that the registry names, each once; they are judged only as a part of programs written for them."""
        found = set()
        for view in self.views:
            for key in self.seen.below(places.JAVA, view):
                home = self.seen.value(key, "JavaHome", view)
                if home is not None and home.text and home.text not in found:
                    found.add(home.text)
                    yield stack("java", home.text, key.rpartition("\\")[2], "bundled")

    def of_users(self, hives: Iterable[str]) -> Iterator[Entry]:
        """Yield what users set for programs that speak through WinINet."""
        for hive in hives:
            key = rf"{hive}\{places.USER_INTERNET}"
            value = self.seen.value(key, "SecureProtocols")
            if value is not None:
                yield setting("wininet", self.seen.spelled(key) or key, "", "SecureProtocols", value)


def stack(kind: str, path: str, version: str | None, origin: str = "system", owner: str | None = None) -> Entry:
    """Return a stack of the evidence."""
    return {
        "kind": kind, "path": path, "version": version, "package": None, "origin": origin, "owner": owner, "build": [],
        "config": path if kind in ("winhttp", "dotnet") else None, "hellos": [],
    }  # fmt: skip


def setting(kind: str, key: str, view: str, name: str, value: Value) -> Entry:
    """Return a registry value as a setting of the evidence: its key is the file, and no line tells where in it."""
    return {
        "stack": kind, "config": None, "file": key, "line": 0, "section": None, "key": name, "value": value.data,
        "registry": {"view": view, "type": value.type},
    }  # fmt: skip
