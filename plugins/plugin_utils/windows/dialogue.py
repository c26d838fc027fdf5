# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The dialogue with one host: at most three command lines, each answered between marks of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands, questions, transcript
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.commands import Query
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.seen import Seen
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.transcript import Section, Transcript

MAX_EXECUTIONS = 3
_CODE_PAGE = Query("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Nls\\CodePage", "64", "OEMCP")


class Silent(Exception):
    """The host ran the command line, and not one query was answered; the text says what it wrote instead."""


class TooLong(Exception):
    """A command line would not fit into what the host's shell takes, or no further one is left."""


@dataclass(frozen=True)
class Output:
    """What a command line wrote, as Ansible hands it on, read as UTF-8 with other bytes as surrogates."""

    stdout: str
    stderr: str


class Dialogue:
    """A host that is asked.

    Args:
        execute: runs a command line on the host.
        shell: which shell takes it there, commands.CMD or commands.POWERSHELL.
        writes_utf8: whether the connection has the host write UTF-8, instead of its OEM code page.

    Attributes:
        seen: the registry as far as it was seen.
        left: how many more command lines the host may be asked.
        undecoded: whether something was not in the code page that the host named.
    """

    def __init__(self, execute: Callable[[str], Output], shell: str, writes_utf8: bool) -> None:
        self.seen = Seen()
        self.left = MAX_EXECUTIONS
        self.undecoded = False
        self._execute, self._shell, self._writes_utf8 = execute, shell, writes_utf8
        self._code_page: str | None = None
        self._views = True

    def ask_machine(self) -> dict[str, Section]:
        """Ask for the machine's registry, and return the sections of the answer. Raises Silent."""
        queries = questions.machine()
        answer, output = self._answer(questions.parts_of_machine(queries))
        asked = {query: query for query in queries}
        if not _answered(answer, [query for query in queries if query.view]) and _answered(answer, [Query("HKU")]):
            # A reg.exe of before Windows 7 may know no views.
            asked = dict(zip([query for query in queries if query.view != "32"], commands.without_views(queries), strict=True))
            answer, output = self._answer(questions.parts_of_machine(list(asked.values())))
        if not any(section.succeeded and "".join(section.lines).strip() for mark, section in answer.sections.items() if "?" in mark):
            raise Silent(_words(output))
        for query in queries:
            self.seen.take(query, answer.sections.get(asked[query].mark) if query in asked else None)
        return answer.sections

    def ask(self, parts: Sequence[str], queries: Sequence[Query]) -> dict[str, Section]:
        """Ask for *parts*, of which *queries* are a part, and return the sections. Raises TooLong before anything is sent."""
        answer, _output = self._answer(parts)
        for query in queries:
            self.seen.take(query, answer.sections.get(query.mark))
        return answer.sections

    def fits(self, parts: Sequence[str]) -> bool:
        """Tell whether these parts fit into one command line."""
        return len(commands.wrapped(commands.line(parts, commands.new_nonce()), self._shell)) <= commands.LIMITS[self._shell]

    def _answer(self, parts: Sequence[str]) -> tuple[Transcript, Output]:
        if self.left == 0 or not self.fits(parts):
            raise TooLong
        self.left -= 1
        nonce = commands.new_nonce()
        output = self._execute(commands.wrapped(commands.line(parts, nonce), self._shell))
        answer = transcript.read(output.stdout, nonce)
        if self._code_page is None:
            # Digits are the same in every code page.
            probe = Seen()
            probe.take(_CODE_PAGE, answer.sections.get(_CODE_PAGE.mark))
            value = probe.value(_CODE_PAGE.key, "OEMCP", "64")
            self._code_page = value.text if value else None
        text, decoded = transcript.decode(output.stdout, self._code_page, self._writes_utf8)
        self.undecoded = self.undecoded or not decoded
        return transcript.read(text, nonce), output


def _answered(answer: Transcript, queries: Sequence[Query]) -> bool:
    sections = (answer.sections.get(query.mark) for query in queries)
    return any(section.succeeded for section in sections if section)


def _words(output: Output) -> str:
    """Return the first words of the host, printable, or a sentence when it has none."""
    said = (line.strip() for line in (output.stderr + "\n" + output.stdout).splitlines() if line.strip() and not line.startswith("@"))
    first = "".join(char if char.isprintable() else "?" for char in next(said, ""))
    return f"reg.exe answered no query; the host said: {first[:200]}" if first else "reg.exe answered no query, and the host said nothing"
