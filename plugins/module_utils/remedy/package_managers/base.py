# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the package managers share: a step of a transaction, and how their programs are run."""

import collections
import os
import subprocess

Step = collections.namedtuple("Step", "name before after")
Step.__doc__ = (
    (Step.__doc__ or "")
    + """

Attributes:
    name: of the package.
    before: its installed version, as the manager writes it; None: not installed.
    after: the version that it gets; None: it would be removed.
"""
)

_SECONDS = 30 * 60  # a download over a slow line included
_NEW_ENVIRONMENT = {
    "LC_ALL": "C",
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_LISTCHANGES_FRONTEND": "none",
    # needrestart(1): list only. What has to be restarted is named by the remediation, which restarts what it is told to.
    "NEEDRESTART_MODE": "l",
}


class PackageError(Exception):
    """A package manager can't be asked, or refuses; the text says why, without addresses, which may hold passwords."""


def run(command):
    """Run *command*, words; return (exit code, what it printed, its error output), in English. Raises PackageError."""
    # A proxy stands in the environment.
    environment = dict(os.environ, **_NEW_ENVIRONMENT)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PackageError(f"{command[0]} did not end within {_SECONDS // 60} minutes") from error
    except OSError as error:
        raise PackageError(f"{command[0]} can't be started: {os.strerror(error.errno or 0).lower()}") from error
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def words_of(program, code, lines):
    """Return why *program* ended with *code*, in its own words: those of *lines* that hold no address, shortened."""
    told = [line.strip() for line in lines if line.strip() and "://" not in line and "@" not in line]
    return f"{program} ended with {code}" + (": " + " ".join(told)[:400] if told else "")
