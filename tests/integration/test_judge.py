"""The audit against the wire: FAIL only for a client that really fails, PASS only for one that really connects."""

from __future__ import annotations

import collections
from collections.abc import Callable

import pytest
from judge import table, trial
from lab.session import Lab

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import wanted

CASES = table.cases()
# Without Python no library is asked, no command line and not every relay is read; what these alone can tell is UNKNOWN then.
NOT_TOLD = (
    "which only its ClientHello would tell",
    "which only the library itself can resolve",
    "is known only to the library that reads it",
    "not read on a host without Python",
    "is not among what is read of a host without Python",
    "to a program on this host that was not found",
)


@pytest.fixture(scope="module")
def outcomes(lab: Lab, request: pytest.FixtureRequest) -> dict[str, trial.Outcome]:
    """The outcome of every case that a selected test asks for."""
    # Other tests of the session may have a parameter of that name, and cases of their own.
    asked = [item.callspec.params.get("case") for item in request.session.items if hasattr(item, "callspec")]
    selected = {case.id for case in asked if isinstance(case, table.Case)}
    return {outcome.case.id: outcome for outcome in trial.run(lab, [case for case in CASES if case.id in selected])}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_audit_agrees_with_what_the_client_does(outcomes: dict[str, trial.Outcome], case: table.Case) -> None:
    outcome = outcomes[case.id]
    assert outcome.finding is not None, "the audit has no finding for this account"
    verdict, why = outcome.finding["verdict"], outcome.finding["why"]
    if case.unknown:
        assert verdict == "UNKNOWN", why
        return
    expected = "PASS" if outcome.after else "FAIL"
    assert verdict == expected, f"{why}\nThe client said:\n{outcome.output[-2000:]}"


@pytest.mark.parametrize("case", [case for case in CASES if case.client in wanted.CLIENTS], ids=lambda case: case.id)
def test_without_python_the_audit_agrees_as_well(outcomes: dict[str, trial.Outcome], case: table.Case) -> None:
    outcome = outcomes[case.id]
    if outcome.by_shell is None and outcome.unseen:
        return  # a command that is not read leads to it, and the audit says so
    assert outcome.by_shell is not None, "the audit has no finding for this account"
    verdict, why = outcome.by_shell["verdict"], outcome.by_shell["why"]
    if case.unknown or any(words in why for words in NOT_TOLD):
        assert verdict == "UNKNOWN", why
        return
    assert verdict == ("PASS" if outcome.after else "FAIL"), why


@pytest.mark.parametrize("case", [case for case in CASES if case.works_before], ids=lambda case: case.id)
def test_the_case_works_before_the_change(outcomes: dict[str, trial.Outcome], case: table.Case) -> None:
    outcome = outcomes[case.id]
    assert outcome.before, f"the case itself is broken: the client did not even reach the old service\n{outcome.output[-2000:]}"


def test_the_confusion_matrix_has_no_false_pass(outcomes: dict[str, trial.Outcome], show_at_the_end: Callable[[str], None]) -> None:
    counts: collections.Counter[tuple[str, str, str]] = collections.Counter()
    for outcome in outcomes.values():
        verdict = outcome.finding["verdict"] if outcome.finding else "none"
        counts[outcome.case.client, verdict, "connects" if outcome.after else "fails"] += 1
    rows = [f"{'client':<20}{'verdict':<10}{'on the wire':<12}{'cases':>6}"]
    rows += [f"{client:<20}{verdict:<10}{wire:<12}{number:>6}" for (client, verdict, wire), number in sorted(counts.items())]
    show_at_the_end("\n".join(rows))
    assert not [key for key in counts if key[1:] == ("PASS", "fails")]
