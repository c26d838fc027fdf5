"""What an audit does to a host, seen by the kernel: it reads, starts what is on a short list, and speaks to nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from audits import CORES, Audits
from fleet import FLEET, PLACE, fetchmailrc
from lab.container import File
from lab.host import Host
from lab.session import Lab
from traced import Trace, traced

# The shell of the login, what Ansible has it do, its Python, which asks the libraries as well, and what reads the journal.
PROGRAMS = {"/bin/bash", "/bin/sh", "/usr/bin/sleep", "/usr/bin/python3", "/usr/bin/python3.11", "/usr/bin/journalctl"}
DEVICES = ("/dev/null", "/dev/tty")
# These hold nothing but secrets, or are nobody's business.
NEVER = tuple(f"/home/alice/{name}" for name in (".netrc", ".ssh/id_rsa", ".gnupg/secring.gpg", "mail/inbox"))
READ = (
    "/etc/",
    "/usr/",
    "/lib",
    "/bin",
    "/sbin",
    "/opt",
    "/srv",
    "/snap",
    "/proc",
    "/sys/",
    "/dev/",
    "/var/lib/dpkg",
    "/var/lib/flatpak",
    "/var/lib/snapd/snap",
    "/var/spool/cron",
    "/var/log/",
    "/home",
    "/root",
    "/run",
)


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[Host]:
    files: dict[str, File | str] = {
        PLACE: fetchmailrc('ssl sslproto "TLS1"'),
        **FLEET["mbsync-pinned"].files,
        **{path: File("nobody's business\n", "alice", 0o600) for path in NEVER},
        "/etc/cron.d/mail": "*/5 * * * * alice fetchmail -s\n",
    }
    started = lab.host("traced", "bookworm", users=["alice"], files=files)
    yield started
    started.stop()


@pytest.fixture(scope="module", params=sorted(CORES))
def trace(lab: Lab, host: Host, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trace:
    name = f"traced-{request.param}"
    audits = Audits(lab, name, {"traced": host}, lab.inventory(name, [host]))
    with traced(host, tmp_path_factory.mktemp("trace") / "calls") as seen:
        run = audits.run(request.param)
    assert run.hosts["traced"]["verdict"] == "FAIL", run.done.stdout
    assert PLACE in seen.read
    return seen


def test_nothing_but_the_shell_and_python_is_started(trace: Trace) -> None:
    assert set(trace.executed) <= PROGRAMS


def test_nothing_is_written(trace: Trace) -> None:
    assert [path for path in trace.written if path not in DEVICES] == []
    assert trace.changed == []


def test_nobody_is_spoken_to(trace: Trace) -> None:
    assert [address for address in trace.connected if "nscd" not in address] == []


def test_what_holds_only_secrets_is_not_opened(trace: Trace) -> None:
    assert [path for path in trace.read if path in NEVER or path.endswith("shadow")] == []


def test_what_is_read_is_configuration_programs_and_the_kernels_tables(trace: Trace, host: Host) -> None:
    homes = tuple(line.split(":")[5] for line in host.read("/etc/passwd").splitlines())
    assert {path for path in trace.read if path.startswith("/") and not path.startswith((*READ, *homes))} <= {"/", "/tmp", "/var/tmp"}
