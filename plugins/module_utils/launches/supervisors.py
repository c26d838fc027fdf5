# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What other supervisors keep running: runit and daemontools (runsvdir(8), svscan) by `run` files, and supervisord by its sections."""

import shlex

from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Context, Word
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import python_ini
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
SOURCE = "supervisor"
# What is there and not linked into one of the first is not supervised.
_SCANNED = ("/etc/service", "/service", "/var/service", "/etc/runit/runsvdir/default")
_PRESENT = ("/etc/sv",)
_SUPERVISORD = ("/etc/supervisord.conf", "/etc/supervisor/supervisord.conf")
_SUPERVISORD_DIRECTORIES = (
    ("/etc/supervisor/conf.d", ".conf"),
    ("/etc/supervisor.d", (".ini", ".conf")),
    ("/etc/supervisord.d", (".ini", ".conf")),
)
_PROGRAM = "program:"


def scripts(host):
    """Yield (path, Context) of each `run` file."""
    seen = set()
    for directory in _SCANNED + _PRESENT:
        for name in host.names(directory, _AFFECTS):
            path = host.realpath(directory + "/" + name) + "/run"
            if path not in seen and host.is_file(path):
                seen.add(path)
                is_active = directory in _SCANNED and not host.exists(path[: -len("run")] + "down")
                yield path, Context(SOURCE, path, 1, "root", {}, path.rpartition("/")[0], is_active)


def commands(host):
    """Yield (Words, Context) of each program of supervisord; its command goes to no shell."""
    files = [path for path in _SUPERVISORD if host.is_file(path)]
    for directory, ending in _SUPERVISORD_DIRECTORIES:
        files.extend(directory + "/" + name for name in host.names(directory, _AFFECTS) if name.endswith(ending))
    for path in files:
        try:
            sections = python_ini.parse(host.text(path, _AFFECTS) or "")
        except GrammarError as error:
            host.gap(path, str(error), _AFFECTS)
            continue
        for name in sections:
            if name.startswith(_PROGRAM) and "command" in sections[name].entries:
                yield from _program(host, path, sections, name)


def _program(host, path, sections, name):
    command = sections[name].entries["command"]
    try:
        words = [Word(text, "%(" not in text) for text in shlex.split(command.value.partition(" ;")[0])]
    except ValueError:
        host.gap(f"{path}, line {command.line}", "has a quote that does not end", _AFFECTS)
        return
    user, directory = _value(sections, name, "user") or "root", _value(sections, name, "directory")
    variables = _environment(_value(sections, name, "environment") or "")
    is_active = (_value(sections, name, "autostart") or "true").lower() not in ("false", "no", "off", "0")
    if words:
        yield words, Context(SOURCE, path, command.line, user, variables, directory, is_active)


def _value(sections, name, key):
    entry = sections[name].entries.get(key)
    return entry.value.partition(" ;")[0].strip() if entry else None


def _environment(text):
    """The variables of `environment`: KEY="value",KEY2='value'; blanks around the signs do not count (supervisord, "environment")."""
    lexer = shlex.shlex(text, posix=True)
    lexer.wordchars += "/.+-():%{}@"
    try:
        tokens = list(lexer)
    except ValueError:
        return {}
    pairs = zip(tokens[::4], tokens[1::4], tokens[2::4])
    return {key: None if "%(" in value else value for key, equals, value in pairs if equals == "="}
