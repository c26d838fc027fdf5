# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policy: the facts that ship with the collection, and what a user's own file adds or overrides."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterable

from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import model, read
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.yaml_lines import Node, Place, PolicyError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.yaml_lines import load as load_yaml

SCHEMA = "mailtls.policy/1"
_DATA = os.path.join(os.path.dirname(__file__), "data")
_SECTIONS = ("service", "handshake", "endpoints", "cipher_suites", "libraries", "clients", "generated", "sources")
_SERVICE = ("name", "title", "protocol", "deadline", "cipher_source")


def load(*files: str) -> model.Policy:
    """Return the shipped policy with what *files* add or override, the last one first.

    An entry (an endpoint, a library, a client, a cipher suite, a kind of generated files, a key of `service`) replaces the shipped entry
    of the same name.

    Raises:
        PolicyError: a file can't be read, or something in it is wrong; names file and line.
    """
    stamps = tuple(_stamp(file) for file in files)
    return _load(tuple(os.path.abspath(file) for file in files), stamps)


@functools.lru_cache(maxsize=8)
def _load(files: tuple[str, ...], _stamps: tuple[float, ...]) -> model.Policy:
    return of_documents((load_yaml(file) for file in (*shipped_files(), *files)), files)


def of_documents(documents: Iterable[Node], files: tuple[str, ...] = ()) -> model.Policy:
    """Return the policy that *documents* make, each of which adds to those before it or overrides them; *files*: the user's own.

    Raises:
        PolicyError: something in them is wrong; names file and line.
    """
    sections: dict[str, dict[str, Node]] = {name: {} for name in _SECTIONS}
    for document in documents:
        _merge(sections, document)
    return _policy(sections, files)


def shipped_files() -> list[str]:
    """Return the paths of the policy files that ship with the collection, in a stable order."""
    found: list[str] = []
    for directory, _subdirectories, names in os.walk(_DATA):
        found.extend(os.path.join(directory, name) for name in names if name.endswith(".yml"))
    return sorted(found)


def _stamp(file: str) -> float:
    try:
        return os.stat(file).st_mtime
    except OSError:
        return 0.0


def _merge(sections: dict[str, dict[str, Node]], document: Node) -> None:
    given = read.keys(document, ("schema",), _SECTIONS)
    if given["schema"].text() != SCHEMA:
        raise given["schema"].error(f"expected the schema {SCHEMA}")
    for name in _SECTIONS:
        if name in given:
            sections[name].update(given[name].mapping())


def _policy(sections: dict[str, dict[str, Node]], files: tuple[str, ...]) -> model.Policy:
    known = read.sources(Node(sections["sources"], Place("sources", 0)))
    service = read.keys(Node(sections["service"], Place("service", 0)), _SERVICE)
    protocol = read.keys(service["protocol"], ("minimum", "source"))
    deadline = read.keys(service["deadline"], ("date", "source"))
    libraries = {name: read.library(node, known) for name, node in sections["libraries"].items()}
    policy = model.Policy(
        name=service["name"].text(),
        title=service["title"].text(),
        protocol=read.protocol(protocol["minimum"]),
        protocol_source=read.source(protocol["source"], known),
        deadline=read.date(deadline["date"]),
        deadline_source=read.source(deadline["source"], known),
        endpoints={name.lower(): read.endpoint(name, node, known) for name, node in sections["endpoints"].items()},
        cipher_suites={code: read.cipher_suite(node) for code, node in sections["cipher_suites"].items()},
        cipher_source=read.source(service["cipher_source"], known),
        handshake=read.handshake(Node(sections["handshake"], Place("handshake", 0)), known),
        libraries={name: _with_settings(facts, libraries, sections["libraries"][name]) for name, facts in libraries.items()},
        clients={name: read.client(node, known) for name, node in sections["clients"].items()},
        generated=tuple(read.generated(name, node, known) for name, node in sections["generated"].items()),
        files=files,
    )
    _check_libraries(policy, sections["clients"].items())
    return policy


def _with_settings(facts: model.LibraryFacts, libraries: dict[str, model.LibraryFacts], node: Node) -> model.LibraryFacts:
    """Give a library the meaning of those system settings that are another library's."""
    if facts.settings_of is None:
        return facts
    if facts.settings_of not in libraries:
        raise node.mapping()["settings_of"].error(f"there is no library {facts.settings_of!r} in the policy")
    return dataclasses.replace(facts, settings=libraries[facts.settings_of].settings)


def _check_libraries(policy: model.Policy, clients: Iterable[tuple[str, Node]]) -> None:
    for name, node in clients:
        for kind, place in zip(policy.clients[name].libraries, node.mapping()["libraries"].sequence(), strict=True):
            if kind not in policy.libraries:
                raise place.error(f"there is no library {kind!r} in the policy")


__all__ = ["SCHEMA", "PolicyError", "load", "of_documents", "shipped_files"]
