# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reach `windows`: reg.exe and cmd's own commands over any connection that runs a command; needs neither Python nor PowerShell modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.release import __version__

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import Evidence, ReachError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.collect import collect
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.dialogue import Output, Silent

# They run everything in PowerShell, and have it write UTF-8; up to ansible-core 2.17 the ssh connection does so, too.
_POWERSHELL_CONNECTIONS = ("winrm", "psrp")
_SSH_SINCE = (2, 18)


def obtain(action: Any, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> Evidence:
    """Return the evidence that the host's registry and files give; see base.py."""
    if str(arguments.get("root") or "/") != "/":
        raise ReachError("root: on Windows only the running system can be audited, so it has to be /")
    execute, shell, writes_utf8 = way_to(action)
    try:
        return collect(execute, shell, writes_utf8, boolean(arguments.get("windows_load_hives", False)))
    except Silent as silent:
        raise ReachError(str(silent)) from silent


def way_to(action: Any) -> tuple[Callable[[str], Output], str, bool]:
    """Return what runs a command line on the host of *action*, which shell takes it there, and whether that writes UTF-8."""
    connection = action._connection
    family = getattr(getattr(connection, "_shell", None), "SHELL_FAMILY", commands.CMD)
    writes_utf8 = _wraps(connection.transport.rpartition(".")[2], __version__)

    def execute(command: str) -> Output:
        answer = action._low_level_execute_command(command, sudoable=False, encoding_errors="surrogateescape")
        return Output(answer["stdout"], answer["stderr"])

    return execute, commands.POWERSHELL if writes_utf8 or family == commands.POWERSHELL else commands.CMD, writes_utf8


def _wraps(transport: str, core: str) -> bool:
    """Tell whether a connection of this version of ansible-core has PowerShell run the command, and write UTF-8."""
    if transport in _POWERSHELL_CONNECTIONS:
        return True
    return transport == "ssh" and tuple(int(part) for part in core.split(".")[:2]) < _SSH_SINCE
