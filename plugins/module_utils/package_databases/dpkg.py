# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dpkg(1): the installed packages in one text, the files of each in a list of its own."""

import os
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.package_databases.base import Package, content_of, names_of

_STATUS = "/var/lib/dpkg/status"
_FIELD = re.compile(rb"^(Package|Status|Section|Architecture|Multi-Arch|Version): *(.*)$", re.MULTILINE)
# A library's file name without what changes from release to release; Debian Policy 8.1 names the package after it. So are files that
# several packages put into one directory, between the number of their place and what they are for.
_STEM = re.compile(r"^\d+(?=[a-z])|_.*|\.so\b.*|[\d.-]+$")
# Packages put nothing there (Debian Policy 9.1.2).
_NEVER_PACKAGED = ("/usr/local/", "/home/", "/root/")


class Dpkg:
    """The dpkg database of *host*."""

    def __init__(self, host):
        self._host = host
        self._status = None
        self._entries = {}
        self._lists = {}

    @staticmethod
    def is_there(host):
        """Tell whether *host* has this database."""
        return host.exists(_STATUS)

    def package(self, name):
        """Return the installed package *name* as Package, or None."""
        entries = (self._entry(stanza) for other, stanza in self._stanzas() if other == name)
        return next((_package(entry) for entry in entries if entry), None)

    def owners(self, paths):
        """Return {path: Package} of those *paths* that belong to a package."""
        wanted = {}
        for path in paths:
            for name in () if path.startswith(_NEVER_PACKAGED) else names_of(self._host, path):
                wanted[("\n" + name + "\n").encode("utf-8", "surrogateescape")] = path
        found = {}
        for entry in self._most_likely_first(paths) if wanted else ():
            files = self._files(entry)
            for line in [line for line in wanted if line in files]:
                found[wanted[line]] = _package(entry)
            wanted = {line: path for line, path in wanted.items() if path not in found}
            if not wanted:
                break
        return found

    def _most_likely_first(self, paths):
        """All packages: those named after one of the files, then mail programs, then the rest, those without programs last."""
        stems = tuple({_STEM.sub("", os.path.basename(path)).lower() or path for path in paths})
        yield from filter(None, (self._entry(stanza) for name, stanza in self._stanzas() if name.startswith(stems)))
        others = [self._entry(stanza) for name, stanza in self._stanzas() if not name.startswith(stems)]
        yield from sorted(filter(None, others), key=_without_programs)

    def _files(self, entry):
        """The list of the package's files, each between line feeds."""
        name = entry["Package"]
        qualified = f"{name}:{entry.get('Architecture')}"
        names = (qualified, name) if entry.get("Multi-Arch") == "same" else (name, qualified)
        if qualified not in self._lists:
            contents = (content_of(self._host, f"/var/lib/dpkg/info/{name}.list") for name in names)
            self._lists[qualified] = b"\n" + next((content for content in contents if content is not None), b"")
        return self._lists[qualified]

    def _stanzas(self):
        """The paragraphs of the status file with their packages' names; only those that are asked for are taken apart."""
        if self._status is None:
            paragraphs = (content_of(self._host, _STATUS) or b"").split(b"\n\n")
            names = (paragraph.lstrip().partition(b"\n")[0].decode("utf-8", "replace") for paragraph in paragraphs)
            self._status = [(name[9:].strip(), text) for name, text in zip(names, paragraphs) if name.startswith("Package: ")]
        return self._status

    def _entry(self, stanza):
        """The fields of one paragraph, or None when its package is not installed (removed, half installed, none at all)."""
        if stanza not in self._entries:
            self._entries[stanza] = self._taken_apart(stanza)
        return self._entries[stanza]

    @staticmethod
    def _taken_apart(stanza):
        fields = {key.decode(): value.decode("utf-8", "replace").strip() for key, value in _FIELD.findall(stanza)}
        is_plain = "/" not in fields["Package"] + fields.get("Architecture", "")
        return fields if fields.get("Status", "").endswith(" installed") and is_plain else None


def _without_programs(entry):
    if entry.get("Section", "").endswith("mail"):
        return 0
    return 2 if entry.get("Architecture") == "all" or entry["Package"].endswith("-dev") else 1


def _package(entry):
    return Package(entry["Package"], entry.get("Version", ""), entry.get("Architecture", ""))
