# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""alpine, and pine before it: the system's files, those of users, and the mailboxes on servers that they name (alpine(1))."""

import functools
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import alpine_command, base, endpoints, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import c_client, pinerc

NAME = "alpine"
WRITES = ("/.pinerc",)

_PROGRAMS = (NAME, "pine")
_AFFECTS = "client:" + NAME
_SYSTEM_FILE = "/etc/pine.conf"
# Debian's name for it, and the usual one.
_FIXED_FILES = ("/etc/pinerc.fixed", "/etc/pine.conf.fixed")
_USER_FILE, _EXCEPTIONS = "/.pinerc", "/.pinercex"
_NAME = re.compile(r"(?<!\$)\{[^}]*\}")
# The words of the range in their order.
_WORDS = ("no_min", "ssl3", "tls1", "tls1_1", "tls1_2", "tls1_3", "no_max")
_VARIABLE = "only the environment of the program tells what this variable holds"


def read(host):
    """Return the evidence of alpine on *host*, or None when nothing of it is there."""
    installs = base.installs(host, _PROGRAMS, _PROGRAMS)
    files = {_SYSTEM_FILE: functools.partial(_accounts, host, "", _SYSTEM_FILE, [_parsed(host, _SYSTEM_FILE), _fixed(host)])}
    for user in host.users:
        if host.exists(user.home + _USER_FILE):
            files[user.home + _USER_FILE] = functools.partial(_of_files, host, user.name, user.home)
    return base.evidence(NAME, installs, launched.accounts(host, installs, _PROGRAMS, functools.partial(_of_launch, host), files))


def _of_launch(host, launch):
    """Return the accounts of a command; users start alpine by hand as well, so that no file is read by commands alone."""
    command = alpine_command.Command(launch)
    if not command.opens_mailboxes:
        return None
    home = launch.known("HOME", host.home_of(launch.user))
    if home is None or None in command.files.values():
        why = "which file it reads is known only when the command runs, or lies on a server"
        return (), [
            base.account(launch.user or "", launch.file, launch.line, undecided=[base.undecided("server", why, launch.file, launch.line)])
        ]
    accounts = _of_files(host, launch.user or "", home, command.files, command.layer)
    if command.undecided and not accounts:
        accounts = [base.account(launch.user or "", launch.file, launch.line)]
    for account in accounts:
        account["undecided"] += command.undecided
    return (), accounts


def _of_files(host, user, home, named=(), set_besides=()):
    """The accounts of a user's files; *named* are those that a command names, *set_besides* what it sets."""
    paths = dict({"system": _SYSTEM_FILE, "own": home + _USER_FILE, "exceptions": home + _EXCEPTIONS}, **dict(named))
    layers = [_parsed(host, paths[name]) for name in ("system", "own", "exceptions")]
    return _accounts(host, user, paths["own"], layers + [dict(set_besides), _fixed(host)])


def _fixed(host):
    found = {}
    for path in _FIXED_FILES:
        found.update(_parsed(host, path))
    return found


def _parsed(host, path):
    return pinerc.parse(host.text(path, _AFFECTS) or "", path)


def _accounts(host, user, path, layers):
    """The accounts by the variables in force: those of a later layer stand."""
    variables = {}
    for layer in layers:
        variables.update(layer)
    lowest, highest = _range(variables.get(pinerc.RANGE))
    found, seen = [], set()
    for name in (alpine_command.FOLDER,) + pinerc.MAILBOXES:
        for value in variables[name].values if name in variables else ():
            match = _NAME.search(value)
            mailbox = c_client.parse(match.group()) if match else None
            if mailbox is None and "$" in value:
                # The name of the variable may be anybody's text, so only its place is told.
                place = f"{variables[name].file}, line {variables[name].line}"
                host.gap(place, f"{name} holds a variable: {_VARIABLE}", _AFFECTS)
            if mailbox and mailbox.service in ("imap", "pop3") and mailbox not in seen:
                seen.add(mailbox)
                found.append(_account(user, variables[name], mailbox, (lowest, highest), variables.get(pinerc.RANGE)))
    return base.bounded(host, found, path, _AFFECTS)


def _range(variable):
    """The bounds in their order: alpine turns them round, and takes a range that it does not know for none."""
    words = [word.strip().strip('"') for word in variable.values[0].split(",")] if variable else []
    if len(words) < 2 or words[0] not in _WORDS or words[1].split(" ")[0] not in _WORDS:
        return (None, None) if variable else ("no_min", "no_max")
    return tuple(sorted((words[0], words[1].split(" ")[0]), key=_place))


def _place(word):
    # no_max is the newest that the library knows, and no_min none at all.
    return _WORDS.index(word)


def _account(user, variable, mailbox, bounds, range_variable):
    security = c_client.security(mailbox.flags)
    settings, undecided = [], []
    if "$" in mailbox.server:
        undecided.append(base.undecided("server", _VARIABLE, variable.file, variable.line))
    else:
        settings.append(base.setting(variable.name, mailbox.server, variable.file, variable.line))
    if security is None:
        undecided.append(base.undecided("security", "its flags exclude each other", variable.file, variable.line))
    if range_variable and "$" in range_variable.values[0]:
        undecided.append(base.undecided(pinerc.RANGE, _VARIABLE, range_variable.file, range_variable.line))
    elif range_variable and bounds[0]:
        for key, word in zip(("minimum", "maximum"), bounds):
            settings.append(base.setting(pinerc.RANGE + " " + key, word, range_variable.file, range_variable.line))
    version = next((flag for flag in mailbox.flags if flag in c_client.VERSION_FLAGS), None)
    if version:
        # Outside of the range, or with one that alpine does not know, it does not even try.
        within = bounds[0] is not None and _place(bounds[0]) <= _place(version) <= _place(bounds[1])
        settings.append(base.setting("/" + version, "on" if within else "outside of the range", variable.file, variable.line))
    return base.account(
        user,
        variable.file,
        variable.line,
        name=variable.name,
        server=None if "$" in mailbox.server else mailbox.server,
        port=mailbox.port or endpoints.default_port(mailbox.service, security),
        protocol=mailbox.service,
        security=security,
        settings=settings,
        undecided=undecided,
    )
