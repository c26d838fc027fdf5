# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host's own program `openssl` says, as evidence of the library that it loads (openssl-ciphers(1), openssl-version(1)).

It does not tell which versions a program without settings offers: `openssl ciphers` puts its own bounds (none) in the place of the
configuration's MinProtocol and MaxProtocol, as measured with 1.1.1, 3.0 and 3.5. So there is no hello of the case "system".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils import elf
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import find, static_facts
from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.frame import Record
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.saved_loader import SavedLoader

_PINNED = {"bare -tls1": "TLSv1", "bare -tls1_1": "TLSv1.1", "bare -tls1_2": "TLSv1.2", "bare -tls1_3": "TLSv1.3"}
# From these on, a version has suites of its own.
_WITH_OWN_SUITES = ("TLSv1.2", "TLSv1.3")
_NO_CLIENT_OF_1_2 = {"OPENSSL_NO_TLS1_2", "OPENSSL_NO_TLS1_2_CLIENT"}

# What the questions are in the evidence.
_CASES = {"system": "suites", "list": "ciphers"}

Answers = Mapping[str, str]
Hello = dict[str, Any]


def complete(host: Any, stacks: list[dict[str, Any]], records: Sequence[Record]) -> None:
    """Add to the evidence of those *stacks* that a program `openssl` loads what it said in the *records*."""
    told: dict[str, dict[str, str]] = {}
    for kind, *fields in records:
        if kind == "openssl":
            program, question, answer = fields
            told.setdefault(program, {})[question] = answer
    loader = SavedLoader(host, records)
    for program, answers in told.items():
        library = _library(loader, program)
        for stack in stacks:
            if stack["path"] == library and not stack["hellos"]:
                _add(stack, answers)
        if library is None or not answers.get("version"):
            host.gap(program, "what it says of its library could not be used: it says nothing, or its library is not known")


def _library(loader: SavedLoader, program: str) -> str | None:
    try:
        return next((path for path in loader.closure(program) if find.kind_of(path) == "openssl"), None)
    except elf.ElfError:
        return None


def _add(stack: dict[str, Any], answers: Answers) -> None:
    flags = static_facts.flags(answers.get("version", ""))
    stack["build"] = sorted({*stack["build"], *flags})
    stack["version"] = stack["version"] or static_facts.release(answers.get("version"))
    stack["hellos"] = list(_hellos(answers, _NO_CLIENT_OF_1_2.isdisjoint(stack["build"])))


def _hellos(answers: Answers, may_offer_1_2: bool) -> Iterator[Hello]:
    versions = _versions(answers, may_offer_1_2)
    if versions:
        yield _hello("bare", None, versions=versions)
    for question, answer in answers.items():
        case, _space, priority = question.partition(" ")
        suites = [code for code, _version in _rows(answer) if len(code) == 4]
        refused = _refused(answer) if case == "list" else None
        if case in _CASES and (suites or refused):
            yield _hello(_CASES[case], priority or None, ciphers=suites, error=None if suites else refused)


def _versions(answers: Answers, may_offer_1_2: bool) -> list[str]:
    """The versions that the library offers with no settings: each where it was asked for each, else the highest alone."""
    if any(question in answers for question in _PINNED):
        return [version for question, version in _PINNED.items() if _is_of(version, _rows(answers.get(question, "")))]
    lowest = {version for _code, version in _rows(answers.get("bare", ""))}
    options = answers.get("options", "").split("\n")
    if not lowest:
        return []
    if "TLSv1.2" in lowest and "tls1_2" in options and may_offer_1_2:
        return ["TLSv1.2"]
    return ["TLSv1.1" if "tls1_1" in options else "TLSv1"]


def _is_of(version: str, rows: list[tuple[str, str]]) -> bool:
    """Whether suites were listed for that version; a program that knows no such option may list them all."""
    lowest = {label for _code, label in rows}
    later = {known for known in PROTOCOLS[PROTOCOLS.index(version) + 1 :] if known in _WITH_OWN_SUITES}
    return bool(lowest) and lowest.isdisjoint(later) and (version not in _WITH_OWN_SUITES or version in lowest)


def _rows(answer: str) -> list[tuple[str, str]]:
    """The suites: number, or "-" where the program does not tell it, and the lowest version that has it."""
    words = (line.split(" ") for line in answer.split("\n") if not line.startswith("error "))
    return [(pair[0], pair[1]) for pair in words if len(pair) == 2]


def _refused(answer: str) -> str | None:
    reason = next((line.partition(" ")[2] for line in answer.split("\n") if line.startswith("error ")), None)
    return f"openssl ciphers: {reason}" if reason else None


def _hello(case: str, priority: str | None, versions: Sequence[str] = (), ciphers: Sequence[str] = (), error: str | None = None) -> Hello:
    offer = {"versions": list(versions), "ciphers": list(ciphers)}
    return {
        "case": case,
        "priority": priority,
        "error": error,
        "legacy_version": None,
        "groups": None,
        "signature_algorithms": None,
        **offer,
    }
