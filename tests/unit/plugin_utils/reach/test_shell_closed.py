"""What the reach `shell` tells of directories and files that are closed to it: behind them nothing seems to be."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from posix_shells import SHELLS, functions

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import frame, program
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.saved_host import SavedHost

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory that another user may go into, unlike pytest's own."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    for name in ("home/a/.config/mpop", "etc/cron.d", "etc/stunnel", "opt/own", "srv/homes/b"):
        (place / name).mkdir(parents=True)
    (place / "etc/crontab").write_text(f"5 * * * * root {place}/opt/own/fetch\n")
    (place / "passwd").write_text(f"b:x:1:1::{place}/srv/homes/b:/bin/sh\n")
    yield place
    for path in place.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(place)


def told(sh: list[str], root: Path, calls: str) -> list[frame.Record]:
    """The records of *calls* by one without rights; paths without *root*."""
    text = functions().replace("</etc/passwd", f"<{root}/passwd").replace("'/etc/cron", f"'{root}/etc/cron")
    script = f"{text}\nROOT='{root}'\nHOMES=$ROOT/home/a$NEWLINE\nIFS=$NEWLINE\nprintf '%s\\n' '{program.START} n0'\n{calls}\nrecord end\n"
    who = NOBODY if os.geteuid() == 0 else []
    command = [*who, *sh, "-c", script]
    done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, stdin=subprocess.DEVNULL, check=False, cwd="/")
    records = frame.split(done.stdout, "n0")[0]
    return [tuple(field.replace(f"{root}/", "") for field in record) for record in records]


def closed_in(root: Path, sh: list[str], calls: str) -> list[str]:
    """The directories that are told to be closed, without those of this machine."""
    closed = [record[1] for record in told(sh, root, f"{calls}\nwant_ways") if record[0] == "closed"]
    return [path for path in closed if not path.startswith("/")]


# By what is closed: its rights, which are nobody's as they are its owner's, and what asks for what lies in it.
CLOSED = {
    "home/a/.config": (0o000, "each '~/.config/mpop/config' take uncommented"),
    "home/a/.config/mpop": (0o444, "want_status '~/.config/mpop/config'"),
    "etc/stunnel": (0o111, 'each "$ROOT/etc/stunnel/*.conf" take uncommented'),
    "etc/cron.d": (0o000, "want_tables"),
    "opt/own": (0o000, "want_tables"),
    "srv/homes": (0o000, "want_homes"),
}


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize("closed", CLOSED)
def test_a_directory_that_is_closed_is_told_once(sh: list[str], root: Path, closed: str) -> None:
    rights, calls = CLOSED[closed]
    (root / closed).chmod(rights)
    assert closed_in(root, sh, calls) == [closed]


@pytest.mark.parametrize("sh", SHELLS)
def test_what_is_open_is_not_told_to_be_closed(sh: list[str], root: Path) -> None:
    calls = "\n".join(dict.fromkeys(calls for _mode, calls in CLOSED.values()))
    assert closed_in(root, sh, calls) == []


@pytest.mark.parametrize("sh", SHELLS)
def test_a_file_that_may_be_read_and_can_not_is_told_and_ends_nothing(sh: list[str], root: Path) -> None:
    """A file server or a security module has its own say; here it is the file that is gone when it is opened."""
    records = told(sh, root, "wc() { cat nothing/here; }\ntake uncommented $ROOT/etc/crontab")
    assert records[-1:] == [("denied", "etc/crontab", "could not be read")]


def test_what_was_refused_counts_though_no_client_is_there() -> None:
    host = SavedHost([("denied", "/etc/crontab", "could not be read")], ["/etc/crontab"])
    assert host.text("/etc/crontab", "accounts") is None
    assert [gap["affects"] for gap in host.gaps] == ["clients"]


MOUNTED = """22 1 8:1 / / rw - ext4 /dev/sda1 rw
40 22 0:39 / /home rw - autofs /etc/auto.home rw,fd=4,pgrp=1,timeout=300,minproto=5,maxproto=5,indirect,pipe_ino=18
41 40 0:40 / /home/bob rw - nfs4 server:/home/bob rw,vers=4.2
42 22 0:41 / /data rw - autofs systemd-1 rw,fd=5,pgrp=1,timeout=0,minproto=5,maxproto=5,direct
43 22 0:42 / /srv rw - autofs /etc/auto.srv rw,indirect
44 43 0:43 / /srv rw - ext4 /dev/sdb1 rw
"""


@pytest.mark.parametrize("sh", SHELLS)
def test_homes_that_would_have_to_be_mounted_first_are_left(sh: list[str], tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTED)
    text = functions().replace("/proc/self/mountinfo", str(tmp_path / "mountinfo"))
    paths = "/home /home/alice /home/bob /home/bob/x /root /data/carol /srv/dan"
    command = [*sh, "-c", f"{text}\nprintf '%s\\n' {paths} | here\necho =\nwaiting"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.split() == ["/home", "/home/bob", "/home/bob/x", "/root", "/data/carol", "/srv/dan", "=", "/home", "/srv"]
