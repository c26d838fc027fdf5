"""A Windows-like host: Debian's Wine behind a real SSH server, which hands each command to cmd.exe as Windows' own does.

Real are reg.exe, cmd.exe, the registry with both of its views, and Schannel's reading of it. Wine's Schannel has no defaults by
build and no TLS 1.3, and it takes no notice of what is set for WinHTTP. PowerShell is a stand-in that runs the one statement
which the audit sends: ansible-core 2.16 and 2.17 run everything on Windows through PowerShell, over SSH too.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .container import File
from .host import Host
from .namespaces import checked

if TYPE_CHECKING:
    from .session import Lab

IMAGE = "windows"
SOURCES = Path(__file__).parents[1] / "windows"
COMPILER = "x86_64-w64-mingw32-gcc"
PACKAGE = "gcc-mingw-w64-x86-64-win32"
_DRIVE = "/wine/drive_c"
# Without the override Wine would run its own powershell.exe, which does nothing.
_ENVIRONMENT = "export WINEPREFIX=/wine WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES=powershell.exe=n HOME=/root"
_SHELL = f"""#!/bin/sh
{_ENVIRONMENT} SSH_COMMAND="$2"
echo command >>/var/log/commands
exec /usr/lib/wine/wine64 'C:\\ssh_command.exe'
"""
# A wineserver that stays, and the registry in it: each command then takes a fraction of a second. What makes it so stays, too.
_START = f"""
{_ENVIRONMENT}
sed -i 's,^\\(root:.*\\):[^:]*$,\\1:/usr/local/bin/windows-shell,' /etc/passwd
/usr/lib/wine/wineserver64 -p
/usr/lib/wine/wine64 reg import 'C:\\host.reg' >/dev/null
rm {_DRIVE}/host.reg
"""
_ROOTS = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS"}
_NUMBERS = {"REG_EXPAND_SZ": 2, "REG_MULTI_SZ": 7}
Values = Mapping[str, tuple[str, str]]


def compiled(directory: Path, name: str, *libraries: str) -> bytes:
    """Return the program of a C source in tests/integration/windows, as a Windows executable."""
    program = directory / f"{name}.exe"
    if program.exists():
        return program.read_bytes()
    options = ["-municode"] if "wmain" in (SOURCES / f"{name}.c").read_text() else []
    checked(
        [
            COMPILER,
            "-Wall",
            "-Werror",
            "-O2",
            *options,
            "-o",
            str(program),
            str(SOURCES / f"{name}.c"),
            *(f"-l{name}" for name in libraries),
        ]
    )
    return program.read_bytes()


def compile_all(lab: Lab) -> None:
    """Compile what every host needs, before several are started at once."""
    for name in ("ssh_command", "powershell"):
        compiled(lab.directory, name)


def path_of(windows_path: str) -> str:
    """Return where a path of drive C: lies in the container."""
    return _DRIVE + windows_path.removeprefix("C:").replace("\\", "/")


def start(lab: Lab, name: str, registry: Mapping[str, Values], files: Mapping[str, str] | None = None) -> Host:
    """Start a Windows-like host.

    registry: values by key, as (type, data) with the data as reg.exe prints it, "32:" before a key of the 32-bit view.
    files: texts by path of drive C:.
    """
    placed: dict[str, File | str] = {path_of(path): text for path, text in (files or {}).items()}
    placed[path_of(r"C:\ssh_command.exe")] = File(compiled(lab.directory, "ssh_command"))
    placed[path_of(r"C:\windows\system32\powershell.exe")] = File(compiled(lab.directory, "powershell"))
    placed[path_of(r"C:\host.reg")] = File("\ufeff".encode("utf-16-le") + _reg_file(registry).encode("utf-16-le"))
    placed["/usr/local/bin/windows-shell"] = File(_SHELL, mode=0o755)
    host = lab.host(name, IMAGE, files=placed)
    host.do(_START)
    return host


def command(host: Host, text: str) -> subprocess.CompletedProcess[str]:
    """Run *text* on the host as a command that came over SSH."""
    return host.run(["/usr/local/bin/windows-shell", "-c", text])


def state(host: Host) -> str:
    """Everything that a host's registry holds, both views, as text to compare."""
    return host.do(f"{_ENVIRONMENT}; for root in HKLM HKU; do /usr/lib/wine/wine64 reg query $root /s; done")


def variables() -> dict[str, str]:
    """What an inventory says of such hosts."""
    return {"ansible_connection": "ssh", "ansible_shell_type": "cmd"}


def _reg_file(registry: Mapping[str, Values]) -> str:
    lines = ["Windows Registry Editor Version 5.00"]
    for place, values in registry.items():
        key = place.removeprefix("32:")
        if place.startswith("32:"):
            key = key.replace("SOFTWARE", r"SOFTWARE\Wow6432Node", 1)
        root, _, rest = key.partition("\\")
        lines += ["", f"[{_ROOTS[root]}\\{rest}]"]
        lines += [f'"{_escaped(name)}"={_data(kind, data)}' for name, (kind, data) in values.items()]
    return "\r\n".join(lines) + "\r\n"


def _data(kind: str, data: str) -> str:
    if kind == "REG_DWORD":
        return f"dword:{int(data, 16):08x}"
    if kind == "REG_SZ":
        return f'"{_escaped(data)}"'
    if kind == "REG_BINARY":
        return "hex:" + ",".join(data[index : index + 2] for index in range(0, len(data), 2))
    content = (data.replace(r"\0", "\0") + "\0").encode("utf-16-le")
    return f"hex({_NUMBERS[kind]}):" + content.hex(",")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
