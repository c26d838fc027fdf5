"""The lab is what it says: hosts apart from each other, servers that tell old TLS from new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import snapshot
from lab.clients import (
    Preference,
    put_thunderbird_profile,
    run_fetchmail,
    run_mbsync,
    run_thunderbird,
    thunderbird_account,
)
from lab.container import File
from lab.errors import LabError
from lab.host import Host, User
from lab.servers import PASSWORD, MailServer
from lab.session import Lab

TLS1 = ["-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"]
FETCHMAILRC = """\
poll outlook.office365.com protocol {protocol}
  user "alice@contoso.example" password "{password}" is alice here
  {options}
"""
MBSYNCRC = """\
IMAPAccount lab
Host outlook.office365.com
User alice@contoso.example
Pass {password}
{options}

IMAPStore far
Account lab

MaildirStore near
Path ~/Mail/
Inbox ~/Mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Create Near
"""


@pytest.fixture(scope="module")
def host(lab: Lab) -> Host:
    return lab.host("clients", users=["alice"], files={"/home/alice/Mail": File.directory("alice")})


def fetchmailrc(host: Host, options: str, protocol: str = "imap") -> None:
    text = FETCHMAILRC.format(protocol=protocol, options=options, password=PASSWORD)
    host.put({"/home/alice/.fetchmailrc": File(text, "alice", 0o600)})


def mbsyncrc(host: Host, options: str) -> None:
    text = MBSYNCRC.format(options=options, password=PASSWORD)
    host.put({"/home/alice/.mbsyncrc": File(text, "alice", 0o600)})


def s_client(host: Host, server: MailServer, *options: str) -> subprocess.CompletedProcess[str]:
    return host.run(
        ["openssl", "s_client", "-brief", "-verify_return_error", "-connect", f"{server.address}:993", *options],
        timeout=10,
    )


def seen(server: MailServer, host: Host, after: int) -> list[tuple[str, tuple[str, ...], str | None, bool]]:
    return [(each.security, each.offered, each.user, each.completed) for each in server.connections(peer=host.address, after=after)]


def test_ansible_reaches_hosts_over_ssh_and_reports_those_that_do_not_answer(lab: Lab) -> None:
    hosts = [lab.host(f"ping-{image}", image, users=[User("ops", administrator=True)]) for image in ("bookworm-minimal", "trixie")]
    inventory = lab.inventory(
        "ping", hosts, unreachable={"refusing": lab.network.refusing_address(), "silent": lab.network.silent_address()}
    )
    ansible = Path(sys.executable).with_name("ansible")
    if not ansible.exists():
        pytest.skip(f"no ansible beside {sys.executable}")
    done = lab.run([str(ansible), "-i", str(inventory), "all", "-m", "ping", "--timeout=3", "--one-line"])
    states = {line.split()[0]: line.split()[2] for line in done.stdout.splitlines() if " | " in line}
    assert states == {
        "ping-bookworm-minimal": "SUCCESS",
        "ping-trixie": "SUCCESS",
        "refusing": "UNREACHABLE!:",
        "silent": "UNREACHABLE!:",
    }, done.stdout + done.stderr
    done = lab.run([str(ansible), "-i", str(inventory), "ping-trixie", "-m", "command", "-a", "whoami", "--become", "--user=ops"])
    assert done.stdout.splitlines()[-1] == "root", done.stdout + done.stderr


def test_hosts_share_nothing_but_the_network(start_host: Callable[..., Host], tmp_path: Path) -> None:
    one = start_host("one", "bookworm-minimal", users=["alice"])
    two = start_host("two", "bookworm-minimal")
    one.do("echo one > /etc/only-here; sleep 300 > /dev/null 2>&1 &")
    assert two.run(["test", "-e", "/etc/only-here"]).returncode == 1
    assert "alice" not in two.homes
    assert one.do("hostname").strip() == "one"
    assert two.do("hostname").strip() == "two"
    assert one.host_key != two.host_key
    assert one.do("grep -lz '^sleep' /proc/[0-9]*/cmdline")
    assert two.run(["sh", "-c", "grep -lz '^sleep' /proc/[0-9]*/cmdline"]).returncode == 1
    assert two.run(["test", "-e", str(tmp_path)]).returncode == 1, "the machine's files are visible"
    assert not Path("/etc/only-here").exists()
    assert one.do("tail -n +3 /proc/net/dev | cut -d: -f1").split() == ["lo", "eth0"]
    assert not one.do("tail -n +2 /proc/net/route | cut -f2 | grep -x 00000000 || :"), "a way out"


def test_host_resolves_the_services_names_and_no_other(lab: Lab, host: Host) -> None:
    assert host.do("getent hosts outlook.office365.com").split()[0] == str(lab.legacy.address)
    host.resolve(lab.names_after())
    assert host.do("getent hosts outlook.office365.com").split()[0] == str(lab.modern.address)
    assert host.run(["getent", "hosts", "imap-legacy.office365.com"]).returncode == 2
    host.resolve(lab.names_before())
    assert host.do("getent hosts imap-legacy.office365.com").split()[0] == str(lab.legacy.address)


def test_only_the_legacy_server_takes_tls_1_0(host: Host, modern: MailServer, legacy: MailServer) -> None:
    before = legacy.last_number(), modern.last_number()
    assert "Protocol version: TLSv1\n" in s_client(host, legacy, *TLS1).stderr
    assert "ESTABLISHED" not in s_client(host, modern, *TLS1).stderr
    for server in (modern, legacy):
        assert "Protocol version: TLSv1.2\n" in s_client(host, server, "-tls1_2").stderr
    assert seen(legacy, host, before[0]) == [
        ("implicit", ("TLSv1",), None, True),
        ("implicit", ("TLSv1.2",), None, True),
    ]
    assert seen(modern, host, before[1]) == [
        ("implicit", ("TLSv1",), None, False),
        ("implicit", ("TLSv1.2",), None, True),
    ]


def test_servers_take_no_login_before_tls(lab: Lab, host: Host, modern: MailServer) -> None:
    host.resolve(lab.names_after())
    before = modern.last_number()
    fetchmailrc(host, "sslproto ''")
    assert run_fetchmail(host, "alice").returncode != 0
    connections = modern.connections(peer=host.address, after=before)
    assert connections
    assert all(each.user is None for each in connections)


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize("options", ["ssl", ""])
def test_fetchmail_by_default_logs_in_to_the_modern_server(lab: Lab, host: Host, modern: MailServer, protocol: str, options: str) -> None:
    host.resolve(lab.names_after())
    before = modern.last_number()
    fetchmailrc(host, options, protocol)
    done = run_fetchmail(host, "alice")
    assert done.returncode == 1, "1 means no mail: " + done.stdout + done.stderr
    (connection,) = modern.connections(peer=host.address, after=before)
    assert connection.user == "alice@contoso.example"
    assert connection.security == ("implicit" if options else "starttls")
    assert connection.protocol == protocol
    assert connection.negotiated == "TLSv1.3"


def test_fetchmail_pinned_to_tls_1_0_fails_at_the_modern_server(lab: Lab, host: Host, modern: MailServer, legacy: MailServer) -> None:
    fetchmailrc(host, "ssl sslproto 'TLS1'")
    host.resolve(lab.names_after())
    before = modern.last_number()
    assert run_fetchmail(host, "alice").returncode not in (0, 1)
    found = seen(modern, host, before)
    assert found
    assert {connection[1:] for connection in found} == {(("TLSv1",), None, False)}
    host.resolve(lab.names_before())
    before = legacy.last_number()
    assert run_fetchmail(host, "alice").returncode == 1
    assert seen(legacy, host, before) == [("implicit", ("TLSv1",), "alice@contoso.example", True)]


def test_mbsync_by_default_logs_in_to_the_modern_server(lab: Lab, host: Host, modern: MailServer) -> None:
    host.resolve(lab.names_after())
    for options, security in (("SSLType IMAPS", "implicit"), ("SSLType STARTTLS", "starttls")):
        before = modern.last_number()
        mbsyncrc(host, options)
        done = run_mbsync(host, "alice")
        assert done.returncode == 0, done.stdout + done.stderr
        (connection,) = modern.connections(peer=host.address, after=before)
        assert (connection.security, connection.user) == (security, "alice@contoso.example")


def test_mbsync_pinned_to_tls_1_0_fails_at_the_modern_server(lab: Lab, host: Host, modern: MailServer, legacy: MailServer) -> None:
    mbsyncrc(host, "SSLType IMAPS\nSSLVersions TLSv1")
    host.resolve(lab.names_after())
    before = modern.last_number()
    assert run_mbsync(host, "alice").returncode != 0
    assert seen(modern, host, before) == [("implicit", ("TLSv1",), None, False)]
    host.resolve(lab.names_before())
    before = legacy.last_number()
    assert run_mbsync(host, "alice").returncode == 0
    assert seen(legacy, host, before) == [("implicit", ("TLSv1",), "alice@contoso.example", True)]


@pytest.fixture(scope="module")
def desktop(lab: Lab) -> Host:
    return lab.host("desktop", "bookworm-desktop", users=["alice"])


@pytest.mark.parametrize(("protocol", "port", "security"), [("imap", 993, "implicit"), ("pop3", 110, "starttls")])
def test_thunderbird_by_default_connects_to_the_modern_server(
    lab: Lab, desktop: Host, modern: MailServer, protocol: str, port: int, security: str
) -> None:
    desktop.resolve(lab.names_after())
    before = modern.last_number()
    put_thunderbird_profile(desktop, "alice", thunderbird(protocol, port, security))
    output = run_thunderbird(desktop, "alice", modern)
    connections = modern.connections(peer=desktop.address, after=before)
    assert connections, output
    for connection in connections:
        assert (connection.protocol, connection.security) == (protocol, security)
        assert (connection.offered, connection.completed) == (("TLSv1.2", "TLSv1.3"), True)


def test_thunderbird_pinned_to_tls_1_0_fails_at_the_modern_server(lab: Lab, desktop: Host, modern: MailServer, legacy: MailServer) -> None:
    pinned = {"security.tls.version.min": 1, "security.tls.version.max": 1}
    put_thunderbird_profile(desktop, "alice", thunderbird("imap", 993, "implicit") | pinned)
    for server, names, completed in ((modern, lab.names_after(), False), (legacy, lab.names_before(), True)):
        desktop.resolve(names)
        before = server.last_number()
        output = run_thunderbird(desktop, "alice", server)
        connections = server.connections(peer=desktop.address, after=before)
        assert connections, output
        assert {each.offered for each in connections} == {("TLSv1",)}
        assert {each.completed for each in connections} == {completed}


def thunderbird(protocol: str, port: int, security: str) -> dict[str, Preference]:
    return thunderbird_account(1, protocol, "outlook.office365.com", "alice@contoso.example", port=port, security=security)


def test_clients_check_the_servers_certificate(lab: Lab, start_host: Callable[..., Host], modern: MailServer) -> None:
    host = start_host("distrustful", users=["alice"], names=lab.names_after(), files={"/etc/ssl/certs/ca-certificates.crt": ""})
    host.do("find /etc/ssl/certs -type l -delete")
    before = modern.last_number()
    fetchmailrc(host, "ssl")
    assert "verif" in (done := run_fetchmail(host, "alice")).stdout + done.stderr
    assert all(each.user is None for each in modern.connections(peer=host.address, after=before))


def test_snapshot_shows_every_kind_of_change(start_host: Callable[..., Host]) -> None:
    host = start_host(
        "changing",
        users=["alice"],
        files={
            "/etc/watched": "before",
            "/home/alice/notes": File("mine", "alice", 0o600),
            "/home/alice/pipe": File.fifo("alice"),
            "/etc/gone": "",
            "/etc/link": File.link("watched"),
        },
    )
    before = host.snapshot()
    assert snapshot.differences(before, host.snapshot()) == {}
    host.do("cat /etc/watched; ls -lR /etc /home /usr/lib/ssl; python3 -c 'import ssl'")
    assert snapshot.differences(before, host.snapshot()) == {}, "reading changed something"
    host.do("touch --date=2001-01-01 /etc/watched")
    assert list(snapshot.differences(before, host.snapshot())) == ["/etc/watched"]
    before = host.snapshot()
    host.do("""
        printf after > /etc/watched; touch --date=2001-01-01 /etc/watched
        chmod 644 /home/alice/notes; rm /etc/gone; ln -sfn other /etc/link
        touch --reference=/usr/bin/ls /usr/bin/ls; chown alice /usr/lib/os-release; > /run/new
    """)
    found = snapshot.differences(before, host.snapshot())
    assert found["/etc/watched"] == "size, changed, content"
    assert found["/home/alice/notes"] == "mode, changed"
    assert found["/etc/gone"] == "disappeared"
    assert found["/run/new"] == "appeared"
    assert "content" in found["/etc/link"]
    assert found["/usr/bin/ls"] == "changed"
    assert "uid" in found["/usr/lib/os-release"]


def test_files_and_users_are_as_ordered(start_host: Callable[..., Host]) -> None:
    host = start_host(
        "furnished",
        "bookworm-minimal",
        users=["alice", User("bob", "/srv/bob", 0o755)],
        files={"/srv/bob/.config/app/rc": File("x", "bob", 0o640, mtime=1_000_000_000.5)},
    )
    host.add_users(["carol"])
    assert host.do("id -u alice bob carol 2>/dev/null || for u in alice bob carol; do id -u $u; done").split() == [
        "1000",
        "1001",
        "1002",
    ]
    assert host.do("stat -c '%U %a' /home/alice /srv/bob /srv/bob/.config/app /srv/bob/.config/app/rc").splitlines() == [
        "alice 700",
        "bob 755",
        "bob 755",
        "bob 640",
    ]
    assert host.do("stat -c %.1Y /srv/bob/.config/app/rc").strip() == "1000000000.5"
    done = host.run(["sh", "-c", "whoami; pwd; env"], user="bob", env={"OPENSSL_CONF": "/x"})
    assert done.stdout.splitlines()[:2] == ["bob", "/srv/bob"]
    assert "OPENSSL_CONF=/x" in done.stdout
    assert "PYTEST" not in done.stdout
    assert host.run(["cat", "/etc/shadow"], user="bob").returncode == 1


def test_a_program_that_hangs_is_ended_and_a_daemon_does_not_block(start_host: Callable[..., Host]) -> None:
    host = start_host("slow", "bookworm-minimal")
    assert host.run(["sleep", "300"], timeout=0.5).returncode == 124
    assert host.run(["sh", "-c", "sleep 300 & echo started"]).stdout == "started\n"
    with pytest.raises(LabError, match="slow: 'false' ended with 1"):
        host.do("false")


def test_nothing_is_left_when_the_test_run_is_killed(tmp_path: Path, lab: Lab) -> None:
    """Even SIGKILL leaves no process, no mount and no interface."""
    script = (
        "import sys, time, pathlib; from lab.session import Lab\n"
        "lab = Lab(pathlib.Path(sys.argv[1])); host = lab.host('doomed', 'bookworm-minimal', names={})\n"
        "print(host.namespaces.pid, flush=True); time.sleep(300)"
    )
    run = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent)
    assert run.stdout
    first = Path("/proc") / run.stdout.readline().strip()
    try:
        namespace = os.readlink(first / "ns/net")
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate()
    deadline = time.monotonic() + 20
    while _holders(namespace) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _holders(namespace)
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()


def _holders(namespace: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "ns/net") == namespace:
                found.append(process.name)
        except OSError:
            continue
    return found
