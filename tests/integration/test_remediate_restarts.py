"""What runs on with old settings: it is named, it fails on the wire until its restart, and it is restarted only when that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from judge import trial
from lab.container import File
from lab.host import Host, User
from lab.session import Lab

CONFIG = "/etc/stunnel/mail.conf"
OWN_CONFIG = "/home/alice/.config/stunnel/mail.conf"
CAPPED, MENDED = "sslVersionMax = TLSv1.1\n", "sslVersionMax = all\n"
PORT, OWN_PORT = 1993, 2993
_SERVICE = "pid = {pid}\n[mail]\nclient = yes\naccept = 127.0.0.1:{port}\nconnect = outlook.office365.com:993\n"
FILES = {
    CONFIG: File(_SERVICE.format(pid="/run/stunnel4/mail.pid", port=PORT) + CAPPED),
    OWN_CONFIG: File(_SERVICE.format(pid="", port=OWN_PORT) + CAPPED, "alice"),
}
_UNIT = "[Unit]\nDefaultDependencies=no\n[Service]\n"
UNITS = {
    "/etc/systemd/system/tunnel.service": f"{_UNIT}Type=forking\nExecStart=/usr/bin/stunnel4 {CONFIG}\n",
    "/etc/systemd/system/login.service": f"{_UNIT}ExecStart=/usr/sbin/sshd -D -o UseDNS=no -o UsePAM=no"
    " -o HostKey=/etc/ssh/ssh_host_ed25519_key\n",
    "/etc/systemd/system/lab.target": "[Unit]\nDefaultDependencies=no\nWants=tunnel.service login.service\n",
}
# systemd wants to be the first process, and a control group of its own, below which it keeps its services.
_BOOT = f"""
mkdir -p /run/cgroup /run/stunnel4
mount -t cgroup2 cgroup /run/cgroup
mkdir /run/cgroup/mailtls-lab-$$
echo /run/cgroup/mailtls-lab-$$ >/run/cgroup.name
kill $(cat /run/sshd.pid)
(
    sh -c 'echo $$ >"$(cat /run/cgroup.name)/cgroup.procs"
    exec setsid unshare --pid --fork --mount --cgroup --mount-proc --kill-child sh -c "
        umount /run/cgroup; mkdir -p /sys/fs/cgroup; mount -t cgroup2 cgroup /sys/fs/cgroup
        exec env container=lab /lib/systemd/systemd --system --unit=lab.target"' >/var/log/boot.log 2>&1 </dev/null &
)
for try in $(seq 200); do ss -Hltn "sport = :{PORT}" | grep -q . && exit 0; sleep 0.05; done
cat /var/log/boot.log >&2; exit 1
"""
_SHUT_DOWN = """
kill -KILL $(pgrep -x systemd | head -n 1)
while pgrep -x stunnel4 >/dev/null; do sleep 0.05; done
find "$(cat /run/cgroup.name)" -depth -type d -exec rmdir {} ';'
"""
# What it mends with keeps stunnel from starting, though the audit knows nothing of that.
WRONG = """---
schema: mailtls.policy/1
clients:
  stunnel:
    title: stunnel
    libraries: [openssl]
    settings:
      sslversionmax:
        - words: {TLSv1.1: {max: TLSv1.1}, TLSv1.9: {}}
          otherwise: {}
          mend: TLSv1.9
          source: T
sources:
  T: a fact that is wrong on purpose
"""
_GREETING = "import socket, sys; print(socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10).recv(100))"


class Relays:
    """Two hosts whose stunnels are capped: on one an init script has started it, and alice another; on the other it is systemd's."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.init: Host = lab.host("byinit", "bookworm-relays", users=[User("alice")], names=lab.names_after(), files=FILES)
        self.init.do("mkdir -p /run/stunnel4; service stunnel4 start")
        self.init.start(["stunnel4", OWN_CONFIG], user="alice", output="/tmp/alice.log")
        files = {CONFIG: FILES[CONFIG], **UNITS}
        self.systemd: Host = lab.host("bysystemd", "bookworm-relays", names=lab.names_after(), files=files)
        self.systemd.do(_BOOT)

    def play(self, playbook: str, *arguments: str) -> tuple[dict[str, set[tuple[str, ...]]], dict[str, list[str]], Path, str]:
        """Run a playbook; return what was said of restarts by host and state, the verdicts of accounts by host, folder and text."""
        done, folder = trial.played(self._lab, [self.init, self.systemd], playbook, "-e", '{"mailtls_serial": ["100%"]}', *arguments)
        remedies = folder / "remedies.jsonl"
        lines = [json.loads(line) for line in remedies.read_text().splitlines()] if remedies.exists() else []
        said: dict[str, set[tuple[str, ...]]] = {}
        for line in lines:
            said.setdefault(line["host"], set()).update((line["state"], item["name"], item["state"]) for item in line["restarts"])
        records = json.loads((folder / "results.json").read_text())["hosts"]
        verdicts = {host["host"]: [item["verdict"] for item in host["findings"] if item["check"] == "account"] for host in records}
        return said, verdicts, folder, " ".join(done.stdout.split())

    def numbers(self) -> list[set[str]]:
        """The numbers of the stunnels that run."""
        return [set(host.run(["pgrep", "stunnel4"]).stdout.split()) for host in (self.init, self.systemd)]

    def lead_on(self) -> tuple[bool, bool, bool]:
        """Whether they come through to a server that takes only TLS 1.2: the script's, alice's, systemd's."""
        return leads_on(self.init, PORT), leads_on(self.init, OWN_PORT), leads_on(self.systemd, PORT)

    def contents(self) -> list[str]:
        return [self.init.read(CONFIG), self.init.read(OWN_CONFIG), self.systemd.read(CONFIG)]


def leads_on(host: Host, port: int) -> bool:
    return "* OK" in host.run(["python3", "-c", _GREETING, str(port)]).stdout


@pytest.fixture(scope="module")
def relays(lab: Lab) -> Iterator[Relays]:
    made = Relays(lab)
    yield made
    made.systemd.do(_SHUT_DOWN)
    for host in (made.init, made.systemd):
        host.stop()


BY_HAND = "/usr/bin/stunnel4"


def test_what_goes_on_with_old_settings_is_named_and_restarted_only_when_asked(relays: Relays) -> None:
    before, numbers = relays.contents(), relays.numbers()

    said, _verdicts, _folder, text = relays.play("remediate.yml", "--check", "-e", "mailtls_restart=yes")
    assert said["bysystemd"] == {("applied", "tunnel.service", "would_restart")}
    assert said["byinit"] == {("applied", "stunnel4", "would_restart"), ("applied", BY_HAND, "needed")}
    assert "Would restart stunnel4 (init): 1 host" in text
    assert (relays.contents(), relays.numbers()) == (before, numbers)

    said, verdicts, folder, text = relays.play("remediate.yml")
    assert said["bysystemd"] == {("applied", "tunnel.service", "needed")}
    assert said["byinit"] == {("applied", "stunnel4", "needed"), ("applied", BY_HAND, "needed")}
    assert "Has to be restarted before the changes count" in text
    assert all(MENDED in content for content in relays.contents())
    # They speak as before, and no verdict says otherwise, nor does that of an audit to come.
    assert (relays.numbers(), relays.lead_on()) == (numbers, (False, False, False))
    assert verdicts == {"byinit": ["AT_RISK", "AT_RISK"], "bysystemd": ["AT_RISK"]}
    assert relays.play("audit.yml")[1] == verdicts
    relays.play("rollback.yml", "-e", f"mailtls_rollback_run={folder.name}")
    assert (relays.contents(), relays.numbers()) == (before, numbers)

    said, verdicts, folder, _text = relays.play("remediate.yml", "-e", '{"mailtls_restart": ["tunnel"]}')
    assert said["bysystemd"] == {("applied", "tunnel.service", "restarted")}
    assert ("applied", "stunnel4", "needed") in said["byinit"]
    assert verdicts == {"byinit": ["AT_RISK", "AT_RISK"], "bysystemd": ["PASS"]}
    assert relays.lead_on() == (False, False, True)

    said, verdicts, _folder, _text = relays.play("rollback.yml", "-e", f"mailtls_rollback_run={folder.name}", "-e", "mailtls_restart=yes")
    assert said["bysystemd"] == {("rolled_back", "tunnel.service", "restarted")}
    assert said["byinit"] == {("rolled_back", "stunnel4", "restarted"), ("rolled_back", BY_HAND, "needed")}
    assert (relays.contents(), relays.lead_on()) == (before, (False, False, False))


def test_a_service_that_does_not_come_back_is_put_back_and_started_again(relays: Relays, tmp_path: Path) -> None:
    policy = tmp_path / "wrong.yml"
    policy.write_text(WRONG)
    before = relays.contents()
    asked = {"mailtls_policy": [str(policy)], "mailtls_restart": "yes", "mailtls_max_fail_percentage": 100}
    said, _verdicts, _folder, text = relays.play("remediate.yml", "-e", json.dumps(asked))
    assert said["bysystemd"] == {("applied", "tunnel.service", "failed"), ("rolled_back", "tunnel.service", "restarted")}
    assert said["byinit"] >= {("applied", "stunnel4", "failed"), ("rolled_back", "stunnel4", "restarted")}
    assert "did not help: stunnel4: its restart" in text
    assert relays.contents() == before
    assert [len(numbers) for numbers in relays.numbers()] == [2, 1]
