# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies of TLS libraries, and Javas, that programs have brought along: also those that no mail client is known to use."""

from ansible_collections.mailtls.fleet.plugins.module_utils.bundled import mounts, places, walk
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import find
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import java

SECONDS = 5.0
# Names in directories; a quarter of a second where the kernel remembers them, more from a disk.
ENTRIES = 200000
# More than these are not asked, nor told of.
MOST = 100
_SEARCHES = (
    ("/opt, /usr/local, /srv, snaps and flatpaks", places.of_system),
    ("AppImages and the roots of containers", places.of_images),
    ("what users have installed for themselves", places.of_users),
)


def add(host, seconds=SECONDS, entries=ENTRIES):
    """Add what is found to the stacks of *host*, unless a client has brought it there already.

    Args:
        host: the Host, all of whose clients have been read.
        seconds: for the whole search.
        entries: names that each of its parts may look at.

    What was left out for these bounds, or could not be looked at, becomes a gap.
    """
    try:
        table = mounts.Mounts(host.root)
    except OSError as error:
        host.gap("copies of TLS libraries", f"not searched for: which file systems are local is not known ({error.strerror})")
        return
    known = {}
    searches = [(what, _real(host, table, of(host, table), known), entries) for what, of in _SEARCHES]
    found, gaps = walk.search(host.root, table, searches, seconds)
    for what, why in gaps:
        host.gap(what, why)
    new = [(known[place], path) for place, path in _each_once(host, found) if places.is_in_use(host, known[place], path)]
    if len(new) > MOST:
        host.gap("copies of TLS libraries", f"{len(new)} were found: the {MOST} nearest to the top of their places were looked at")
    for place, path in new[:MOST]:
        kind = find.kind_of(path) or java.KIND
        host.stacks.add_found(kind, path, places.owner(host, place, path), not mounts.is_image(table.of(path)))


def _real(host, table, wanted, known):
    """The real paths of those places that are there, on a local file system, and not in *known* yet, which gets them."""
    found = []
    for place in wanted:
        # Asking a server that does not answer for so much as a link would take for ever.
        path = host.realpath(place.path) if mounts.is_local(table.of(place.path)) else place.path
        if path not in known:
            known[path] = place._replace(path=path)
            found.append(path)
    return found


def _each_once(host, found):
    """Those that aren't there by another name yet, and that can be named; of a JDK the JRE in it is a part."""
    seen = {_identity(host, path) for path in host.stacks.files()}
    paths = {path for _place, path in found}
    new = []
    for place, path in found:
        identity = _identity(host, path)
        if identity in seen or path.replace("/jre/bin/java", "/bin/java") in paths - {path}:
            continue
        seen.add(identity)
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            host.gap(ascii(path), "this copy of a TLS library was not looked at: its path is not UTF-8")
        else:
            new.append((place, path))
    return new


def _identity(host, path):
    status = host.status(path)
    return (status.st_dev, status.st_ino) if status else path
