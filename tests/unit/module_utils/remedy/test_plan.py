"""Which contents of files the changes come to: the readers of the audit confirm each of them, and not one at a time."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import fetchmail
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import plan, reading

ACCOUNT = 'poll {server} protocol imap user "a" password "b" ssl sslproto TLS1\n'
USERS = 40


@pytest.fixture
def readings(monkeypatch) -> list[frozenset[str]]:
    """The clients of each reading that a plan takes."""
    taken: list[frozenset[str]] = []
    read = reading.read

    def noted(host, clients):
        taken.append(clients)
        return read(host, clients)

    monkeypatch.setattr(reading, "read", noted)
    return taken


def homes(tree, text_of) -> list[str]:
    """The configuration of each user."""
    tree.write("/etc/passwd", "".join(f"u{number}:x:{1000 + number}:1000::/home/u{number}:/bin/sh\n" for number in range(USERS)))
    for number in range(USERS):
        tree.write(f"/home/u{number}/.fetchmailrc", text_of(number))
    return [f"/home/u{number}/.fetchmailrc" for number in range(USERS)]


def asked(path: str, line: int = 1, **other: Any) -> dict[str, Any]:
    """A change as a finding asks for it."""
    change = {
        "client": "fetchmail",
        "file": path,
        "line": line,
        "key": "sslproto",
        "from": "TLS1",
        "to": "auto",
        "findings": [],
        "accounts": [],
    }
    return {**change, **other}


def test_the_changes_of_many_users_are_confirmed_together(tree, readings):
    files = homes(tree, lambda number: ACCOUNT.format(server=f"s{number}.example"))
    planned, refused = plan.make([asked(path) for path in files], tree.host())
    assert refused == []
    assert {item.path: item.after.decode() for item in planned} == {
        path: ACCOUNT.format(server=f"s{number}.example").replace("TLS1", '"auto"') for number, path in enumerate(files)
    }
    # All clients at the begin, twice; then fetchmail's accounts before, and after each of two edits: auto is a word that needs quotes.
    assert len(readings) == 5


def test_one_that_can_t_be_made_keeps_no_other_from_being_made(tree, readings):
    def text_of(number):
        # The value is not there as it is read.
        return ACCOUNT.format(server="s").replace("TLS1", '"TLS\\x31"' if number == 7 else "TLS1")

    files = homes(tree, text_of)
    planned, refused = plan.make([asked(path) for path in files], tree.host())
    assert [(refusal.change["file"], refusal.why) for refusal in refused] == [(files[7], plan.NOT_ALONE)]
    assert sorted(item.path for item in planned) == sorted(path for path in files if path != files[7])
    assert len(readings) < USERS


def test_a_file_of_which_nothing_can_be_confirmed_holds_up_no_other(tree, monkeypatch):
    monkeypatch.setattr(plan, "_SECONDS_OF_A_FILE", 0)
    (bad, good, *_others) = homes(
        tree, lambda number: (ACCOUNT if number else ACCOUNT.replace("TLS1", '"TLS\\x31"') * 20).format(server="s")
    )
    planned, refused = plan.make([asked(path, line) for path in (bad, good) for line in range(1, 21 if path == bad else 2)], tree.host())
    assert [item.path for item in planned] == [good]
    assert {refusal.why for refusal in refused} == {plan.NOT_ALONE, plan.LATE}
    assert sum(refusal.why == plan.NOT_ALONE for refusal in refused) == 1


def test_planning_comes_to_an_end(tree, monkeypatch):
    monkeypatch.setattr(plan, "_SECONDS", -1)
    (path, *_others) = homes(tree, lambda number: ACCOUNT.format(server="s"))
    planned, refused = plan.make([asked(path)], tree.host())
    assert (planned, [refusal.why for refusal in refused]) == ([], [plan.LATE])


def test_an_account_with_two_changes_is_confirmed_for_each(tree):
    text = ACCOUNT.format(server="old.example") + ACCOUNT.format(server="other.example") + "# end\n"
    (path, *_others) = homes(tree, lambda number: text)
    changes = [asked(path, 1, to=None), asked(path, 1, key="poll", **{"from": "old.example", "to": "new.example"}), asked(path, 2)]
    [account, *_] = fetchmail.read(tree.host())["accounts"]
    key = next(setting["key"] for setting in account["settings"] if setting["value"] == "old.example")
    changes[1]["key"] = key
    planned, refused = plan.make(changes, tree.host())
    assert refused == []
    [file] = planned
    assert file.before.decode() == text
    assert file.after.decode() == (
        'poll new.example protocol imap user "a" password "b" ssl\n'
        'poll other.example protocol imap user "a" password "b" ssl sslproto "auto"\n# end\n'
    )
    assert [(change["line"], change["to"]) for change in file.changes] == [(2, "auto"), (1, None), (1, "new.example")]


def test_what_is_not_there_is_refused(tree):
    (path, *_others) = homes(tree, lambda number: ACCOUNT.format(server="s"))
    planned, refused = plan.make([asked(path, 3), asked("/home/u1/none")], tree.host())
    assert planned == []
    assert [refusal.why.partition(":")[0] for refusal in refused] == [plan.MOVED.partition(":")[0], "/home/u1/none can't be read"]
