"""TLS libraries to ask: this machine's, old ones out of packages, and broken ones made here; and a port that hears hellos."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import foreign_libraries
import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import client_hello
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.ask import ask, hello_of

SERVER_NAME = "outlook.office365.com"
LIBRARY_DIRECTORIES = [*Path("/usr/lib").glob("*-linux-*"), Path("/usr/lib64"), Path("/usr/lib")]


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every user can look into; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


@pytest.fixture
def put() -> Callable[..., dict[str, Any]]:
    """Put one question, and return the answer with the evidence's hello in it."""

    def put(kind: str, path: Path | str, python: str = sys.executable, **more: Any) -> dict[str, Any]:
        question = {"id": "it", "kind": kind, "path": str(path), "server_name": SERVER_NAME, **more}
        answer = ask([question], python=python)["it"]
        return {**answer, **hello_of(answer)}

    return put


@pytest.fixture(scope="session")
def system_library() -> Callable[[str, str], Path]:
    """The path of this machine's library of that name; skips where it has none."""

    def find(name: str, package: str) -> Path:
        for directory in LIBRARY_DIRECTORIES:
            if (directory / name).is_file():
                return directory / name
        pytest.skip(f"needs {name} (Debian package {package})")

    return find


@pytest.fixture(scope="session")
def libssl(system_library: Callable[[str, str], Path]) -> Path:
    """This machine's OpenSSL."""
    return system_library("libssl.so.3", "libssl3")


@pytest.fixture(scope="session")
def libgnutls(system_library: Callable[[str, str], Path]) -> Path:
    """This machine's GnuTLS."""
    return system_library("libgnutls.so.30", "libgnutls30")


@pytest.fixture(scope="session")
def libnss(system_library: Callable[[str, str], Path]) -> Path:
    """This machine's NSS."""
    return system_library("libssl3.so", "libnss3")


@pytest.fixture
def make_library(tmp_path: Path) -> Callable[[str], Path]:
    """Compile C text to a library that can be loaded."""
    numbers = itertools.count()

    def make(source: str) -> Path:
        path = tmp_path / f"libmade{next(numbers)}.so"
        command = ["gcc", "-shared", "-fPIC", f"-Wl,-soname,{path.name}", "-o", str(path), "-x", "c", "-"]
        subprocess.run(command, input=source, text=True, check=True)
        return path

    return make


@pytest.fixture
def sent_by() -> Iterator[Callable[..., dict[str, Any]]]:
    """Run a client against a port of the loopback, and return the hello that came: sent_by(command with {port}, **environment)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def run(command: list[str], **environment: str) -> dict[str, Any]:
            port = server.getsockname()[1]
            client = subprocess.Popen(
                [part.format(port=port) for part in command],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                connection, _peer = server.accept()
                with connection:
                    connection.settimeout(20)
                    return client_hello.parse(_whole_record(connection))
            finally:
                client.kill()
                client.wait()

        yield run


def _whole_record(connection: socket.socket) -> bytes:
    received = b""
    while len(received) < 5 or len(received) < 5 + int.from_bytes(received[3:5], "big"):
        part = connection.recv(65536)
        if not part:
            break
        received += part
    return received


@pytest.fixture(scope="session")
def old_openssl() -> Callable[[str], Path]:
    """The libssl of an old version; skips where its package can't be had."""
    return _or_skip(foreign_libraries.openssl)


@pytest.fixture(scope="session")
def thunderbird_nss() -> Path:
    """The NSS that Thunderbird brings along; skips where that package can't be had."""
    return _or_skip(foreign_libraries.thunderbird_nss)()


def _or_skip(find: Callable[..., Path]) -> Callable[..., Path]:
    def found(*arguments: str) -> Path:
        try:
            return find(*arguments)
        except foreign_libraries.Unavailable as error:
            pytest.skip(str(error))

    return found
