# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit of one Windows host, from raw answers to evidence: facts only, each failure a gap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.version import VERSION
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import SCHEMA
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import mozilla, outlook, places, programs, questions, users
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.dialogue import Dialogue, Output, TooLong
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.machine import Machine
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.seen import THERE
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.transcript import Section

Sections = Mapping[str, Section]
_NOT_SIGNED_IN = (
    "not signed in, so that the user's part of the registry is not loaded; mailtls_windows_load_hives has it loaded and unloaded again"
)


def collect(execute: Callable[[str], Output], shell: str, writes_utf8: bool, load_hives: bool = False) -> dict[str, Any]:
    """Return the evidence of a Windows host, as docs/architecture.md describes it.

    Args:
        execute: runs a command line on the host and returns what it wrote.
        shell: which shell takes it there, commands.CMD or commands.POWERSHELL.
        writes_utf8: whether the connection has the host write UTF-8, instead of its OEM code page.
        load_hives: whether the registry of users who are not signed in is loaded for the time of one command line.

    Raises:
        dialogue.Silent: the host answered not one query.
    """
    return _Collector(Dialogue(execute, shell, writes_utf8), load_hives).evidence()


class _Collector:
    def __init__(self, dialogue: Dialogue, load_hives: bool) -> None:
        self.dialogue = dialogue
        self.load_hives = load_hives
        self.gaps: list[dict[str, Any]] = []

    def evidence(self) -> dict[str, Any]:
        """Ask, and return the evidence."""
        environment = self.dialogue.ask_machine().get("env")
        machine = Machine(self.dialogue.seen, environment.lines if environment else [])
        if machine.build is None:
            self.gap("the number of this Windows' build", "it could not be read", "stack:schannel")
        everyone = users.read(self.dialogue.seen)
        hives, found = self._ask_users(everyone)
        clients, bundled = self._clients(machine, hives, found, everyone)
        self._note_what_was_not_seen()
        self.gap("running programs", "which of them are connected to a mail server is not looked at on Windows", None)
        self.gap("copies of OpenSSL inside programs", "cmd alone tells neither where they are nor their versions", None)
        return {
            "schema": SCHEMA,
            "collection": VERSION,
            "reach": "windows",
            "root": "/",
            "privileged": self.dialogue.seen.state(places.ADMINISTRATORS_ONLY) == THERE and not self._was_refused(),
            "platform": machine.platform(),
            "stacks": [*machine.stacks(), *machine.java(), *bundled],
            "settings": [*machine.settings(), *machine.of_users(hives)],
            "clients": clients,
            "gaps": self.gaps,
        }

    def gap(self, what: str, why: str, affects: str | None) -> None:
        """Note what could not be seen, as in the evidence."""
        entry = {"what": what, "why": why, "affects": affects}
        if entry not in self.gaps:
            self.gaps.append(entry)

    def _was_refused(self) -> bool:
        return any(query.key == places.ADMINISTRATORS_ONLY for query in self.dialogue.seen.unseen())

    # Users

    def _ask_users(self, everyone: Sequence[users.User]) -> tuple[dict[str, str], Sections]:
        """Return the users' names by the keys of their hives, and what was found in their directories."""
        hives, offline = self._hives(everyone)
        homes = [user.home for user in everyone if user.home]
        for user in everyone:
            if user.home is None:
                self.gap(
                    f"the directory of user {user.name}", "its path is not known, or holds a character that a command can't", "accounts"
                )
        while not self.dialogue.fits(questions.parts_of_users(list(hives), homes, offline)):
            self._leave_out(hives, offline, homes)
        queries = [query for hive in hives for query in questions.user(hive)]
        if not hives and not homes:
            return hives, {}
        try:
            sections = self.dialogue.ask(questions.parts_of_users(list(hives), homes, offline), queries)
        except TooLong:
            self.gap("the users' registry", "the host took no further command line", "accounts")
            return {}, {}
        for hive in offline:
            if self.dialogue.seen.state(rf"{hive}\Software\Microsoft") != THERE:
                self.gap(f"the registry of user {hives.pop(hive)}", "its hive could not be loaded", "client:" + outlook.NAME)
        self.offline = list(offline)
        return hives, sections

    def _hives(self, everyone: Sequence[users.User]) -> tuple[dict[str, str], dict[str, str]]:
        hives = {user.hive: user.name for user in everyone if user.hive}
        offline: dict[str, str] = {}
        for user in everyone:
            if user.hive:
                continue
            if not self.load_hives or user.home is None:
                self.gap(f"the registry of user {user.name}", _NOT_SIGNED_IN, "client:" + outlook.NAME)
                continue
            hive = f"{users.LOADED}{len(offline)}"
            hives[hive], offline[hive] = user.name, rf"{user.home}\NTUSER.DAT"
        return hives, offline

    def _leave_out(self, hives: dict[str, str], offline: dict[str, str], homes: list[str]) -> None:
        """Leave out one user more, so that the rest fits into one command line."""
        why = "more users than one command line can ask for"
        if homes and len(homes) >= len(hives):
            self.gap(homes.pop(), why, "accounts")
        else:
            hive, name = hives.popitem()
            offline.pop(hive, None)
            self.gap(f"the registry of user {name}", why, "client:" + outlook.NAME)

    # Clients

    def _clients(
        self, machine: Machine, hives: Mapping[str, str], found: Sections, everyone: Sequence[users.User]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        installed = programs.read(self.dialogue.seen, hives)
        clients = [outlook.read(machine, hives)]
        gecko, stacks = self._mozilla([program for program in installed if program.client in places.MOZILLA], found, everyone)
        clients.extend(gecko)
        names = dict.fromkeys([program.client for program in installed] + list(places.ACCOUNT_FILES))
        for name in names:
            if name not in places.MOZILLA:
                own = [machine.schannel] if name in places.ACCOUNT_FILES else []
                copies = [program.install(own) for program in installed if program.client == name]
                clients.append(base.evidence(name, copies, self._account_files(name, found, everyone)))
        return [client for client in clients if client], stacks

    def _account_files(self, name: str, found: Sections, everyone: Sequence[users.User]) -> list[dict[str, Any]]:
        accounts = []
        for user in everyone:
            directory = rf"{user.home}\{places.ACCOUNT_FILES[name]}" if name in places.ACCOUNT_FILES else ""
            section = found.get(f"find {directory}")
            for path in section.lines if section else []:
                if path.strip().lower().endswith(".oeaccount"):
                    secret = base.undecided("server", "the file is not read, because it holds the password, too", path.strip(), 0)
                    accounts.append(base.account(user.name, path.strip(), 0, undecided=[secret]))
        return accounts

    def _mozilla(
        self, installed: Sequence[programs.Program], found: Sections, everyone: Sequence[users.User]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        profiles = [profile for user in everyone for profile in self._profiles(user, found)]
        places_of = sorted({program.place for program in installed if users.may_be_opened(program.place)})
        sections = self._ask_files(profiles, places_of)
        overlays = [
            line.strip() for mark, section in sections.items() if mark.startswith("names ") for line in section.lines if line.strip()
        ]
        clients, stacks = [], []
        policy = self.dialogue.seen.values(places.THUNDERBIRD_POLICY, "64")
        for name in places.MOZILLA:
            own = [profile for profile in profiles if profile.client == name]
            files = mozilla.Files(self._texts(own, sections, "client:" + name))
            copies = [program for program in installed if program.client == name]
            client, of_client = mozilla.read(name, copies, own, files, policy if name == "thunderbird" else {}, overlays)
            stacks.extend(of_client)
            clients.extend([client] if client else [])
            self.gaps.extend(files.gaps)
        return clients, stacks

    def _profiles(self, user: users.User, found: Sections) -> list[mozilla.Profile]:
        profiles: list[mozilla.Profile] = []
        for client, below in places.MOZILLA.items():
            directory = rf"{user.home}\{below}"
            section = found.get(rf"file {directory}\profiles.ini")
            if section is not None and not section.succeeded:
                self.gap(rf"{directory}\profiles.ini", "it is there, but could not be read", "client:" + client)
            elif section is not None:
                profiles.extend(mozilla.profiles(client, user.name, directory, "\n".join(section.lines)))
        return profiles

    def _ask_files(self, profiles: Sequence[mozilla.Profile], directories: Sequence[str]) -> Sections:
        offline = getattr(self, "offline", [])
        wanted = [profile.directory for profile in profiles if users.may_be_opened(profile.directory)]
        if not (wanted or offline):
            return {}
        while not self.dialogue.fits(questions.parts_of_files(wanted, directories, offline)):
            wanted.pop()
        try:
            sections = self.dialogue.ask(questions.parts_of_files(wanted, directories, offline), [])
        except TooLong:
            return {}
        self._note_what_stayed_loaded(offline, sections)
        return sections

    def _note_what_stayed_loaded(self, offline: Sequence[str], sections: Sections) -> None:
        listing = sections.get("reg - ?HKU")
        for line in listing.lines if listing else []:
            if line.rstrip().lower().endswith(tuple(hive.lower().partition("\\")[2] for hive in offline)):
                self.gap(line.strip(), "the audit loaded it and could not unload it: run reg unload with that key", None)

    def _texts(self, profiles: Sequence[mozilla.Profile], sections: Sections, affects: str) -> dict[str, str]:
        texts = {}
        for profile in profiles:
            for name in ("prefs.js", "user.js"):
                path = rf"{profile.directory}\{name}"
                section = sections.get(f"file {path}")
                if section is not None and section.succeeded:
                    texts[path] = "\n".join(section.lines)
                elif section is not None or name == "prefs.js":
                    self.gap(path, "it could not be read", affects)
        return texts

    # What is missing

    def _note_what_was_not_seen(self) -> None:
        for query in self.dialogue.seen.unseen():
            if query.affects is not None:
                view = f" (the {query.view}-bit view)" if query.view else ""
                self.gap(
                    query.key + view,
                    "there or not, it could not be read: access denied, reg.exe blocked, or the answer cut off",
                    query.affects,
                )
        for query, key in self.dialogue.seen.doubts:
            self.gap(key, "a value in it holds line breaks, so that what was read can't be relied on", query.affects)
        if self.dialogue.undecoded:
            self.gap("the host's answer", "not in the code page that it names: read all the same, with those characters replaced", None)
