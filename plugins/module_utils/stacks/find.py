# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The TLS libraries of a host: those of the system, those that come with a program, and what each of them says when asked."""

import os
import re
import sys

from ansible_collections.mailtls.fleet.plugins.module_utils import elf
from ansible_collections.mailtls.fleet.plugins.module_utils.loader import Loader
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import environment
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask, ask_python, static_facts

# A stack of NSS is known by libssl3, which speaks TLS; libnss3 beside it is the cryptography.
KINDS = {"openssl": r"libssl\.so(\.\d[\w.]*)?", "gnutls": r"libgnutls\.so(\.\d[\w.]*)?", "nss": r"libssl3\.so"}
SERVER_NAME = "outlook.office365.com"
# What switches the system's settings off, for the question what the library could do without them.
_BARE = {
    "openssl": {"OPENSSL_CONF": ""},
    "gnutls": {"GNUTLS_SYSTEM_PRIORITY_FILE": "/dev/null"},
    "nss": {"NSS_IGNORE_SYSTEM_POLICY": "1"},
}
# Programs that leave GnuTLS's default alone are asked for as "system"; this is what most others pass.
_USUAL_PRIORITY = "NORMAL"


class Stacks:
    """The stacks of *host*, found when first asked for."""

    def __init__(self, host):
        self._host = host
        self._loader = Loader(host)
        self._entries = {}
        self._priorities = {}
        self._system_found = False

    def of_binary(self, path):
        """Return the paths of the TLS libraries that the program or library *path* loads, the nearest first.

        A copy outside of the system's directories is added as one that came with that program.
        """
        self._find_system()
        try:
            libraries = self._loader.closure(path)
        except elf.NotElf:
            return []
        except elf.ElfError as error:
            self._host.gap(path, f"which TLS library it uses could not be told: it {error}", "accounts")
            return []
        found = ((library, _kind(library)) for library in libraries)
        return [self.add(kind, library, "bundled", path) for library, kind in found if kind]

    def add(self, kind, path, origin, owner):
        """Note a library, unless it is known already; return its path, links resolved.

        Args:
            kind: a key of KINDS, or "python".
            path: of the library, or of the interpreter.
            origin: "system" or "bundled".
            owner: path of the program that it came with, or None.
        """
        self._find_system()
        path = self._host.realpath(path)
        if path not in self._entries:
            self._entries[path] = {"kind": kind, "path": path, "origin": origin, "owner": owner if origin == "bundled" else None}
        return path

    def want_priority(self, path, priority):
        """Have the GnuTLS library *path* asked with the *priority* string that an account gives it."""
        self._priorities.setdefault(path, []).append(priority)

    def ask(self, timeout=10.0):
        """Ask every library what it would send, within *timeout* seconds together, and complete what is known of it."""
        self._find_system()
        for entry in self._of_kind("python"):
            entry.update(ask_python.facts(self._host, entry["path"], environment.read(self._host)))
        libraries = self._of_kind(*KINDS)
        asked = [entry for entry in libraries if self._may_be_asked(entry)]
        questions = [question for entry in asked for question in self._questions(entry)]
        answers = ask.ask(questions, timeout) if questions else {}
        for entry in libraries:
            told = [answers[question["id"]] for question in questions if question["path"] == entry["path"]]
            entry["hellos"] = [ask.hello_of(answer) for answer in told]
            self._complete(entry, told)
            self._note_silence(entry, told)

    def all(self):
        """Return the evidence of every stack, after `ask`; the system's own first."""
        packages = self._host.packages.owners(list(self._entries))
        entries = sorted(self._entries.values(), key=lambda entry: (entry["origin"] != "system", entry["path"]))
        return [dict(entry, package=_package(packages.get(entry["path"]))) for entry in entries]

    def _of_kind(self, *kinds):
        return [entry for entry in self._entries.values() if entry["kind"] in kinds]

    def _find_system(self):
        if self._system_found:
            return
        self._system_found = True
        for path in sorted(self._loader.libraries("|".join(KINDS.values()))):
            kind = _kind(path)
            if kind:
                self.add(kind, path, "system", None)

    def _may_be_asked(self, entry):
        if not self._host.live:
            return False
        try:
            machine, ours = (self._loader.elf(path).machine for path in (entry["path"], os.path.realpath(sys.executable)))
        except elf.ElfError as error:
            self._host.gap(entry["path"], f"could not be asked for its ClientHello: {error}", "stack:" + entry["kind"])
            return False
        if machine != ours:
            why = f"could not be asked for its ClientHello: it is made for {machine}, and this Python for {ours}"
            self._host.gap(entry["path"], why, "stack:" + entry["kind"])
        return machine == ours

    def _questions(self, entry):
        kind, path = entry["kind"], entry["path"]
        common = {
            "kind": kind,
            "path": path,
            "preload": self._preload(entry),
            "env": environment.read(self._host),
            "server_name": SERVER_NAME,
        }
        yield dict(common, id=f"{path} system", case="system")
        yield dict(common, id=f"{path} bare", case="bare", env=_BARE[kind])
        if kind == "gnutls":
            wanted = dict.fromkeys([_USUAL_PRIORITY] + self._priorities.get(path, []))
            for number, priority in enumerate(wanted):
                yield dict(common, id=f"{path} priority {number}", case="priority", priority=priority)

    def _preload(self, entry):
        """What a bundled library needs from its own directory, where this process would not look for it; the deepest first."""
        if entry["origin"] == "system":
            return []
        found = []
        self._add_siblings(entry["path"], {entry["path"]}, found)
        return found

    def _add_siblings(self, path, seen, found):
        for soname in self._needed(path):
            sibling = os.path.dirname(path) + "/" + soname
            if sibling not in seen and self._host.is_file(sibling):
                seen.add(sibling)
                self._add_siblings(sibling, seen, found)
                found.append(sibling)

    def _needed(self, path):
        try:
            return self._loader.elf(path).needed
        except elf.ElfError:
            return ()

    def _libraries(self, entry):
        """What the library loads: from beside it where it is there, since the program that brings it looks there first."""
        try:
            return self._preload(entry) + list(self._loader.closure(entry["path"]))
        except elf.ElfError:
            return []

    def _complete(self, entry, told):
        """The library's own words, and its files' where it said nothing."""
        answer = next((answer for answer in told if answer["library_version"]), {})
        config = answer and (static_facts.config(answer["directory"]) or answer["config"])
        if not config:
            entry.update(static_facts.read(self._host, entry["kind"], entry["path"], self._libraries(entry)))
        if answer:
            entry["version"] = static_facts.release(answer["library_version"])
            entry["build"] = static_facts.flags(answer["build"])
            entry["config"] = config or entry["config"]

    def _note_silence(self, entry, told):
        for answer in told:
            if answer["case"] == "system" and answer["error"]:
                self._host.gap(entry["path"], f"wrote no ClientHello: {answer['error']}")


def _kind(path):
    name = os.path.basename(path)
    return next((kind for kind, pattern in KINDS.items() if re.match(f"(?:{pattern})$", name)), None)


def _package(found):
    return {"name": found.name, "version": found.version} if found else None
