"""What the system refuses to show is a gap that leaves the answer open, also where the audit runs as root (root_squash, a container)."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import collect
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import aerc, fetchmail, mbsync
from ansible_collections.mailtls.fleet.plugins.module_utils.live import records
from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence as evidence_model
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load

NOBODY = 65534
START = "fetchmail -s\n"
JOB = f"5 * * * * root {START}"
UNIT = f"[Service]\nExecStart={START}"
SCRIPT = f"#!/bin/sh\n{START}"


@pytest.fixture
def tree(tree: Any) -> Iterator[Any]:
    """A tree that another user may go into, unlike those below pytest's own directories."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield type(tree)(place)
    for path in place.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(place)


def close(tree: Any, path: str) -> None:
    (tree.root / path.lstrip("/")).chmod(0)


def without_rights(work: Callable[[], Any]) -> Any:
    """What *work* returns where nothing but what is open to all may be read."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresuid(NOBODY, NOBODY, NOBODY)
        found = work()
        with os.fdopen(writing, "w") as pipe:
            json.dump(found, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        found = json.load(pipe)
    os.waitpid(child, 0)
    return found


def seen(tree: Any, *readers: Any) -> dict[str, Any]:
    """The evidence of the tree by one without rights who calls himself root, as where root's rights end at a file server."""
    found: dict[str, Any] = without_rights(lambda: collect.of_host(tree.host(), "python", True, readers=readers))
    return found


def left_open(found: dict[str, Any]) -> list[str]:
    findings = assess(evidence_model.load(found), policy_load.load(), datetime.date(2026, 12, 1))["findings"]
    return [item["why"] for item in findings if item["check"] == "coverage"]


# By what is closed: the files, and what the gap names.
CLOSED = {
    "a table": ({"/etc/crontab": JOB}, "/etc/crontab"),
    "cron's tables": ({"/etc/cron.d/a": JOB}, "/etc/cron.d"),
    "cron's scripts": ({"/etc/cron.daily/a": SCRIPT}, "/etc/cron.daily"),
    "anacron's table": ({"/etc/anacrontab": f"1 5 a {START}"}, "/etc/anacrontab"),
    "units": ({"/etc/systemd/system/a.service": UNIT}, "/etc/systemd/system"),
    "a directory above a user's units": ({"/home/alice/.config/systemd/user/a.service": UNIT}, "/home/alice/.config"),
    "a user's autostart": ({"/home/alice/.config/autostart/a.desktop": "[Desktop Entry]\nExec=x\n"}, "/home/alice/.config/autostart"),
    "programs of supervisord": ({"/etc/supervisor/conf.d/a.conf": "[program:x]\n"}, "/etc/supervisor/conf.d"),
    "what every session reads": ({"/etc/profile.d/a.sh": "export OPENSSL_CONF=/x\n"}, "/etc/profile.d"),
    "local scripts of the boot": ({"/etc/local.d/a.start": SCRIPT}, "/etc/local.d"),
    "logrotate's": ({"/etc/logrotate.d/a": START}, "/etc/logrotate.d"),
    "a script that a table starts": ({"/etc/crontab": "5 * * * * root /opt/fetch\n", "/opt/fetch": SCRIPT}, "/opt/fetch"),
    "the directory of such a script": ({"/etc/crontab": "5 * * * * root /opt/own/fetch\n", "/opt/own/fetch": SCRIPT}, "/opt/own"),
    "a directory whose scripts a table starts": (
        {"/etc/crontab": "5 * * * * root run-parts /opt/jobs\n", "/opt/jobs/a": SCRIPT},
        "/opt/jobs",
    ),
    "a home": ({"/home/alice/.profile": ""}, "/home/alice"),
    "a directory of homes": ({"/srv/homes/bob/.profile": ""}, "/srv/homes"),
}


@pytest.mark.parametrize("case", CLOSED)
def test_what_is_refused_leaves_the_answer_open(tree: Any, case: str) -> None:
    files, closed = CLOSED[case]
    tree.write("/etc/passwd", "alice:x:0:0::/home/alice:/bin/sh\nbob:x:0:0::/srv/homes/bob:/bin/sh\n")
    for path, text in files.items():
        tree.write(path, text)
        (tree.root / path.lstrip("/")).chmod(0o755)
    close(tree, closed)
    found = seen(tree, fetchmail)
    assert [(gap["what"], gap["affects"]) for gap in found["gaps"]] == [(closed, "clients")]
    assert any(why.startswith(f"{closed} could not be read (permission denied") for why in left_open(found))


def test_a_closed_directory_is_one_gap_whoever_looks_into_it(tree: Any) -> None:
    tree.write("/home/alice/.config/aerc/accounts.conf", "[a]\nsource = imaps://u@outlook.office365.com\n")
    close(tree, "/home/alice/.config")
    gaps = [gap for gap in seen(tree, aerc, mbsync)["gaps"] if gap["what"].startswith("/home/alice")]
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [("/home/alice/.config", "clients")]


def test_a_file_that_is_refused_is_a_gap_of_its_client_alone(tree: Any) -> None:
    tree.write("/home/alice/.config/aerc/accounts.conf", "[a]\n")
    close(tree, "/home/alice/.config/aerc/accounts.conf")
    assert [gap["affects"] for gap in seen(tree, aerc)["gaps"]] == ["client:aerc"]


@pytest.mark.parametrize("error", [MemoryError, RecursionError, UnicodeError])
def test_a_reader_that_fails_leaves_the_answer_open_though_it_found_no_client(tree: Any, error: type[Exception]) -> None:
    def read(_host: Any) -> None:
        raise error

    found = collect.of_host(tree.host(), "python", True, readers=[SimpleNamespace(NAME="fetchmail", read=read)])
    assert [why for why in left_open(found) if why.startswith("fetchmail could not be read (the collector failed")]


def test_a_home_lies_where_its_bytes_say(tree: Any) -> None:
    home = os.fsencode(tree.root) + b"/srv/m\xfcller"
    os.makedirs(home)
    tree.write("/etc/passwd", b"m\xfcller:x:0:0::/srv/m\xfcller:/bin/sh\n")
    Path(os.fsdecode(home), ".fetchmailrc").write_text('poll imap-legacy.office365.com protocol imap user "u" password "p" ssl\n')
    [client] = collect.of_host(tree.host(), "python", True, readers=[fetchmail])["clients"]
    assert [account["server"] for account in client["accounts"]] == ["imap-legacy.office365.com"]


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_journal_of_which_one_sees_but_ones_own_part_is_told(tree: Any, is_closed: bool) -> None:
    tree.write("/var/log/journal/0123/system.journal", b"LPKSHHRH")
    if is_closed:
        close(tree, "/var/log/journal/0123/system.journal")

    def gaps() -> list[str]:
        host = tree.host()
        records.note_closed_journal(host)
        return [gap["what"] for gap in host.gaps]

    assert without_rights(gaps) == (["the journal"] if is_closed else [])


def test_what_nobody_can_read_is_not_missed(tree: Any) -> None:
    for path in ("/home/alice/.forward", "/etc/aliases", "/etc/supervisord.conf"):
        tree.link(path, path)
    assert seen(tree, fetchmail)["gaps"] == []
