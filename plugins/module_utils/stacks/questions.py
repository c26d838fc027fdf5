# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a TLS library is asked, and with what beside it: the questions of `ask.ask`."""

import os
import sys

from ansible_collections.mailtls.fleet.plugins.module_utils import elf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import environment

SERVER_NAME = "outlook.office365.com"
# What switches the system's settings off, for the question what the library could do without them.
_BARE = {
    "openssl": {"OPENSSL_CONF": ""},
    "gnutls": {"GNUTLS_SYSTEM_PRIORITY_FILE": "/dev/null"},
    "nss": {"NSS_IGNORE_SYSTEM_POLICY": "1"},
}
# Names another file than the one that was compiled in; of OpenSSL, an empty one none (config(5ssl)).
_FILE_VARIABLE = {"gnutls": "GNUTLS_SYSTEM_PRIORITY_FILE", "nss": None}
# Programs that leave GnuTLS's default alone are asked for as "system"; this is what most others pass.
_USUAL_PRIORITY = "NORMAL"


def file_variable(kind):
    """Return the variable that names the settings file of libraries of that *kind*, or None."""
    return _FILE_VARIABLE.get(kind, "OPENSSL_CONF")


class Questions:
    """The questions to the libraries of *host*, of which its dynamic *loader* knows what they need.

    An `entry` is what is known of a library, as in the evidence of a stack; `file` is the path of its file.
    """

    def __init__(self, host, loader):
        self._host = host
        self._loader = loader

    def all(self, entry, file, priorities, ciphers):
        """Yield all questions to a library, also with the *priorities* (GnuTLS) and lists of *ciphers* (OpenSSL) that accounts give it."""
        kind, path = entry["kind"], entry["path"]
        common = dict(self.common(entry, file), server_name=SERVER_NAME)
        yield dict(common, id=f"{path} system", case="system")
        yield dict(common, id=f"{path} bare", case="bare", env=_BARE[kind])
        if kind == "gnutls":
            for number, priority in enumerate(dict.fromkeys([_USUAL_PRIORITY, *priorities])):
                yield dict(common, id=f"{path} priority {number}", case="priority", priority=priority)
        if kind == "openssl":
            for number, named in enumerate(dict.fromkeys(ciphers)):
                yield dict(common, id=f"{path} ciphers {number}", case="ciphers", priority=named, cipher_list=named)

    def common(self, entry, file):
        """Return what is the same in all of them: all but `id`, `server_name` and `descriptor`."""
        brought = self.brought(entry, file)
        searched = [place for path in [file, *brought] for place in self._searched(path)]
        question = {"kind": entry["kind"], "path": file, "preload": brought, "searched": searched, "env": self.variables(entry)}
        return dict(question, is_only_found=entry["origin"] == "found")

    def variables(self, entry):
        """Return the environment of a program that uses it: what the system gives every session, and what this one sets besides."""
        common = {name: value for name, value in environment.read(self._host).items() if value is not None}
        return dict(common, **entry["environment"])

    def is_file_closed(self, entry):
        """Tell whether its program names a file that we may not read: without it the library would say something else."""
        named = entry["environment"].get(file_variable(entry["kind"]))
        return bool(named) and self._host.exists(named) and not os.access(named, os.R_OK)

    def may_be_asked(self, entry, file):
        """Tell whether it can be loaded here as its programs load it; where it can't, a gap may say why."""
        if not self._host.live or self.is_file_closed(entry):
            return False
        affects = None if entry["origin"] == "found" else "stack:" + entry["kind"]
        try:
            machine, ours = (self._loader.elf(path).machine for path in (file, os.path.realpath(sys.executable)))
        except elf.ElfError as error:
            self._host.gap(entry["path"], f"could not be asked for its ClientHello: {error}", affects)
            return False
        if machine != ours:
            why = f"could not be asked for its ClientHello: it is made for {machine}, and this Python for {ours}"
            self._host.gap(entry["path"], why, affects)
        return machine == ours

    def brought(self, entry, file):
        """Return what a bundled library needs from its own directory, where this process would not look for it; the deepest first."""
        if entry["origin"] == "system":
            return []
        found = []
        self._add_siblings(file, {file}, found)
        return found

    def _add_siblings(self, path, seen, found):
        for soname in self._needed(path):
            sibling = os.path.dirname(path) + "/" + soname
            if sibling not in seen and self._host.is_file(sibling):
                seen.add(sibling)
                self._add_siblings(sibling, seen, found)
                found.append(sibling)

    def _searched(self, path):
        try:
            return self._loader.searched(path)
        except elf.ElfError:
            return ()

    def _needed(self, path):
        try:
            return self._loader.elf(path).needed
        except elf.ElfError:
            return ()
