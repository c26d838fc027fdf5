"""What an audit makes of backup sets: an account is told of changed files only while what had read them before goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.live import process
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import backup, change, unread
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.plan import FilePlan
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.restarts import Running

RUN = "20261124T040500Z-1f3a"
ACCOUNT = {"client": "stunnel", "config": "/etc/mail.conf", "user": ""}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mail.conf"
    path.write_bytes(b"old")
    return path


def remediated(file: Path, identity: tuple[int, int] | None) -> str:
    """Change *file* while the process of that *identity* runs; return the directory of the backup sets."""
    directory = str(file.parent / "backups")
    told = {"client": "stunnel", "file": str(file), "line": 1, "key": "k", "from": "o", "to": "n", "findings": [], "accounts": [ACCOUNT]}
    running = Running(None, None, "stunnel", "/usr/bin/stunnel", "root", {identity}, [told])
    with backup.locked(directory):
        change.make([FilePlan(str(file), os.path.realpath(file), b"old", b"new", [told])], directory, RUN, [running])
    return directory


def replaced(directory: str) -> list[Any]:
    clients = [{"name": name, "accounts": [{"config": "/etc/mail.conf", "user": ""}]} for name in ("stunnel", "mpop")]
    unread.mark(Host("/"), clients, directory)
    return [client["accounts"][0].get("replaced") for client in clients]


def test_the_account_of_what_goes_on_is_told_of_the_file(file: Path) -> None:
    assert replaced(remediated(file, process.identity(os.getpid()))) == [[str(file)], None]


def test_nothing_is_told_once_another_process_has_its_number(file: Path) -> None:
    number, start = process.identity(os.getpid())
    assert replaced(remediated(file, (number, start - 1))) == [None, None]


def test_nothing_is_told_after_the_next_boot(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = remediated(file, process.identity(os.getpid()))
    monkeypatch.setattr(process, "boot", lambda: "another")
    assert replaced(directory) == [None, None]


def test_nothing_is_told_of_a_file_that_is_not_as_it_was_changed(file: Path) -> None:
    directory = remediated(file, process.identity(os.getpid()))
    file.write_bytes(b"mine")
    assert replaced(directory) == [None, None]


def test_a_damaged_set_is_a_gap_and_costs_nothing_else(file: Path) -> None:
    directory = remediated(file, process.identity(os.getpid()))
    Path(directory, RUN, "manifest.json").write_text("{")
    host = Host("/")
    unread.mark(host, [], directory)
    assert "is no manifest" in host.gaps[0]["why"]
