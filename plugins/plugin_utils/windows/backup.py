# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
r"""Backup sets on a Windows host, with cmd's own commands and icacls.

    BACKUPS\.lock\RUN             there while that run is at work
    BACKUPS\RUN\manifest          base64 of JSON: each value before and after, and which keys were absent
    BACKUPS\RUN\0.reg, 1.reg      what `reg export` wrote of the machine's keys, to be looked at; a rollback goes by the manifest

A user's keys are not exported: passwords may stand beside the value that changes.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.backup import RUN_ID
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.session import Session

SCHEMA = "mailtls.registry-backup/1"
# Where administrators alone can make a directory: below %ProgramData% any user could have made this one before, or a junction of its name.
DEFAULT = r"%ProgramFiles%\mailtls\backups"
_LINE = 1200
_ADMINISTRATORS, _SYSTEM = "*S-1-5-32-544", "*S-1-5-18"


class BackupError(Exception):
    """A backup set can't be made, read or used, or another run is at work; nothing was changed then."""


class Backup:
    """The backup set of one run on one host.

    Args:
        session: the conversation with the host.
        directory: the directory of backup sets there.
        run: the run's id.

    Raises:
        BackupError: the run's id or the directory can't stand in a command line.
    """

    def __init__(self, session: Session, directory: str, run: str) -> None:
        if not RUN_ID.match(run) or run.endswith("."):
            raise BackupError(f"{run!r:.120} is no run id: up to 100 letters, digits, '.', '_' and '-', a letter or digit first")
        if not directory.isascii() or not directory.isprintable() or any(sign in directory for sign in '"#@&|<>^()'):
            raise BackupError(
                f"{directory!r:.120}: a directory for backups has to be plain ASCII, without signs that cmd takes for its own"
            )
        self._session, self._directory, self._run = session, directory, run
        self._place = rf"{directory}\{run}"
        self._lock = rf"{directory}\.lock"

    def take_lock(self) -> None:
        """Take the host's lock, or the one that this same run left there when it was interrupted. Raises BackupError."""
        # Each run first says that it is there, and then looks for others: of two at once at most one goes on.
        answer = self._session.tell(
            [
                f'if not exist "{self._directory}\\" mkdir "{self._directory}"',
                f'icacls "{self._directory}" /inheritance:r /grant:r "{_ADMINISTRATORS}:(OI)(CI)F" "{_SYSTEM}:(OI)(CI)F" >nul',
                f'if not exist "{self._lock}\\{self._run}\\" mkdir "{self._lock}\\{self._run}"',
                f'echo @N lock&dir /b "{self._lock}"',
                "echo @N read&echo @N+",
            ]
        )
        holders = [line.strip() for line in answer["lock"].lines if line.strip()]
        if holders == [self._run]:
            return
        self.release_lock()
        raise BackupError(
            f"another remediation or rollback is at work on this host, or {self._directory} can't be written to;"
            f" where neither is so, remove {self._lock}, which an interrupted run left"
        )

    def release_lock(self) -> None:
        """Give the lock back."""
        self._session.tell([f'rmdir "{self._lock}\\{self._run}"', f'rmdir "{self._lock}"'])

    def create(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Write the set, and read its manifest back. Raises BackupError: nothing may be changed then."""
        if self.load() is not None:
            raise BackupError(f"{self._place} is there already: this run has changed this host before")
        document = json.dumps({"schema": SCHEMA, "run": self._run, "items": items}, sort_keys=True)
        text = base64.b64encode(document.encode()).decode()
        new = rf"{self._place}\manifest.new"
        lines = [f'echo {text[at : at + _LINE]} >>"{new}"' for at in range(0, len(text), _LINE)]
        self._session.tell(
            [
                f'if exist "{self._place}\\" rmdir /s /q "{self._place}"',
                f'mkdir "{self._place}"',
                *self._exports(items),
                *lines,
                f'move /y "{new}" "{self._place}\\manifest" >nul',
            ]
        )
        if self.load() != list(items):
            raise BackupError(f"{self._place}: the manifest can't be written, so nothing was changed")

    def _exports(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        """A key that was absent has nothing to export."""
        places = dict.fromkeys((item["key"], item["view"]) for item in items if item["key"] not in item["absent"])
        return [
            f'reg export "{key}" "{self._place}\\{number}.reg"{" /reg:" + view if view else ""} /y >nul'
            for number, (key, view) in enumerate(places)
            if not key.startswith("HKEY_USERS\\")
        ]

    def load(self) -> list[dict[str, Any]] | None:
        """Return the items of the set, or None when there is none. Raises BackupError when it is damaged."""
        path = rf"{self._place}\manifest"
        answer = self._session.tell([f'echo @N manifest&if exist "{path}" (type "{path}")', "echo @N read&echo @N+"])
        text = "".join(line.strip() for line in answer["manifest"].lines)
        if not text:
            return None
        try:
            document = json.loads(base64.b64decode(text, validate=True))
            if document["schema"] == SCHEMA:
                return list(document["items"])
        except (binascii.Error, ValueError, KeyError, TypeError) as error:
            raise BackupError(f"{path}: is damaged") from error
        raise BackupError(f"{path}: expected the schema {SCHEMA}")

    def keep(self, number: int) -> None:
        """Remove all but the newest *number* sets."""
        answer = self._session.tell([f'echo @N sets&dir /b /ad /o-d "{self._directory}"', "echo @N read&echo @N+"])
        names = [line.strip() for line in answer["sets"].lines]
        sets = [name for name in names if RUN_ID.match(name) and name != self._run]
        self._session.tell([f'rmdir /s /q "{self._directory}\\{name}"' for name in sets[max(number - 1, 0) :]])
