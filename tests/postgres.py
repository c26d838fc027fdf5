"""A real PostgreSQL of a test's own, from Debian's package: on a socket in a directory of its own, and stopped with the test."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

USER = "postgres"
PASSWORD = "s3cret-w0rd"


class Server:
    """A server that can be stopped and started again.

    Attributes:
        url: a database of its, with the password that it asks for, and that nobody may print.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.url = f"postgresql://{USER}:{PASSWORD}@/{USER}?host={directory}"
        password = directory / "password"
        password.write_text(PASSWORD)
        options = ("--auth=scram-sha-256", f"--pwfile={password}", "--no-sync", "--encoding=UTF8", "--locale=C")
        self._run("initdb", *options, "-D", str(directory / "data"))

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self._directory} -c fsync=off -c max_connections=20"
        self._run("pg_ctl", "-w", "-D", str(self._directory / "data"), "-l", str(self._directory / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-D", str(self._directory / "data"), "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs() / program), *arguments], user=USER, group=USER, extra_groups=[], cwd="/", check=True, timeout=600,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def programs() -> Path:
    """Where Debian has the server's programs."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


def is_here() -> bool:
    """Whether a server can be started: root may become its user."""
    return os.geteuid() == 0 and any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@contextlib.contextmanager
def running() -> Iterator[Server]:
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        account = pwd.getpwnam(USER)
        os.chown(directory, account.pw_uid, account.pw_gid)
        server = Server(directory)
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # a test has stopped it
                server.stop()
    finally:
        shutil.rmtree(directory)
