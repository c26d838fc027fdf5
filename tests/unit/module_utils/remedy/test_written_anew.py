"""Files that would not keep a change: those of a program that runs and writes them, and those that a package brings back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import backup, change, restarts, written_anew
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.plan import FilePlan
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.restarts import Running

RUN = "20261124T040500Z-1f3a"
OLD, NEW = b"inbox-path={imap-legacy.office365.com/ssl}inbox\n", b"inbox-path={outlook.office365.com/ssl}inbox\n"


def asked(file: str, client: str = "alpine") -> dict[str, Any]:
    accounts = [{"client": client, "config": file, "user": "alice"}]
    return {"client": client, "file": file, "line": 1, "key": "k", "from": "a", "to": "b", "findings": ["f"], "accounts": accounts}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The clients that run, as restarts.find tells of them; tests/integration/test_remediate_restarts.py holds that to real ones."""
    names: list[str] = []

    def find(changes: list[dict[str, Any]]) -> list[Running]:
        return [Running(None, None, name, f"/usr/bin/{name}", "alice", {(1, 1)}, changes) for name in names]

    monkeypatch.setattr(restarts, "find", find)
    return names


@pytest.mark.parametrize(
    ("client", "file"),
    [
        ("alpine", "/home/alice/.pinerc"),
        ("thunderbird", "/home/alice/.thunderbird/x.default/prefs.js"),
        ("evolution", "/home/alice/.config/evolution/sources/1.source"),
        ("claws-mail", "/home/alice/.claws-mail/accountrc"),
        ("kmail", "/home/alice/.config/akonadi_imap_resource_0rc"),
    ],
)
def test_a_file_that_its_program_writes_waits_until_it_is_closed(runs: list[str], client: str, file: str) -> None:
    assert written_anew.by_a_program(file, [asked(file, client)]) is None
    runs.append(client)
    assert f"{client} runs as alice" in (written_anew.by_a_program(file, [asked(file, client)]) or "")


@pytest.mark.parametrize(
    ("client", "file"), [("thunderbird", "/home/alice/.thunderbird/x.default/user.js"), ("fetchmail", "/home/alice/.fetchmailrc")]
)
def test_a_file_that_its_program_only_reads_does_not(runs: list[str], client: str, file: str) -> None:
    runs.append(client)
    assert written_anew.by_a_program(file, [asked(file, client)]) is None


def test_it_is_not_put_back_while_the_program_runs(runs: list[str], tmp_path: Path) -> None:
    file = tmp_path / ".pinerc"
    file.write_bytes(OLD)
    backups = str(tmp_path / "backups")
    with backup.locked(backups):
        change.make([FilePlan(str(file), os.path.realpath(file), OLD, NEW, [asked(str(file))])], backups, RUN)
    runs.append("alpine")
    [item] = change.roll_back(backups, RUN)["items"]
    assert item["state"] == "refused"
    assert "alpine runs" in item["why"]
    assert file.read_bytes() == NEW
    runs.clear()
    [item] = change.roll_back(backups, RUN)["items"]
    assert (item["state"], file.read_bytes()) == ("restored", OLD)


def test_what_came_with_a_package_is_changed_in_etc_alone(tree: Any) -> None:
    status = "Package: tool\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n"
    paths = ("/etc/tool.conf", "/usr/lib/systemd/system/tool.service")
    tree.write("/var/lib/dpkg/status", status)
    tree.write("/var/lib/dpkg/info/tool.list", "\n".join(paths) + "\n")
    for path in (*paths, "/usr/lib/systemd/system/own.service"):
        tree.write(path, "")
    host = tree.host()
    assert written_anew.by_a_package(host, paths[0]) is None
    assert "came with the package tool" in (written_anew.by_a_package(host, paths[1]) or "")
    assert written_anew.by_a_package(host, "/usr/lib/systemd/system/own.service") is None
