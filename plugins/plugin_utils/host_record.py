# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of a host that has no evidence: it failed, or it was never reached."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.version import VERSION
from ansible_collections.mailtls.fleet.plugins.plugin_utils.finding import finding, stable_id
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import ERROR, UNREACHABLE

NEVER_AUDITED = "the play ended before this host was audited"
_MAX_WHY = 500
_LOST = "not_audited"
_NO_REASON = "no reason was given"


def of_error(host: str, why: str) -> dict[str, Any]:
    """Return the record of a host that was reached and whose audit failed, with *why*."""
    text = "See what the host answered with ansible-playbook -vvv --limit, mend it, and audit again."
    return _record(host, ERROR, "error", why, text)


def of_unreachable(host: str, why: str) -> dict[str, Any]:
    """Return the record of a host that no connection could be made to, with *why*."""
    text = "Check that the host is up and that Ansible reaches it (ansible -m ansible.builtin.ping), and audit again."
    return _record(host, UNREACHABLE, "unreachable", why, text)


def of_lost(host: str, why: str) -> dict[str, Any]:
    """Return the record of a host that nobody came to, with *why*: it gives way to any other record of that host."""
    return _record(host, ERROR, _LOST, why, "Audit this host again (--limit), and see in the log of the run why it was not.")


def is_lost(record: Mapping[str, Any]) -> bool:
    """Tell whether *record* only says that nobody came to its host."""
    return any(item["cause"] == _LOST for item in record["findings"])


def fact(record: Mapping[str, Any], policy: Mapping[str, str], now: datetime.datetime) -> dict[str, Any]:
    """Return what the fact cache gets of a host: nothing that the host itself could have written.

    Args:
        record: what the host came to.
        policy: {name, requirement, deadline} that it was judged by.
        now: when it was, in UTC.
    """
    causes = {item["cause"] for item in record["findings"] if item["verdict"] == record["verdict"]}
    return {
        "verdict": record["verdict"],
        "causes": sorted(causes),
        "audited": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "policy": policy["name"],
        "deadline": policy["deadline"],
        "collection": VERSION,
    }


def _record(host: str, verdict: str, cause: str, why: str, text: str) -> dict[str, Any]:
    short = _one_line(why) or _NO_REASON
    return {
        "host": host,
        "verdict": verdict,
        "reach": None,
        "platform": {"os": None, "release": None, "arch": None},
        "why": short,
        "findings": [
            finding(
                stable_id("audit", cause),
                "audit",
                cause,
                verdict,
                "observed",
                short,
                {"text": text},
                "the audit itself",
            )
        ],
        "clients": [],
        "stacks": [],
        "gaps": [],
    }


def _one_line(text: str) -> str:
    """Whatever a host says is hostile: printable, on one line, and short."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _MAX_WHY else line[: _MAX_WHY - 1] + "…"
