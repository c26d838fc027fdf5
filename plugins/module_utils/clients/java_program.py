# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs for Java that cron, systemd and the like start, with JavaMail (Jakarta Mail) in them or on their class path (java(1))."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils import elf
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import compiled_programs
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import java

NAME = "Java program"

# An archive has the names of its files in clear; a source names packages with dots.
_SIGN = (rb"(?:javax|jakarta)[/.]mail[/.]|(?:javax|jakarta)\.mail|angus-mail",)
_LIBRARY = re.compile(r"(?:(?:javax|jakarta)\.mail|mailapi|angus-mail|mail-?\d).*\.jar$")
_CLASS_PATH = ("-cp", "-classpath", "--class-path")
_MAX_ARCHIVE = 128 * 1024 * 1024
_MAX_FILES = 200


def read(host):
    """Return the evidence of such programs on *host*, or None when there is none."""
    launches = [launch for launch in host.launches.all() if launch.interpreter and _runs(launch)]

    def library_of(launch):
        files = _files(host, launch)
        library = next((path for path in files if _has_mail(host, path)), None)
        return (files[0], library) if library else None

    def stacks_of(launch):
        program = launch.interpreter[0].text
        found = [launch.path(program)] if "/" in program else host.programs(program)
        known = {name: value for name, value in launch.tls_environment.items() if value is not None}
        return (found[0], host.stacks.of_interpreter(found[0], known)) if found and found[0] else (None, [])

    return compiled_programs.read(host, NAME, launches, library_of, stacks_of)


def _runs(launch):
    return java.NAMES.match(launch.interpreter[0].text.rpartition("/")[2])


def _files(host, launch):
    """The paths of what a command has Java load: the archive or source that it names, its class path, and libraries beside them."""
    words = [word.text for word in launch.interpreter if word.is_decided]
    given = [words[place + 1] for place, word in enumerate(words[:-1]) if word in _CLASS_PATH]
    environment = launch.variable("CLASSPATH")
    given += [environment.text] if environment and environment.is_decided else []
    named = [launch.path(text) for text in [launch.program or ""] + [part for text in given for part in text.split(":")] if text]
    files = []
    for path in filter(None, named):
        directory = path[:-2] if path.endswith("/*") else path.rpartition("/")[0] if path.endswith(".jar") else None
        files += [path] if host.is_file(path) else []
        for place in [directory, directory + "/lib"] if directory else []:
            files += [place + "/" + name for name in host.names(place) if _LIBRARY.match(name)]
    return files[:_MAX_FILES]


def _has_mail(host, path):
    return elf.find_bytes(host, path, _SIGN, _MAX_ARCHIVE) != [None]
