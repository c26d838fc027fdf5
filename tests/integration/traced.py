"""What the processes that an SSH server starts do to their host, as strace(1) sees it."""

from __future__ import annotations

import posixpath
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab.host import Host

_CHANGES = "mkdir|rmdir|unlink|rename|link|symlink|chmod|fchmod|chown|fchown|lchown|truncate"
_CALLS = f"trace=execve,open,openat,creat,connect,sendto,/^v?fork,/^clone,/^({_CHANGES})"
_LINE = re.compile(r"(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)(?: /\* (?P<child>\d+) in strace's PID NS \*/)?")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DESCRIPTOR = re.compile(r"(?:\d+|AT_FDCWD)<([^>]*)>")
_WRITES = re.compile(r"O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)")
_STARTS = ("fork", "vfork", "clone", "clone3")
_OPENS = ("open", "openat", "creat")


@dataclass
class Trace:
    """What was done below the shells that the server started, without what failed.

    Attributes:
        executed: programs.
        read, written: paths that were opened, for reading alone or otherwise.
        changed: other calls that change a file system, "mkdir /x".
        connected: addresses, as strace writes them.
    """

    executed: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)


@contextmanager
def traced(host: Host, log: Path) -> Iterator[Trace]:
    """Trace all that the SSH server of *host* starts while the context lasts; the Trace is filled when it ends."""
    trace = Trace()
    command = ["strace", "-ff", "-q", "-y", "-s", "4096", "--decode-pids=pidns", "-o", str(log), "-e", _CALLS, "-p", str(_server(host))]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        while not _is_traced(_server(host)):
            assert process.poll() is None, process.stderr.read()
        yield trace
    finally:
        process.terminate()
        process.communicate()
    calls = {path.suffix[1:]: list(_calls(path)) for path in log.parent.glob(f"{log.name}.*")}
    for process in _below_logins(calls):
        for call in calls.get(process, []):
            _note(trace, call["call"], call["arguments"])


def _server(host: Host) -> int:
    """The process of the SSH server, as this machine numbers it."""
    inside = host.read("/run/sshd.pid").strip()
    namespace = Path(f"/proc/{host.namespaces.pid}/ns/pid_for_children").readlink()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            numbers = re.search(r"^NSpid:\s*(.*)$", status.read_text(), re.MULTILINE)
            same = (status.parent / "ns/pid").readlink() == namespace
        except OSError:
            continue
        if same and numbers and numbers.group(1).split()[-1] == inside:
            return int(status.parent.name)
    raise AssertionError(f"{host.name} has no SSH server")


def _is_traced(process: int) -> bool:
    return not re.search(r"^TracerPid:\s*0$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)


def _calls(path: Path) -> Iterator[re.Match[str]]:
    """The calls of one process that did not fail."""
    for line in path.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if match and not match["result"].startswith("-"):
            yield match


def _below_logins(calls: dict[str, list[re.Match[str]]]) -> list[str]:
    """The processes in which the server started a program, and all that these started."""
    found = [name for name, own in calls.items() if any(call["call"] == "execve" and "/sshd" not in call["arguments"] for call in own)]
    for name in found:
        children = [call["child"] or call["result"] for call in calls.get(name, []) if call["call"] in _STARTS]
        found.extend(child for child in children if child not in found)
    return found


def _note(trace: Trace, call: str, arguments: str) -> None:
    if call in _STARTS:
        return
    paths = _paths(arguments)
    if call == "execve":
        trace.executed.append(paths[0])
    elif call in ("connect", "sendto"):
        trace.connected.append(arguments)
    elif call not in _OPENS:
        trace.changed.extend(f"{call} {path}" for path in paths)
    elif _WRITES.search(arguments):
        trace.written.append(paths[0])
    else:
        trace.read.append(paths[0])


def _paths(arguments: str) -> list[str]:
    """The paths that a call names: below the directory of its first argument, or that argument itself."""
    descriptor = _DESCRIPTOR.match(arguments)
    directory = descriptor.group(1) if descriptor else "/"
    return [posixpath.join(directory, text) for text in _TEXT.findall(arguments)] or [directory]
