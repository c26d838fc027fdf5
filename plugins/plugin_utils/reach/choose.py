# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which reach a host is audited by, and why that one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import python, windows
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import Evidence, Obtain, ReachError

AUTO, PYTHON, SHELL, WINDOWS = "auto", "python", "shell", "windows"
REACHES: Mapping[str, Obtain] = {PYTHON: python.obtain, WINDOWS: windows.obtain}

_WINDOWS_CONNECTIONS = ("winrm", "psrp")
_WINDOWS_SHELLS = ("cmd", "powershell")


def obtain(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> Evidence:
    """Return the evidence of the host by the reach that fits, or that the argument `reach` forces; see base.py."""
    forced = arguments.get("reach", AUTO)
    if forced not in (AUTO, PYTHON, SHELL, WINDOWS):
        raise ReachError(f"reach: expected auto, python, shell or windows, found {forced!r:.40}")
    reach = _fitting(action) if forced == AUTO else forced
    if reach not in REACHES:
        raise ReachError(f"the host needs the reach {reach}, which this release does not have")
    return REACHES[reach](action, arguments, task_vars)


def _fitting(action: Any) -> str:
    return WINDOWS if _is_windows(action) else PYTHON


def _is_windows(action: Any) -> bool:
    """Tell it from what the inventory says of the host, before anything is sent there."""
    connection = action._connection
    shell = getattr(connection, "_shell", None)
    return connection.transport in _WINDOWS_CONNECTIONS or getattr(shell, "SHELL_FAMILY", None) in _WINDOWS_SHELLS
