"""The report on a terminal: what matters first, nothing lost in silence, and nothing of a host's at work in it."""

from __future__ import annotations

from typing import Any

import pytest
import record_factory as make
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.plugin_utils import host_record, plain_text
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document, terminal
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import VERDICTS

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
HOSTILE = "\x1b[2J\x9b31m\rx\u202e\u200b\udc80<b>=cmd|"


def render(*records: dict[str, Any], run: dict[str, Any] | None = None, **options: Any) -> str:
    return terminal.render(document.build(records, {**make.RUN, **(run or {})}), **options)


def test_coverage_and_deadline_come_before_any_host():
    lines = render(make.record("failing"), make.record("passing", "PASS")).splitlines()
    assert lines[0].startswith("Mail TLS audit 20261124T100000Z-0123")
    assert lines[2:5] == [
        "Coverage  100 %, 2 of 2 hosts answered",
        "Deadline  2026-12-31, 37 days left",
        "Hosts     FAIL 1   PASS 1",
    ]


@pytest.mark.parametrize(
    ("deadline", "told"),
    [("2026-11-24", "today"), ("2026-11-25", "1 day left"), ("2026-11-23", "1 day ago"), ("2026-11-04", "20 days ago")],
)
def test_how_long_it_is_until_the_deadline(deadline, told):
    assert f"Deadline  {deadline}, {told}\n" in render(make.record(), run={"deadline": deadline})


def test_hosts_of_which_nothing_is_known_are_no_part_of_the_coverage():
    text = render(make.record("a", "PASS"), host_record.of_unreachable("b", "refused"), make.record("c", "UNKNOWN"))
    assert "Coverage  33.3 %, 1 of 3 hosts answered; nothing is known of the other 2" in text


def test_coverage_is_never_rounded_up_to_all():
    records = [make.record(f"host{number}", "PASS") for number in range(1999)] + [make.record("x", "UNKNOWN")]
    assert "Coverage  99.9 %, 1,999 of 2,000" in render(*records)


def test_failures_come_first_and_passes_last():
    text = render(*(make.record(verdict.lower().replace("_", "-"), verdict) for verdict in reversed(VERDICTS)))
    places = [text.index(f"\n{verdict}: 1 host") for verdict in VERDICTS]
    assert places == sorted(places)


def test_a_failure_has_its_reason_evidence_and_fix():
    text = render(make.record(), width=120)
    for part in (
        "fetchmail 6.4.37, user alice: outlook.office365.com:993 (IMAP, implicit TLS)",
        "why       fetchmail 6.4.37 offers TLS 1.0.",
        "account at /home/alice/.fetchmailrc:2",
        "/home/alice/.fetchmailrc:3: sslproto = TLS1",
        "offers TLSv1 (configured)",
        "fix       Change sslproto to TLS1.2+.",
    ):
        assert part in text


def test_the_worst_finding_of_a_host_comes_first():
    findings = [make.finding("UNKNOWN", why="second."), make.finding("FAIL", why="first."), make.finding("PASS", why="unsaid.")]
    text = render(make.record(findings=findings), make.record("other", "PASS"))
    assert text.index("first.") < text.index("second.")
    assert "unsaid." not in text


def test_of_a_single_host_everything_that_was_looked_at_is_told():
    text = render(make.record(gaps=[{"what": "/home/bob", "why": "permission denied"}]))
    assert "Looked at" in text
    assert "/home/bob: permission denied" in text
    assert "Looked at" not in render(make.record("a"), make.record("b"))


def test_what_is_left_out_is_counted_and_its_place_named():
    text = render(*(make.record(f"host{number:03}") for number in range(30)), results="reports/x/results.json")
    assert text.count("\n  host0") == 20
    assert "  and 10 more hosts, see reports/x/results.json\n" in text
    findings = [make.finding() for _ in range(5)]
    assert "and 2 more findings, see" in render(make.record(findings=findings), make.record("b", "PASS"))


def test_without_detail_no_host_is_named():
    text = render(make.record("secret-name"), detail=False)
    assert "secret-name" not in text
    assert "FAIL 1" in text


def test_no_host_at_all_is_no_success():
    assert "Coverage  no host was audited, so nothing is known about any" in render()


@pytest.mark.parametrize("colour", [False, True])
def test_the_word_stands_there_with_and_without_colour(colour):
    text = render(make.record(), make.record("b", "PASS"), colour=colour)
    assert ("\x1b[1;31mFAIL\x1b[0m" in text) == colour
    assert ("\x1b" in text) == colour
    plain = text
    for code in ("\x1b[1;31m", "\x1b[32m", "\x1b[0m"):
        plain = plain.replace(code, "")
    assert plain == render(make.record(), make.record("b", "PASS"))


def hostile(text: str) -> list[dict[str, Any]]:
    """Records whose every text that a host has a say in is *text*."""
    finding = make.finding(
        why=text, fix={"text": text}, client={"name": text, "version": text}, stack={"kind": text, "version": text, "path": text},
        settings=[{"file": text, "line": 1, "key": text, "value": text}],
    )  # fmt: skip
    finding["account"].update(server=text, config=text, user=text)
    known = {"why": text, "platform": {"os": text, "release": text, "arch": text}, "gaps": [{"what": text, "why": text}]}
    records = [make.record(text, verdict, findings=[finding], **known) for verdict in VERDICTS]
    return [*records, host_record.of_error(text, text)]


@pytest.mark.parametrize("alone", [True, False])
@given(text=ANY_TEXT)
def test_nothing_of_a_host_is_at_work_in_the_report(alone, text):
    records = hostile(text)
    for rendered in [render(record) for record in records] if alone else [render(*records, make.record("other"))]:
        assert [letter for letter in rendered if not letter.isprintable() and letter != "\n"] == []


def test_what_is_hostile_is_seen_for_what_it_is():
    text = render(*hostile(HOSTILE))
    assert "\\x1b[2J\\x9b31m\\rx\\u202e\\u200b\\udc80<b>=cmd|" in text


def test_no_text_floods_the_report():
    assert len(render(*hostile("x" * 100_000))) < 40_000


@given(ANY_TEXT, st.integers(1, 80))
def test_escaping_bounds_and_is_idempotent(text, limit):
    once = plain_text.escape(text, limit)
    assert len(once) <= limit
    assert once.isprintable()
    assert plain_text.escape(once, limit) == once


@pytest.mark.parametrize("width", [80, 100])
def test_lines_keep_to_the_width(width):
    long = " ".join(["word"] * 200)
    text = render(make.record(why=long, findings=[make.finding(why=long, fix={"text": long})]), width=width)
    assert max(map(len, text.splitlines())) <= width
