# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripts in PHP that cron or systemd start and that fetch mail."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import scripts
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import php as runtime

NAME = "PHP script"
# One of them is in every text of interest.
SIGNS = ("imap_open", "imap_reopen", "ssl://", "tls://", "tlsv1.", "stream_socket_enable_crypto", "Mailbox", "Webklex")


def read(host):
    """Return the evidence of the scripts in PHP on *host* that fetch mail, or None when there is none."""
    return scripts.read(host, NAME, runtime, SIGNS, _connections, _stacks_of)


def _stacks_of(interpreter, stacks, connection):
    """The imap extension speaks through libssl itself, past what PHP sets on its streams."""
    if any(setting.key == "imap_open" for setting in connection.settings):
        return [stack for stack in stacks if stack.partition(" (")[0] != interpreter]
    return stacks


def _connections(text):
    # Only where there is such a script: to compile what reads it takes a host milliseconds.
    from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import php

    return php.connections(text)
