# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The dynamic loader of a host that the reach `shell` told of: what the host's own loader listed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils import elf
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.frame import Record

# A line of "ld.so --list", of glibc and of musl: "libssl.so.3 => /lib/libssl.so.3 (0x00007f...)".
_LISTED = re.compile(r"^\s*(?P<soname>\S+) => (?P<path>/.*?)(?: \(0x[0-9a-f]+\))?$", re.MULTILINE)
_MISSING = re.compile(r"^\s*(?P<soname>\S+) => not found$", re.MULTILINE)


class SavedLoader:
    """What loader.Loader offers, from the records of a frame."""

    def __init__(self, host: Any, records: Iterable[Record]) -> None:
        self._host = host
        self._listed = {record[1]: record[2] for record in records if record[0] == "loads" and len(record) == 3}
        self._candidates = [record[1] for record in records if record[0] == "library" and len(record) == 2]
        self._scripts = {record[1] for record in records if record[0] == "file"}

    def closure(self, path: str) -> dict[str, None]:
        """Return the libraries that *path* loads, as the keys of a dictionary, in load order. Raises elf.ElfError."""
        return {self._host.realpath(found["path"]): None for found in _LISTED.finditer(self._list(path))}

    def missing(self, path: str) -> tuple[str, ...]:
        """Return the sonames that *path* needs, and that are not to be found. Raises elf.ElfError."""
        return tuple(found["soname"] for found in _MISSING.finditer(self._list(path)))

    def libraries(self, pattern: str) -> dict[str, None]:
        """Return the system's libraries whose name *pattern* matches as a whole, as the keys of a dictionary."""
        wanted = re.compile(pattern)
        return {self._host.realpath(path): None for path in self._candidates if wanted.fullmatch(os.path.basename(path))}

    def elf(self, path: str) -> Any:
        """Refuse: the headers of a file stay on the host. Raises elf.ElfError."""
        raise elf.ElfError("was not read on this way")

    def _list(self, path: str) -> str:
        if path in self._listed:
            return self._listed[path]
        if path in self._scripts:
            raise elf.NotElf("is a script")
        raise elf.ElfError("is not listed by the host's dynamic loader, or others than root can change it")
