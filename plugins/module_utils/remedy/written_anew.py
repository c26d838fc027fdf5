# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that are not to be edited: those of a program that runs and writes them anew, and those that came with a package."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import registry
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import restarts

# Files that a package brings there are configuration, and its next version asks before it changes them.
_CONFIGURATION = "/etc/"


def by_a_program(path, changes):
    """Return why the file *path* would not keep its *changes*, because the client that they are of runs; None where it would.

    Args:
        path: of the file.
        changes: with their accounts, as a FilePlan has them.
    """
    clients = {account["client"] for change in changes for account in change.get("accounts", ())}
    writers = {reader.NAME for reader in registry.READERS if reader.NAME in clients and path.endswith(getattr(reader, "WRITES", ()))}
    running = [item for item in restarts.find(changes) if item.client in writers] if writers else []
    if not running:
        return None
    return f"{running[0].client} runs as {running[0].user}, and writes this file anew from what it remembers: close it, and run this again"


def by_a_package(host, path):
    """Return why the next version of a package would bring the file *path* back, or None."""
    package = None if path.startswith(_CONFIGURATION) else host.package_of(path)
    if package is None:
        return None
    return (
        f"it came with the package {package.name}, whose next version would bring it back: override it in /etc, or follow the written fix"
    )
