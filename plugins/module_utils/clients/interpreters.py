# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mail programs that are scripts: what interprets them, in which version they are installed, and the TLS stack of their interpreter.

A script has no libraries of its own; what its interpreter loads for TLS is what goes over the wire. Nothing of the script is run.
"""

import collections
import os
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import python

# execve(2) reads so much of the first line; a wrapper's one command stands near its beginning.
_HEAD = 8192
_MAX_WRAPPERS = 3
_SHELLS = ("sh", "bash", "dash", "ksh", "ash", "busybox")
_EXEC = re.compile(r"^[ \t]*exec[ \t]+(?P<command>[^\n]+)", re.MULTILINE)
_ASSIGNMENT = re.compile(r"^\w+=")
_RELEASE = re.compile(r"^__version__ *= *[\"'](?P<version>\d+(?:\.\d+)+)", re.MULTILINE)

Script = collections.namedtuple("Script", "interpreter named")


def script(host, program):
    """Return what interprets *program*, or None when it is no script or its interpreter is not there.

    Returns:
        Script(interpreter, named): the interpreter's real path, and as the script names it, which in a virtual environment
        is a link that tells where its packages are.
    """
    for _wrapper in range(_MAX_WRAPPERS):
        words = _shebang(host, program)
        if not words:
            return None
        named = _located(host, words[0])
        if named is None:
            return None
        if os.path.basename(host.realpath(named)) not in _SHELLS:
            return Script(host.realpath(named), named)
        words = _execed(host, program)
        if not words:
            return None
        command = _located(host, words[0])
        if command is None:
            return None
        if python.NAMES.match(os.path.basename(command)):
            return Script(host.realpath(command), command)
        program = host.realpath(command)
    return None


def installs(host, programs, distributions, packages=(), module=None):
    """Return the installed copies of a client that is a Python script, as `base.installs` does.

    Args:
        host: the Host.
        programs: names of its program, looked for in the standard directories and in ~/.local/bin of each user.
        distributions: its names in Python's package index, for copies that no package of the system owns.
        packages: names of its packages.
        module: its module, where that says of which release it is; before its package, whose version may count otherwise.
    """
    paths = host.programs(*programs)
    for user in host.users:
        own = [user.home + "/.local/bin/" + name for name in programs]
        paths += [path for path in own if host.is_file(path) and host.realpath(path) not in paths]
    found = []
    for path in paths:
        copy, read = base.install(host, path, packages), script(host, path)
        copy["stacks"] = host.stacks.of_interpreter(read.interpreter) if read else []
        release = _release_in_module(host, path, read, module) if module else None
        copy["version"] = release or copy["version"] or _distribution(host, path, read, distributions)
        found.append(copy)
    return found


def major_version(host, found_installs):
    """Return the major version of the Python that runs a client: 2 when that of every installed copy is, else 3."""
    scripts = [script(host, copy["program"]) for copy in found_installs]
    versions = [python.version(host, read.interpreter) or "3" for read in scripts if read]
    return 2 if versions and all(version.startswith("2") for version in versions) else 3


def _shebang(host, program):
    """The words of the line by which execve(2) starts a script, those of env(1) left out."""
    first = _head(host, program).partition("\n")[0]
    if not first.startswith("#!"):
        return []
    words = first[2:].split()
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-") and not _ASSIGNMENT.match(word)]
    return words


def _execed(host, wrapper):
    """The words of the only command that a shell's *wrapper* becomes."""
    commands = [match.group("command") for match in _EXEC.finditer(_head(host, wrapper))]
    words = [word.strip("\"'") for word in commands[0].split()] if len(commands) == 1 else []
    if words and os.path.basename(words[0]) == "env":
        words = words[1:]
    return [word for word in words if not _ASSIGNMENT.match(word)]


def _head(host, path):
    try:
        with host.opened(path) as descriptor:
            return os.read(descriptor, _HEAD).decode("utf-8", "replace")
    except (Absent, Unreadable):
        return ""


def _located(host, name):
    if name.startswith("/"):
        return name if host.is_file(name) else None
    found = host.programs(name) if re.match(r"[\w.+-]+$", name) else []
    return found[0] if found else None


def _distribution(host, program, read, names):
    """The version as the directory of its metadata tells, NAME-VERSION.dist-info, where pip(1) puts a program's package."""
    wanted = re.compile("(?:" + "|".join(map(re.escape, names)) + r")-(?P<version>\d[\w.]*?)(?:-py[\d.]+)?\.(?:dist|egg)-info$")
    matches = (wanted.match(name) for directory in _packages(host, program, read) for name in host.names(directory))
    return next((match.group("version") for match in matches if match), None)


def _release_in_module(host, program, read, module):
    for directory in [os.path.dirname(program)] + _packages(host, program, read):
        match = _RELEASE.search(_head(host, f"{directory}/{module}/__init__.py"))
        if match:
            return match.group("version")
    return None


def _packages(host, program, read):
    """The directories of packages that *program* may load: those beside it, and those of its interpreter."""
    starters = dict.fromkeys([program, read.named if read else program])
    libraries = [directory for starter in starters for directory, _version in python.libraries(host, starter)]
    return [directory + packages for directory in libraries for packages in ("/site-packages", "/dist-packages")]
