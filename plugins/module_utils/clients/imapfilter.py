# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""imapfilter: a program in Lua of each user (imapfilter(1), imapfilter_config(5)), of which only what is written out is read."""

import functools
import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import lua_calls
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.lua_calls import COMPUTED

NAME = "imapfilter"

_AFFECTS = "client:" + NAME
_DIRECTORY = "/.imapfilter"
_FILE = "/config.lua"
# One function of three names (account.lua).
_FUNCTIONS = ("IMAP", "imap", "Account")
_TABLE = Table("c:d:e:il:np:t:Vv", {}, {"c": "config", "e": "command"})
_MAX_FILES = 50
_WHY = "it is computed when imapfilter runs"


def read(host):
    """Return the evidence of imapfilter on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,))
    files = {}
    for user in host.users:
        path = user.home + _DIRECTORY + _FILE
        files[path] = functools.partial(_accounts, host, user.name, user.home, path)
    return base.evidence(NAME, installs, launched.accounts(host, installs, (NAME,), functools.partial(_of_launch, host), files))


def _of_launch(host, launch):
    """Return the file that a command reads, and its accounts."""
    home = launch.known("HOME", host.home_of(launch.user))
    directory = launch.known("IMAPFILTER_HOME", home and home + _DIRECTORY)
    options = launched.Options(launch, _TABLE)
    path = options.path("config") if "config" in options else directory and directory + _FILE
    if "command" in options or options.text("config") == "-":
        host.gap(launch.file, f"hands imapfilter its program in line {launch.line}: that was not looked at", _AFFECTS)
    elif path is not None:
        return [path], _accounts(host, launch.user or "", home or "/", path)
    elif launch.is_active:
        # A template of systemd that nobody has made an instance of starts nothing.
        why = f"names in line {launch.line} a configuration of imapfilter that only the running command would know"
        host.gap(launch.file, why, _AFFECTS)
    return None


def _accounts(host, user, home, path):
    reader = _Reader(host, home)
    reader.read(path)
    starttls = reader.starttls
    found = base.bounded(host, reader.calls, path, _AFFECTS)
    return [_account(user, file, call, starttls) for file, call in found]


class _Reader:
    """The calls of a program and of those that it runs by name.

    Attributes:
        calls: (file, lua_calls.Call).
        starttls: (file, lua_calls.Value) of each assignment of that option.
    """

    def __init__(self, host, home):
        self._host, self._home = host, home
        self._read = set()
        self.calls, self.starttls = [], []

    def read(self, path):
        """Read the file *path*, unless it was read before."""
        if path in self._read or len(self._read) >= _MAX_FILES:
            return
        self._read.add(path)
        try:
            found = lua_calls.tokens(self._host.text(path, _AFFECTS) or "")
        except GrammarError as error:
            self._host.gap(path, f"{error}; imapfilter refuses the whole file", _AFFECTS)
            return
        self.calls += [(path, call) for call in lua_calls.calls(found, _FUNCTIONS)]
        self.starttls += [(path, value) for value in lua_calls.assignments(found, "options", "starttls")]
        for function in ("dofile", "loadfile"):
            for line, argument in lua_calls.arguments(found, function):
                self._run(path, line, argument)
        for _line, argument in lua_calls.arguments(found, "require"):
            # What is not there is a library of the system.
            if [token.kind for token in argument] == ["string"]:
                self.read(posixpath.join(self._home + _DIRECTORY, argument[0].text.replace(".", "/") + ".lua"))

    def _run(self, path, line, argument):
        """Follow a file by its literal name, alone or behind the home directory."""
        words = [token.text for token in argument]
        target = None
        if [token.kind for token in argument] == ["string"]:
            target = posixpath.normpath(posixpath.join(self._home, words[0]))
        elif words[:7] == ["os", ".", "getenv", "(", "HOME", ")", ".."] and len(words) == 8 and argument[7].kind == "string":
            target = posixpath.normpath(self._home + words[7])
        if target is None:
            self._host.gap(path, f"runs in line {line} a file whose name is computed: that was not looked at", _AFFECTS)
        else:
            self.read(target)


def _account(user, path, call, starttls):
    known = {key: call.fields[key] for key in ("server", "port", "ssl") if key in call.fields}
    undecided = [
        base.undecided("security" if key == "ssl" else key, _WHY, path, value.line)
        for key, value in known.items()
        if value.value is COMPUTED
    ]
    if not call.is_known:
        undecided += [base.undecided(what, _WHY, path, call.line) for what in ("server", "security") if what not in known]
    values = {key: value.value for key, value in known.items() if value.value is not COMPUTED}
    ssl, security = values.get("ssl"), None
    if call.is_known and not (known.get("ssl") and known["ssl"].value is COMPUTED):
        security = "implicit" if ssl else _plain(starttls, undecided)
    server = values["server"] if isinstance(values.get("server"), str) else None
    port = values["port"] if isinstance(values.get("port"), int) and 0 < values["port"] < 65536 else None
    if "port" not in known and security:
        port = 993 if security == "implicit" else 143
    settings = [(key, value, known[key].line) for key, value in (("server", server), ("ssl", ssl)) if isinstance(value, str)]
    return base.account(
        user,
        path,
        call.line,
        server=server,
        port=port,
        protocol="imap",
        security=security,
        settings=[base.setting(key, value, path, line) for key, value, line in settings],
        undecided=undecided,
    )


def _plain(starttls, undecided):
    """Without ssl, STARTTLS is used where it is offered, unless the option says otherwise; of different values nobody can tell."""
    values = {value.value for _path, value in starttls}
    if not values or values == {True}:
        return "starttls"
    if values <= {False, None}:
        return "none"
    path, value = starttls[-1]
    undecided.append(base.undecided("security", "options.starttls is computed, or set more than once", path, value.line))
    return None
