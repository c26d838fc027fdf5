# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a filter on the host left out, in the evidence: nobody may take the character in its place for a value."""

from __future__ import annotations

from typing import Any

MARK = "\x1a"
_WHY = "its value was left out on the host, where it could not be told from a secret"


def undecided(document: dict[str, Any]) -> dict[str, Any]:
    """Return the evidence with everything that holds the mark said to be unknown."""
    for setting in [setting for setting in document["settings"] if MARK in setting["value"]]:
        document["settings"].remove(setting)
        document["gaps"].append({"what": f"{setting['file']}, line {setting['line']}", "why": _WHY, "affects": f"stack:{setting['stack']}"})
    for client in document["clients"]:
        for account in client["accounts"]:
            _account(account)
    for gap in document["gaps"]:
        gap["what"], gap["why"] = gap["what"].replace(MARK, "?"), gap["why"].replace(MARK, "?")
    return document


def _account(account: dict[str, Any]) -> None:
    place = {"file": account["config"], "line": account["line"]}
    for key in ("server", "name"):
        if MARK in (account[key] or ""):
            account[key] = None
            account["undecided"].append({"what": key, "why": _WHY, **place})
    for setting in [setting for setting in account["settings"] if MARK in setting["value"]]:
        account["settings"].remove(setting)
        account["undecided"].append({"what": setting["key"], "why": _WHY, "file": setting["file"], "line": setting["line"]})
