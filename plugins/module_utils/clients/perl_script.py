# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripts in Perl that cron or systemd start and that fetch mail."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import scripts
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import perl as runtime

NAME = "Perl script"
# One of them is in every text of interest.
SIGNS = ("Mail::IMAPClient", "Net::IMAP", "Net::POP3", "Mail::POP3Client", "IO::Socket::SSL")


def read(host):
    """Return the evidence of the scripts in Perl on *host* that fetch mail, or None when there is none."""
    return scripts.read(host, NAME, runtime, SIGNS, _connections)


def _connections(text):
    # Only where there is such a script: to compile what reads it takes a host milliseconds.
    from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import perl

    return perl.connections(text)
