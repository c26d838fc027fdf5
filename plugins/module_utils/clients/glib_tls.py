# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the mail clients of GNOME share: TLS by a module of GIO, and a variable that gives that module a priority string."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import environment

VARIABLE = "G_TLS_GNUTLS_PRIORITY"

# GIO takes the module of OpenSSL where there is no other.
_MODULES = ("libgiognutls.so", "libgioopenssl.so")
_LIBRARIES = ("/usr/lib64", "/usr/lib")


def installs(host, programs, packages):
    """Return the installed copies of a client, as base.installs does, with the library of GIO's module as their stack."""
    found = base.installs(host, programs, packages)
    module = _module(host) if found else None
    for entry in found:
        entry["stacks"] = host.stacks.of_binary(module) if module else []
    return found


def priority_settings(host, user):
    """Return the setting that the variable makes in the sessions of *user*, as a list of one or none."""
    variable = host.launches.session(user).login.get(VARIABLE)
    if variable is None:
        variable = environment.variables(host, (VARIABLE,), user.home).get(VARIABLE)
    return [base.setting(VARIABLE, variable.value, variable.file, variable.line)] if variable and variable.value else []


def complete(host, name, found_installs, accounts):
    """Have the libraries asked with the strings of the *accounts*, and return the client's evidence."""
    launched.in_session(host, found_installs, name, accounts, in_terminal=False)
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
