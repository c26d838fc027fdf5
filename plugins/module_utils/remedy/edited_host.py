# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host as it would be with other contents in some of its files."""

from ansible_collections.mailtls.fleet.plugins.module_utils.host import MAX_FILE, Host, Unreadable


class EditedHost(Host):
    """The running system, with *contents* (bytes by resolved path) in the place of what is on disk.

    Args:
        base: the Host that was looked at before; what it knows of users, packages and libraries is not looked up again.
        contents: what the edited files hold.
    """

    def __init__(self, base, contents):
        super().__init__(base.root)
        self._users, self._packages, self._stacks = base.users, base.packages, base.stacks
        self._contents = contents

    def read(self, path, limit=MAX_FILE):
        """Return the bytes of *path*, those of the edit where there is one. Raises as Host.read does."""
        edited = self._contents.get(self.realpath(path))
        if edited is None:
            return super().read(path, limit)
        if len(edited) > limit:
            raise Unreadable(f"is {len(edited)} bytes large: more than {limit} are not read")
        return edited
