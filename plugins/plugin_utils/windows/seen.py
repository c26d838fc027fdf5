# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the answers show of a host's registry: each key there, absent, or not seen. Silence never counts as absence."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import registry
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.commands import Query
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.registry import Value
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.transcript import Section

THERE, ABSENT, UNSEEN = "there", "absent", "unseen"


class Seen:
    """The registry as far as it was seen, both views."""

    def __init__(self) -> None:
        self.doubts: list[tuple[Query, str]] = []
        self._sorted: list[tuple[str, str]] = []
        self._spelled: dict[tuple[str, str], str] = {}
        self._values: dict[tuple[str, str], dict[str, Value]] = {}
        # Keys of which every key directly below them was printed.
        self._listed: set[tuple[str, str]] = set()
        self._failed: list[Query] = []

    def take(self, query: Query, section: Section | None) -> None:
        """Take in the answer to one query; None: no answer came."""
        answer = registry.parse(section.lines if section else [], query.key)
        # A program in the place of reg.exe may succeed and print nothing; a key is empty only where the one above names it.
        is_void = query.name is None and not answer.keys and self.state(query.key, query.view) != THERE
        if section is None or not section.succeeded or is_void:
            self._failed.append(query)
        elif query.name is None:
            listed = [*answer.keys, query.key] if query.deep else [query.key]
            self._listed.update((query.view, registry.full(key).lower()) for key in listed)
        for key in answer.keys:
            self._spelled.setdefault((query.view, key.lower()), key)
        for key, values in answer.values.items():
            self._values.setdefault((query.view, key.lower()), {}).update(values)
        self.doubts.extend((query, key) for key in answer.doubts)

    def state(self, key: str, view: str = "") -> str:
        """Tell whether a key is there, absent, or not seen: absent is what a listing of the key above does not name."""
        wanted = registry.full(key).lower()
        if (view, wanted) in self._spelled:
            return THERE
        above = wanted.rpartition("\\")[0]
        if not above:
            return UNSEEN
        if (view, above) in self._listed:
            return ABSENT
        return ABSENT if self.state(above, view) == ABSENT else UNSEEN

    def unseen(self) -> list[Query]:
        """The queries that failed for another reason than that there is nothing."""
        return [query for query in self._failed if not self._explained(query)]

    def _explained(self, query: Query) -> bool:
        if self.state(query.key, query.view) == ABSENT:
            return True
        # reg.exe fails when it finds no value of that name; where the key could be listed, that is the reason.
        return query.name is not None and (query.view, registry.full(query.key).lower()) in self._listed

    def value(self, key: str, name: str, view: str = "") -> Value | None:
        """Return a value, or None when it was not seen."""
        values = self._values.get((view, registry.full(key).lower()), {})
        return next((value for known, value in values.items() if known.lower() == name.lower()), None)

    def values(self, key: str, view: str = "") -> dict[str, Value]:
        """Return the values seen in a key."""
        return dict(self._values.get((view, registry.full(key).lower()), {}))

    def below(self, key: str, view: str = "") -> Iterator[str]:
        """Yield every key seen below *key*, in the host's spelling, sorted."""
        start = (view, registry.full(key).lower() + "\\")
        if len(self._sorted) != len(self._spelled):
            self._sorted = sorted(self._spelled)
        for place in itertools.islice(self._sorted, bisect.bisect_left(self._sorted, start), None):
            if place[0] != view or not place[1].startswith(start[1]):
                return
            yield self._spelled[place]

    def children(self, key: str, view: str = "") -> list[str]:
        """Return the names of the keys directly below *key*."""
        start = len(registry.full(key)) + 1
        return list(dict.fromkeys(found[start:].partition("\\")[0] for found in self.below(key, view)))

    def spelled(self, key: str, view: str = "") -> str | None:
        """Return the key in the host's spelling, or None when it was not seen."""
        return self._spelled.get((view, registry.full(key).lower()))
