"""Command lines: within their limits, the same through PowerShell, and marks that a host can't forge."""

from __future__ import annotations

import re

import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands, questions, transcript
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.commands import CMD, POWERSHELL, Query

HIVES = [f"HKU\\S-1-5-21-1234567890-1234567890-1234567890-{number}" for number in range(1000, 1005)]
HOMES = [rf"C:\Users\user{number}" for number in range(5)]
LINES = {
    "machine": questions.parts_of_machine(questions.machine()),
    "users": questions.parts_of_users(HIVES, HOMES, {}),
    "offline": questions.parts_of_users([r"HKU\mailtls-audit-0"], HOMES[:1], {r"HKU\mailtls-audit-0": HOMES[0] + r"\NTUSER.DAT"}),
    "apostrophe": questions.parts_of_users(HIVES[:1], [r"C:\Users\O'Brien"], {}),
    "files": questions.parts_of_files([rf"{home}\AppData\Roaming\Thunderbird\Profiles\x" for home in HOMES], [r"C:\T"], []),
}


@pytest.mark.parametrize("shell", [CMD, POWERSHELL])
@pytest.mark.parametrize("name", LINES)
def test_a_line_fits_into_what_the_shell_takes(name: str, shell: str) -> None:
    assert len(commands.wrapped(commands.line(LINES[name], "0123abcd"), shell)) <= commands.LIMITS[shell]


@pytest.mark.parametrize("name", LINES)
def test_powershell_hands_cmd_the_same_line(name: str) -> None:
    """PowerShell itself is not to be had here: its quoting and its operator -creplace are short enough to be done by hand."""
    line = commands.line(LINES[name], "0123abcd")
    found = re.fullmatch(
        r"cmd /d /c \('(.*?)'((?: -creplace '(?:[^']|'')*','(?:[^']|'')*')*)\)", commands.wrapped(line, POWERSHELL), re.DOTALL
    )
    assert found
    text = found[1].replace("''", "'")
    for sign, phrase in re.findall(r"-creplace '([^']*)','((?:[^']|'')*)'", found[2]):
        assert "$" not in phrase
        text = text.replace(sign, phrase.replace("''", "'"))
    assert text == line


def test_winrm_s_own_wrapping_fits_into_a_command_line() -> None:
    """As ansible-core's winrm does it: base64 of UTF-16 behind PowerShell's options."""
    longest = 4 * ((2 * commands.LIMITS[POWERSHELL] + 2) // 3) + len(
        "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "
    )
    assert longest < 8191


def test_every_query_has_its_mark_and_its_view() -> None:
    line = commands.line(
        commands.loops([Query(r"HKLM\A B", "64"), Query(r"HKLM\A B", "32"), Query(r"HKLM\C", "64", "V W", deep=True)]), "0123abcd"
    )
    assert 'reg query "%~K" /reg:64' in line
    assert 'reg query "%~K" /reg:32' in line
    assert 'reg query "HKLM\\C" /s /v "%~V" /reg:64' in line
    assert line.endswith("&echo @0123abcd end")


def test_nothing_on_the_host_is_written_but_hives_that_are_unloaded_again() -> None:
    everything = "&".join(part for parts in LINES.values() for part in parts)
    assert not re.search(r"\b(?:reg (?:add|delete|import|restore|copy|save)|del|copy|move|set|start|powershell)\b", everything)
    assert set(re.findall(r">\s*(\S+)", everything)) <= {"nul", "nul&if", "nul&reg", "nul&(for"}
    assert everything.count("reg load") == everything.count("reg unload")


def answer(*lines: str) -> transcript.Transcript:
    return transcript.read("\r\n".join(lines) + "\r\n", "0123abcd")


def test_a_section_succeeds_by_its_own_mark_alone() -> None:
    read = answer("@0123abcd a", "1", "@0123abcd+", "@0123abcd b", "2", "@ffffffff+", "@0123abcd c", "3")
    assert {mark: section.succeeded for mark, section in read.sections.items()} == {"a": True, "b": False, "c": False}
    assert read.whole is False


def test_the_answer_is_whole_when_its_end_is_the_last_line() -> None:
    assert answer("@0123abcd a", "@0123abcd+", "@0123abcd end", "").whole
    assert not answer("@0123abcd a", "@0123abcd+", "@0123abcd end", "@0123abcd b", "x").whole


def test_a_mark_in_the_middle_of_a_line_is_data() -> None:
    assert answer("@0123abcd a", "    x    REG_SZ    @0123abcd+", "@0123abcd b").sections["a"].succeeded is False


@pytest.mark.parametrize(
    ("content", "page", "writes_utf8", "expected"),
    [
        (b"\x84\x94\x81", "437", False, ("äöü", True)),
        ("äöü".encode(), "65001", False, ("äöü", True)),
        ("äöü".encode(), None, False, ("äöü", True)),
        ("äöü".encode(), "437", True, ("äöü", True)),
        (b"\x84\x94\x81", "437", True, ("äöü", True)),
        (b"\x84", "99999", False, ("\ufffd", False)),
        (b"\x84", "x", True, ("\ufffd", False)),
    ],
)
def test_the_host_s_code_page_decodes(content: bytes, page: str | None, writes_utf8: bool, expected: tuple[str, bool]) -> None:
    assert transcript.decode(content.decode("utf-8", "surrogateescape"), page, writes_utf8) == expected
