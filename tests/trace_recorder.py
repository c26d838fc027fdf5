"""What each reader looks for on a host that has none of it: `make traces` writes it to plugins/module_utils/clients/traces.py."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from types import ModuleType

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import registry
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host

HOME = "/home/alice"
HEADER = '''# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each reader looks for on a host that has none of it. Written by `make traces`, never by hand.

program, package, launch: of that name ("launch *" is any).  path: something there.  home: the same below a user's home.
A path that ends in "*" is any that begins so.
"""

'''


class Recorder(Host):
    """A host without any mail client, with one user, that notes what is looked for."""

    def __init__(self, root: Path, live: bool) -> None:
        super().__init__(str(root))
        self.live = live
        self.traces: set[str] = set()
        self._launches = _Launches(self.traces)
        # These are read of every host before its clients are.
        assert [user.home for user in self.users] == [HOME]
        self.traces.clear()

    def real(self, path):
        return self.root + path

    def opened(self, path):
        self._note(path)
        return super().opened(path)

    def names(self, directory, affects=None, start=""):
        self._note(f"{directory}/{start}*" if start else directory)
        return super().names(directory, affects, start)

    def status(self, path, affects="accounts"):
        self._note(path)
        return super().status(path, affects)

    def exists(self, path):
        self._note(path)
        return super().exists(path)

    def programs(self, *names):
        self.traces.update(f"program {name}" for name in names)
        return []

    def package(self, name):
        self.traces.add(f"package {name}")
        return

    def package_of(self, path):
        raise AssertionError(f"there is nothing at {path} that a package could own")

    def _note(self, path: str) -> None:
        inside = path.startswith(HOME + "/")
        self.traces.add(f"home {path[len(HOME) + 1 :]}" if inside else f"path {path}")


class _Launches:
    def __init__(self, traces: set[str]) -> None:
        self._traces = traces

    def of(self, *names):
        self._traces.update(f"launch {name}" for name in names)
        return []

    def all(self):
        self._traces.add("launch *")
        return []


def record(root: Path) -> dict[str, tuple[str, ...]]:
    """Return the traces of every reader, by the name of its module; *root* is an empty directory."""
    (root / "etc").mkdir()
    (root / HOME[1:]).mkdir(parents=True)
    (root / "etc/passwd").write_text(f"alice:x:1000:1000::{HOME}:/bin/sh\n")
    return {reader.__name__.rpartition(".")[2]: _of(reader, root) for reader in registry.READERS}


def _of(reader: ModuleType, root: Path) -> tuple[str, ...]:
    found: set[str] = set()
    for live in (True, False):
        host = Recorder(root, live)
        assert reader.read(host) is None, f"{reader.NAME} is on a host that has no client"
        assert not host.gaps
        found |= host.traces
    return tuple(sorted(found))


def main() -> None:
    """Write the traces to the file that is named on the command line."""
    with tempfile.TemporaryDirectory() as root:
        traces = record(Path(root))
    lines = [f"    {name!r}: {wanted!r},\n" for name, wanted in sorted(traces.items())]
    Path(sys.argv[1]).write_text(f"{HEADER}TRACES = {{\n{''.join(lines)}}}\n")


if __name__ == "__main__":
    main()
