# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files make HAProxy's configurations (haproxy(1), -f)."""

import re

USUAL = "/etc/haproxy/haproxy.cfg"
_DIRECTORY = "/etc/haproxy/conf.d"


def configurations(host, name):
    """Return the paths of each configuration: those that command lines name, and the usual ones unless one of these reads the first.

    Args:
        host: the Host.
        name: of the program, and of the client that gaps affect.
    """
    affects, found = "client:" + name, []
    for launch in host.launches.of(name):
        paths = [path for word in _named(launch.argv[1:]) for path in _files(host, launch, word, affects)]
        if paths and paths not in found and (launch.is_active or USUAL not in paths):
            found.append(paths)
    if not any(USUAL in paths for paths in found):
        found.insert(0, [USUAL] + _of_directory(host, _DIRECTORY, affects))
    return found


def _named(words):
    """Yield the Words behind -f, and those behind --, which ends the options."""
    for place, word in enumerate(words):
        if word.is_decided and word.text == "--":
            yield from words[place + 1 :]
            return
        if place and words[place - 1].is_decided and words[place - 1].text == "-f":
            yield word


def _files(host, launch, word, affects):
    """The files that a *word* of a command line names; a directory stands for those in it."""
    path = launch.path(word.text) if word.is_decided and word.text else None
    if path is None:
        if launch.is_active:
            host.gap(f"{launch.file}, line {launch.line}", "has HAProxy read a file that only the running command would know", affects)
        return []
    return _of_directory(host, path, affects) if host.is_dir(path) else [path]


def _of_directory(host, directory, affects):
    """The files of a *directory* that HAProxy reads, in the order of their names (haproxy(1), -f)."""
    return [directory + "/" + name for name in sorted(host.names(directory, affects)) if re.match(r"[^.].*\.cfg\Z", name, re.DOTALL)]
