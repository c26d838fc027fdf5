"""Programs that are connected to a mail server, found by nothing but a shell: a real process in a network namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from posix_shells import SHELLS

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import frame, program, seen_processes, shell, wanted

SERVER = "192.0.2.77"
SECRET = "s3cretW0rd"
FETCH = f"""
import socket, ssl, sys
server = socket.create_server(("{SERVER}", 993))
client = socket.create_connection(("{SERVER}", 993)); print("connected", flush=True); sys.stdin.read()
"""
CAPPED = f"openssl_conf = a\n[a]\nssl_conf = b\nsecret = {SECRET}\n[b]\nsystem_default = c\n[c]\nMaxProtocol = TLSv1.1\n"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace of its own needs root")


@pytest.fixture(scope="module")
def fetcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The number of a process that stays connected, and its program."""
    directory = tmp_path_factory.mktemp("app")
    path = Path(shutil.copy(os.path.realpath("/usr/bin/python3"), directory / "fetcher"))
    (directory / "fetch.py").write_text(FETCH)
    (directory / "openssl.cnf").write_text(CAPPED)
    inside = f"ip link set lo up && ip addr add {SERVER}/32 dev lo && exec {path} {directory}/fetch.py --password={SECRET} /{SECRET}"
    process = subprocess.Popen(
        ["unshare", "-n", "sh", "-c", inside],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENSSL_CONF": f"{directory}/openssl.cnf", "MAIL_PASSWORD": SECRET},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == b"connected\n"
    yield process.pid, path
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def said(sh: list[str], number: int) -> bytes:
    text = program.build(wanted.SYSTEM, wanted.CLIENTS.values(), [], "n0")
    command = ["nsenter", f"--net=/proc/{number}/ns/net", *sh]
    return subprocess.run(command, input=text.encode(), env={"PATH": os.environ["PATH"]}, capture_output=True, check=False).stdout


@needs_root
@pytest.mark.parametrize("sh", SHELLS)
def test_a_program_that_nobody_knows_is_found_with_the_library_that_it_has_loaded(sh: list[str], fetcher: tuple[int, Path]) -> None:
    number, path = fetcher
    output = said(sh, number)
    assert SECRET.encode() not in output
    evidence = shell.evidence(frame.split(output, "n0")[0])
    [client] = [client for client in evidence["clients"] if client["name"] == "running program"]
    [account] = client["accounts"]
    assert (account["server"], account["port"], account["user"], account["config"]) == (SERVER, 993, "root", str(path))
    [reference] = account["stacks"]
    file = str(path.with_name("openssl.cnf"))
    assert reference.endswith(f"(OPENSSL_CONF={file})")
    assert [(item["key"], item["value"]) for item in evidence["settings"] if item["file"] == file] == [("MaxProtocol", "TLSv1.1")]
    [stack] = [stack for stack in evidence["stacks"] if stack["path"] == reference]
    assert (stack["kind"], bool(stack["version"])) == ("openssl", True)


LINE = "   1: 0A0200C0:9C40 4D0200C0:03E1 01 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 20 4 30 10 -1"
LISTED = "dr-xr-xr-x 9 1000 1000 0 Nov 29 12:00 /proc/7"


def seen(*process: str, order: str = "1", line: str = LINE) -> list[Any]:
    records = [("sockets", order, line)] + ([("process", "12", *process)] if process else [])
    return seen_processes.connections(records, str) or []


def test_a_connection_whose_program_may_not_be_seen_stays_one() -> None:
    [(connection, process)] = seen()
    assert (connection.server, connection.port, connection.uid, process) == (SERVER, 993, 1000, None)


def test_a_processor_of_the_other_order_is_read_as_it_writes() -> None:
    [(connection, _process)] = seen(order="256", line=LINE.replace("4D0200C0", "C000024D"))
    assert connection.server == SERVER


def test_what_is_told_of_a_process() -> None:
    groups = "1:name=systemd:/system.slice/fetch.service\n0::/"
    library = "/opt/lib/libssl.so.1.0.0 (deleted)"
    [(_connection, process)] = seen(LISTED, "/opt/fetch", groups, library, "/opt/a.conf", "OPENSSL_CONF=/etc/x.cnf")
    assert (process.uid, process.program, process.unit, process.is_apart) == (1000, "/opt/fetch", "fetch.service", False)
    assert (process.libraries, process.replaced) == (["/opt/lib/libssl.so.1.0.0"], [library.partition(" (")[0]])
    assert (process.paths, process.environment) == (["/opt/a.conf"], {"OPENSSL_CONF": "/etc/x.cnf"})


def test_a_process_of_a_container_is_told_as_one() -> None:
    [(_connection, process)] = seen(LISTED, "/app/fetch", "0::/", "apart", "", "")
    assert (process.is_apart, process.libraries, process.root) == (True, [], None)


def test_where_no_table_was_read_nothing_is_known() -> None:
    assert seen_processes.connections([("host", "SunOS", "5.10", "sparc", "0")], str) is None
