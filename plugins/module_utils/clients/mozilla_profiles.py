# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The profiles of Mozilla mail programs: profiles.ini, and by which copy of which program each was last opened."""

import collections
import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mozilla_installs
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini

Profile = collections.namedtuple("Profile", "user directory sandbox opened_from version")
Profile.__doc__ = """One profile. user: a users.User.  sandbox: the packaging whose directory it lies in, or None.
opened_from: program directory of the copy that last opened it, and its version (numbers); None and () when not told."""

MAX_PROFILES = 20
# -P names one of profiles.ini, which are read anyway (the program's --help).
_OPTION = re.compile(r"--?profile(?:=(?P<path>.*))?\Z", re.DOTALL)


def read(host, program):
    """Return the profiles of all users that belong to the mozilla_installs.Program *program*."""
    places = [(path, None) for path in program.profiles + program.shared]
    places += [(sandbox.profiles, sandbox) for sandbox in program.sandboxes]
    found = {}
    for user in host.users:
        for path, sandbox in places:
            for directory in _listed(host, user.home + "/" + path, "client:" + program.name):
                profile = _profile(host, user, directory, sandbox)
                owner = mozilla_installs.owner(profile.opened_from or "") if sandbox is None else program.name
                if owner == program.name or (owner is None and path not in program.shared):
                    # One link to another program's directory is how Debian's Thunderbird took over Icedove's profiles.
                    found.setdefault(host.realpath(directory), profile)
    for user, directory in _launched(host, program):
        found.setdefault(host.realpath(directory), _profile(host, user, directory, None))
    return [found[directory] for directory in sorted(found)]


def _launched(host, program):
    """Yield (user, directory) of each profile that a command names by its path."""
    for launch in host.launches.of(program.name):
        words = list(launch.argv[1:])
        for place, word in enumerate(words):
            match = _OPTION.match(word.text)
            if match is None or not launch.is_active:
                continue
            named = word.__class__(match.group("path"), word.is_decided) if match.group("path") else (words[place + 1 :] or [None])[0]
            path = launch.path(named.text) if named and named.is_decided else None
            user = next((user for user in host.users if user.name == launch.user), None)
            if path and user:
                yield user, path
            elif named:
                why = "names a profile that only the running command would know"
                host.gap(f"{launch.file}, line {launch.line}", why, "client:" + program.name)


def _listed(host, directory, affects):
    """Return the directories that profiles.ini names (nsToolkitProfileService)."""
    path = directory + "/profiles.ini"
    content = host.text(path, affects)
    if content is None:
        return []
    sections, errors = ini.parse(content)
    if errors:
        host.gap(path, f"{errors[0]}; that line is left out", affects)
    named = [section for section in sections if re.match(r"Profile\d+\Z", section.name or "")]
    if len(named) > MAX_PROFILES:
        host.gap(path, f"names more than {MAX_PROFILES} profiles: only the first of them were read", affects)
    found = []
    for section in named[:MAX_PROFILES]:
        relative, location = (ini.last([section], section.name, key) for key in ("IsRelative", "Path"))
        if location is None or not location.value:
            host.gap(path, f"line {section.line}: expected a Path for this profile", affects)
            continue
        base = directory if relative is not None and relative.value == "1" else "/"
        found.append(posixpath.normpath(posixpath.join(base, location.value)))
    return found


def _profile(host, user, directory, sandbox):
    sections, _errors = ini.parse(host.text(directory + "/compatibility.ini") or "")
    opened_from = ini.last(sections, "Compatibility", "LastPlatformDir")
    version = ini.last(sections, "Compatibility", "LastVersion")
    return Profile(
        user,
        directory,
        sandbox,
        opened_from.value if opened_from and opened_from.value.startswith("/") else None,
        mozilla_installs.numbers(version.value if version else None),
    )
