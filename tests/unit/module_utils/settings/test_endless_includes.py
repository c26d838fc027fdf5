"""A file that includes itself, twice: it is read a bounded number of times, where a program would go on for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import fdm_conf, mailrc, muttrc

FILE = "/home/alice/rc"


def fdm(text: str, read: Callable[[], str]) -> None:
    parser = fdm_conf.Parser(lambda path: (path, read()))
    parser.parse(text, FILE)
    assert parser.missing


def mutt(_text: str, read: Callable[[], str]) -> None:
    reader = muttrc.Muttrc("/home/alice", lambda _path: read(), lambda _command: [FILE])
    reader.source(FILE)
    assert reader.unknown


def mail(text: str, read: Callable[[], str]) -> None:
    mailrc.parse(text, FILE, lambda _name: (FILE, read()))


@pytest.mark.parametrize(
    ("parse", "text"), [(fdm, 'include "a"\n' * 2), (mutt, f"source {FILE}\n" * 2), (mail, "source x\n" * 2)], ids=["fdm", "mutt", "mailrc"]
)
def test_a_file_that_includes_itself_ends(parse: Callable[[str, Callable[[], str]], None], text: str) -> None:
    times = []

    def read() -> str:
        times.append(1)
        return text

    parse(text, read)
    assert 1 < len(times) <= 300
