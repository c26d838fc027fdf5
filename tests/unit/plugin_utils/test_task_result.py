"""Whatever the task of a host came to, the host has a record."""

from __future__ import annotations

import jsonschema
import pytest
import record_factory as make
from hypothesis import given
from hypothesis import strategies as st
from schema import RECORD_SCHEMA

from ansible_collections.mailtls.fleet.plugins.plugin_utils import host_record, task_result

TRACEBACK = 'Traceback (most recent call last):\n  File "x", line 1\nOSError: broken\n'


def test_a_record_of_the_task_is_the_hosts_record():
    record = make.record("mail1")
    assert task_result.to_record("mail1", {"mailtls": record}) is record


@pytest.mark.parametrize(
    "mailtls",
    [None, "text", [], {}, {"host": "mail1"}, {"host": "mail1", "verdict": "SPLENDID"}, {"host": "other", "verdict": "PASS"}],
)
def test_what_is_no_record_of_this_host_is_an_error(mailtls):
    record = task_result.to_record("mail1", {"mailtls": mailtls})
    assert (record["host"], record["verdict"]) == ("mail1", "ERROR")


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"msg": "it broke"}, "it broke"),
        ({"msg": TRACEBACK}, "OSError: broken"),
        ({"msg": "MODULE FAILURE\nSee stdout/stderr for the exact error", "module_stderr": TRACEBACK}, "OSError: broken"),
        ({"msg": "MODULE FAILURE: No start of json char found", "module_stdout": "what?"}, "what?"),
        ({"msg": "Module result deserialization failed: No start of json char found", "module_stdout": "what?"}, "what?"),
        ({"msg": "MODULE FAILURE", "module_stdout": " "}, "no result of a module"),
        ({"msg": None}, "no result"),
        ({}, "no result"),
        ({"censored": "hidden", "msg": "x"}, "no_log"),
        ({"results": [], "msg": "x"}, "loop"),
    ],
)
def test_the_reason_is_what_was_wrong_and_no_traceback(result, why):
    told = task_result.to_record("mail1", {**result, "failed": True})["why"]
    assert why in told
    assert "Traceback" not in told
    assert "MODULE FAILURE" not in told


def test_an_unreachable_host_says_why():
    record = task_result.to_unreachable("mail1", {"msg": "Connection refused", "unreachable": True})
    assert (record["verdict"], record["why"]) == ("UNREACHABLE", "Connection refused")


@pytest.mark.parametrize(
    "before",
    [
        "Failed to connect to the host via ssh: ",
        'Data could not be sent to remote host "10.0.0.1". Make sure this host can be reached over ssh: ',
    ],
)
def test_one_refusal_reads_the_same_however_far_ansible_had_come(before):
    said = "ssh: connect to host 10.0.0.1 port 22: Connection refused"
    assert task_result.to_unreachable("mail1", {"msg": before + said, "unreachable": True})["why"] == said
    assert task_result.to_unreachable("mail1", {"msg": before, "unreachable": True})["why"] == before.strip()


@given(st.text(st.characters(exclude_categories=()), max_size=2000))
def test_any_reason_becomes_one_short_printable_line(why):
    for record in (host_record.of_error("mail1", why), host_record.of_unreachable("mail1", why)):
        assert record["why"].isprintable()
        assert len(record["why"]) <= 500
        jsonschema.validate(record, RECORD_SCHEMA)


def test_two_runs_can_be_compared():
    first, second = (host_record.of_error("mail1", why) for why in ("one", "two"))
    assert first["findings"][0]["id"] == second["findings"][0]["id"]
