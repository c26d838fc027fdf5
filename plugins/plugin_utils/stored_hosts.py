# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of a run folder as a list that reads each record when it is asked for, so that memory does not grow with detail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder


class StoredHosts(Sequence[dict[str, Any]]):
    """Host records by name; of a host with several, the last one counts. Holds a name, a verdict and a place for each.

    It shows the folder as it is when this is made.
    """

    def __init__(self, folder: RunFolder) -> None:
        """Find the records in *folder*. Raises RunFolderError when they can't be read."""
        self._path = folder.hosts_path
        found = {record["host"]: (start, length, record["verdict"]) for start, length, record in folder.placed_records()}
        self._names = sorted(found)
        self._places = [found[name] for name in self._names]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> Any:
        with open(self._path, "rb") as lines:
            if isinstance(index, slice):
                return [_read(lines, place) for place in self._places[index]]
            return _read(lines, self._places[index])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with open(self._path, "rb") as lines:
            for place in self._places:
                yield _read(lines, place)

    def verdicts(self) -> Iterator[str]:
        """Yield the verdict of each host."""
        return (verdict for _start, _length, verdict in self._places)


def _read(lines: BinaryIO, place: tuple[int, int, str]) -> dict[str, Any]:
    lines.seek(place[0])
    record: dict[str, Any] = json.loads(lines.read(place[1]))
    return record
