"""Whose homes there are."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import users


@pytest.mark.requires_root
def test_the_users_of_a_domain_have_their_homes_below_its_name(tree):
    for name, uid in {"DOMAIN": 0, "DOMAIN/bob": 1234, "DOMAIN/shared": 0, "carol": 1235, "carol/Mail": 1236}.items():
        (tree.root / "home" / name).mkdir(parents=True)
        os.chown(tree.root / "home" / name, uid, uid)
    found = {(user.name, user.uid, user.home) for user in users.read(tree.host())}
    assert {("bob", 1234, "/home/DOMAIN/bob"), ("carol", 1235, "/home/carol")} <= found
    assert not {home for _name, _uid, home in found} & {"/home/DOMAIN/shared", "/home/carol/Mail"}


@pytest.mark.requires_root
def test_a_home_that_would_have_to_be_mounted_first_is_not_asked_for(tree):
    """This process is the automounter, of whom the kernel would ask for a home by the pipe."""
    homes, (asked, asking) = tree.root / "home", os.pipe()
    (homes / "alice").rmdir()
    options = f"fd={asking},pgrp={os.getpgrp()},minproto=5,maxproto=5,indirect"
    command = ["mount", "-t", "autofs", "-o", options, "auto.home", str(homes)]
    if subprocess.run(command, pass_fds=[asking], capture_output=True, check=False).returncode:
        pytest.skip("needs a kernel with autofs")
    os.close(asking)
    try:
        for name in ("alice", "bob", "carol"):
            (homes / name).mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", str(homes / "bob")], check=True)
        child, answer = seen_by_another(tree)
        ready, _writing, _failed = select.select([asked, answer], [], [], 60)
        if ready != [answer]:
            os.kill(child, signal.SIGKILL)
        assert ready == [answer]
        found, gaps = json.loads(os.read(answer, 65536))
        os.waitpid(child, 0)
    finally:
        subprocess.run(["umount", "--lazy", str(homes)], check=True)
    assert found == ["/home/bob"]
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [("/home", "accounts")]


def seen_by_another(tree) -> tuple[int, int]:
    """A process that is not of the automounter's group, and where it writes what homes and gaps it finds."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        host = tree.host()
        os.write(writing, json.dumps([[user.home for user in users.read(host)], host.gaps]).encode())
        os._exit(0)
    os.close(writing)
    return child, reading
