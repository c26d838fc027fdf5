# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What systemd starts, for the system and for its users (systemd.service(5), systemd.exec(5), systemd.unit(5) on specifiers)."""

import fnmatch
import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import manager_environment
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import SESSION_VARIABLES, Context, Word
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.systemd_units import (
    OWN_DIRECTORY,
    SYSTEM_DIRECTORIES,
    USER_DIRECTORIES,
    Units,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import environment, systemd_unit

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
SOURCE = "systemd"

_STARTS = ("ExecStart", "ExecStartPre", "ExecStartPost")
_FIRST_USER = 1000  # of people; below are the system's (login.defs(5), UID_MIN)


def commands(host, concerns):
    """Yield (Words, Context) of each command of each service that could matter; *concerns* as for Units."""
    given = manager_environment.variables(host, None)
    for unit, entries, is_active in Units(host, SYSTEM_DIRECTORIES, concerns).services():
        yield from _Service(host, unit, entries, is_active, None, given).commands()
    common = None
    for user in host.users:
        own = user.home + OWN_DIRECTORY
        if host.is_dir(own):
            units = list(Units(host, (own,) + USER_DIRECTORIES, concerns).services())
        elif user.uid >= _FIRST_USER:
            common = list(Units(host, USER_DIRECTORIES, concerns).services()) if common is None else common
            units = common
        else:
            continue
        given = dict(environment.read(host, SESSION_VARIABLES, user.home), **manager_environment.variables(host, user)) if units else {}
        for unit, entries, is_active in units:
            yield from _Service(host, unit, entries, is_active, user, given).commands()


class _Service:
    """One service of the system's manager, or of that of *user*, which gives each of its services the variables *given*."""

    def __init__(self, host, unit, entries, is_active, user, given):
        self._host = host
        self._unit = unit
        self._entries = [(file, entry) for file, entry in entries if entry.section == "Service"]
        self._is_active = is_active
        self._manager = user
        self._specifiers = self._of_unit()
        self._user = user.name if user else self._specified(self._last("User")) or "root"
        self._environment = self._read_environment(given)

    def commands(self):
        """Yield (Words, Context)."""
        for key in _STARTS:
            kept = []
            for file, entry in self._entries:
                if entry.key == key:
                    kept = kept + [(file, entry)] if entry.value else []
            for file, entry in kept:
                yield from self._commands(file, entry)

    def _commands(self, file, entry):
        context = Context(SOURCE, file, entry.line, self._user, self._environment, self._directory(), self._is_active)
        for command in _split(entry.value):
            prefix = command[0][0][: len(command[0][0]) - len(command[0][0].lstrip("@-:+!|"))]
            command[0] = (command[0][0][len(prefix) :], command[0][1])
            if "@" in prefix:
                del command[1:2]
            words = [word for text, _quoted in command for word in self._word(text, ":" in prefix)]
            if words and words[0].text:
                yield words, context.but(user="root") if "+" in prefix else context

    def _word(self, text, is_literal):
        text, is_decided = systemd_unit.specified(text, self._specifiers)
        if not is_decided:
            return [Word(text, False)]
        if is_literal:
            return [Word(text)]
        pieces = systemd_unit.substituted(text, self._environment)
        return [Word(piece, decided, not decided and not piece) for piece, decided in pieces]

    def _last(self, key):
        values = [entry.value for _file, entry in self._entries if entry.key == key]
        return values[-1] if values else None

    def _specified(self, value):
        if not value:
            return None
        text, is_decided = systemd_unit.specified(value, self._specifiers)
        return text if is_decided else None

    def _of_unit(self):
        stem = posixpath.splitext(self._unit)[0]
        prefix, at, instance = stem.partition("@")
        user = self._manager
        if at and not instance:
            instance = None  # a template alone: nobody knows yet of what
        home = user.home if user else "/root"
        return {
            "n": self._unit,
            "N": stem,
            "p": prefix,
            "P": systemd_unit.unescaped_name(prefix),
            "i": instance,
            "I": systemd_unit.unescaped_name(instance) if instance is not None else None,
            "j": prefix.rpartition("-")[2],
            "h": home,
            "u": user.name if user else "root",
            "U": str(user.uid if user else 0),
            "t": f"/run/user/{user.uid}" if user else "/run",
            "S": home + "/.local/state" if user else "/var/lib",
            "C": home + "/.cache" if user else "/var/cache",
            "E": home + "/.config" if user else "/etc",
            "T": "/tmp",  # noqa: S108 - what the specifier means
            "V": "/var/tmp",  # noqa: S108
        }

    def _directory(self):
        directory = (self._last("WorkingDirectory") or "").lstrip("-")
        if directory == "~":
            return self._environment.get("HOME")
        return self._specified(directory) or (self._manager.home if self._manager else "/")

    def _read_environment(self, given):
        """The variables that systemd gives the service; only a user's manager has those of a session (pam_env(8))."""
        found = dict(given)
        home = self._manager.home if self._manager else self._host.home_of(self._user)
        if home:
            found.update({"HOME": home, "USER": self._user, "LOGNAME": self._user})
        lines, files = [], []
        for _file, entry in self._entries:
            if entry.key == "Environment":
                lines = lines + [entry.value] if entry.value else []
            elif entry.key == "EnvironmentFile":
                files = files + [entry.value] if entry.value else []
        for line in lines:
            found.update(self._assigned(line))
        for path in files:
            found.update(self._of_file(path))
        for _file, entry in self._entries:
            for name in entry.value.split() if entry.key == "UnsetEnvironment" else ():
                found.pop(name.partition("=")[0], None)
        return found

    def _assigned(self, line):
        try:
            pairs = systemd_unit.assignments(line)
        except systemd_unit.QuoteError:
            return {}
        specified = {name: systemd_unit.specified(value, self._specifiers) for name, value in pairs.items()}
        return {name: text if is_decided else None for name, (text, is_decided) in specified.items()}

    def _of_file(self, value):
        path = self._specified(value.lstrip("-"))
        found = {}
        for name in self._matching(path) if path else ():
            found.update(systemd_unit.environment_file(self._host.text(name, _AFFECTS) or ""))
        return found

    def _matching(self, path):
        directory, _slash, pattern = path.rpartition("/")
        if not any(letter in pattern for letter in "*?["):
            return [path]
        return [directory + "/" + name for name in self._host.names(directory, _AFFECTS) if fnmatch.fnmatchcase(name, pattern)]


def _split(value):
    """The commands of one line, each a list of (text, is_quoted); a semicolon of its own stands between them."""
    try:
        words = systemd_unit.words(value)
    except systemd_unit.QuoteError:
        return
    command = []
    for text, is_quoted in words:
        if text == ";" and not is_quoted:
            if command:
                yield command
            command = []
        else:
            command.append((";" if text == "\\;" else text, is_quoted))
    if command:
        yield command
