"""What one host sends costs the others nothing: neither time without end nor a fault of ours."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import judged
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load

TODAY = datetime.date(2026, 11, 30)
PORT = 993


def of(document: Any, **more: Any) -> dict[str, Any]:
    return judged.of_document("web1", document, load.load(), TODAY, "its answer", **more)


def test_evidence_is_judged() -> None:
    assert of(make.evidence())["verdict"] == "PASS"


@pytest.mark.parametrize("document", [None, [], "x", {}, {"schema": "mailtls.evidence/1"}])
def test_what_is_no_evidence_is_an_error_of_that_host(document: Any) -> None:
    record = of(document)
    assert (record["host"], record["verdict"]) == ("web1", "ERROR")
    assert record["why"].startswith("its answer is not evidence: evidence")


def test_evidence_that_would_be_judged_for_hours_is_an_error_of_that_host() -> None:
    """Each account may speak to each of the services, and a host may claim thousands of both."""
    listens = [{"address": "", "port": PORT, "leads": "on"}]
    accounts = [{**make.account(server="localhost", port=PORT), "listens": listens} for _number in range(5000)]
    record = of(make.evidence(clients=[make.client(*accounts)]), seconds=1)
    assert record["verdict"] == "ERROR"
    assert "too large" in record["why"]


def test_a_fault_of_ours_is_an_error_of_that_host_and_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> None:
        raise KeyError("hunter2")

    monkeypatch.setattr(judged, "assess", fails)
    assert of(make.evidence())["why"] == "its answer could not be judged: KeyError"
