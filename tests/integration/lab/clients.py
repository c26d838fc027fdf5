"""Running a mail client once, unattended, with the user's own configuration files.

Each function returns when the attempt is over. What the client really did stands in the records of
the mail servers (MailServer.connections); its exit code and output are its own opinion.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from .host import Host

SECONDS = 30.0


def run_fetchmail(
    host: Host, user: str, options: Sequence[str] = (), *, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Poll every server of the user's .fetchmailrc once, whatever `set daemon` says there."""
    return host.run(
        ["fetchmail", "--daemon", "0", "--nosyslog", "--verbose", *options], user=user, env=env, timeout=SECONDS
    )


def run_mbsync(
    host: Host, user: str, options: Sequence[str] = ("--all",), *, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Synchronise every channel of the user's .mbsyncrc once."""
    return host.run(["mbsync", "--verbose", *options], user=user, env=env, timeout=SECONDS)
