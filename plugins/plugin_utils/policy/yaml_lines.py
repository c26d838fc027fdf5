# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML that remembers on which line each thing stands, so that a mistake can be named where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_BYTES = 4 * 1024 * 1024
_MAX_DEPTH = 32


class PolicyError(Exception):
    """A policy file is wrong; the text names the file, the line and what was expected."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}, line {line}: {message}")
        self.file = file
        self.line = line


@dataclass(frozen=True)
class Place:
    """Where a value stands."""

    file: str
    line: int

    def error(self, message: str) -> PolicyError:
        """Return the error that says *message* of this place."""
        return PolicyError(self.file, self.line, message)


@dataclass(frozen=True)
class Node:
    """A YAML value with its place. Mappings hold Nodes by key, lists hold Nodes, scalars hold str, int, bool, date or None."""

    value: Any
    place: Place

    def error(self, message: str) -> PolicyError:
        """Return the error that says *message* of this value."""
        return self.place.error(message)

    def mapping(self) -> dict[str, Node]:
        """Return the value as a mapping. Raises PolicyError when it is none."""
        if not isinstance(self.value, dict):
            raise self.error(f"expected a mapping, found {_kind(self.value)}")
        return self.value

    def sequence(self) -> list[Node]:
        """Return the value as a list. Raises PolicyError when it is none."""
        if not isinstance(self.value, list):
            raise self.error(f"expected a list, found {_kind(self.value)}")
        return self.value

    def text(self) -> str:
        """Return the value as a text that is not empty. Raises PolicyError when it is none."""
        if not isinstance(self.value, str) or not self.value:
            raise self.error(f"expected a text, found {_kind(self.value)} (quote it if it looks like a number)")
        return self.value


def load(file: str) -> Node:
    """Return the YAML document of *file*.

    Raises:
        PolicyError: the file can't be read, is no YAML, has a key twice, or is larger than 4 MiB.
    """
    try:
        with open(file, "rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise PolicyError(file, 1, f"can't be read: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise PolicyError(file, 1, f"is larger than {_MAX_BYTES} bytes")
    return parse(content, file)


def parse(content: bytes | str, file: str) -> Node:
    """Return the YAML document in *content*; *file* is its name in messages. Raises PolicyError as `load` does."""
    loader = _Loader(content)
    try:
        root = loader.get_single_node()
        if root is None:
            raise PolicyError(file, 1, "is empty: expected a mapping")
        return _convert(root, loader, file, 0)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise PolicyError(file, mark.line + 1 if mark else 1, f"not valid YAML: {problem}") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise PolicyError(file, 1, f"not valid YAML: {error}") from error
    finally:
        loader.dispose()


def _convert(node: Any, loader: Any, file: str, depth: int) -> Node:
    place = Place(file, node.start_mark.line + 1)
    if depth > _MAX_DEPTH:
        raise place.error(f"nested deeper than {_MAX_DEPTH} levels")
    if isinstance(node, yaml.MappingNode):
        return Node(_convert_mapping(node, loader, file, depth), place)
    if isinstance(node, yaml.SequenceNode):
        return Node([_convert(item, loader, file, depth + 1) for item in node.value], place)
    return Node(loader.construct_object(node), place)


def _convert_mapping(node: Any, loader: Any, file: str, depth: int) -> dict[str, Node]:
    result: dict[str, Node] = {}
    for key_node, value_node in node.value:
        place = Place(file, key_node.start_mark.line + 1)
        key = loader.construct_object(key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            raise place.error("expected a text as key (quote it if it looks like a number or a date)")
        if key in result:
            raise place.error(f"the key {key!r} stands here twice; the first is on line {result[key].place.line}")
        result[key] = _convert(value_node, loader, file, depth + 1)
    return result


def _kind(value: Any) -> str:
    names = {
        dict: "a mapping",
        list: "a list",
        str: "an empty text",
        int: f"the number {value}",
        bool: f"the switch {value}",
    }
    return "nothing" if value is None else names.get(type(value), f"a {type(value).__name__}")
