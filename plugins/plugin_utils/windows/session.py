# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A conversation in which a Windows host is changed: as many command lines as it takes, each answered whole or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands, registry, transcript
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.commands import Query
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.dialogue import Output
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.registry import Value
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.transcript import Section

Sections = dict[str, Section]


class Interrupted(Exception):
    """An answer did not come whole, or a command does not fit into what the host's shell takes; the text says which."""


class Session:
    """A host that is told what to do.

    Args:
        execute: runs a command line on the host.
        shell: which shell takes it there, commands.CMD or commands.POWERSHELL.
    """

    def __init__(self, execute: Callable[[str], Output], shell: str) -> None:
        self._execute, self._shell = execute, shell

    def tell(self, parts: Sequence[str]) -> Sections:
        """Run *parts* in their order, in as few command lines as hold them; return the sections of the answers.

        Raises:
            Interrupted: what comes after the command line that was not answered whole was not sent.
        """
        sections: Sections = {}
        for some in self._lines(parts):
            nonce = commands.new_nonce()
            output = self._execute(commands.wrapped(commands.line(some, nonce), self._shell))
            # Only ASCII is compared, so the host's code page does not matter.
            text, _decoded = transcript.decode(output.stdout, None, True)
            answer = transcript.read(text, nonce)
            if not answer.whole:
                raise Interrupted("the host's answer did not come whole")
            sections.update(answer.sections)
        return sections

    def _lines(self, parts: Sequence[str]) -> Iterator[list[str]]:
        some: list[str] = []
        # Of what follows an "if" on its line cmd makes a part of it, unless there are parentheses around.
        for part in (f"({part})" for part in parts):
            if not self._fits([part]):
                raise Interrupted("a command is too long for the host's shell")
            if some and not self._fits([*some, part]):
                yield some
                some = []
            some.append(part)
        if some:
            yield some

    def _fits(self, parts: Sequence[str]) -> bool:
        return len(commands.wrapped(commands.line(parts, "0" * 8), self._shell)) <= commands.LIMITS[self._shell]


def value_of(sections: Sections, query: Query) -> Value | None:
    """Return the value that a query for one name was answered with, or None when there is none."""
    section = sections.get(query.mark)
    if section is None or not section.succeeded:
        return None
    found = registry.parse(section.lines, query.key)
    key = registry.full(query.key).lower()
    values = next((values for known, values in found.values.items() if known.lower() == key), {})
    return next((value for name, value in values.items() if name.lower() == (query.name or "").lower()), None)
