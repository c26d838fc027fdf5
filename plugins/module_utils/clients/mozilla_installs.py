# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The mail programs built from Mozilla's code: how they are called, where they lie, and which copies are installed."""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini

Program = collections.namedtuple("Program", "name packages profiles shared sandboxes obscured")
Program.__doc__ = """One program.

name: of its command, its directory below /usr/lib and below /etc.  packages: that may own it.
profiles: directories below a home that hold its profiles.ini.  shared: those of another program, whose profiles it opens.
sandboxes: Sandbox of each other way of packaging.
obscured: what its own defaults subtract from each byte of an AutoConfig file (general.config.obscure_value).
"""
Sandbox = collections.namedtuple("Sandbox", "profiles directories system")
Sandbox.__doc__ = """A packaging with directories of its own: of the profiles below a home, of the program, for the system."""
Copy = collections.namedtuple("Copy", "directory version system sandbox install")
Copy.__doc__ = """An installed copy. version: a tuple of numbers, () when not known.  sandbox: its Sandbox, or None.
install: its entry in the evidence."""

_FLATPAK = "/var/lib/flatpak/app/{0}/current/active/files"


def _flatpak(application, name, profiles=None):
    files = _FLATPAK.format(application)
    home = f".var/app/{application}/{profiles or '.' + name}"
    return Sandbox(home, (f"{files}/lib/{name}", f"{files}/{name}"), f"{files}/etc/{name}")


PROGRAMS = (
    Program(
        "thunderbird",
        ("thunderbird", "MozillaThunderbird", "mozilla-thunderbird"),
        (".thunderbird", ".mozilla-thunderbird"),
        (),
        (
            Sandbox(
                "snap/thunderbird/common/.thunderbird",
                ("/snap/thunderbird/current/usr/lib/thunderbird", "/snap/thunderbird/current/thunderbird", "/snap/thunderbird/current"),
                "/etc/thunderbird",
            ),
            _flatpak("org.mozilla.Thunderbird", "thunderbird"),
            _flatpak("net.thunderbird.Thunderbird", "thunderbird"),
        ),
        0,
    ),
    Program("icedove", ("icedove",), (".icedove",), (), (), 0),
    Program(
        "betterbird",
        ("betterbird",),
        (".betterbird",),
        (".thunderbird",),
        (_flatpak("eu.betterbird.Betterbird", "betterbird", ".thunderbird"),),
        0,
    ),
    Program("seamonkey", ("seamonkey", "iceape"), (".mozilla/seamonkey",), (), (), 13),
)

_PARENTS = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/local/lib", "/usr/local/lib64", "/usr/local", "/opt")
_VERSIONED = r"(?:-[0-9][\w.]*)?\Z"


def program(name):
    """Return the Program of that name."""
    return next(found for found in PROGRAMS if found.name == name)


def owner(directory):
    """Return the name of the program that a program directory is called after, or None."""
    last = directory.rstrip("/").rpartition("/")[2]
    return next((found.name for found in PROGRAMS if re.match(re.escape(found.name) + _VERSIONED, last)), None)


def copies(host, wanted, also=()):
    """Return the installed copies of the Program *wanted* as Copy, each directory once.

    *also*: further directories, which a profile says it was opened from.
    """
    affects = "client:" + wanted.name
    found = {}
    for directory in list(_usual(host, wanted.name, affects)) + list(also):
        _add(host, found, wanted, directory, None)
    for sandbox in wanted.sandboxes:
        for directory in sandbox.directories:
            _add(host, found, wanted, directory, sandbox)
    return [found[directory] for directory in sorted(found)]


def numbers(version):
    """Return the leading numbers of a version: "153.7.0esr" gives (153, 7, 0), None gives ()."""
    digits = re.match(r"\d{1,9}(?:\.\d{1,9})*", version or "")
    return tuple(int(part) for part in digits.group().split(".")) if digits else ()


def _usual(host, name, affects):
    for parent in _PARENTS:
        for entry in host.names(parent, affects, name):
            if owner(entry) == name:
                yield parent + "/" + entry
    for command in host.programs(name, name + "-bin"):
        yield command.rpartition("/")[0]


def _add(host, found, wanted, directory, sandbox):
    directory = host.realpath(directory)
    if directory in found or not host.is_file(directory + "/application.ini"):
        return
    affects = "client:" + wanted.name
    sections, _errors = ini.parse(host.text(directory + "/application.ini", affects) or "")
    version = ini.last(sections, "App", "Version")
    install = _install(host, wanted, directory, version.value if version else None)
    system = sandbox.system if sandbox else "/etc/" + wanted.name
    found[directory] = Copy(directory, numbers(install["version"]), system, sandbox, install)


def _install(host, wanted, directory, version):
    command = directory + "/" + wanted.name
    command = host.realpath(command) if host.is_file(command) else directory + "/application.ini"
    package = host.package_of(command)
    if version is None and package is not None:
        version = base.upstream_version(package.version)
    return {
        "program": command,
        "version": version,
        "package": {"name": package.name, "version": package.version} if package else None,
        "stacks": _stacks(host, directory, command),
    }


def _stacks(host, directory, command):
    """A copy of NSS beside the program comes first: the program loads it by its path (dependentlibs.list)."""
    bundled = directory + "/libssl3.so"
    if host.is_file(bundled):
        return [host.stacks.add("nss", host.realpath(bundled), "bundled", command)]
    engine = directory + "/libxul.so"
    return host.stacks.of_binary(engine if host.is_file(engine) else command)
