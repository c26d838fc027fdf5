# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ticket systems that fetch mail and keep its accounts in their database: that they are there is all that the files tell."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base

_WHY = "its mail accounts are kept in its database, which is not read: ask its administrator for the server of each mailbox"


def read(host, name, packages, files, interpreters=()):
    """Return the evidence of a product on *host*, or None when nothing of it is there.

    Args:
        host: the Host.
        name: of the product.
        packages: names of its packages.
        files: absolute paths, one of which is there when it is installed.
        interpreters: names of what runs it, for what it speaks TLS with.
    """
    package = next(filter(None, map(host.package, packages)), None)
    path = next((path for path in files if host.is_file(path)), None)
    if package is None and path is None:
        return None
    program = next(iter(host.programs(*interpreters)), None)
    install = {
        "program": program or path or name,
        "version": base.upstream_version(package.version) if package else None,
        "package": {"name": package.name, "version": package.version} if package else None,
        "stacks": host.stacks.of_interpreter(program) if program else [],
    }
    place = path or "package " + package.name
    undecided = [base.undecided("server", _WHY, place, 1)]
    return base.evidence(name, [install], [base.account("", place, 1, undecided=undecided)])
