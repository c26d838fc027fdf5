# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""apt-get(8), of Debian and its relatives. ansible.builtin.apt is not used: it installs python3-apt where that is missing."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.package_managers.base import PackageError, Step, run, words_of

NAME = "apt"
PROGRAM = "/usr/bin/apt-get"
# dpkg(1), package states
_NOT_THERE = ("not-installed", "config-files", "half-installed")
_CANDIDATE = re.compile(r"^ {2}Candidate: (\S+)$", re.MULTILINE)
# apt-get -s: "Inst NAME [OLD] (NEW ORIGIN [ARCH])", "Remv NAME [OLD]".
_STEP = re.compile(r"^(?P<verb>Inst|Remv) (?P<name>\S+)(?: \[(?P<before>[^\]]+)\])?(?: \((?P<after>\S+))?", re.MULTILINE)
_OPTIONS = [
    "-q", "-y", "-o", "DPkg::Lock::Timeout=60", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
    "--no-remove",
]  # fmt: skip


def newest(name):
    """Return the version of *name* that apt would install now, by the lists that are there, or None. Raises PackageError."""
    code, output, errors = run(["apt-cache", "policy", name])
    if code:
        raise PackageError(words_of("apt-cache", code, errors.splitlines()))
    found = _CANDIDATE.search(output)
    return found.group(1) if found and found.group(1) != "(none)" else None


def installed(name):
    """Return the version of *name* that is unpacked here, configured or not, or None."""
    _code, output, _errors = run(["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Version}\\n", name])
    found = (line.split() for line in output.splitlines())
    return next((words[1] for words in found if len(words) == 2 and words[0] not in _NOT_THERE), None)


def upgrade(name, version, simulate):
    """Upgrade *name* to *version*; return what changes, a list of Step. With *simulate* nothing is changed. Raises PackageError."""
    return _install({name: version}, ["--only-upgrade"], simulate)


def downgrade(versions, simulate):
    """Bring packages back to older *versions* (by name), all of them or none; otherwise as `upgrade`."""
    return _install(versions, ["--allow-downgrades"], simulate)


def _install(versions, options, simulate):
    wanted = [f"{name}={version}" for name, version in versions.items()]
    code, output, errors = run([PROGRAM, "-s", *_OPTIONS, *options, "install", *wanted])
    if code:
        raise PackageError(words_of("apt-get", code, errors.splitlines()))
    steps = steps_of(output)
    if not simulate:
        code, _output, errors = run([PROGRAM, *_OPTIONS, *options, "install", *wanted])
        if code:
            raise PackageError(words_of("apt-get", code, errors.splitlines()))
    return steps


def steps_of(output):
    """Return the list of Step that a simulation prints."""
    found = (match.groupdict() for match in _STEP.finditer(output))
    return [Step(step["name"], step["before"], step["after"] if step["verb"] == "Inst" else None) for step in found]
