# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""apk(8): one text; each package a paragraph with P: name, V: version, A: arch, then F: directory and R: file in it."""

import os

from ansible_collections.mailtls.fleet.plugins.module_utils.package_databases.base import Package, content_of, names_of

_DATABASES = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")


class Apk:
    """The apk database of *host*."""

    def __init__(self, host):
        path = next(path for path in _DATABASES if host.exists(path))
        self._host = host
        self._content = b"\n" + (content_of(host, path) or b"") + b"\n\n"

    @staticmethod
    def is_there(host):
        """Tell whether *host* has this database."""
        return any(host.exists(path) for path in _DATABASES)

    def package(self, name):
        """Return the installed package *name* as Package, or None."""
        position = self._content.find(f"\nP:{name}\n".encode("utf-8", "replace"))
        return None if position < 0 else self._package_at(position)

    def owners(self, paths):
        """Return {path: Package} of those *paths* that belong to a package."""
        found = ((path, self._owner(path)) for path in paths)
        return {path: package for path, package in found if package}

    def _owner(self, path):
        owners = map(self._owner_of_name, names_of(self._host, path))
        return next((package for package in owners if package), None)

    def _owner_of_name(self, path):
        directory, name = (part.encode("utf-8", "surrogateescape") for part in os.path.split(path.lstrip("/")))
        start = self._content.find(b"\nF:" + directory + b"\n")
        while start >= 0:
            end = min(position for position in (self._content.find(mark, start + 1) for mark in (b"\nF:", b"\n\n")) if position >= 0)
            if b"\nR:" + name + b"\n" in self._content[start : end + 1]:
                return self._package_at(start)
            start = self._content.find(b"\nF:" + directory + b"\n", end)
        return None

    def _package_at(self, position):
        start, end = self._content.rfind(b"\n\n", 0, position + 1), self._content.find(b"\n\n", position)
        lines = self._content[max(start, 0) : end].decode("utf-8", "replace").splitlines()
        fields = {line[0]: line[2:] for line in lines if line[1:2] == ":" and line[0] in "PVA"}
        return Package(fields.get("P", ""), fields.get("V", ""), fields.get("A", ""))
