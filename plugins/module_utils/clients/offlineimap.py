# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OfflineIMAP 6 to 8: the repositories of its users' configuration files that lie on a server (offlineimap.conf, Changelog)."""

import functools

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, interpreters, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.clients.offlineimap_command import OfflineimapCommand
from ansible_collections.mailtls.fleet.plugins.module_utils.clients.offlineimap_repository import Repository
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import python_ini
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "offlineimap"

_AFFECTS = "client:" + NAME
_FILE = "/.offlineimaprc"
# Before the other where both are there. XDG_CONFIG_HOME names another directory than ~/.config.
_XDG_FILE = "/offlineimap/config"
_XDG_SINCE = (6, 5, 6)
_TYPES = ("IMAP", "Gmail")


def read(host):
    """Return the evidence of OfflineIMAP on *host*, or None when nothing of it is there."""
    installs = interpreters.installs(host, (NAME,), (NAME, NAME + "3"), (NAME + "3", NAME), module=NAME)
    reader = _Reader(host, base.release(installs), interpreters.major_version(host, installs))
    files = {}
    for user in host.users:
        path = reader.default_file(user.home, user.home + "/.config")
        files[path] = functools.partial(reader.accounts, user.name, path)
    return base.evidence(NAME, installs, launched.accounts(host, installs, (NAME,), reader.of_launch, files))


class _Reader:
    """What one release makes of its files and command lines."""

    def __init__(self, host, release, python):
        self._host = host
        self._release = release
        self._python = python

    def default_file(self, home, config_home):
        """Return the file that a run without options reads."""
        takes_xdg = (self._release is None or self._release >= _XDG_SINCE) and self._host.exists(config_home + _XDG_FILE)
        return config_home + _XDG_FILE if takes_xdg else home + _FILE

    def of_launch(self, launch):
        """Return the file that a command reads, and the repositories that it connects to."""
        command = OfflineimapCommand(launch)
        if not command.fetches:
            return None
        path = command.options.path("config")
        if "config" not in command.options:
            home = launch.known("HOME", self._host.home_of(launch.user))
            config_home = launch.known("XDG_CONFIG_HOME", home and home + "/.config")
            path = self.default_file(home, config_home) if home and config_home else None
        if path is None:
            account = base.account(launch.user or "", launch.file, launch.line, protocol="imap")
            account["undecided"] = [command.options.note("server", "which file it reads is known only when the command runs")]
            return (), [account]
        return [path], self.accounts(launch.user or "", path, command)

    def accounts(self, user, path, command=None):
        """Return the accounts of the file *path* as a *command* takes them, or a run without options."""
        text = self._host.text(path, _AFFECTS)
        try:
            sections = python_ini.parse(text or "", self._python)
        except GrammarError as error:
            self._host.gap(path, f"{error}; OfflineIMAP refuses the whole file", _AFFECTS)
            return []
        if command:
            command.override(sections)
        repositories = [Repository(path, sections, name, self._release) for name in sections if name.startswith("Repository ")]
        remote = base.bounded(self._host, [found for found in repositories if found.value("type") in _TYPES], path, _AFFECTS)
        used = self._used(path, sections, command) if remote else ()
        accounts = [found.account(user, used) for found in remote]
        for account in accounts if command else ():
            command.place(account)
            account["undecided"].extend(command.undecided())
        return accounts

    def _used(self, path, sections, command):
        """Return the names of the repositories that a run connects to."""
        listed = python_ini.get(sections, "general", "accounts") if "general" in sections else None
        names = listed.value.split(",") if listed else ()
        names = command.accounts(names) if command else names
        used = set()
        for name in names:
            section = "Account " + name.strip()
            if section not in sections:
                line = listed.line if listed else 1
                self._host.gap(path, f"line {line}: one of the accounts has no section; OfflineIMAP refuses to run", _AFFECTS)
                continue
            entries = (python_ini.get(sections, section, key) for key in ("remoterepository", "localrepository"))
            used.update(entry.value for entry in entries if entry)
        return used
