# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SeaMonkey's mail part."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mozilla

NAME = "seamonkey"
WRITES = ("/prefs.js",)


def read(host):
    """Return the evidence of this client on *host*, or None when nothing of it is there."""
    return mozilla.read(host, NAME)
