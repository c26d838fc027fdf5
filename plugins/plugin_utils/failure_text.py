# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a module failed on a host, out of what Ansible returned of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TRACEBACK = "Traceback (most recent call last)"
# What Ansible says when a module printed no result: the reason is in what it printed instead.
_NO_RESULT = ("MODULE FAILURE", "The module failed to execute correctly", "Module result deserialization failed")
_NO_ANSWER = "the host's answer is no result of a module"
_MAX_QUOTED = 200
# What Ansible puts in front of ssh's own words, one or the other by how far it had come with what it had to send.
_BEFORE_SSH = re.compile(r'(?:Failed to connect to the host via ssh:|Data could not be sent to remote host ".*?"\. .*? over ssh:)\s*(?=\S)')


def reason(result: Mapping[str, Any]) -> str | None:
    """Return the reason in the *result* of a module or of its task, or None when it gives none."""
    message = _told(result, "msg")
    if message and not message.startswith(_NO_RESULT):
        return _BEFORE_SSH.sub("", _without_traceback(message), count=1)
    printed = _told(result, "module_stderr") or _told(result, "module_stdout")
    if printed:
        return f"{_NO_ANSWER}: {_without_traceback(printed)[:_MAX_QUOTED]}"
    return _NO_ANSWER if message else None


def _told(result: Mapping[str, Any], key: str) -> str:
    return str(result.get(key) or "").strip()


def _without_traceback(text: str) -> str:
    """Return the last line of a traceback, which is the error; any other text as it is."""
    return text.splitlines()[-1] if _TRACEBACK in text else text
