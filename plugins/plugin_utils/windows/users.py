# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The users of a Windows host: whose hive is loaded, whose is not, and where their directories are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import places
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.seen import Seen

# People, of this machine or a domain, and of Entra ID; all other identifiers are services'.
_PERSON = re.compile(r"S-1-(?:5-21|12-1)(?:-\d{1,10}){1,14}\Z")
# What would have a meaning for one of the shells, even in quotes, or for PowerShell's own quotes.
_UNSAFE = re.compile('["%#\u2018\u2019\u201a\u201b\\x00-\\x1f]')
_OF_A_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
LOADED = r"HKU\mailtls-audit-"


@dataclass(frozen=True)
class User:
    """A user: security identifier, name, directory (None: not told, or no name that a command line can hold), hive (None: not loaded)."""

    sid: str
    name: str
    home: str | None
    hive: str | None


def read(seen: Seen) -> list[User]:
    """Return the users that have a profile on the host or whose hive is loaded."""
    loaded = {name for name in seen.children(places.USERS) if _PERSON.match(name)}
    listed = {name for name in seen.children(places.PROFILES, "64") if _PERSON.match(name)}
    return [_user(seen, sid, sid in loaded) for sid in sorted(loaded | listed)]


def _user(seen: Seen, sid: str, loaded: bool) -> User:
    path = seen.value(rf"{places.PROFILES}\{sid}", "ProfileImagePath", "64")
    home = path.text.rstrip("\\") if path is not None and path.text else None
    name = home.rpartition("\\")[2] if home else sid
    return User(sid, name, home if home and not _UNSAFE.search(home) else None, rf"HKU\{sid}" if loaded else None)


def may_be_opened(path: str) -> bool:
    r"""Tell whether a command line can hold *path* as it is, and whether it is one of a drive.

    Users write such paths. One like \\server\share would have the audit's own login sent to a server of their choice.
    """
    return _UNSAFE.search(path) is None and _OF_A_DRIVE.match(path) is not None
