"""Root changes no file that a user leads it to and that is not that user's, and what a user swaps meanwhile gains nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import backup, change, trust
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.plan import FilePlan
from ansible_collections.mailtls.fleet.plugins.module_utils.users import User

pytestmark = pytest.mark.requires_root

ALICE, BOB = 12345, 12346
RUN = "20261130T014000Z-1f3a"
OLD, NEW = b"old", b"new"


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory of root's that all may enter, in which Alice and Bob have homes."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        for name, number in (("alice", ALICE), ("bob", BOB)):
            Path(directory, name).mkdir()
            os.chown(Path(directory, name), number, number)
        yield Path(directory)


@pytest.fixture
def judged(place: Path) -> Callable[..., str | None]:
    """Why a change of the file that a path leads to is forbidden, asked for by accounts of these users."""
    host = Host()
    host._users = [User("alice", ALICE, str(place / "alice"), True), User("bob", BOB, str(place / "bob"), True)]

    def judged(path: Path, *users: str) -> str | None:
        accounts = [{"client": "mutt", "config": "c", "user": user} for user in users]
        return trust.forbids(host, FilePlan(str(path), os.path.realpath(path), OLD, NEW, [{"accounts": accounts}]))

    return judged


def written(path: Path, owner: int, mode: int = 0o600) -> Path:
    path.write_bytes(OLD)
    path.chmod(mode)
    os.chown(path, owner, owner)
    return path


def linked(path: Path, target: Path, owner: int) -> Path:
    path.symlink_to(target)
    os.chown(path, owner, owner, follow_symlinks=False)
    return path


def test_a_users_own_file_is_changed_through_a_link_of_that_user_too(place: Path, judged: Callable[..., Any]) -> None:
    file = written(place / "alice/muttrc", ALICE)
    assert judged(file, "alice") is None
    assert judged(linked(place / "alice/.muttrc", file, ALICE), "alice") is None


def test_a_file_of_roots_is_changed_for_all_who_may_read_it(place: Path, judged: Callable[..., Any]) -> None:
    assert judged(written(place / "Muttrc", 0, 0o644), "alice") is None
    assert judged(written(place / "stunnel.conf", 0, 0o600), "") is None


@pytest.mark.parametrize("owner", [0, BOB])
@pytest.mark.parametrize(("where", "why"), [("alice", "belongs to another user"), ("shared", trust._LED)])
def test_what_a_users_link_leads_to_and_another_owns_is_left(
    place: Path, judged: Callable[..., Any], owner: int, where: str, why: str
) -> None:
    (place / "shared").mkdir()
    (place / "shared").chmod(0o1777)
    file = written(place / "elsewhere", owner, 0o644)
    assert why in judged(linked(place / where / "rc", file, ALICE), "alice")


def test_so_is_what_stands_in_a_directory_of_another_user(place: Path, judged: Callable[..., Any]) -> None:
    (place / "data").mkdir()
    os.chown(place / "data", ALICE, ALICE)
    assert judged(written(place / "data/rc", 0, 0o644), "alice") == trust._LED


@pytest.mark.parametrize("owner", [0, BOB])
def test_so_is_what_the_users_that_name_it_may_not_read(place: Path, judged: Callable[..., Any], owner: int) -> None:
    file = written(place / "secret", owner)
    assert judged(file, "alice") == trust._UNREADABLE
    assert judged(file, "alice", {0: "root", BOB: "bob"}[owner]) is None


def test_an_owner_that_a_user_had_noted_by_a_link_does_not_come_back_with_a_rollback(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a moment the name leads to a program of root's that runs with root's rights, and then to the user's own file again."""
    file, aside = written(place / "alice/rc", ALICE), place / "alice/aside"
    program = written(place / "su", 0)
    program.chmod(0o4755)
    planned = FilePlan(str(file), str(file), OLD, NEW, [])
    create = backup.create

    def swapped_back(*arguments: Any) -> None:
        file.unlink()
        aside.rename(file)
        create(*arguments)

    monkeypatch.setattr(backup, "create", swapped_back)
    file.rename(aside)
    file.symlink_to(program)
    backups = str(tmp_path / "backups")
    with backup.locked(backups):
        made = change.make([planned], backups, RUN)
    change.roll_back(backups, RUN)
    assert made[str(file)][1] == change.REFUSED
    assert (file.stat().st_uid, file.stat().st_mode & 0o7777, file.read_bytes()) == (ALICE, 0o600, OLD)


def test_a_file_that_became_a_fifo_is_not_waited_for(place: Path, tmp_path: Path) -> None:
    file = written(place / "alice/rc", ALICE)
    planned = FilePlan(str(file), str(file), OLD, NEW, [])
    file.unlink()
    os.mkfifo(file)
    backups = str(tmp_path / "backups")
    with backup.locked(backups):
        assert change.make([planned], backups, RUN)[str(file)][1] == change.REFUSED
