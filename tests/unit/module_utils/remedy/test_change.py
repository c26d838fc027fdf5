"""Changing files and taking that back: whole or not at all, whatever happens in between."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import backup, change, upgrade
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.plan import FilePlan

RUN = "20261124T040500Z-1f3a"
OLD, NEW = b"poll a password hunter2 sslproto TLS1\r\n\xff", b"poll a password hunter2 sslproto auto\r\n\xff"
CHANGE = {"client": "fetchmail", "file": "f", "line": 1, "key": "sslproto", "from": "TLS1", "to": "auto", "findings": ["account-1"]}


@pytest.fixture
def backups(tmp_path: Path) -> str:
    return str(tmp_path / "backups")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files with a mode and times of their own."""
    made = []
    for name in ("one", "two"):
        path = tmp_path / "home" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(OLD)
        path.chmod(0o640)
        os.utime(path, ns=(1_000_000_001, 2_000_000_002))
        made.append(path)
    return made


def planned(files: list[Path]) -> list[FilePlan]:
    return [FilePlan(str(path), os.path.realpath(path), OLD, NEW, [{**CHANGE, "file": str(path)}]) for path in files]


def make(files: list[Path], backups: str, run: str = RUN) -> dict[str, Any]:
    with backup.locked(backups):
        return change.make(planned(files), backups, run)


def states(outcome: dict[str, Any]) -> list[str]:
    return [item["state"] for item in outcome["items"]]


def leftovers(files: list[Path]) -> list[str]:
    return sorted(path.name for path in files[0].parent.iterdir() if path not in files)


def test_files_change_with_mode_and_owner_kept(files: list[Path], backups: str) -> None:
    files[0].chmod(0o604)
    made = make(files, backups)
    assert [state for _item, state, _why in made.values()] == ["applied", "applied"]
    assert [path.read_bytes() for path in files] == [NEW, NEW]
    assert files[0].stat().st_mode & 0o7777 == 0o604
    assert leftovers(files) == []


@pytest.mark.requires_root
def test_the_owner_stays(files: list[Path], backups: str) -> None:
    os.chown(files[0], 1234, 4321)
    make(files, backups)
    assert (files[0].stat().st_uid, files[0].stat().st_gid) == (1234, 4321)


def test_extended_attributes_stay(files: list[Path], backups: str) -> None:
    try:
        os.setxattr(files[0], "user.mailtls", b"\0label")
    except OSError:
        pytest.skip("this file system has no extended attributes of users")
    make(files, backups)
    assert os.getxattr(files[0], "user.mailtls") == b"\0label"


@pytest.mark.requires_root
def test_the_security_label_stays_and_comes_back(files: list[Path], backups: str) -> None:
    label = b"system_u:object_r:user_home_t:s0\0"
    try:
        os.setxattr(files[0], "security.selinux", label)
    except OSError:
        pytest.skip("this file system, or this kernel, takes no security label")
    make(files, backups)
    assert os.getxattr(files[0], "security.selinux") == label
    change.roll_back(backups, RUN)
    assert os.getxattr(files[0], "security.selinux") == label


def test_the_controller_gets_the_manifest_without_contents(files: list[Path], backups: str) -> None:
    made = make(files, backups)
    [item, _other] = [told for told, _state, _why in made.values()]
    told = change.roll_back(backups, RUN)["items"][0]
    assert (told["sha256"], told["sha256_after"]) == (item.before, item.after)
    assert told["metadata"] == {"mode": "0640", "uid": os.getuid(), "gid": files[0].stat().st_gid, "mtime_ns": 2_000_000_002}
    assert "hunter2" not in json.dumps(told)


def test_a_rollback_brings_back_bytes_mode_and_times(files: list[Path], backups: str) -> None:
    make(files, backups)
    files[0].chmod(0o600)
    assert states(change.roll_back(backups, RUN)) == ["restored", "restored"]
    for path in files:
        status = path.stat()
        assert (path.read_bytes(), status.st_mode & 0o7777, status.st_mtime_ns) == (OLD, 0o640, 2_000_000_002)


def test_a_second_rollback_changes_nothing(files: list[Path], backups: str) -> None:
    make(files, backups)
    change.roll_back(backups, RUN)
    again = change.roll_back(backups, RUN)
    assert (states(again), again["changed"]) == (["present", "present"], False)


def test_a_rollback_in_check_mode_writes_nothing(files: list[Path], backups: str) -> None:
    make(files, backups)
    assert states(change.roll_back(backups, RUN, check=True)) == ["would_change", "would_change"]
    assert [path.read_bytes() for path in files] == [NEW, NEW]


def test_what_somebody_changed_since_stays_and_is_named(files: list[Path], backups: str) -> None:
    make(files, backups)
    files[0].write_bytes(b"mine")
    outcome = change.roll_back(backups, RUN)
    assert states(outcome) == ["refused", "restored"]
    assert "somebody changed it" in outcome["items"][0]["why"]
    assert files[0].read_bytes() == b"mine"


def test_what_changed_since_the_plan_is_not_touched(files: list[Path], backups: str) -> None:
    plans = planned(files)
    files[1].write_bytes(b"mine")
    with backup.locked(backups):
        made = change.make(plans, backups, RUN)
    assert [state for _item, state, _why in made.values()] == ["applied", "refused"]
    assert files[1].read_bytes() == b"mine"


def test_a_file_that_became_a_link_is_not_followed(files: list[Path], backups: str, tmp_path: Path) -> None:
    plans = planned(files)
    elsewhere = tmp_path / "shadow"
    elsewhere.write_bytes(OLD)
    files[0].unlink()
    files[0].symlink_to(elsewhere)
    with backup.locked(backups):
        made = change.make(plans, backups, RUN)
    assert made[plans[0].target][1] == "refused"
    assert elsewhere.read_bytes() == OLD


def test_a_directory_that_became_a_link_is_not_followed(files: list[Path], backups: str, tmp_path: Path) -> None:
    plans = planned(files)
    home, moved = files[0].parent, tmp_path / "elsewhere"
    home.rename(moved)
    home.symlink_to(moved)
    with backup.locked(backups):
        made = change.make(plans, backups, RUN)
    assert {state for _item, state, _why in made.values()} == {"refused"}
    assert (moved / "one").read_bytes() == OLD


def test_a_run_has_one_backup_set(files: list[Path], backups: str) -> None:
    make(files, backups)
    with pytest.raises(backup.BackupError, match="changed this host before"):
        make(files, backups)


def test_two_at_once_are_one_too_many(files: list[Path], backups: str) -> None:
    with backup.locked(backups), pytest.raises(backup.BackupError, match="another remediation"):
        make(files, backups)


def test_backups_are_for_their_owner_only(files: list[Path], backups: str) -> None:
    make(files, backups)
    for directory, _names, names in os.walk(backups):
        assert os.stat(directory).st_mode & 0o077 == 0
        assert all(os.stat(os.path.join(directory, name)).st_mode & 0o077 == 0 for name in names)


def test_a_backups_directory_that_others_can_write_to_is_refused(files: list[Path], backups: str) -> None:
    os.makedirs(backups)
    os.chmod(backups, 0o777)
    with pytest.raises(backup.BackupError, match="others may write"):
        make(files, backups)


def test_a_damaged_backup_is_not_restored(files: list[Path], backups: str) -> None:
    make(files, backups)
    Path(backups, RUN, "0000").write_bytes(b"other")
    outcome = change.roll_back(backups, RUN)
    assert states(outcome) == ["refused", "restored"]
    assert "damaged" in outcome["items"][0]["why"]


def test_a_manifest_of_another_version_is_refused(files: list[Path], backups: str) -> None:
    make(files, backups)
    Path(backups, RUN, "manifest.json").write_text(json.dumps({"schema": "other", "items": []}))
    with pytest.raises(backup.BackupError, match="manifest"):
        change.roll_back(backups, RUN)


def test_a_run_that_changed_nothing_here_is_not_found(backups: str) -> None:
    assert change.roll_back(backups, RUN)["found"] is False


@pytest.mark.parametrize("roll_back", [change.roll_back, upgrade.roll_back])
def test_what_only_says_what_it_would_take_back_leaves_nothing_behind(backups: str, roll_back: Callable[..., Any]) -> None:
    assert roll_back(backups, RUN, check=True)["found"] is False
    assert not os.path.exists(backups)


def test_a_file_system_without_locks_is_told_from_another_at_work(backups: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file system of a test is without locks, so the system call itself has to be played."""

    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with backup.locked(backups), pytest.raises(backup.BackupError, match="another remediation"), backup.locked(backups):
        pass
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(backup.BackupError, match="can't be locked: no locks available"), backup.locked(backups):
        pass


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".", "-x", "x" * 101])
def test_a_name_that_is_no_run_is_refused(backups: str, name: str) -> None:
    with pytest.raises(backup.BackupError, match="no run id"):
        change.roll_back(backups, name)


def test_only_the_newest_sets_are_kept(files: list[Path], backups: str) -> None:
    for number in range(3):
        make(files, backups, f"run{number}")
        change.roll_back(backups, f"run{number}")
    backup.keep(backups, 2, "run2")
    assert backup.names(backups) == ["run1", "run2"]


@pytest.mark.parametrize(("number", "kept"), [(1, ["run2"]), (2, ["run2", "run1"]), (3, ["run2", "run0", "run1"])])
def test_of_a_run_whose_clock_was_put_back_the_set_stays(files: list[Path], backups: str, number: int, kept: list[str]) -> None:
    for run in range(3):
        make(files, backups, f"run{run}")
        change.roll_back(backups, f"run{run}")
    os.utime(Path(backups) / "run2" / backup.MANIFEST, ns=(0, 1))
    backup.keep(backups, number, "run2")
    assert backup.names(backups) == kept


def test_a_full_disk_leaves_every_file_whole(files: list[Path], backups: str) -> None:
    """A limit on the size of files is what a test can have of a full disk: the write fails in the middle, too."""

    def with_little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
        try:
            make(files, backups)
        except backup.BackupError as error:
            os._exit(7 if "too large" in str(error) else 8)

    assert in_child(with_little_room) == 7 << 8
    assert [path.read_bytes() for path in files] == [OLD, OLD]
    assert leftovers(files) == []
    assert [state for _item, state, _why in make(files, backups).values()] == ["applied", "applied"]


STEPS = ("open", "mkdir", "rename", "unlink", "fsync", "fchmod", "close")


def test_killed_between_any_two_steps_it_can_be_taken_back(files: list[Path], backups: str) -> None:
    for number in range(200):
        ended = in_child(lambda number=number: killed_at(number, lambda: make(files, backups, f"run{number}")))
        assert all(path.read_bytes() in (OLD, NEW) for path in files), number
        outcome = change.roll_back(backups, f"run{number}")
        assert outcome["found"] or leftovers(files) == [], number
        assert [path.read_bytes() for path in files] == [OLD, OLD], number
        assert leftovers(files) == [], number
        if ended == 0:
            break
    assert ended == 0
    assert number > 20


def test_killed_in_a_rollback_it_can_be_rolled_back_again(files: list[Path], backups: str) -> None:
    for number in range(200):
        make(files, backups, f"run{number}")
        ended = in_child(lambda number=number: killed_at(number, lambda: change.roll_back(backups, f"run{number}")))
        change.roll_back(backups, f"run{number}")
        assert [path.read_bytes() for path in files] == [OLD, OLD], number
        assert leftovers(files) == [], number
        if ended == 0:
            break
    assert ended == 0
    assert number > 10


def in_child(work: Callable[[], object]) -> int:
    """Run *work* in a process of its own, and return how that ended, as os.waitpid does."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def killed_at(number: int, work: Callable[[], object]) -> None:
    """Do *work*, but die at the step of that *number*, as by kill -9."""
    done = 0

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **named: Any) -> Any:
            nonlocal done
            if done == number:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1
            return step(*arguments, **named)

        return counting

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    work()
