# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripts that cron or systemd start and that fetch mail: the connections that their text spells out, whatever the language."""

import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, interpreters, launched

_MAX_SCRIPT = 512 * 1024


def read(host, name, runtime, signs, connections, as_here=None):
    """Return the evidence of the scripts of one language on *host* that fetch mail, or None when there is none.

    Args:
        host: the Host.
        name: of the client in the evidence, "Python script".
        runtime: the module of stacks/runtimes that knows the interpreter.
        signs: words, one of which is in every text of interest.
        connections: function of such a text to its Connections (scripts/).
        as_here: function of (interpreter, its stacks, a Connection) to the stacks that this connection uses on this host, and the
            Connection as it is here; None: all of them, as it is.
    """
    accounts, used = [], []
    reader = _Reader(host, name, runtime, signs, connections, as_here)
    for launch in host.launches.all():
        path = launch.path(launch.program) if launch.program and (launch.interpreter or "/" in launch.program) else None
        interpreter = _interpreter(host, launch, path, runtime) if path else None
        found = reader.accounts(launch, path, interpreter) if interpreter else []
        if found:
            accounts.extend(found)
            used.append(interpreter)
    accounts = launched.each_once(accounts)
    installs = [dict(base.install(host, path), stacks=host.stacks.of_interpreter(path)) for path in dict.fromkeys(used)]
    base.want_ciphers(host, installs, accounts, "ciphers")
    return base.evidence(name, installs, base.bounded(host, accounts, "scripts", reader.affects))


def _interpreter(host, launch, path, runtime):
    """The real path of the interpreter that runs the script at *path*, or None when none does."""
    if launch.interpreter:
        name = launch.interpreter[0].text
        found = [launch.path(name)] if "/" in name else host.programs(name)
    else:
        script = interpreters.script(host, path)
        found = [script.interpreter] if script else []
    real = host.realpath(found[0]) if found and found[0] else None
    return real if real and runtime.NAMES.match(posixpath.basename(real)) else None


class _Reader:
    def __init__(self, host, name, runtime, signs, connections, as_here):
        self.affects = "client:" + name
        self._host = host
        self._runtime = runtime
        self._signs = signs
        self._connections = connections
        self._as_here = as_here

    def accounts(self, launch, path, interpreter):
        """Return the accounts of the script at *path*."""
        # A package's own program is a client of its own, or none.
        if self._host.package_of(path):
            return []
        text = self._host.text(path, self.affects, _MAX_SCRIPT) or ""
        if not any(sign in text for sign in self._signs):
            return []
        known, undecided = self._started_with(launch)
        stacks = self._host.stacks.of_interpreter(interpreter, known)
        accounts = []
        for item in self._spelled_out(text):
            own, here = self._as_here(interpreter, stacks, item) if self._as_here else (stacks, item)
            accounts.append(_account(launch, path, here, own))
        for account in accounts:
            account["enabled"] = launch.is_active
            account["undecided"].extend(undecided + launched.open_variables(self._host, launch, [interpreter]))
        return accounts

    def _started_with(self, launch):
        """Return the variables that act on the interpreter, its own options among them, and what of these is undecided."""
        known = {name: value for name, value in launch.tls_environment.items() if value is not None}
        words = [word.text for word in launch.interpreter[1:]]
        why = []
        if any(not word.is_decided for word in launch.interpreter):
            why.append("words of the command line are known only when it runs")
        if hasattr(self._runtime, "with_options"):
            if self._runtime.loads_more(known, words):
                why.append("they have other code run before the script")
            known = self._runtime.with_options(known, words)
        return known, [base.undecided("options", text, launch.file, launch.line) for text in why]

    def _spelled_out(self, text):
        """The connections of a script that names a library for mail; one that is undecided where its text does not spell them out."""
        from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import Builder, ScriptError

        why = "the script uses a library for mail in a way that its text does not spell out"
        try:
            found, line = self._connections(text), 1
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
