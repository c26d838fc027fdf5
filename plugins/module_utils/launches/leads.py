# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripts that a text may lead to in a way that is not followed: by a loop over a directory, a pipe to a shell, another language.

How they are started is not known, only that a word of the text is their name, or that of the directory where they lie.
"""

import posixpath
import re
import stat

from ansible_collections.mailtls.fleet.plugins.module_utils.host import PROGRAM_DIRECTORIES, Absent, Refused, Unreadable

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
_WORD = re.compile(r"[\w./~${}+@-]+")
_REMARK = re.compile(r"^[ \t]*#.*", re.MULTILINE)
# What stands behind a quote or a bracket may be the end of a path, whose beginning a variable or a command gives.
_TAIL = re.compile(r"""["')}`\]]/([\w./+@-]+)""")
_HOME = re.compile(r"(?:~|\$HOME|\$\{HOME\})(?=/)")
_COMPUTED = "~${}"
_READ = re.compile(r"(?:^|[\s;&|(\"'/])(?:\.|source|[a-z]*sh)[ \t]+(?:-\S+[ \t]+)*[\"']?([^\s;&|\"']+)", re.MULTILINE)
# What lies there is started by its name, and not by a pattern.
_OF_PROGRAMS = re.compile(r"/s?bin\Z")
# Where packages have what they start themselves; what that leads to is the package's matter.
OF_PACKAGES = re.compile(r"/(?:usr/)?(?:s?bin|lib\w*|share)/")
# Directories in which nobody has scripts of the site's, and those of which all others are a part.
_NOT_LISTED = re.compile(
    r"/(?:(?:proc|sys|dev|run|tmp|boot|usr/(?!local)|s?bin|lib\w*|var/(?:backups|cache|lib|lock|log|mail|run|spool|tmp))(?:/|\Z)"
    r"|(?:etc|home|usr|var)?\Z)"
)
_NOT_READ = re.compile(r"/(?:proc|sys|dev)/")
MAX_FILES = 20_000  # of all texts together
_MAX_LOOKUPS = 100_000  # of paths that need not be there
_MAX_NAMED = 500  # files and directories that one text names by a path
_MAX_ENTRIES = 200  # of a directory of which any may be meant
_PATH_MAX = 4096
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
        self._scripts = {}

    def note(self, text, context):
        """Take the words of a *text* that the host starts under the launch.Context *context*."""
        places = (context.environment.get("HOME"), context.directory, posixpath.dirname(context.file))
        self._noted.setdefault((text, places), context)

    def scripts(self):
        """Yield (path, text, Context of the noted text) of each script to which a text that was noted leads, for each of these texts."""
        count = 0
        for (noted, places), context in self._noted.items():
            seen, texts = set(), [(noted, places)]
            while texts and self.is_complete:
                text, places = texts.pop()
                for real, script in filter(None, (self._looked_up(*named) for named in self._files(text, places))):
                    if real in seen:
                        continue
                    seen.add(real)
                    count += 1
                    self.is_complete = self.is_complete and count <= MAX_FILES
                    yield real, script, context
                    if not OF_PACKAGES.match(real):
                        texts.append((script, (places[0], None, posixpath.dirname(real))))

    def _looked_up(self, path, how):
        """Return (real path, text) of what may be a script, or None; `how` as in _files."""
        if (path, how) not in self._scripts:
            self.is_complete = self.is_complete and len(self._scripts) < _MAX_LOOKUPS
            text = self._script(path, how) if self.is_complete else None
            self._scripts[(path, how)] = (self._host.realpath(path), text) if text is not None else None
        return self._scripts[(path, how)]

    def _files(self, text, places):
        """Return [(path, how)] of the files that words of *text* may name: how is "read" by a shell, by "name", or with its "directory"."""
        text = _REMARK.sub("", text)
        read = {posixpath.basename(name) for name in _READ.findall(text)}
        home = places[0] if places[0] != "/" else None
        paths, *relative = _sorted(set(_WORD.findall(text)), _TAIL.findall(text), home)
        own = [home + place for place in ("", "/bin", "/.local/bin") if home]
        own += [place for place in places[1:] if place and not _NOT_LISTED.match(place)]
        # What fits in a directory may be one itself: "cd jobs && ./fetch".
        named = paths + [path for directory in own for path in self._fitting(directory, *relative)]
        self.is_complete = self.is_complete and len(named) <= _MAX_NAMED
        named = named[:_MAX_NAMED]
        listed = [path for path in named if not _NOT_LISTED.match(path)]
        names = named + [path for directory in (*PROGRAM_DIRECTORIES, *listed) for path in self._fitting(directory, *relative)]
        found = dict.fromkeys((path, "read" if posixpath.basename(path) in read else "name") for path in names)
        for directory in listed:
            entries = self._names(directory)
            if len(entries) <= _MAX_ENTRIES and not _OF_PROGRAMS.search(directory):
                found.update(dict.fromkeys((directory + "/" + entry, "directory") for entry in sorted(entries)))
        return list(found)

    def _fitting(self, directory, names, relative):
        """The paths that names, and paths relative to a directory, have in this one."""
        entries = self._names(directory)
        for name in sorted(names & entries):
            yield directory + "/" + name
        for first in sorted(relative.keys() & (entries | {".."})) if entries else ():
            yield from (posixpath.normpath(directory + "/" + word) for word in relative[first])

    def _names(self, directory):
        if directory not in self._entries:
            self._entries[directory] = frozenset(self._host.names(directory, _AFFECTS))
        return self._entries[directory]

    def _script(self, path, how):
        """The text of what may be a script: by the right to execute it, because a shell is told to read it, or by "#!" in its directory."""
        status = self._host.status(path) if not _NOT_READ.match(path) else None
        if status is None or not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= _MAX_SCRIPT:
            return None
        is_script = how == "read" or status.st_mode & 0o111
        if not (is_script or how == "directory"):
            return None
        try:
            content = self._host.read(path, _MAX_SCRIPT)
        except Refused as error:
            self._host.gap_of(path, error, _AFFECTS)
            return None
        except (Absent, Unreadable):
            return None
        if b"\0" in content[:_HEAD] or not (is_script or content.startswith(b"#!")):
            return None
        return content.decode("utf-8", "replace")


def _sorted(words, tails, home):
    """Return of *words* the absolute paths, the names without a directory, and by their first parts the paths from an unknown directory."""
    absolute, names, relative = set(), set(), {}
    for word in sorted(word for word in words.union(tails) if len(word) < _PATH_MAX):
        word = word[word.find("/") :] if word.startswith("-") and "/" in word else word
        in_home = _HOME.match(word)
        if word.startswith("/") or (in_home and home):
            absolute.add(posixpath.normpath((home + word[in_home.end() :] if in_home else word).rstrip("}")))
            continue
        word = posixpath.normpath(_known_end(word).rstrip("}") or ".")
        if "/" in word:
            relative.setdefault(word.split("/")[0], []).append(word)
        else:
            names.add(word)
    return sorted(absolute), names, relative


def _known_end(word):
    """What stands behind the last directory of a path that only the running shell knows."""
    last = word.rfind("/")
    computed = max(word.rfind(letter, 0, max(last, 0)) for letter in _COMPUTED)
    return word if computed < 0 else word[word.find("/", computed) + 1 :]
