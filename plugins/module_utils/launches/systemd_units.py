# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The units of one manager of systemd, the system's or a user's: which file counts, its drop-ins, and what is enabled (systemd.unit(5))."""

import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import systemd_unit

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
SYSTEM_DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/transient",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
USER_DIRECTORIES = ("/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user", "/lib/systemd/user")
OWN_DIRECTORY = "/.config/systemd/user"
# What comes with packages, and is many files: only those are read of which a word says that they could matter.
_OF_PACKAGES = ("/usr/lib/", "/lib/", "/usr/share/")
_WANTS = re.compile(r".*\.(?:wants|requires|upholds)$")
_TRIGGERS = (".timer", ".socket", ".path")
_SERVICE = ".service"
_MAX_FILE = 256 * 1024


class Units:
    """The service units in *directories*, the first of which counts most.

    Args:
        host: the Host.
        directories: where the unit files are.
        concerns: function that tells whether a package's unit of this text could matter.
    """

    def __init__(self, host, directories, concerns):
        self._host = host
        self._concerns = concerns
        self._directories = []
        # In some systems one of the directories is a link to another.
        for directory in directories:
            if host.is_dir(directory) and host.realpath(directory) not in map(host.realpath, self._directories):
                self._directories.append(directory)
        self._names = {directory: host.names(directory, _AFFECTS) for directory in self._directories}
        self._wanted = self._wanted_names()
        self._texts = {}

    def services(self):
        """Yield (unit, entries, is_active) of each service that could matter; entries: [(file, systemd_unit.Entry)] in their order."""
        for name in sorted(self._service_names()):
            entries = self.entries(name)
            if entries:
                for unit in self._instances(name):
                    yield unit, entries, self.is_active(unit)

    def entries(self, name):
        """Return [(file, Entry)] of the unit file *name* and its drop-ins; none when it is masked, absent or of no matter."""
        path = self._path(name)
        drop_ins = self._drop_ins(name)
        main = self._text(path) if path else None
        texts = [(file, self._text(file) or "") for file in drop_ins]
        if main is None or not self._matters(path, [main] + [text for _file, text in texts], bool(drop_ins)):
            return []
        return [(file, entry) for file, text in [(path, main)] + texts for entry in systemd_unit.parse(text)]

    def is_active(self, unit):
        """Tell whether something that is enabled starts the service *unit*."""
        if unit in self._wanted:
            return True
        stem = unit[: -len(_SERVICE)]
        if any(stem + suffix in self._wanted for suffix in _TRIGGERS):
            return True
        return any(self._triggered(trigger) == unit for trigger in self._wanted if trigger.endswith(_TRIGGERS))

    def _triggered(self, trigger):
        """The unit that a timer, socket or path names."""
        path = self._path(trigger) or self._path(_template(trigger))
        entries = systemd_unit.parse(self._text(path) or "") if path else []
        kind = trigger.rpartition(".")[2]
        named = [entry.value for entry in entries if entry.key in ("Unit", "Service") and entry.section.lower() == kind]
        return named[-1] if named else None

    def _service_names(self):
        return {name for names in self._names.values() for name in names if name.endswith(_SERVICE)}

    def _path(self, name):
        return next((directory + "/" + name for directory in self._directories if name in self._names[directory]), None)

    def _text(self, path):
        if path not in self._texts:
            # A masked unit is a link to a device.
            is_file = self._host.is_file(path)
            self._texts[path] = self._host.text(path, _AFFECTS, _MAX_FILE) if is_file else None
        return self._texts[path]

    def _matters(self, path, texts, has_drop_ins):
        is_of_package = path.startswith(_OF_PACKAGES) and not has_drop_ins
        return not is_of_package or any(map(self._concerns, texts))

    def _drop_ins(self, name):
        """The files of the directories NAME.d and TYPE.d: of two with one name the one in the directory that counts more."""
        stem = name[: -len(_SERVICE)]
        prefixes = [stem[: match.end()] for match in re.finditer("-", stem)]
        owners = ["service"] + [prefix + _SERVICE for prefix in prefixes] + [_template(name), name]
        found = {}
        for owner in dict.fromkeys(owners):
            for directory in reversed(self._directories):
                if owner + ".d" in self._names[directory]:
                    for file in self._host.names(directory + "/" + owner + ".d", _AFFECTS):
                        if file.endswith(".conf"):
                            found[file] = directory + "/" + owner + ".d/" + file
        return [found[file] for file in sorted(found)]

    def _wanted_names(self):
        found = set()
        for directory in self._directories:
            for name in self._names[directory]:
                if _WANTS.match(name):
                    found.update(self._host.names(directory + "/" + name, _AFFECTS))
        return found

    def _instances(self, name):
        """The units that the file *name* stands for: of a template, those that something names."""
        if "@." not in name:
            return [name]
        prefix = name.partition("@")[0] + "@"
        named = {wanted for wanted in self._wanted if wanted.startswith(prefix)}
        services = {posixpath.splitext(wanted)[0] + _SERVICE for wanted in named if wanted.endswith((_SERVICE,) + _TRIGGERS)}
        return sorted(services) or [name]


def _template(name):
    """The name of the file that an instance is made of: that of the template; of any other unit its own."""
    stem, at, rest = name.partition("@")
    return stem + "@." + rest.rpartition(".")[2] if at else name
