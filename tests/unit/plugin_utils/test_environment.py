"""A command with an environment of its own is judged by the stack as it is under that."""

from __future__ import annotations

import datetime

import evidence_factory as factory
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import EvidenceError, load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy

UNDER = factory.LIBSSL + " (OPENSSL_CONF=/x)"
POLICY = policy.load()
OLD = [factory.hello(versions=["TLSv1", "TLSv1.1"]), factory.hello("bare")]
NEW = [factory.hello(), factory.hello("bare")]


@pytest.mark.parametrize(("of_session", "of_command", "verdicts"), [(NEW, OLD, ["PASS", "FAIL"]), (OLD, NEW, ["FAIL", "PASS"])])
def test_an_account_with_stacks_of_its_own(of_session, of_command, verdicts):
    document = factory.evidence(
        stacks=[factory.stack(hellos=of_session), factory.stack(hellos=of_command, path=UNDER, environment={"OPENSSL_CONF": "/x"})],
        clients=[factory.client(factory.account(), factory.account(stacks=[UNDER]))],
    )
    record = assess(load(document), POLICY, datetime.date(2026, 11, 24))
    assert [finding["verdict"] for finding in record["findings"] if finding["check"] == "account"] == verdicts


@pytest.mark.parametrize("stacks", ["x", [1], None])
def test_stacks_of_another_form(stacks):
    with pytest.raises(EvidenceError):
        load(factory.evidence(clients=[factory.client(factory.account(stacks=stacks))]))
