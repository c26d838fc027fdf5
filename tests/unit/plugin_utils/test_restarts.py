"""What is to be restarted: what mailtls_restart may say, what the verdict is until then, and how the report tells it."""

from __future__ import annotations

from typing import Any

import pytest
from remedy_lines import line, restart, setting

from ansible_collections.mailtls.fleet.plugins.plugin_utils import remedy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import remedies

CHANGED = ("applied", setting("TLS1", "TLS1.2+"))


@pytest.mark.parametrize(
    ("given", "choice"),
    [
        (True, "yes"),
        ("yes", "yes"),
        ("Yes", "yes"),
        ("true", "yes"),
        (False, "never"),
        ("no", "never"),
        (None, "never"),
        ("never", "never"),
        (["stunnel4", "mail.service"], ["stunnel4", "mail.service"]),
        ("stunnel4, mail.service", ["stunnel4", "mail.service"]),
    ],
)
def test_what_yaml_and_command_lines_make_of_it_is_known(given: Any, choice: str | list[str]) -> None:
    assert remedy.restart_choice(given) == choice


@pytest.mark.parametrize("given", [7, {"stunnel4": True}, ["stunnel4", 3], [""]])
def test_anything_else_is_an_error(given: Any) -> None:
    with pytest.raises(remedy.ChoiceError, match="expected never, yes, or a list"):
        remedy.restart_choice(given)


def record(*verdicts: str) -> dict[str, Any]:
    findings = [
        {"id": f"account/{number}", "verdict": verdict, "cause": "ok", "why": f"why {number}.", "fix": {"text": ""}}
        for number, verdict in enumerate(verdicts, 1)
    ]
    return {"host": "a", "verdict": "PASS", "why": "", "findings": findings}


@pytest.mark.parametrize("state", ["needed", "failed"])
def test_what_passes_only_after_a_restart_is_at_risk_and_says_of_what(state: str) -> None:
    waiting = remedy.waiting(record("PASS", "PASS"), [restart("mail.service", state), restart("/usr/bin/stunnel4", "needed", None)])
    assert [finding["verdict"] for finding in waiting["findings"]] == ["AT_RISK", "PASS"]
    assert (waiting["verdict"], waiting["findings"][0]["cause"]) == ("AT_RISK", "restart_pending")
    assert waiting["findings"][0]["fix"]["text"] == "Restart mail.service and /usr/bin/stunnel4, which runs as root, by hand."


@pytest.mark.parametrize(("verdict", "state"), [("FAIL", "needed"), ("UNKNOWN", "needed"), ("PASS", "restarted")])
def test_other_verdicts_stay(verdict: str, state: str) -> None:
    before = record(verdict)
    assert remedy.waiting(before, [restart("mail.service", state)])["findings"] == before["findings"]


def test_a_service_that_did_not_come_back_is_no_better() -> None:
    told = {"items": [], "restarts": [restart("mail.service", "failed", why="its restart ended with 1")]}
    assert remedy.not_better(record("PASS"), record("PASS"), [told]) == ["mail.service: its restart ended with 1"]


def test_the_report_names_services_by_what_becomes_of_them_and_hosts_only_in_detail() -> None:
    lines = [
        line("a", "applied", CHANGED, restarts=(restart("mail.service", "needed"), restart("x\x1b[2J", "failed", why="gone"))),
        line("b", "applied", CHANGED, restarts=(restart("mail.service", "needed"),), reboot_required=True),
    ]
    text = remedies.render(lines)
    assert (
        "Has to be restarted before the changes count (mailtls_restart)\n  mail.service (systemd): 2 hosts\n    a: stunnel, as root" in text
    )
    assert "Did not come back from its restart" in text
    assert "heed the changes: 1 host\n    b" in text
    assert "\x1b" not in text
    assert "    a:" not in remedies.render(lines, detail=False)
