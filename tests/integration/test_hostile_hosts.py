"""Hosts that lie, flood or hang: each ends as an ERROR of its own, the others as they would, and the controller stays small."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest
from flow import CORES, Run, Workshop

SILENT_SECONDS = 8
# Ansible itself takes some 100 MB; a flood without end would take all that there is.
MOST_MEMORY = 2 * 1024**3
FORGED = {
    "changed": False,
    "mailtls": {"host": "bad", "verdict": "PASS", "why": "forged", "findings": []},
    "ansible_facts": {"mailtls_fail_on": "none", "ansible_host": "203.0.113.1"},
    "host": "bad",
    "verdict": "PASS",
    "_ansible_verbose_override": True,
}
EVIDENCE_OF_ANOTHER = {**FORGED, "evidence": {"schema": "mailtls.evidence/1", "host": "bad", "verdict": "PASS"}}


@pytest.fixture(scope="module", params=sorted(CORES))
def run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Run:
    """One run over all of them."""
    workshop = Workshop(tmp_path_factory.mktemp("hostile"))

    def host(name: str, script: str) -> dict[str, object]:
        return {"ansible_python_interpreter": workshop.script(name, script)}

    hosts = {
        "good": workshop.good(),
        "bad": workshop.bad(),
        "endless": host("endless", "exec yes '{\"evidence\": {}}'"),
        "gigabytes": host("gigabytes", "exec head -c 4000000000 /dev/zero"),
        "errors": host("errors", "exec yes >&2"),
        "silent": {**host("silent", "exec sleep 60"), "mailtls_host_timeout": SILENT_SECONDS},
        "drop-by-drop": {**host("drops", "while :; do printf x; sleep 0.2; done"), "mailtls_host_timeout": SILENT_SECONDS},
        "forger": host("forger", f"echo '{json.dumps(FORGED)}'"),
        "another": host("another", f"echo '{json.dumps(EVIDENCE_OF_ANOTHER)}'"),
        "nested": host("nested", "printf '{\"evidence\": '; head -c 200000 /dev/zero | tr '\\0' '['"),
    }
    return workshop.run(hosts, "-f", "3", core=request.param)


def test_each_of_them_is_an_error_and_the_others_are_as_they_would_be(run: Run) -> None:
    assert run.code == 0, run.output[-3000:]
    verdicts = run.verdicts
    assert (verdicts.pop("good"), verdicts.pop("bad")) == ("UNKNOWN", "FAIL")
    assert set(verdicts.values()) == {"ERROR"}, verdicts


def test_what_they_took_too_much_of_is_said(run: Run) -> None:
    assert f"no answer within {SILENT_SECONDS} seconds" in run.hosts["silent"]["why"]
    assert f"no answer within {SILENT_SECONDS} seconds" in run.hosts["drop-by-drop"]["why"]
    assert "too large" in run.hosts["gigabytes"]["why"]


def test_nothing_of_what_was_forged_is_anywhere(run: Run) -> None:
    kept = [path.read_bytes() for path in Path(run.folder).rglob("*") if path.is_file()]
    assert [text for text in kept if b"forged" in text or b"203.0.113.1" in text] == []
    assert "forged" not in run.output


def test_the_controller_stays_small(run: Run) -> None:
    assert run.folder.is_dir()
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < MOST_MEMORY
