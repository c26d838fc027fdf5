"""How collectors look at a host: bounded, read-only, and never silent about what they could not see."""

from __future__ import annotations

import ctypes
import os
import pathlib

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import host as host_module
from ansible_collections.mailtls.fleet.plugins.module_utils import paths
from ansible_collections.mailtls.fleet.plugins.module_utils.host import MAX_FILE, Absent, Host, Unreadable


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("")
    return tmp_path


def host_of(tree: pathlib.Path) -> Host:
    return Host(str(tree))


def test_a_file_is_read_whole(tree):
    (tree / "etc/rc").write_text("poll\n")
    assert host_of(tree).text("/etc/rc") == "poll\n"


def test_an_absent_file_is_no_gap(tree):
    host = host_of(tree)
    assert host.text("/etc/rc") is None
    assert host.names("/home") == []
    assert host.gaps == []


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.mkdir(), "a directory"),
        (lambda path: os.mkfifo(path), "a FIFO"),
        (lambda path: path.symlink_to("rc"), "symbolic links"),
        (lambda path: path.write_bytes(b"x" * (MAX_FILE + 1)), "bytes large"),
        (lambda path: path.write_bytes(b"poll\0x"), "NUL"),
    ],
    ids=["directory", "fifo", "loop", "large", "binary"],
)
def test_what_is_no_ordinary_text_file_is_a_gap_with_its_reason(tree, make, why):
    make(tree / "etc/rc")
    host = host_of(tree)
    assert host.text("/etc/rc", "client:fetchmail") is None
    [gap] = host.gaps
    assert (gap["what"], gap["affects"]) == ("/etc/rc", "client:fetchmail")
    assert why in gap["why"]


def test_the_running_systems_fifo_does_not_hang_the_audit(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(Unreadable):
        Host().read(str(tmp_path / "fifo"))


@pytest.mark.parametrize("way", ["", "/etc/.."])
def test_what_is_no_regular_file_is_not_even_opened(tmp_path, way):
    """To open a tape or a watchdog does something by itself. A FIFO stands for them; inotify(7) tells who opens it."""
    os.mkfifo(tmp_path / "rc")
    libc, opened = ctypes.CDLL(None, use_errno=True), 0x20
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(watch, os.fsencode(tmp_path / "rc"), opened) >= 0
    try:
        with pytest.raises(Unreadable, match="a FIFO"):
            Host().read(way + str(tmp_path / "rc"))
        with pytest.raises(BlockingIOError):
            os.read(watch, 4096)
    finally:
        os.close(watch)


def test_a_users_link_to_what_the_kernel_makes_up_is_not_followed(tmp_path):
    """Some of it never ends, or is gone once it was read: /proc/kmsg, trace_pipe."""
    (tmp_path / "rc").symlink_to("/proc/version")
    with pytest.raises(Unreadable, match="what the kernel makes up"):
        Host().read(str(tmp_path / "rc"))
    assert Host().read("/proc/version") != b""


def test_bytes_that_are_no_utf_8_are_replaced_and_told(tree):
    (tree / "etc/rc").write_bytes("# Grüße\npoll\n".encode("latin-1"))
    host = host_of(tree)
    assert host.text("/etc/rc", "client:fetchmail").endswith("\npoll\n")
    [gap] = host.gaps
    assert "line 1" in gap["why"]
    assert gap["affects"] is None


def test_of_a_directory_without_end_the_beginning_is_listed_and_the_rest_is_a_gap(tree, monkeypatch):
    """A user's may hold millions of names, and would take the memory of the host."""
    monkeypatch.setattr(host_module, "MAX_ENTRIES", 5)
    for number in range(50):
        (tree / f"etc/{number}").touch()
    host = host_of(tree)
    assert len(host.names("/etc", "client:x")) == 5
    assert [(gap["what"], gap["affects"]) for gap in host.gaps] == [("/etc", "client:x")]


def test_links_stay_inside_the_root(tree):
    (tree / "etc/rc").write_text("inside\n")
    (tree / "link").symlink_to("/etc/rc")
    (tree / "up").symlink_to("../../../../../../../../etc/rc")
    host = host_of(tree)
    assert host.text("/link") == host.text("/up") == "inside\n"
    assert host.realpath("/link") == "/etc/rc"


def test_a_link_out_of_the_root_reads_nothing_of_this_machine(tree):
    (tree / "etc/rc").symlink_to("/etc/hostname")
    with pytest.raises(Absent):
        host_of(tree).read("/etc/rc")


def test_one_program_with_two_names_is_one_program(tree):
    for directory in ("usr/bin", "usr/local/bin"):
        (tree / directory).mkdir(parents=True)
    (tree / "usr/bin/fetchmail").write_text("")
    (tree / "usr/local/bin/fetchmail").symlink_to("/usr/bin/fetchmail")
    assert host_of(tree).programs("fetchmail") == ["/usr/bin/fetchmail"]


def users_of(tree: pathlib.Path, passwd: str) -> list[tuple[str, str]]:
    (tree / "etc/passwd").write_text(passwd)
    return [(user.name, user.home) for user in host_of(tree).users]


def test_users_are_those_whose_home_is_there(tree):
    (tree / "home/alice").mkdir(parents=True)
    passwd = f"alice:x:{os.getuid()}:100::/home/alice:/bin/sh\nbob:x:1001:100::/home/bob:/bin/sh\n"
    assert users_of(tree, passwd) == [("alice", "/home/alice")]


def test_a_user_of_a_directory_service_is_seen_by_the_home(tree):
    (tree / "home/carol").mkdir(parents=True)
    assert users_of(tree, "") == [("carol", "/home/carol")]


def test_a_home_that_two_users_share_is_looked_at_once(tree):
    (tree / "srv/mail").mkdir(parents=True)
    assert len(users_of(tree, "a:x:1:1::/srv/mail:\nb:x:2:2::/srv/mail:\n")) == 1


def test_a_system_directory_is_nobodys_home(tree):
    (tree / "usr/sbin").mkdir(parents=True)
    assert users_of(tree, f"daemon:x:{os.getuid() + 1}:1::/usr/sbin:/usr/sbin/nologin\n") == []


def test_lines_that_are_no_passwd_entries_are_passed_over(tree):
    assert users_of(tree, "garbage\n::::::\nx:y:z:::relative:\n") == []


def test_a_home_that_can_not_be_entered_is_one_gap_whatever_is_looked_for_in_it(tree, monkeypatch):
    (tree / "home/bob").mkdir(parents=True)
    # Root may enter any directory, so the refusal itself has to be played.
    monkeypatch.setattr(os, "access", lambda path, mode: not path.endswith("/home/bob"))
    host = host_of(tree)
    assert [user.readable for user in host.users] == [False]
    host.text("/home/bob/.fetchmailrc", "client:fetchmail")
    host.names("/home/bob/.thunderbird", "client:thunderbird")
    [gap] = host.gaps
    assert (gap["what"], gap["affects"]) == ("/home/bob", "clients")


def test_a_path_lies_in_a_directory_only_at_a_separator():
    assert paths.lies_in("/home/bob/x", "/home/bob")
    assert not paths.lies_in("/home/bobby", "/home/bob")
