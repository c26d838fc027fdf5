"""The page's table of changes: before and after of each setting, what became of it, and nothing that a host says as markup."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import html5lib
import pytest
from remedy_lines import LATER, line, restart, setting, value

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import formats, html, html_changes
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder

FETCHMAILRC = "/home/ann/.fetchmailrc, line 3"
NOON_OLGA = "2026-11-24T12:00:00Z, olga"


def table(text: str) -> list[list[str]]:
    """The cells of the table of changes, as a strict parser reads them."""
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    section = next((part for part in page.iter("section") if part.get("aria-labelledby") == "changed"), None)
    if section is None:
        return []
    return [["".join(cell.itertext()) for cell in row] for row in section.find(".//tbody")]


def shown(document: dict[str, Any], *lines: dict[str, Any]) -> list[list[str]]:
    return table(html.render(document, remedies=lines))


def test_a_changed_setting_has_its_place_both_values_time_and_person(few: dict[str, Any]) -> None:
    rows = shown(few, line("b", "applied", ("applied", setting("TLS1", None))), line("a", "applied", ("applied", value(None, "0x800"))))
    assert rows == [
        ["a", r"HKLM\SOFTWARE\WinHttp (64-bit view, REG_DWORD)", "DefaultSecureProtocols", "absent", "0x800", "changed", NOON_OLGA],
        ["b", FETCHMAILRC, "sslproto", "TLS1", "absent", "changed", NOON_OLGA],
    ]


def test_what_was_put_back_in_the_same_run_is_one_row_with_the_later_time(few: dict[str, Any]) -> None:
    rows = shown(
        few,
        line("a", "applied", ("applied", setting("TLS1", "TLS1.2+"))),
        line("b", "applied", ("applied", setting("TLS1", "TLS1.2+"))),
        line("a", "rolled_back", ("restored", setting("TLS1.2+", "TLS1")), when=LATER),
    )
    assert rows == [
        ["a", FETCHMAILRC, "sslproto", "TLS1", "TLS1.2+", "changed, then put back", "2026-11-24T12:05:00Z, olga"],
        ["b", FETCHMAILRC, "sslproto", "TLS1", "TLS1.2+", "changed", NOON_OLGA],
    ]


def test_a_rollback_of_an_earlier_run_and_what_it_could_not_put_back(few: dict[str, Any]) -> None:
    rows = shown(
        few, line("a", "rolled_back", ("restored", setting("TLS1.2+", "TLS1")), ("refused", setting("TLS1.2+", "TLS1", "/etc/fetchmailrc")))
    )
    assert [(row[1], row[3], row[4], row[5]) for row in rows] == [
        (FETCHMAILRC, "TLS1.2+", "TLS1", "put back"),
        ("/etc/fetchmailrc, line 3", "TLS1.2+", "TLS1", "not put back"),
    ]


def test_a_refusal_has_its_reason(few: dict[str, Any]) -> None:
    ((*_cells, outcome, _when),) = shown(few, line("a", "applied", refused=((value("0x80", "0x800"), "Group Policy sets it"),)))
    assert outcome == "not changed: Group Policy sets it"


def test_in_check_mode_the_heading_says_that_nothing_was_changed(few: dict[str, Any]) -> None:
    planned = html.render(few, remedies=[line("a", "applied", ("would_change", setting("TLS1", "TLS1.2+")))])
    assert table(planned)[0][5] == "would change"
    assert ("What would be changed" in planned, "What was changed" in planned) == (True, False)


def test_without_a_remedy_there_is_no_such_section(few: dict[str, Any]) -> None:
    text = html.render(few)
    assert table(text) == []
    assert "#changed" not in text


def test_a_large_run_is_bounded_and_says_so(few: dict[str, Any]) -> None:
    text = html.render(few, remedies=[line(f"h{number:05}", "applied", ("applied", setting("TLS1", None))) for number in range(2500)])
    assert len(table(text)) == html_changes.MAX_ROWS
    assert "500 changes more: see remedies.jsonl" in text


def test_the_page_of_a_run_folder_tells_what_stands_in_its_remedies(few: dict[str, Any], tmp_path: Path) -> None:
    folder = RunFolder.create(str(tmp_path))
    folder.append_remedy(line("a", "applied", ("applied", setting("TLS1", "TLS1.2+"))))
    assert formats.write(folder, few, ["html"]) == []
    assert [row[5] for row in table((Path(folder.path) / "report.html").read_text(encoding="utf-8"))] == ["changed"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\x1b[31m\u202e\0", "x" * 1_000_000], ids=lambda text: text[:9]
)
def test_what_a_host_says_is_text_and_short(few: dict[str, Any], text: str) -> None:
    hostile = {**setting(text, text, text), "key": text}
    page = html.render(few, remedies=[line(text, "applied", ("applied", hostile), refused=((hostile, text),), by=text)])
    assert len(page) - len(html.render(few)) < 20_000
    assert len(table(page)) == 2
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    assert [len(list(tree.iter(tag))) for tag in ("script", "img")] == [1, 0]
    assert not set(page) & set("\x1b\u202e\0")


@pytest.mark.requires_program("tidy")
def test_tidy_has_nothing_to_say(few: dict[str, Any]) -> None:
    lines: Sequence[dict[str, Any]] = [line("a", "applied", ("applied", setting("TLS1", None)), refused=((value(None, "1"), "no"),))]
    page = html.render(few, remedies=lines).encode()
    assert subprocess.run(["tidy", "-quiet", "-errors", "-utf8"], input=page, capture_output=True, check=False).stderr.decode() == ""


def test_what_goes_on_with_old_settings_has_a_table_and_windows_hosts_that_wait_are_named(few: dict[str, Any]) -> None:
    changed = ("applied", setting("TLS1", None))
    by_hand = restart("/usr/bin/<b>stunnel", "needed", None, "it was started in a session of its user")
    lines = [
        line("a", "applied", changed, restarts=(restart("mail.service", "restarted"), by_hand)),
        line("w", "applied", changed, reboot_required=True),
    ]
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html.render(few, remedies=lines))
    section = next(part for part in page.iter("section") if part.get("aria-labelledby") == "changed")
    rows = [["".join(cell.itertext()) for cell in row] for row in section.findall(".//tbody")[1]]
    what = "stunnel, as root, for /etc/stunnel/mail.conf"
    assert rows == [
        ["a", "mail.service", what, "restarted"],
        ["a", "/usr/bin/<b>stunnel (by hand)", f"{what} (it was started in a session of its user)", "has to be restarted"],
    ]
    assert "heed the changes: w." in "".join(section.itertext())
