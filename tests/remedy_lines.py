"""Lines of remedies.jsonl, as the results of remedies come to them."""

from __future__ import annotations

import datetime
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import remedy

NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
LATER = NOON + datetime.timedelta(minutes=5)


def setting(before: str | None, after: str | None, file: str = "/home/ann/.fetchmailrc") -> dict[str, Any]:
    return {"client": "fetchmail", "file": file, "line": 3, "key": "sslproto", "from": before, "to": after, "findings": ["account/1"]}


def value(before: str | None, after: str | None) -> dict[str, Any]:
    place = {"file": r"HKLM\SOFTWARE\WinHttp", "line": 0, "registry": {"view": "64", "type": "REG_DWORD"}}
    return {**place, "client": None, "key": "DefaultSecureProtocols", "from": before, "to": after, "findings": ["stack/1"]}


def line(
    host: str,
    state: str,
    *items: tuple[str, dict[str, Any]],
    refused: tuple[tuple[dict[str, Any], str], ...] = (),
    when: datetime.datetime = NOON,
    by: str = "olga",
    restarts: tuple[dict[str, Any], ...] = (),
    reboot_required: bool = False,
) -> dict[str, Any]:
    """The line of *host* for items, each with what became of it, refusals, each with the reason, and restarts."""
    made = [
        {"path": change["file"], "target": change["file"], "sha256": "0" * 64, "state": became, "why": None, "changes": [change]}
        for became, change in items
    ]
    told = [{"change": change, "why": why} for change, why in refused]
    answer = {
        "state": state,
        "run": "r",
        "by": by,
        "items": made,
        "refused": told,
        "restarts": restarts,
        "reboot_required": reboot_required,
    }
    written = remedy.audit_trail(host, answer, when)
    if written is None:
        raise ValueError("a line without items and refusals")
    return written


def restart(name: str, state: str, manager: str | None = "systemd", why: str | None = None) -> dict[str, Any]:
    """What is said of one service, whose finding is account/1."""
    what = {"client": "stunnel", "program": "/usr/bin/stunnel4", "user": "root", "files": ["/etc/stunnel/mail.conf"]}
    return {**what, "name": name, "manager": manager, "findings": ["account/1"], "state": state, "why": why}
