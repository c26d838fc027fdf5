# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripts in Python that cron or systemd start and that fetch mail: the connections that their text spells out."""

import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, interpreters, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import python
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import Builder, ScriptError
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import python as runtime

NAME = "Python script"

_AFFECTS = "client:" + NAME
_MAX_SCRIPT = 512 * 1024


def read(host):
    """Return the evidence of the scripts in Python on *host* that fetch mail, or None when there is none."""
    accounts, used = [], []
    for launch in host.launches.all():
        path = launch.path(launch.program) if launch.program and (launch.interpreter or "/" in launch.program) else None
        interpreter = _interpreter(host, launch, path) if path else None
        found = _accounts(host, launch, path, interpreter) if interpreter else []
        if found:
            accounts.extend(found)
            used.append(interpreter)
    accounts = launched.each_once(accounts)
    installs = [dict(base.install(host, path), stacks=host.stacks.of_interpreter(path)) for path in dict.fromkeys(used)]
    base.want_ciphers(host, installs, accounts, "ciphers")
    return base.evidence(NAME, installs, base.bounded(host, accounts, "scripts in Python", _AFFECTS))


def _interpreter(host, launch, path):
    """The real path of the Python that runs the script at *path*, or None when none does."""
    if launch.interpreter:
        name = launch.interpreter[0].text
        found = [launch.path(name)] if "/" in name else host.programs(name)
    else:
        script = interpreters.script(host, path)
        found = [script.interpreter] if script else []
    real = host.realpath(found[0]) if found and found[0] else None
    return real if real and runtime.NAMES.match(posixpath.basename(real)) else None


def _accounts(host, launch, path, interpreter):
    # A package's own program is a client of its own, or none.
    if host.package_of(path):
        return []
    text = host.text(path, _AFFECTS, _MAX_SCRIPT) or ""
    if not any(sign in text for sign in python.SIGNS):
        return []
    known = {name: value for name, value in launch.tls_environment.items() if value is not None}
    stacks = host.stacks.of_interpreter(interpreter, known)
    accounts = [_account(launch, path, item, stacks) for item in _connections(text)]
    for account in accounts:
        account["enabled"] = launch.is_active
        account["undecided"].extend(launched.open_variables(host, launch))
    return accounts


def _connections(text):
    """The connections of a script that names a library for mail; one that is undecided where its text does not spell them out."""
    try:
        found, line, why = python.connections(text), 1, "the script uses a library for mail in a way that its text does not spell out"
    except ScriptError as error:
        found, line, why = [], error.line, str(error)
    return found or [Builder.unknown(line, why)]


def _account(launch, path, item, stacks):
    return base.account(
        launch.user or "",
        path,
        item.line,
        name=posixpath.basename(path),
        server=item.server,
        port=item.port,
        protocol=item.protocol,
        security=item.security,
        stacks=stacks,
        settings=[base.setting(found.key, found.value, path, found.line) for found in item.settings],
        undecided=[base.undecided(what, why, path, line) for what, why, line in item.undecided],
    )
