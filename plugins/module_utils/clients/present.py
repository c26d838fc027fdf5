# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clients that may be on a host, so that only their readers are imported: a module comes to a host as text, and compiling it is dear.

A reader whose traces are all missing would find nothing. `traces.py` has them as they were recorded on a host that has none of them:
what a reader looks for there is all that it can look for, until something of it is there.
"""

import importlib

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import traces
from ansible_collections.mailtls.fleet.plugins.module_utils.host import MAX_ENTRIES, Unreadable

_PACKAGE = "ansible_collections.mailtls.fleet.plugins.module_utils.clients."


def readers(host):
    """Return the modules of the clients of which a trace is on *host*, in the order of their names."""
    look = _Look(host)
    return [importlib.import_module(_PACKAGE + name) for name, wanted in sorted(traces.TRACES.items()) if look.finds(wanted)]


def every_reader():
    """Return the modules of all clients."""
    # Ansible sends what a module imports, wherever that stands.
    from ansible_collections.mailtls.fleet.plugins.module_utils.clients import registry

    return registry.READERS


class _Look:
    """What a host has of the traces; homes and launches are gone through once for all of them."""

    def __init__(self, host):
        self._host = host
        self._homes = [(user.home, self._names(user.home)) for user in host.users if user.readable]
        self._launched = None

    def finds(self, wanted):
        """Tell whether any of the traces *wanted* is there."""
        return any(getattr(self, "_" + kind)(what) for kind, what in (trace.split(" ", 1) for trace in wanted))

    def _program(self, name):
        return bool(self._host.programs(name))

    def _package(self, name):
        return self._host.package(name) is not None

    def _launch(self, name):
        if self._launched is None:
            self._launched = set().union(*(launch.names for launch in self._host.launches.all()))
            self._launched.update("*" for launch in self._host.launches.all()[:1])
        return name in self._launched

    def _path(self, path):
        if not path.endswith("*"):
            return self._host.exists(path)
        directory, _slash, start = path[:-1].rpartition("/")
        # One that can't be listed is the reader's to tell of.
        return self._host.exists(directory) and (not self._host.may_enter(directory) or bool(self._host.names(directory, start=start)))

    def _home(self, path):
        first = path.partition("/")[0]
        may_have_it = (home for home, names in self._homes if names is None or first in names or first.endswith("*"))
        return any(self._path(home + "/" + path) for home in may_have_it)

    def _names(self, home):
        try:
            names = self._host.entries(home)
            return frozenset(names) if len(names) < MAX_ENTRIES else None
        except (OSError, Unreadable):
            return None
