# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dnf(8), and yum(8) where there is no dnf, of Red Hat's systems and their relatives."""

import os
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.package_managers.base import PackageError, Step, run, words_of

NAME = "dnf"
PROGRAM = "/usr/bin/dnf" if os.path.exists("/usr/bin/dnf") else "/usr/bin/yum"
# The headings of a transaction's table; yum says "Updating" for dnf's "Upgrading".
_ARRIVES = re.compile(r"(?:Installing|Upgrading|Updating|Downgrading|Reinstalling)\b.*:\Z")
_LEAVES = re.compile(r"(?:Removing|Erasing)\b.*:\Z")
_END = "Transaction Summary"
_NOTHING = "No packages marked for upgrade"


def newest(name):
    """Return the version of *name* that would be installed, or None where there is none newer. Raises PackageError."""
    return next((step.after for step in _transaction(["upgrade", name]) if step.name == name), None)


def installed(name):
    """Return the version of *name* that is installed, or None."""
    package = Host("/").package(name)
    return package.version if package else None


def upgrade(name, version, simulate):
    """Upgrade *name* to *version*; return what changes, a list of Step. With *simulate* nothing is changed. Raises PackageError."""
    return _carry_out(["upgrade", f"{name}-{_plain(version)}"], simulate)


def downgrade(versions, simulate):
    """Bring packages back to older *versions* (by name), all of them or none; otherwise as `upgrade`."""
    return _carry_out(["downgrade"] + [f"{name}-{_plain(version)}" for name, version in versions.items()], simulate)


def _carry_out(words, simulate):
    steps = _transaction(words)
    if not simulate and steps:
        code, _output, errors = run([PROGRAM, "-y"] + words)
        if code:
            raise PackageError(words_of("dnf", code, errors.splitlines()))
    return steps


def _transaction(words):
    """The steps that *words* would take. Where there is nothing to do dnf ends with 0, and where there is with 1, having said no."""
    code, output, errors = run([PROGRAM, "--assumeno"] + words)
    if _END not in output:
        if code and _NOTHING not in errors:
            raise PackageError(words_of("dnf", code, errors.splitlines()))
        return []
    return [step._replace(before=installed(step.name)) for step in steps_of(output)]


def steps_of(output):
    """Return the list of Step that a transaction's table prints, `before` None in each."""
    steps, rest, arrives = [], [], None
    for line in output.partition(_END)[0].splitlines():
        if not line.startswith(" "):
            rest = []
            arrives = True if _ARRIVES.match(line) else False if _LEAVES.match(line) else None
        elif arrives is not None and line.split()[:1] != ["replacing"]:
            # A long name stands on a line of its own. NAME ARCH VERSION REPOSITORY SIZE UNIT
            rest += line.split()
            if len(rest) >= 5:
                steps.append(Step(rest[0], None, rest[2] if arrives else None))
                rest = []
    return steps


def _plain(version):
    """Before a name with an epoch, yum wants that first; without one both managers know what is meant."""
    return version.rpartition(":")[2]
