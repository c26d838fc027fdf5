# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what Ansible says of a host's audit task to that host's record: always one, whatever happened to the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import failure_text, host_record
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import VERDICTS


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
    return failure_text.reason(result) or "the audit task gave no result"
