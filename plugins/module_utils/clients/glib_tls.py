# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the mail clients of GNOME share: TLS by a module of GIO, and a variable that gives that module a priority string."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base

VARIABLE = "G_TLS_GNUTLS_PRIORITY"

# GIO takes the module of OpenSSL where there is no other.
_MODULES = ("libgiognutls.so", "libgioopenssl.so")
_LIBRARIES = ("/usr/lib64", "/usr/lib")
_ASSIGNMENT = re.compile(
    r"^[ \t]*(?:export[ \t]+)?" + VARIABLE + r"=(?P<quote>[\"']?)(?P<value>[^\"'\n;]*)(?P=quote)[ \t]*(?:[;#].*)?\r?$", re.MULTILINE
)
# What a session of a user begins with; the later one wins.
_SESSION = ("/etc/environment", "/etc/profile")
_SESSION_DIRECTORIES = ("/usr/lib/environment.d", "/etc/environment.d")
_USER_FILES = ("/.profile", "/.bash_profile", "/.xsessionrc", "/.pam_environment")
_USER_DIRECTORY = "/.config/environment.d"


def installs(host, programs, packages):
    """Return the installed copies of a client, as base.installs does, with the library of GIO's module as their stack."""
    found = base.installs(host, programs, packages)
    module = _module(host) if found else None
    for entry in found:
        entry["stacks"] = host.stacks.of_binary(module) if module else []
    return found


def priority_settings(host, user, affects):
    """Return the setting that the variable makes in the session of *user*, as a list of one or none."""
    last = None
    for path in _files(host, user.home, affects):
        text = host.text(path, affects) or ""
        for match in _ASSIGNMENT.finditer(text):
            line = text.count("\n", 0, match.start("value")) + 1
            last = base.setting(VARIABLE, match.group("value"), path, line)
    return [last] if last and last["value"] else []


def complete(host, name, found_installs, accounts):
    """Have the libraries asked with the strings of the *accounts*, and return the client's evidence."""
    base.want_priorities(host, found_installs, accounts, VARIABLE)
    return base.evidence(name, found_installs, accounts)


def _module(host):
    for name in _MODULES:
        for directory in _LIBRARIES:
            for library in [directory] + [directory + "/" + entry for entry in host.names(directory) if entry.endswith("-linux-gnu")]:
                path = library + "/gio/modules/" + name
                if host.is_file(path):
                    return path
    return None


def _files(host, home, affects):
    found = list(_SESSION)
    for directory in _SESSION_DIRECTORIES + (home + _USER_DIRECTORY,):
        found.extend(directory + "/" + name for name in host.names(directory, affects) if name.endswith(".conf"))
    return found + [home + name for name in _USER_FILES]
