# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which package a file belongs to, and which version of a package is installed."""

from ansible_collections.mailtls.fleet.plugins.module_utils.package_databases.base import Package

__all__ = ["Package", "Packages"]


class Packages:
    """The package database of *host*; without one, nothing belongs to a package."""

    def __init__(self, host):
        self._database = _database(host)
        self._owners = {}

    def package(self, name):
        """Return the installed package *name* as Package(name, version, arch), or None."""
        return self._database.package(name) if self._database else None

    def package_of(self, path):
        """Return the package that the file *path*, links resolved, belongs to, or None."""
        return self.owners([path]).get(path)

    def owners(self, paths):
        """Return {path: Package} of those *paths* that belong to a package. One call for many is quicker than many calls."""
        unknown = [path for path in paths if path not in self._owners]
        if unknown and self._database:
            found = self._database.owners(unknown)
            self._owners.update((path, found.get(path)) for path in unknown)
        return {path: self._owners[path] for path in paths if self._owners.get(path)}


def _database(host):
    # One after the other, so that the others need not be imported. In this order: Debian has packages of the other managers, whose
    # databases then are empty.
    from ansible_collections.mailtls.fleet.plugins.module_utils.package_databases.dpkg import Dpkg

    if Dpkg.is_there(host):
        return Dpkg(host)
    from ansible_collections.mailtls.fleet.plugins.module_utils.package_databases.apk import Apk
    from ansible_collections.mailtls.fleet.plugins.module_utils.package_databases.rpm import Rpm

    return next((database(host) for database in (Apk, Rpm) if database.is_there(host)), None)
