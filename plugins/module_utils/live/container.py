# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A process that sees another file system than we do, as in a container: its libraries and their settings, by the files that it sees.

The kernel shows that file system at /proc/PID/root (proc(5)). It is read as a mounted tree is, and nothing of it is run.
"""

import os

from ansible_collections.mailtls.fleet.plugins.module_utils import system_settings
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import find


def stacks(host, found, read):
    """Return the stacks of the process, as the evidence of *host* names them, and what is undecided about them.

    Args:
        host: the Host, which gets the stacks with their settings.
        found: the process.Process.
        read: function of a Host, the process's own, and of the process as it sees itself, that returns both of that Host.
    """
    try:
        place = os.readlink(found.root)
    except OSError:
        return [], [("library", "it ended before the file system that it saw could be looked at")]
    inside = Host(found.root)
    references, undecided = read(inside, _as_it_sees_itself(found, place.rstrip("/")))
    # By their files alone, as of every tree.
    inside.stacks.ask()
    known = {entry["path"]: entry for entry in inside.stacks.all()}
    settings = [setting for setting in system_settings.read(inside) if setting["stack"] in find.KINDS]
    for reference in references:
        host.stacks.add_apart(_moved(known[reference], found.root))
    host.stacks.add_settings(_setting(setting, found.root) for setting in settings)
    for gap in inside.gaps:
        affects = gap["affects"] if (gap["affects"] or "").startswith("stack:") else None
        host.gap(found.root + gap["what"] if gap["what"].startswith("/") else gap["what"], gap["why"], affects)
    return [found.root + reference for reference in references], undecided


def _as_it_sees_itself(found, root):
    """Where only the root is another one (chroot), the kernel names files as we see them, below that *root*."""

    def seen(path):
        return path[len(root) :] if path.startswith(root + "/") else path

    return found._replace(program=seen(found.program), libraries=[seen(path) for path in found.libraries])


def _moved(entry, root):
    """Its file of settings is one of that root, and where that is not known, none of ours."""
    config = entry["config"] if entry["config"] == "" else root + (entry["config"] or "")
    return dict(entry, path=root + entry["path"], config=config, origin="bundled", owner=root + (entry["owner"] or ""))


def _setting(setting, root):
    return dict(setting, file=root + setting["file"], config=root + (setting["config"] or ""))
