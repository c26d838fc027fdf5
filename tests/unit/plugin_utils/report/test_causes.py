"""Causes: what findings of many hosts share, and the order in which to mend them."""

from __future__ import annotations

import record_factory as make

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import causes

CHANGE = {"file": "/home/alice/.fetchmailrc", "line": 3, "key": "sslproto", "from": "TLS1", "to": "TLS1.2+"}


def pinned(**changes):
    return make.finding(fix={"text": "Change it.", "remedy": "setting", "change": {**CHANGE, **changes}})


def found(*records):
    return causes.of_hosts(records, "TLSv1.2")


def test_one_change_is_one_cause_wherever_its_file_is():
    [cause] = found(
        make.record("a", findings=[pinned(), pinned(line=9)]), make.record("b", findings=[pinned(file="/home/bob/.fetchmailrc", line=1)])
    )  # fmt: skip
    assert cause.title == "fetchmail: sslproto = TLS1"
    assert cause.fix == "Change sslproto from TLS1 to TLS1.2+; file and line stand with each host."
    assert (cause.hosts, cause.accounts, cause.users) == (["a", "b"], 3, {("a", "alice"), ("b", "alice")})


def test_another_value_another_client_or_another_cure_is_another_cause():
    others = [pinned(), pinned(**{"from": "SSL3"}), pinned(to=None), {**pinned(), "client": {"name": "mbsync", "version": None}}]
    assert len(found(make.record("a", findings=others))) == 4
    assert "Remove sslproto = TLS1" in {cause.fix.partition(";")[0] for cause in found(make.record("a", findings=others))}


def test_failing_ones_first_then_those_with_most_hosts():
    library = make.finding(cause="library", fix={"text": "Upgrade.", "remedy": "package"})
    records = [make.record("a", findings=[library]), make.record("b", findings=[pinned()]), make.record("c", findings=[pinned()])]
    records += [
        make.record(f"u{number}", "UNREACHABLE", findings=[make.finding("UNREACHABLE", cause="unreachable")]) for number in range(9)
    ]
    assert [(cause.key, cause.verdict, len(cause.hosts)) for cause in found(*records)] == [
        ("c1", "FAIL", 2), ("c2", "FAIL", 1), ("c3", "UNREACHABLE", 9),
    ]  # fmt: skip


def test_fixes_that_differ_are_called_an_example():
    records = [make.record(name, findings=[make.finding("UNKNOWN", cause="undecided", fix={"text": f"Look at {name}."})]) for name in "ab"]
    [cause] = found(*records)
    assert cause.fix == "On each host its own; for example: Look at a."


def test_what_passes_or_is_waived_asks_for_nothing():
    assert found(make.record("a", findings=[make.finding("PASS"), make.finding("WAIVED")])) == []
