# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs for Java and .NET that something starts and that bring a library for mail: that they are there, not what they connect to."""

import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched

_WHY = "the program uses a library for mail, and what it connects to stands in its code, which is not read"


def read(host, name, launches, library_of, stacks_of):
    """Return the evidence of such programs on *host*, or None when there is none.

    Args:
        host: the Host.
        name: of the client in the evidence, "Java program".
        launches: those that may start one.
        library_of: function from a Launch to (the program's path, that of its library for mail), or to None.
        stacks_of: function from a Launch to the path of what runs it, or None, and the stacks that it speaks TLS with.
    """
    accounts, runners = [], {}
    for launch in launches:
        found = library_of(launch)
        if found is None:
            continue
        path, library = found
        runner, stacks = stacks_of(launch)
        note = base.undecided("server", _WHY, library, 1)
        account = base.account(launch.user or "", path, 1, name=posixpath.basename(path), enabled=launch.is_active, stacks=stacks)
        account["undecided"] = [note] + launched.open_variables(host, launch, [runner] if runner else [])
        accounts.append(account)
        if runner:
            runners.setdefault(runner, stacks)
    accounts = launched.each_once(accounts)
    installs = [dict(base.install(host, runner), stacks=stacks) for runner, stacks in runners.items()]
    return base.evidence(name, installs, base.bounded(host, accounts, name, "client:" + name))
