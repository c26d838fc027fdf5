"""What an audit sees with which rights: all that it does not see is a gap, and the table of SECURITY.md is what was seen."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audits import Audits
from lab.container import File
from lab.host import Host, User
from lab.session import Lab

DOCUMENT = Path(__file__).parents[2] / "SECURITY.md"
# By the name that the document has for them: how the login gets its rights, and its home.
RIGHTS: dict[str, tuple[dict[str, Any], str]] = {
    "root": ({"ansible_user": "root"}, "/root"),
    "`sudo` for all": ({"ansible_user": "admin", "ansible_become": True}, "/home/admin"),
    "`sudo` for a short list": ({"ansible_user": "limited", "ansible_become": True}, "/home/limited"),
    "a plain user": ({"ansible_user": "plain"}, "/home/plain"),
}
ACCOUNT = "IMAPAccount work\nHost outlook.office365.com\nUser u\nPass p\nSSLType IMAPS\n"
JOB = "*/5 * * * * {}mbsync -c {} -a\n"
# By the name that the document has for it: the configuration of an account, and the file that has to be read in order to see it.
PLACES = {
    "its own home": ("{}/.mbsyncrc", "{}/.mbsyncrc"),
    "homes that others may enter": ("/home/open/.mbsyncrc", "/home/open/.mbsyncrc"),
    "closed homes": ("/home/closed/.mbsyncrc", "/home/closed/.mbsyncrc"),
    "system files that all may read": ("/opt/cron", "/etc/cron.d/mail"),
    "system files of root alone": ("/opt/root", "/etc/cron.d/root"),
    "crontabs of other users": ("/opt/crontab", "/var/spool/cron/crontabs/open"),
}
LIBRARIES, PROCESSES = "TLS libraries and their packages", "processes of other users"
SEEN, GAP = "seen", "gap"


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[Host]:
    users = [User("admin", administrator=True), User("limited"), User("plain"), User("closed"), User("open", home_mode=0o755)]
    started = lab.host("rights", users=users)
    key = lab.key.with_suffix(".pub").read_text()
    started.put(
        {
            **{f"/home/{name}/.ssh/authorized_keys": File(key, name, 0o600) for name in ("limited", "plain")},
            "/etc/sudoers.d/limited": File("limited ALL=(ALL) NOPASSWD: /usr/bin/systemctl, /usr/bin/journalctl\n", mode=0o440),
            **{f"/home/{name}/.mbsyncrc": File(ACCOUNT, name, 0o600) for name in ("admin", "limited", "plain", "closed")},
            **{f"/opt/{name}": File(ACCOUNT, mode=0o644) for name in ("cron", "root", "crontab")},
            "/home/open/.mbsyncrc": File(ACCOUNT, "open", 0o644),
            "/root/.mbsyncrc": File(ACCOUNT, mode=0o600),
            "/etc/cron.d/mail": JOB.format("open ", "/opt/cron"),
            "/etc/cron.d/root": File(JOB.format("root ", "/opt/root"), mode=0o600),
            "/var/spool/cron/crontabs/open": File(JOB.format("", "/opt/crontab"), "open", 0o600),
        }
    )
    yield started
    started.stop()


@pytest.mark.parametrize("rights", RIGHTS)
def test_what_is_not_seen_is_a_gap_and_the_document_says_so(lab: Lab, host: Host, rights: str) -> None:
    variables, home = RIGHTS[rights]
    name = f"rights-{list(RIGHTS).index(rights)}"
    inventory = lab.inventory(name, [host], variables={"ansible_python_interpreter": "auto_silent", **variables})
    run = Audits(lab, name, {"rights": host}, inventory).run("newest")
    evidence = json.loads(gzip.decompress((run.folder / "evidence/rights.json.gz").read_bytes()))
    found = {what: _state(evidence, *(path.format(home) for path in paths)) for what, paths in PLACES.items()}
    found[LIBRARIES] = SEEN if any(stack["version"] and stack["package"] for stack in evidence["stacks"]) else "neither"
    found[PROCESSES] = _state(evidence, None, PROCESSES) if not evidence["privileged"] else SEEN
    assert found == _documented(rights), evidence["gaps"]
    assert run.hosts["rights"]["verdict"] == ("UNKNOWN" if GAP in found.values() else "PASS")
    refused = [gap["why"] for gap in evidence["gaps"] if "could not become another user" in gap["why"]]
    assert len(refused) == ("short list" in rights)


def test_by_shell_as_much_is_seen_or_a_gap(lab: Lab, host: Host) -> None:
    rights = "a plain user"
    variables, home = RIGHTS[rights]
    inventory = lab.inventory("rights-shell", [host], variables=variables)
    run = Audits(lab, "rights-shell", {"rights": host}, inventory).run("newest", "-e", "mailtls_reach=shell")
    evidence = json.loads(gzip.decompress((run.folder / "evidence/rights.json.gz").read_bytes()))
    assert evidence["reach"] == "shell"
    found = {what: _state(evidence, *(path.format(home) for path in paths)) for what, paths in PLACES.items()}
    found[PROCESSES] = _state(evidence, None, PROCESSES)
    # A job with options of its own is never read by shell.
    found["system files that all may read"] = _state(evidence, None, "/etc/cron.d/mail")
    expected = {**_documented(rights), "system files that all may read": GAP}
    assert found == {what: state for what, state in expected.items() if what in found}, evidence["gaps"]
    assert run.hosts["rights"]["verdict"] == "UNKNOWN"


def _state(evidence: dict[str, Any], account: str | None, needed: str) -> str:
    if account in {entry["config"] for client in evidence["clients"] for entry in client["accounts"]}:
        return SEEN
    whole = [gap["what"] for gap in evidence["gaps"] if f"{needed}/".startswith(f"{gap['what'].rstrip('/')}/")]
    return GAP if whole else "neither"


def _documented(rights: str) -> dict[str, str]:
    """The column of *rights* in the document's table."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCUMENT.read_text().splitlines() if line.startswith("|")]
    [heading] = [row for row in rows if rights in row]
    start, column = rows.index(heading), heading.index(rights)
    return {row[0]: row[column] for row in rows[start + 2 : start + 2 + len(PLACES) + 2]}
