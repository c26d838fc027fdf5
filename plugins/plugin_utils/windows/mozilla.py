# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Thunderbird and its relatives on Windows: files as on other systems, read with the same parsers, found by other paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, mozilla_accounts, mozilla_installs, mozilla_layers
from ansible_collections.mailtls.fleet.plugins.module_utils.clients.mozilla_preferences import Preferences
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import places
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.machine import stack
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.programs import Program
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.registry import Value

Gap = dict[str, Any]
_POLICIES = {"SSLVersionMin": "security.tls.version.min", "SSLVersionMax": "security.tls.version.max"}
# What comes with the program itself.
_OWN_DEFAULTS = ("channel-prefs.js",)
MAX_PROFILES = 20


@dataclass(frozen=True)
class Profile:
    """A profile: of which client, whose, and its directory."""

    client: str
    user: str
    directory: str


def profiles(client: str, user: str, directory: str, text: str) -> list[Profile]:
    """Return the profiles that the profiles.ini of a *directory* names (nsToolkitProfileService)."""
    sections, _errors = ini.parse(text)
    found = []
    for section in [section for section in sections if re.match(r"Profile\d+\Z", section.name or "")][:MAX_PROFILES]:
        relative, location = (ini.last([section], section.name, key) for key in ("IsRelative", "Path"))
        if location is not None and location.value:
            path = location.value.replace("/", "\\")
            found.append(Profile(client, user, rf"{directory}\{path}" if relative and relative.value == "1" else path))
    return found


class Files:
    """The files that were printed, as the parsers for other systems ask for them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self.gaps: list[Gap] = []

    def text(self, path: str, affects: str | None = None, limit: int = 0) -> str | None:
        """Return the text of a file, or None when it was not printed."""
        return self.texts.get(path.replace("/", "\\"))

    def gap(self, what: str, why: str, affects: str | None = None) -> None:
        """Note a gap."""
        self.gaps.append({"what": what.replace("/", "\\"), "why": why, "affects": affects})


def read(
    client: str,
    programs: Iterable[Program],
    found: Iterable[Profile],
    files: Files,
    policy: Mapping[str, Value],
    overlays: Iterable[str],
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the evidence of one *client*, None when nothing of it is there, and its stacks.

    Args:
        client: its name.
        programs: its installed copies.
        found: its profiles.
        files: what was printed of them.
        policy: the values of its policy key.
        overlays: files beside a program that may set preferences, and were not read.
    """
    installs, stacks = [], []
    for program in programs:
        library = program.place + r"\nss3.dll"
        stacks.append(stack("nss", library, None, "bundled", program.place))
        installs.append(program.install([library]))
    versions = {program.version for program in programs}
    version = mozilla_installs.numbers(versions.pop()) if len(versions) == 1 else ()
    accounts = [account for profile in found for account in _accounts(profile, files, version)]
    for account in accounts:
        _apply_policy(account, policy)
        account["undecided"].extend(
            base.undecided("security.tls.version.max", "a file that may set it was not read", path, 0)
            for path in overlays
            if path.rpartition("\\")[2].lower() not in _OWN_DEFAULTS
        )
    return base.evidence(client, installs, accounts), stacks


def _accounts(profile: Profile, files: Files, version: tuple[int, ...]) -> list[dict[str, Any]]:
    affects = "client:" + profile.client
    steps = []
    for name in ("prefs.js", "user.js"):
        steps.extend(mozilla_layers.of_file(files, f"{profile.directory}\\{name}", version, affects))
    owner = SimpleNamespace(directory=profile.directory.replace("\\", "/"), user=SimpleNamespace(name=profile.user))
    accounts: list[dict[str, Any]] = mozilla_accounts.read(files, Preferences(steps), owner, version, affects)
    for account in accounts:
        # Only the lines that matter were printed, so their numbers are not those of the file.
        account.update(line=0, settings=[{**setting, "line": 0} for setting in account["settings"]])
    return accounts


def _apply_policy(account: dict[str, Any], policy: Mapping[str, Value]) -> None:
    for name, preference in _POLICIES.items():
        value = policy.get(name)
        if value is not None and value.text:
            account["settings"] = [setting for setting in account["settings"] if setting["key"] != preference]
            registry = {"view": "64", "type": value.type}
            account["settings"].append({**base.setting(name, value.text, places.THUNDERBIRD_POLICY, 0), "registry": registry})
