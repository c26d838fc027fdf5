# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The TLS libraries of a host: those of the system, those that come with a program, and what each of them says when asked."""

import os
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import elf
from ansible_collections.mailtls.fleet.plugins.module_utils.loader import Loader
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask, static_facts, unasked
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.questions import Questions, file_variable
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import registry as runtimes

# A stack of NSS is known by libssl3, which speaks TLS; libnss3 beside it is the cryptography.
# Python's wheels have a part of the file's hash in the names of libraries that they bring (auditwheel): libssl-3309e9a3.so.1.0.2n.
KINDS = {
    "openssl": r"libssl(?:-[0-9a-f]{8,})?\.so(?:\.\d[\w.]*)?",
    "gnutls": r"libgnutls(?:-[0-9a-f]{8,})?\.so(?:\.\d[\w.]*)?",
    "nss": r"libssl3\.so",
}
# What a program's own environment may set of them.
_VARIABLES = {
    "openssl": ("OPENSSL_CONF", "OPENSSL_CONF_INCLUDE"),
    "gnutls": ("GNUTLS_SYSTEM_PRIORITY_FILE", "GNUTLS_SYSTEM_PRIORITY_FAIL_ON_INVALID"),
    "nss": ("NSS_IGNORE_SYSTEM_POLICY",),
}


class Stacks:
    """The stacks of *host*, found when first asked for, as its dynamic *loader* finds libraries."""

    def __init__(self, host, loader=None):
        self._host = host
        self._loader = loader or Loader(host)
        self._questions = Questions(host, self._loader)
        self._entries = {}
        self._files = {}
        self._below = {}
        self._priorities = {}
        self._ciphers = {}
        self._linked = {}
        self._foreign = set()
        self._apart = {}
        self._apart_settings = []
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
        found = ((library, kind_of(library)) for library in libraries)
        asked = [self.add(kind, library, "bundled", path) for library, kind in found if kind]
        return asked + [self._add_unasked(library, libraries) for library in libraries if unasked.kind_of(library)]

    def libraries_of(self, path):
        """Return the paths of all libraries that the program or library *path* loads, the nearest first."""
        try:
            return list(self._loader.closure(path))
        except elf.ElfError:
            return []

    def sonames(self, path):
        """Return the names by which the loader looks for the libraries of the program at *path*, those that are missing among them."""
        try:
            loaded = self._loader.closure(path)
            return {library.soname for library in loaded.values() if library.soname}.union(self._loader.missing(path))
        except elf.ElfError:
            return set()

    def _add_unasked(self, path, libraries):
        kind = unasked.kind_of(path)
        known = self._linked.get(f"{path} ({kind})")
        return known["path"] if known else self.add_linked(kind, unasked.version(self._host, path, libraries), path)

    def of_interpreter(self, path, variables=None):
        """Return the stacks that a program speaks TLS with that the interpreter at *path* runs, the nearest first.

        Args:
            path: of python3, perl, php, node and so on; of any other program its libraries are returned, as `of_binary` does.
            variables: environment variables that this program is started with, {name: value}. Those that act on TLS make it
                a stack of its own, whose path in the evidence names them. Options of a command line that act as such a variable
                does (node --tls-max-v1.2: NODE_OPTIONS) can be given as that.

        First stands the runtime itself, where it can be asked or its version tells what it offers, then the libraries below it.
        """
        self._find_system()
        path = self._host.realpath(path)
        runtime = runtimes.of_program(path)
        if runtime is None:
            return self.under(self.of_binary(path), variables)
        below = []
        for module in runtime.modules(self._host, path):
            below += [stack for stack in self.of_binary(module) if stack not in below]
        if not runtime.STANDS_ALONE and not _runtime_asker().may_be_asked(self._host, path):
            return self.under(below, variables)
        self._below[self.add(runtime.KIND, path, "system", None)] = below
        return self.under([path, *below], variables)

    def under(self, stacks, variables):
        """Return the *stacks* as they are for a program that is started with these environment *variables*, {name: value}."""
        return [self._variant(stack, variables or {}) for stack in stacks]

    def _variant(self, stack, variables):
        entry = self._entries.get(stack)
        if entry is None:
            # What a program itself contains takes no variable that is known here.
            return stack
        runtime = runtimes.of_kind(entry["kind"])
        names = _VARIABLES.get(entry["kind"], ())
        acting = runtime.environment(variables) if runtime else {name: variables[name] for name in names if name in variables}
        if not acting:
            return stack
        reference = f"{stack} ({', '.join(f'{name}={acting[name]}' for name in sorted(acting))})"
        if reference not in self._entries:
            self._entries[reference] = dict(entry, path=reference, environment=acting)
            self._files[reference] = self._files[stack]
            self._below[reference] = self._below.get(stack, [])
        return reference

    def add(self, kind, path, origin, owner):
        """Note a library, unless it is known already; return its path, links resolved.

        Args:
            kind: a key of KINDS, or the KIND of a runtime.
            path: of the library, or of the interpreter.
            origin: "system", "bundled" or "found".
            owner: path of the program that it came with; of what was only found, in words what it belongs to; or None.
        """
        self._find_system()
        path = self._host.realpath(path)
        if path not in self._entries:
            owner = owner if origin != "system" else None
            self._entries[path] = {"kind": kind, "path": path, "origin": origin, "owner": owner, "environment": {}}
            self._files[path] = path
        return path

    def add_loaded(self, path, program):
        """Note the library *path* that a running *program* has loaded, as `add` does; return its path, links resolved."""
        return self.add(kind_of(path), path, "bundled", program)

    def add_found(self, kind, path, owner, is_roots):
        """Note a copy that no client is known to use, as `add` does.

        Args:
            kind, path: as of `add`.
            owner: in words what it belongs to.
            is_roots: whether what its file says of its owner is this system's word; otherwise its code is not loaded.
        """
        path = self.add(kind, path, "found", owner)
        if not is_roots and self._entries[path]["origin"] == "found":
            self._foreign.add(path)

    def files(self):
        """Return the paths of all files that are known, of libraries and interpreters."""
        self._find_system()
        return sorted(set(self._files.values()))

    def add_linked(self, kind, version, program):
        """Note a library that the *program* itself contains, which can't be asked; return how the evidence names it.

        Args:
            kind, version: of linked.Linked.
            program: its path.
        """
        reference = f"{program} ({kind})"
        known = {"version": version, "build": [], "config": None, "hellos": [], "environment": {}}
        self._linked[reference] = dict(known, kind=kind, path=reference, origin="bundled", owner=program)
        self._files[reference] = program
        return reference

    def add_apart(self, entry):
        """Note a stack that another root's Stacks has completed; its paths are as we see them."""
        self._apart[entry["path"]] = entry

    def add_settings(self, settings):
        """Note the settings of such stacks, as system_settings.read returns them."""
        self._apart_settings += [setting for setting in settings if setting not in self._apart_settings]

    @property
    def settings(self):
        """The settings that were noted so."""
        return self._apart_settings

    def want_priority(self, path, priority):
        """Have the GnuTLS library *path* asked with the *priority* string that an account gives it."""
        self._priorities.setdefault(path, []).append(priority)

    def want_ciphers(self, path, ciphers):
        """Have the OpenSSL *path* asked with the list of *ciphers* that an account gives it."""
        self._ciphers.setdefault(path, []).append(ciphers)

    def ask(self, timeout=10.0):
        """Ask every library what it would send, within *timeout* seconds together, and complete what is known of it."""
        self._find_system()
        libraries = self._of_kind(*KINDS)
        questions = {entry["path"]: list(self._questions_for(entry)) for entry in libraries}
        asked = [question for of_one in questions.values() for question in of_one]
        answers = ask.ask(asked, timeout) if asked else {}
        for entry in libraries:
            told = [answers[question["id"]] for question in questions[entry["path"]]]
            entry["hellos"] = [ask.hello_of(answer) for answer in told]
            self._complete(entry, told)
            self._note_silence(entry, told)
        for entry in self._entries.values():
            if entry not in libraries:
                self._ask_runtime(entry)

    def shaking(self, *kinds):
        """Return the libraries of these *kinds* that can be made to shake hands, after `ask`, the system's own first.

        Copies that no client is known to use are left out. They are pairs: the library's path in the evidence, and the question of
        `ask.ask` without `id`, `server_name` and `descriptor`.
        """
        entries = [entry for entry in self._of_kind(*kinds) if entry["hellos"] and entry["origin"] != "found"]
        entries.sort(key=lambda entry: (entry["origin"] != "system", entry["path"]))
        return [(entry["path"], self._questions.common(entry, self._file(entry))) for entry in entries]

    def all(self):
        """Return the evidence of every stack, after `ask`; the system's own first."""
        packages = self._host.packages.owners(sorted(set(self._files.values())))
        entries = sorted([*self._entries.values(), *self._linked.values()], key=lambda entry: (entry["origin"] != "system", entry["path"]))
        own = [dict(entry, package=_package(packages.get(self._file(entry)))) for entry in entries]
        return own + [self._apart[path] for path in sorted(self._apart)]

    def configs(self, kind):
        """Return the paths of the system's files that the copies of a library read, sorted, after `ask`."""
        return sorted({entry["config"] for entry in self._of_kind(kind) if entry.get("config")})

    def environments(self, variable):
        """Return the values that programs are started with in that environment *variable*, sorted; none for those without it."""
        return sorted({entry["environment"].get(variable) for entry in self._entries.values()} - {None, ""})

    def _ask_runtime(self, entry):
        runtime, path = runtimes.of_kind(entry["kind"]), self._file(entry)
        told = {"version": None, "hellos": []}
        # Programs are started only where a client needs them.
        may_be_asked = entry["origin"] != "found" and not self._questions.is_file_closed(entry)
        if may_be_asked and _runtime_asker().may_be_asked(self._host, path):
            told = _runtime_asker().facts(self._host, runtime, path, self._questions.variables(entry))
        below = (self._entries[stack] for stack in self._below.get(entry["path"], ()))
        config = next((stack["config"] for stack in below if stack["kind"] == "openssl"), None)
        if hasattr(runtime, "config"):
            config = runtime.config(self._host, path, entry["environment"])
        entry.update(told, version=told["version"] or runtime.version(self._host, path), build=[])
        entry["config"] = self._config(entry, config)

    def _config(self, entry, compiled_in):
        """The system's file that it reads: the one that its program is started with, before the one that it was built with."""
        if entry["path"] in self._foreign:
            # Its path is one of another root, so none of this system's settings is for it.
            return ""
        return entry["environment"].get(file_variable(entry["kind"]), compiled_in)

    def _file(self, entry):
        return self._files[entry["path"]]

    def _questions_for(self, entry):
        path, file = entry["path"], self._file(entry)
        if path in self._foreign or not self._questions.may_be_asked(entry, file):
            return ()
        return self._questions.all(entry, file, self._priorities.get(path, ()), self._ciphers.get(path, ()))

    def _of_kind(self, *kinds):
        return [entry for entry in self._entries.values() if entry["kind"] in kinds]

    def _find_system(self):
        if self._system_found:
            return
        self._system_found = True
        for path in sorted(self._loader.libraries("|".join(KINDS.values()))):
            kind = kind_of(path)
            if kind:
                self.add(kind, path, "system", None)

    def _libraries(self, entry):
        """What the library loads: from beside it where it is there, since the program that brings it looks there first."""
        if entry["path"] in self._foreign:
            return self._questions.brought(entry, self._file(entry))
        try:
            return self._questions.brought(entry, self._file(entry)) + list(self._loader.closure(self._file(entry)))
        except elf.ElfError:
            return []

    def _complete(self, entry, told):
        """The library's own words, and its files' where it said nothing."""
        answer = next((answer for answer in told if answer["library_version"]), {})
        config = answer and (static_facts.config(answer["directory"]) or answer["config"])
        if not config:
            entry.update(static_facts.read(self._host, entry["kind"], self._file(entry), self._libraries(entry)))
        if answer:
            entry["version"] = static_facts.release(answer["library_version"])
            entry["build"] = static_facts.flags(answer["build"])
            entry["config"] = config or entry["config"]
        entry["config"] = self._config(entry, entry["config"])

    def _note_silence(self, entry, told):
        for answer in told:
            if answer["case"] == "system" and answer["error"]:
                self._host.gap(entry["path"], f"wrote no ClientHello: {answer['error']}")


def kind_of(path):
    """Return the kind of the TLS library at *path* by its name, a key of KINDS, or None when it is none."""
    name = os.path.basename(path)
    return next((kind for kind, pattern in KINDS.items() if re.match(f"(?:{pattern})$", name)), None)


def _runtime_asker():
    # Where an interpreter is used, and not on every host: what it imports would take each of them milliseconds.
    from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask_runtime

    return ask_runtime


def _package(found):
    return {"name": found.name, "version": found.version} if found else None
