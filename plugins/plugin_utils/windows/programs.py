# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mail clients among the installed programs: those of the machine, in both views, of the users, and of the Store."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import places
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.seen import Seen

_NAMES = (
    (re.compile(r"Mozilla Thunderbird\b"), "thunderbird"),
    (re.compile(r"Betterbird\b"), "betterbird"),
    (re.compile(r"(?:Mozilla )?SeaMonkey\b"), "seamonkey"),
    (re.compile(r"Postbox\b"), "postbox"),
    (re.compile(r"The Bat!"), "the-bat"),
    (re.compile(r"Foxmail\b"), "foxmail"),
    (re.compile(r"Becky!"), "becky"),
    (re.compile(r"Pegasus Mail\b"), "pegasus-mail"),
    (re.compile(r"eM Client\b"), "em-client"),
    (re.compile(r"Mailbird\b"), "mailbird"),
    (re.compile(r"Windows Live Mail\b"), "windows-live-mail"),
)
_STORE = (
    (re.compile(r"microsoft\.windowscommunicationsapps_([\d.]+)", re.IGNORECASE), "windows-10-mail"),
    (re.compile(r"Microsoft\.OutlookForWindows_([\d.]+)", re.IGNORECASE), "new-outlook"),
)


@dataclass(frozen=True)
class Program:
    """An installed mail client: its name here, its version, and its directory or, where that is not told, its registry key."""

    client: str
    version: str | None
    place: str

    def install(self, stacks: Iterable[str] = ()) -> dict[str, Any]:
        """Return it as an install of the evidence."""
        return {"program": self.place, "version": self.version, "package": None, "stacks": list(stacks)}


def read(seen: Seen, hives: Iterable[str]) -> list[Program]:
    """Return the mail clients that are installed for the machine or for the users with these *hives*, each once."""
    keys = [(places.UNINSTALL, view) for view in ("64", "32")] + [(rf"{hive}\{places.USER_UNINSTALL}", "") for hive in hives]
    found = [program for key, view in keys for program in _installed(seen, key, view)]
    found.extend(_from_store(seen))
    return list(dict.fromkeys(found))


def _installed(seen: Seen, key: str, view: str) -> Iterator[Program]:
    for entry in seen.below(key, view):
        name = seen.value(entry, "DisplayName", view)
        client = next((client for pattern, client in _NAMES if name and name.text and pattern.match(name.text)), None)
        if client is not None:
            version, location = seen.value(entry, "DisplayVersion", view), seen.value(entry, "InstallLocation", view)
            place = (location.text or "").strip('"').rstrip("\\") if location else ""
            yield Program(client, _numbers(version.text if version else None), place or entry)


def _from_store(seen: Seen) -> Iterator[Program]:
    for package in seen.children(places.STORE_PROGRAMS, "64"):
        for pattern, client in _STORE:
            found = pattern.match(package)
            if found:
                yield Program(client, found[1], package)


def _numbers(version: str | None) -> str | None:
    found = re.match(r"\d+(?:\.\d+)*", version or "")
    return found.group() if found else None
