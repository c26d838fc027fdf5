# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The programs of the shell that run on a host: the files in sh/, and behind them the calls for what is wanted, in one function."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.wanted import IN_TABLES, OPENSSL, Filter, Wanted

START = "mailtls-frame"
_DIRECTORY = Path(__file__).with_name("sh")
PARTS = [
    _DIRECTORY / f"{name}.sh" for name in ("record", "files", "libraries", "live", "openssl", "tables", "starts", "packages", "filters")
]
FINDER = [_DIRECTORY / f"{name}.sh" for name in ("record", "python")]
_SPECIAL = re.compile(r"[^\w .,;:=/<>(){}|&*%$#\"\[\]+-]", re.ASCII)
_COMMENT = re.compile(r"\s*#(?! shellcheck)|\s*# shellcheck")
# Databases whose being there is a fact, though only rpm itself reads them.
_RPM_DATABASES = ("/var/lib/rpm/Packages", "/var/lib/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/rpmdb.sqlite")


def finder(pythons: Iterable[str], lowest: int, is_handed: bool, nonce: str) -> str:
    """Return the text of the program that finds the host's Python, and has that run what comes by standard input.

    Args:
        pythons: names or paths of interpreters, the first of which serves that is there.
        lowest: the lowest version that serves, 308 for 3.8.
        is_handed: whether something comes by standard input.
        nonce: what its answer begins with.
    """
    text = _framed(FINDER, [_call("want_python", str(lowest), "handed" if is_handed else "", *pythons)], nonce)
    # What nobody has read by the end would break the connection's pipe.
    return _on_one_line(f"{text}mailtls\n{'cat >/dev/null' if is_handed else ''}\nexit\n")


def build(system: Wanted, clients: Iterable[Wanted], others: Iterable[str], nonce: str) -> str:
    """Return the text of the program that reads.

    Args:
        system, clients: what is wanted.
        others: names of programs that are only looked for.
        nonce: what its answer begins with.
    """
    wanted = [system, *clients]
    calls = [
        "want_host",
        *_lists(OPENSSL),
        "want_homes",
        "want_loaders",
        *(line for item in wanted for line in _files(item)),
        *(_call("want_program", "|".join(map(extended, item.strings)), *item.programs) for item in wanted if item.programs),
        *_lists(IN_TABLES),
        "want_tables",
        *(line for item in wanted for line in _starts(item)),
        "want_sessions",
        "want_mailboxes",
        *(_call("want_program", "", name) for name in others),
        "want_libraries",
        "want_live",
        "want_openssl",
        "want_ways",
        *(_call("want_status", path) for path in _RPM_DATABASES),
        _call("want_packages", *(name for item in wanted for name in item.packages)),
        "record end",
    ]
    return f"exec 2>/dev/null\n{_framed(PARTS, calls, nonce)}mailtls </dev/null\nexit\n"


def _framed(parts: Iterable[Path], calls: Iterable[str], nonce: str) -> str:
    text = "".join(part.read_text(encoding="utf-8") for part in parts)
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _COMMENT.match(line)]
    start = _call("printf", "%s\\n", f"{START} {nonce}")
    body = "\n".join([start, *lines, *calls])
    return f"mailtls() {{\n{body}\n}}\n"


def _on_one_line(text: str) -> str:
    """Return a command of the shell that does what *text* does, and that any login shell hands on: csh takes no line feed and no "!"."""
    plain = _SPECIAL.sub(lambda found: f"\\0{ord(found[0]):03o}", text)
    return f"eval \"$(printf %b '{plain}')\""


def extended(pattern: bytes) -> str:
    """Return a regular expression on bytes as an extended one of grep, for strings that NULs enclose in the file."""
    text = pattern.decode("ascii").replace("\\d", "[0-9]").replace("(?:", "(")
    return re.sub(r"\\0\Z", "$", re.sub(r"\A\\0", "^", text))


def _starts(wanted: Wanted) -> Iterator[str]:
    if wanted.programs:
        yield from _lists(Filter("", {"harmless": f" {' '.join(wanted.harmless)} ", "operands": "1" if wanted.operands else ""}))
    for name in wanted.programs:
        yield _call("want_starts", name)


def _files(wanted: Wanted) -> Iterator[str]:
    for path, chosen in wanted.files:
        yield from _lists(chosen)
        yield _call("want_file_including" if chosen.including else "want_file", chosen.function, path)
    for path in wanted.status:
        yield _call("want_status", path)
    for directory, names in wanted.names:
        yield _call("want_names", directory, names)


def _lists(chosen: Filter) -> Iterator[str]:
    for name, words in chosen.lists.items():
        yield f"{name}={shlex.quote(words)}; export {name}"


def _call(function: str, *words: str) -> str:
    return " ".join([function, *(shlex.quote(word) if word else "''" for word in words)])
