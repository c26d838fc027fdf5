# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripts that a text may lead to in a way that is not followed: by a loop over a directory, a pipe to a shell, another language.

How they are started is not known, only that a word of the text is their name, or that of the directory where they lie.
"""

import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.host import PROGRAM_DIRECTORIES, Absent, Unreadable

_WORD = re.compile(r"[\w./~${}+@-]+")
_REMARK = re.compile(r"^[ \t]*#.*", re.MULTILINE)
# What stands behind a quote or a bracket may be the end of a path, whose beginning a variable or a command gives.
_TAIL = re.compile(r"""["')}`\]]/([\w./+@-]+)""")
_HOME = re.compile(r"(?:~|\$HOME|\$\{HOME\})(?=/)")
_COMPUTED = re.compile(r".*[~${}][^/]*/|-[^/]*(?=/)")
_READ = re.compile(r"(?:^|[\s;&|(\"'/])(?:\.|source|[a-z]*sh)[ \t]+(?:-\S+[ \t]+)*[\"']?([^\s;&|\"']+)", re.MULTILINE)
# What lies there is started by its name, and not by a pattern.
_OF_PROGRAMS = re.compile(r"/s?bin\Z")
# Where packages have what they start themselves; what that leads to is the package's matter.
OF_PACKAGES = re.compile(r"/(?:usr/)?(?:s?bin|lib\w*|share)/")
_NOT_LOOKED_AT = re.compile(r"/(?:(?:proc|sys|dev)(?:/|\Z)|\Z)")
MAX_FILES = 2000
_MAX_ENTRIES = 200  # of a directory of which any may be meant
_MAX_SCRIPT = 256 * 1024
_HEAD = 256


class Leads:
    """What the texts of *host* lead to, each noted as it is read.

    Attributes:
        is_complete: whether all that they lead to was looked at.
    """

    def __init__(self, host):
        self.is_complete = True
        self._host = host
        self._noted = {}
        self._entries = {}

    def note(self, text, context):
        """Take the words of a *text* that the host starts under the launch.Context *context*."""
        places = (context.environment.get("HOME"), context.directory, posixpath.dirname(context.file))
        self._noted.setdefault((text, places), context)

    def scripts(self, known):
        """Yield (path, text, Context of what leads there) of each script that is none of the real paths *known*."""
        seen, noted = set(known), list(self._noted.items())
        while noted and self.is_complete:
            (text, places), context = noted.pop()
            for path, is_read in self._files(text, places):
                real = self._host.realpath(path)
                script = self._script(real, is_read) if real not in seen else None
                seen.add(real)
                self.is_complete = len(seen) - len(known) <= MAX_FILES
                if script is None or not self.is_complete:
                    continue
                yield real, script, context
                if not OF_PACKAGES.match(real):
                    noted.append(((script, (places[0], None, posixpath.dirname(real))), context))

    def _files(self, text, places):
        """Yield (path, whether a shell is told to read it) of the files that words of *text* may name."""
        text = _REMARK.sub("", text)
        read = {posixpath.basename(name) for name in _READ.findall(text)}
        words, home = set(_WORD.findall(text)), places[0]
        paths = {_normal(_HOME.sub(lambda _match: home or "", word)) for word in words if word.startswith("/") or _HOME.match(word)}
        relative = {_normal(_COMPUTED.sub("", word)) for word in words if not word.startswith("/")} | set(map(_normal, _TAIL.findall(text)))
        directories = [place for place in places if place] + [home + place for place in ("/bin", "/.local/bin") if home]
        directories += list(PROGRAM_DIRECTORIES)
        named = []
        for path in sorted(paths - {None}):
            named.append(path)
            yield path, posixpath.basename(path) in read
        for directory in directories:
            # A directory may be one of those itself: "cd jobs && ./fetch".
            for path in self._fitting(directory, relative):
                if directory not in PROGRAM_DIRECTORIES:
                    named.append(path)
                yield path, posixpath.basename(path) in read
        for directory in named:
            entries = self._names(directory)
            yield from ((path, posixpath.basename(path) in read) for path in self._fitting(directory, relative))
            if len(entries) <= _MAX_ENTRIES and not _OF_PROGRAMS.search(directory):
                yield from ((directory + "/" + entry, False) for entry in entries)

    def _fitting(self, directory, relative):
        entries = self._names(directory)
        for word in sorted(relative & entries):
            yield directory + "/" + word
        for word in sorted(word for word in relative if word and "/" in word and word.split("/")[0] in entries | {".."}):
            yield posixpath.normpath(directory + "/" + word)

    def _names(self, directory):
        if directory not in self._entries:
            is_open = not _NOT_LOOKED_AT.match(directory) and self._host.is_dir(directory) and self._host.may_enter(directory)
            self._entries[directory] = frozenset(self._host.names(directory)) if is_open else frozenset()
        return self._entries[directory]

    def _script(self, path, is_read):
        """The text of what may be a script: by "#!", by the right to execute it, or because a shell is told to read it."""
        status = self._host.status(path) if not _NOT_LOOKED_AT.match(path) else None
        if status is None or not 0 < status.st_size <= _MAX_SCRIPT:
            return None
        try:
            content = self._host.read(path, _MAX_SCRIPT)
        except (Absent, Unreadable):
            return None
        if b"\0" in content[:_HEAD] or not (content.startswith(b"#!") or is_read or status.st_mode & 0o111):
            return None
        return content.decode("utf-8", "replace")


def _normal(word):
    """The path *word* in its shortest form; None of one that is no file's."""
    word = posixpath.normpath(word.rstrip("}") if "{" not in word else word) if word else ""
    return None if word in ("", ".", "..", "/") else word
