"""Processes in namespaces of their own, which end with this process whatever happens to it.

The first process of the PID namespace reads a pipe whose other end is held here. When this process
ends, however it ends, the pipe closes, the first process ends, and the kernel kills the rest and
frees network interfaces and mounts with it. So nothing named is left on the machine to clean up.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import LabError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STOP_SECONDS = 10.0
# The shell tells its PID as the machine sees it before it mounts a /proc of its own.
_FIRST = "read -r pid rest </proc/self/stat; echo $pid\n"
# `wait` also reaps the processes that lost their parent.
LAST = "echo ready\nexec 3<&0 >/dev/null 2>&1\nexec sh -c 'cat <&3 & wait $!'\n"


class Namespaces:
    """A set of new namespaces (mount, UTS, IPC, PID, network) and its first process."""

    def __init__(self, script: str, *, log: Path) -> None:
        """Make the namespaces; `script` (sh) prepares them and ends by running LAST.

        Raises LabError with the log's text when the script fails.
        """
        with log.open("ab") as errors:
            self._first = subprocess.Popen(
                [
                    "unshare",
                    "--mount",
                    "--uts",
                    "--ipc",
                    "--pid",
                    "--net",
                    "--fork",
                    "--kill-child",
                    "--propagation",
                    "private",
                    "sh",
                    "-ec",
                    _FIRST + script,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd="/",
                env={"PATH": PATH, "LANG": "C.UTF-8"},
                start_new_session=True,
            )
        assert self._first.stdout
        self.pid = int(self._first.stdout.readline() or 0)
        if self._first.stdout.readline().strip() != "ready":
            self.stop()
            raise LabError(f"namespaces could not be prepared: {log.read_text(errors='replace')}")

    @property
    def running(self) -> bool:
        return self._first.poll() is None

    def enter(self) -> list[str]:
        """The beginning of a command line that runs the rest inside the namespaces."""
        return ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc", "--net", "--pid"]

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, stdin: bytes = b"", timeout: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside and return what it wrote; exit code 124 is a time-out.

        timeout: seconds, after which the program's process group is killed. A daemon that the
        program leaves behind goes on. Output is read from files, so such a daemon cannot block.
        """
        command = [*self.enter(), "timeout", "--kill-after=2", f"{timeout:g}", *argv]
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            given.write(stdin)
            given.seek(0)
            done = subprocess.run(
                command,
                stdin=given,
                stdout=output,
                stderr=errors,
                env=dict(env) if env is not None else None,
                check=False,
            )
            output.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess(
                list(argv),
                done.returncode,
                output.read().decode(errors="replace"),
                errors.read().decode(errors="replace"),
            )

    def stop(self) -> None:
        """End every process inside and wait until the namespaces are gone."""
        assert self._first.stdin
        assert self._first.stdout
        with contextlib.suppress(BrokenPipeError):
            self._first.stdin.close()
        self._first.stdout.close()
        try:
            self._first.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._first.kill()  # --kill-child ends the namespaces with it
            self._first.wait(STOP_SECONDS)


def checked(argv: Sequence[str], *, stdin: str = "") -> str:
    """Run a program of this machine and return its output.

    Raises LabError with what it wrote to standard error when it fails.
    """
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
