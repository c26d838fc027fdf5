"""Windows-like hosts, alone and beside others: audited over SSH by reg.exe and cmd, and Schannel's truth table by a real client of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
import planted
import pytest
from audits import CORES, Audits, Run
from fleet import FLEET
from lab import windows as lab_windows
from lab.container import Container, File
from lab.host import Host, User
from lab.session import Lab
from planted import Plants
from schema import SCHEMA
from windows_fleet import SECRET, WINDOWS_FLEET
from windows_host import OUTLOOK, TLS12, windows

from ansible_collections.mailtls.fleet.plugins.plugin_utils import schannel

# One of each kind beside the Windows-like hosts.
POSIX = ("clean", "fetchmail-pinned", "no-client")
pytestmark = pytest.mark.requires_program(lab_windows.COMPILER, package=lab_windows.PACKAGE)


@pytest.fixture(scope="module")
def audits(lab: Lab) -> Iterator[Audits]:
    hosts = {}
    for name in POSIX:
        member = FLEET[name]
        hosts[name] = lab.host(name, member.image, users=[User(user) for user in member.users])
        hosts[name].put(dict(member.files))
    lab_windows.compile_all(lab)
    with ThreadPoolExecutor(2) as pool:
        members = WINDOWS_FLEET.items()
        started = pool.map(lambda item: (item[0], lab_windows.start(lab, item[0], item[1].registry, item[1].files)), members)
        hosts.update(started)
    inventory = lab.inventory("windows", hosts.values())
    document = json.loads(inventory.read_text())
    for name in WINDOWS_FLEET:
        document["all"]["hosts"][name].update(lab_windows.variables())
    inventory.write_text(json.dumps(document))
    yield Audits(lab, "windows", hosts, inventory)
    for host in hosts.values():
        host.stop()


@pytest.fixture(params=sorted(CORES))
def run(audits: Audits, request: pytest.FixtureRequest) -> Run:
    return audits.run(request.param)


def test_a_mixed_fleet_is_audited_in_one_run(run: Run) -> None:
    assert run.done.returncode == 0, run.done.stdout + run.done.stderr
    jsonschema.validate(json.loads((run.folder / "results.json").read_text()), SCHEMA)
    assert sorted(run.hosts) == sorted([*POSIX, *WINDOWS_FLEET])
    assert {name: run.hosts[name]["verdict"] for name in POSIX} == {name: FLEET[name].verdict for name in POSIX}
    assert {run.hosts[name]["reach"] for name in WINDOWS_FLEET} == {"windows"}


@pytest.mark.parametrize("name", WINDOWS_FLEET)
def test_the_host_gets_its_verdict(run: Run, name: str) -> None:
    host, member = run.hosts[name], WINDOWS_FLEET[name]
    accounts = {
        finding["account"]["user"]: (finding["verdict"], finding["cause"]) for finding in host["findings"] if finding["check"] == "account"
    }
    assert accounts == member.accounts
    assert host["verdict"] == member.verdict, host["why"]
    assert member.why in json.dumps(host, ensure_ascii=False)


def test_no_password_leaves_a_host(run: Run) -> None:
    texts = [gzip.decompress(path.read_bytes()) for path in (run.folder / "evidence").iterdir()]
    texts += [path.read_bytes() for path in run.folder.iterdir() if path.is_file()]
    assert not [text for text in texts if SECRET.encode() in text.lower() or b"a-password-that" in text]


@pytest.fixture(scope="module")
def planted_host(lab: Lab, audits: Audits) -> Iterator[tuple[Plants, Run]]:
    """A host with a secret wherever one may be, audited as talkatively as can be."""
    plants = Plants()
    secrets = {
        key: {name: (kind, plants.text(data, rf"{key}\{name}")) for name, (kind, data) in values.items()}
        for key, values in planted.REGISTRY.items()
    }
    files = {path: plants.text(text, path) for path, text in planted.WINDOWS_FILES.items()}
    registry = {key: {**windows().get(key, {}), **values} for key, values in {**windows(), **OUTLOOK, **secrets}.items()}
    host = lab_windows.start(lab, "planted-windows", registry, files)
    inventory = lab.inventory("pw", [host], variables=lab_windows.variables())
    yield plants, Audits(lab, "planted-windows", {host.name: host}, inventory).run("newest", "-vvvv")
    host.stop()


def test_no_secret_is_anywhere_on_the_controller(planted_host: tuple[Plants, Run]) -> None:
    plants, run = planted_host
    texts = {path.name: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    texts = {name: gzip.decompress(text) if name.endswith(".gz") else text for name, text in texts.items()}
    texts["output"] = (run.done.stdout + run.done.stderr).encode()
    assert {"planted-windows.json.gz", "results.json", "report.html"} <= set(texts)
    assert b"imap-legacy.office365.com" in texts["output"]
    assert {name: found for name, text in texts.items() if (found := plants.found_in(text))} == {}


def test_both_cores_and_check_mode_come_to_the_same(audits: Audits) -> None:
    some = ["windows7-mended", "windows-thunderbird", "windows-several-users"]
    newest, oldest, check = (
        audits.run(*arguments).hosts for arguments in (["newest"], ["oldest"], ["newest", "--check", "--limit", ",".join(some)])
    )
    for name in WINDOWS_FLEET:
        come_to_the_same(audits, name, [newest[name], oldest[name]], [["newest"], ["oldest"]])
    assert sorted(check) == sorted(some)
    for name in some:
        come_to_the_same(audits, name, [newest[name], check[name]], [["newest"], ["newest", "--check"]])


def come_to_the_same(audits: Audits, name: str, found: list[Any], ways: list[list[str]]) -> None:
    """Check that two ways agree about a host, in one of three tries: Wine's reg.exe leaves a query without an answer now and then."""
    for number in range(2):
        if found[0] == found[1]:
            break
        found = [audits.run(*way, "--limit", name, "-e", f"try={name}{number}").hosts[name] for way in ways]
    assert found[0] == found[1], found[1]["why"]


def test_a_host_costs_three_executions_at_most_and_is_not_changed(audits: Audits) -> None:
    """What sshd logs of each session: the commands that ran in it."""
    host = audits.hosts["windows-thunderbird"]
    before, log = lab_windows.state(host), len(host.read("/var/log/commands").splitlines())
    audits.run("newest", "--limit", host.name)
    assert 1 <= len(host.read("/var/log/commands").splitlines()) - log <= 3
    assert lab_windows.state(host) == before


def test_a_host_without_reg_exe_is_an_error_in_its_own_words(audits: Audits) -> None:
    host = audits.hosts["windows-no-client"]
    program = lab_windows.path_of(r"C:\windows\system32\reg.exe")
    host.do(f"mv {program} {program}.away")
    try:
        found = audits.run("newest", "--limit", host.name).hosts[host.name]
    finally:
        host.do(f"mv {program}.away {program}")
    assert found["verdict"] == "ERROR"
    assert "reg.exe answered no query" in found["why"]


# The truth table, by a real client


@pytest.fixture(scope="module")
def pinned(lab: Lab) -> Iterator[Container]:
    """A server that takes TLS 1.2 and nothing else."""
    server = Container(lab.network, lab.directory, "pinned", "bookworm-mailserver")
    server.do("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=lab -keyout /tmp/key.pem -out /tmp/certificate.pem 2>/dev/null")
    server.start(
        ["openssl", "s_server", "-accept", "993", "-tls1_2", "-key", "/tmp/key.pem", "-cert", "/tmp/certificate.pem", "-quiet"],
        user="root",
        output="/tmp/log",
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def client(lab: Lab, audits: Audits) -> Host:
    host = audits.hosts["windows-many-programs"]
    program = lab_windows.compiled(lab.directory, "schannel_client", "secur32", "ws2_32")
    host.put({lab_windows.path_of(r"C:\schannel_client.exe"): File(program)})
    return host


VALUES = {"absent": None, "0": 0, "1": 1, "0xFFFFFFFF": 0xFFFFFFFF, "2": 2}


@pytest.mark.parametrize("disabled", VALUES)
@pytest.mark.parametrize("enabled", VALUES)
def test_a_client_of_schannel_does_what_the_table_says(client: Host, pinned: Container, enabled: str, disabled: str) -> None:
    """Wine has no defaults by build: TLS 1.2 is on in every Windows of its. What it makes of a wrong type need not be what Windows does."""
    steps = [f'reg delete "{TLS12}" /f']
    for name, number in (("Enabled", VALUES[enabled]), ("DisabledByDefault", VALUES[disabled])):
        if number is not None:
            steps.append(f'reg add "{TLS12}" /v {name} /t REG_DWORD /d {number} /f')
    steps.append(rf"C:\schannel_client.exe {pinned.address} 993")
    done = lab_windows.command(client, "&".join(steps))
    kinds = [schannel.kind_of(None if number is None else "REG_DWORD", number) for number in (VALUES[enabled], VALUES[disabled])]
    state = schannel.decide(*kinds, schannel.ON)
    assert f"default {int(bool(state.by_default))}" in done.stdout, done.stderr
    assert f"by name {int(bool(state.by_name))}" in done.stdout, done.stderr
