# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what Ansible says of a host's audit task to that host's record: always one, whatever happened to the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import host_record
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import VERDICTS

_TRACEBACK = "Traceback (most recent call last)"
# Ansible's msg when a module printed no result, which says nothing; the reason is in what it printed instead.
_NO_REASON = "MODULE FAILURE"


def to_record(host: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record in the *result* of the audit task of *host*; an ERROR that says what was wrong when it holds none."""
    record = result.get("mailtls")
    if isinstance(record, dict) and record.get("host") == host and record.get("verdict") in VERDICTS:
        return record
    return host_record.of_error(host, _reason(result))


def to_unreachable(host: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of *host*, to which the connection failed with *result*."""
    return host_record.of_unreachable(host, _reason(result))


def _reason(result: Mapping[str, Any]) -> str:
    if "censored" in result:
        return "the result of the audit task is hidden by no_log"
    if "results" in result:
        return "the audit task runs in a loop, and can run once for a host only"
    for key in ("msg", "module_stderr", "module_stdout"):
        told = str(result.get(key) or "").strip()
        if told and not told.startswith(_NO_REASON):
            return _without_traceback(told)
    return "the audit task gave no result"


def _without_traceback(text: str) -> str:
    """Return the last line of a traceback, which is the error; any other text as it is."""
    return text.splitlines()[-1] if _TRACEBACK in text else text
