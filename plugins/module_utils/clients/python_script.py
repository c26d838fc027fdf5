# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripts in Python that cron or systemd start and that fetch mail."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import scripts
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import python as runtime

NAME = "Python script"
# One of them is in every text of interest.
SIGNS = ("imaplib", "poplib", "imapclient", "imap_tools", "aioimaplib", "aiopop3")


def read(host):
    """Return the evidence of the scripts in Python on *host* that fetch mail, or None when there is none."""
    return scripts.read(host, NAME, runtime, SIGNS, _connections)


def _connections(text):
    # Only where there is such a script: to compile what reads it takes a host milliseconds.
    from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import python

    return python.connections(text)
