# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reach `windows`: reg.exe and cmd's own commands over any connection that runs a command; needs neither Python nor PowerShell modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import Evidence, ReachError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.collect import collect
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.dialogue import Output, Silent

# They run everything in PowerShell, and hand its output on as UTF-8.
_UTF8_CONNECTIONS = ("winrm", "psrp")


def obtain(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> Evidence:
    """Return the evidence that the host's registry and files give; see base.py."""
    connection = action._connection
    transport = connection.transport.rpartition(".")[2]
    family = getattr(getattr(connection, "_shell", None), "SHELL_FAMILY", commands.CMD)
    writes_utf8 = transport in _UTF8_CONNECTIONS
    shell = commands.POWERSHELL if writes_utf8 or family == commands.POWERSHELL else commands.CMD

    def execute(command: str) -> Output:
        answer = action._low_level_execute_command(command, sudoable=False, encoding_errors="surrogateescape")
        return Output(answer["stdout"], answer["stderr"])

    try:
        return collect(execute, shell, writes_utf8, bool(arguments.get("windows_load_hives")))
    except Silent as silent:
        raise ReachError(str(silent)) from silent
