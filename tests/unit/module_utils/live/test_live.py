"""Programs that are connected to a mail server: real processes with real sockets, in a network namespace of their own."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import system_settings
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.live import find, sockets

SERVER = "192.0.2.77"
TABLE = b"""  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9C40 0100007F:03E1 01 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 20 4 30 10 -1
   1: 0A0200C0:9C40 4D0200C0:03E1 01 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 20 4 30 10 -1
   2: 0A0200C0:03E1 4D0200C0:9C40 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0 20 4 30 10 -1
   3: 00000000:03E1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 14 1 0 20 4 30 10 -1
   4: 0A0200C0:9C41 4D0200C0:006E 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0
   5: B80D0120000000000000000001000000:9C40 B80D0120000000000000000002000000:03E3 02 00000000:00000001 01:00000000 00000000     5     0 15
   6: 0000000000000000FFFF00000A0200C0:9C40 0000000000000000FFFF00004D0200C0:008F 01 00000000:00000000 00:00000000 00000000     5     0 16
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace of its own needs root")
# Server and client in one process each: the client says when it is connected, and stays so until its standard input ends.
FETCH = """
import socket, ssl, sys
place = sys.argv[1], int(sys.argv[2])
server = socket.create_server(place)
client = socket.create_connection(place); print("connected", flush=True); sys.stdin.read()
"""
# A program that listens on a port of an address, says so, and stays so.
LISTEN = """
import socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2]))); print("connected", flush=True); sys.stdin.read()
"""


@pytest.mark.skipif(sys.byteorder != "little", reason="the kernel prints words in the order of the processor")
def test_a_table_of_the_kernel():
    found = [(item.server, item.port, item.uid, item.inode) for item in sockets.of_table(TABLE)]
    assert found == [
        (SERVER, 993, 1000, 12),
        (SERVER, 110, 0, 0),
        ("2001:db8::2", 995, 5, 15),
        (SERVER, 143, 5, 16),
    ]


@pytest.mark.skipif(sys.byteorder != "little", reason="the kernel prints words in the order of the processor")
def test_connections_to_this_host_count_where_a_service_hands_them_on():
    found = [(item.server, item.port) for item in sockets.of_table(TABLE, frozenset({993, 1143}))]
    assert found[0] == ("127.0.0.1", 993)
    assert [item.address for item in sockets.listeners_of_table(TABLE)] == [""]


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"   1: zz", TABLE[:300], b"   1: 0A:9C40 4D0200C0:03E1 01"])
def test_what_is_no_table_gives_nothing(content: bytes):
    assert sockets.of_table(content) == []


@pytest.fixture
def fetch(tmp_path: pathlib.Path) -> Iterator:
    """Return fetch(program, port), which has a copy of this Python there connected to a mail port; with the process's number."""
    started = []

    def start(
        program: pathlib.Path, port: int = 993, server: str = SERVER, code: str = FETCH, enter: str = "exec", **variables: str
    ) -> int:
        script = program.parent / "fetch.py"
        script.write_text(code)
        inside = f"ip link set lo up && ip addr add {SERVER}/32 dev lo && {enter} {program} {script} {server} {port}"
        process = subprocess.Popen(
            ["unshare", "-n", "-m", "--propagation=private", "sh", "-c", inside],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **variables},
        )
        started.append(process)
        assert process.stdout.readline() == b"connected\n"
        return process.pid

    yield start
    for process in started:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def accounts_of(client: dict | None, program: object) -> list[dict]:
    return [item for item in (client or {"accounts": []})["accounts"] if item["config"] == str(program)]


def python_in(directory: pathlib.Path, name: str) -> pathlib.Path:
    directory.mkdir(exist_ok=True)
    return pathlib.Path(shutil.copy(os.path.realpath("/usr/bin/python3"), directory / name))


@needs_root
def test_a_program_that_nobody_knows_is_found_with_the_library_that_it_has_loaded(fetch, tmp_path: pathlib.Path):
    program = python_in(tmp_path / "app", "fetcher")
    fetch(program, OPENSSL_CONF="/etc/fetcher.cnf", MAIL_PASSWORD="s3cret")
    host = Host()
    client = find.read(host, [])
    [account] = accounts_of(client, program)
    assert (account["server"], account["port"], account["protocol"], account["security"]) == (SERVER, 993, "imap", "implicit")
    assert (account["user"], account["undecided"]) == ("root", [])
    [stack] = account["stacks"]
    assert "libssl.so" in stack
    assert stack.endswith("(OPENSSL_CONF=/etc/fetcher.cnf)")
    assert "s3cret" not in str(client) + str(host.gaps)


@needs_root
def test_a_client_that_is_known_explains_its_program_and_hears_of_replaced_files(fetch, tmp_path: pathlib.Path):
    program = python_in(tmp_path / "app", "fetcher")
    fetch(program)
    program.unlink()
    install = {"program": str(program), "version": None, "package": None, "stacks": []}
    known = base.evidence("fetchmail", [install], [base.account("", "/etc/fetchmailrc", 1)])
    assert accounts_of(find.read(Host(), [known]), program) == []
    assert known["accounts"][0]["replaced"] == [str(program)]


@needs_root
def test_without_an_account_a_known_client_explains_nothing(fetch, tmp_path: pathlib.Path):
    program = python_in(tmp_path / "app", "fetcher")
    fetch(program)
    install = {"program": str(program), "version": None, "package": None, "stacks": []}
    assert len(accounts_of(find.read(Host(), [base.evidence("fetchmail", [install], [])]), program)) == 1


@needs_root
def test_the_script_tells_which_program_an_interpreter_runs(fetch, tmp_path: pathlib.Path):
    program = python_in(tmp_path / "app", "python3.11")
    fetch(program)
    install = {"program": str(program), "version": None, "package": None, "stacks": []}
    script = base.account("root", str(tmp_path / "app/fetch.py"), 3)
    other = base.account("root", str(tmp_path / "app/other.py"), 3)
    assert accounts_of(find.read(Host(), [base.evidence("Python script", [install], [script])]), program) == []
    assert len(accounts_of(find.read(Host(), [base.evidence("Python script", [install], [other])]), program)) == 1


@needs_root
def test_a_port_with_starttls_may_go_without(fetch, tmp_path: pathlib.Path):
    program = python_in(tmp_path / "app", "fetcher")
    fetch(program, 143)
    [account] = accounts_of(find.read(Host(), []), program)
    assert (account["security"], [item["what"] for item in account["undecided"]]) == (None, ["security"])


class Clock:
    """Time that passes only while somebody sleeps; what is to happen then happens in the first sleep."""

    def __init__(self, happens) -> None:
        self.now, self.sleeps, self._happens = 0.0, 0, happens

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps += 1
        if self.sleeps == 1:
            self._happens()


@needs_root
def test_a_watch_finds_what_comes_later_and_ends_in_time(fetch, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    program = python_in(tmp_path / "app", "fetcher")
    clock = Clock(lambda: fetch(program))
    monkeypatch.setattr(find, "time", clock)
    assert len(accounts_of(find.read(Host(), [], watch=5), program)) == 1
    assert 1 <= clock.now <= 5


def test_nothing_runs_in_a_mounted_tree(tmp_path: pathlib.Path):
    assert find.read(Host(str(tmp_path)), []) is None


@needs_root
def test_without_the_kernels_own_tables_it_is_told_that_nothing_was_seen():
    look = f"from {find.__name__} import read\nfrom {Host.__module__} import Host\nhost = Host()\nread(host, [])\nprint(host.gaps)"
    bare = ["unshare", "--mount", "sh", "-c", 'umount -l /proc && exec "$@"', "sh", sys.executable, "-c", look]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(bare, env=environment, capture_output=True, text=True, check=True)
    assert "there is no /proc" in told.stdout


def gaps_of(host: Host, program: pathlib.Path) -> list[tuple[str, str | None]]:
    return [(item["why"], item["affects"]) for item in host.gaps if item["what"] == str(program)]


@needs_root
@pytest.mark.parametrize(("address", "affects"), [("127.0.0.1", "clients"), (SERVER, None)])
def test_a_program_that_listens_and_that_nothing_explains_is_a_gap(fetch, tmp_path: pathlib.Path, address: str, affects: str | None):
    program = python_in(tmp_path / "app", "proxy")
    fetch(program, 143, address, LISTEN)
    host = Host()
    find.read(host, [])
    [(why, found)] = gaps_of(host, program)
    assert f"listens on {address} port 143" in why
    assert found == affects


@needs_root
def test_what_its_configuration_explains_is_none(fetch, tmp_path: pathlib.Path):
    program = python_in(tmp_path / "app", "proxy")
    fetch(program, 143, "127.0.0.1", LISTEN)
    service = base.account("", "/etc/stunnel/a.conf", 1, listens=[base.listener("127.0.0.1", 143)])
    host = Host()
    find.read(host, [base.evidence("stunnel", [], [service])])
    assert gaps_of(host, program) == []


@needs_root
def test_a_known_program_with_another_configuration_leaves_its_own_answer_open(fetch, tmp_path: pathlib.Path):
    program = python_in(tmp_path / "app", "proxy")
    fetch(program, 143, "127.0.0.1", LISTEN)
    install = {"program": str(program), "version": None, "package": None, "stacks": []}
    host = Host()
    find.read(host, [base.evidence("stunnel", [install], [base.account("", "/etc/stunnel/a.conf", 1)])])
    assert [affects for _why, affects in gaps_of(host, program)] == ["client:stunnel"]


@needs_root
def test_a_program_that_also_connects_is_judged_and_no_gap(fetch, tmp_path: pathlib.Path):
    program = python_in(tmp_path / "app", "fetcher")
    fetch(program)
    host = Host()
    assert len(accounts_of(find.read(host, []), program)) == 1
    assert gaps_of(host, program) == []


@needs_root
def test_behind_a_service_that_hands_tls_on_the_program_itself_is_the_client(fetch, tmp_path: pathlib.Path):
    program = python_in(tmp_path / "app", "fetcher")
    fetch(program, 1993, "127.0.0.1")
    service = base.account("", "/etc/haproxy/haproxy.cfg", 1, port=993, listens=[base.listener("127.0.0.1", 1993, "through")])
    [account] = accounts_of(find.read(Host(), [base.evidence("haproxy", [], [service])]), program)
    assert (account["server"], account["port"], account["security"]) == ("127.0.0.1", 1993, "implicit")
    assert accounts_of(find.read(Host(), []), program) == []


# A root of its own, as a container has it: this system's directories, but for one of its settings.
TREE = """mount -t tmpfs none {0}/tree && mkdir {0}/tree/old && (cd {0}/tree && for name in usr etc proc dev tmp; do
mkdir $name && mount --rbind /$name $name; done && ln -s usr/lib usr/lib64 usr/bin .) &&
mount --bind {0}/settings {0}/tree/etc/ssl/openssl.cnf && cd {0}/tree && """
CONTAINER = TREE + "pivot_root . old && cd / && umount -l /old && exec"
CAPPED = "openssl_conf = top\n[top]\nssl_conf = modules\n[modules]\nsystem_default = all\n[all]\nMaxProtocol = TLSv1.1\n"


@needs_root
@pytest.mark.parametrize("enter", [CONTAINER, TREE + "exec chroot ."], ids=["container", "chroot"])
def test_of_a_program_with_a_root_of_its_own_the_files_that_it_sees_tell(fetch, tmp_path: pathlib.Path, enter: str):
    program = python_in(tmp_path / "app", "fetcher")
    (tmp_path / "tree").mkdir()
    (tmp_path / "settings").write_text(CAPPED)
    number = fetch(program, enter=enter.format(tmp_path))
    host = Host()
    client = find.read(host, [])
    root = f"/proc/{number}/root"
    [account] = [item for item in client["accounts"] if item["config"].endswith(str(program))]
    [path] = account["stacks"]
    assert (path.startswith(root + "/usr/lib/"), account["undecided"]) == (True, [])
    host.stacks.ask()
    [stack] = [stack for stack in host.stacks.all() if stack["path"] == path]
    assert (stack["hellos"], stack["config"]) == ([], root + "/usr/lib/ssl/openssl.cnf")
    assert stack["version"]
    [setting] = [item for item in system_settings.read(host) if item["file"].startswith(root)]
    assert (setting["key"], setting["value"], setting["config"]) == ("MaxProtocol", "TLSv1.1", stack["config"])
    host = Host()
    assert all(not item["file"].startswith("/proc/") for item in system_settings.read(host))
