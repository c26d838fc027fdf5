# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables that systemd's managers give every service: DefaultEnvironment=, and environment.d for the services of users.

systemd-system.conf(5), environment.d(5).
"""

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import systemd_unit

_AFFECTS = "accounts"
_CONFIGURATIONS = ("/usr/lib/systemd/", "/usr/local/lib/systemd/", "/run/systemd/", "/etc/systemd/")
DIRECTORIES = ("/usr/lib/environment.d", "/usr/local/lib/environment.d", "/run/environment.d", "/etc/environment.d")
OWN_DIRECTORY = "/.config/environment.d"


def variables(host, user):
    """Return {name: value} of the manager of *user*, a users.User, or of the system's for None.

    A value is None where only the running manager would know it.
    """
    name = "user.conf" if user else "system.conf"
    drop_ins = _in_order(host, [directory + name + ".d" for directory in _CONFIGURATIONS])
    found = {}
    for path in [directory + name for directory in _CONFIGURATIONS] + drop_ins:
        for entry in systemd_unit.parse(host.text(path, _AFFECTS) or "") if host.is_file(path) else ():
            if (entry.section, entry.key) == ("Manager", "DefaultEnvironment"):
                found = dict(found, **_assigned(entry.value)) if entry.value else {}
    for _path, assigned in of_directories(host, user) if user else ():
        found.update(assigned)
    return found


def of_directories(host, user):
    """Yield (path, {name: value}) of each file of environment.d that counts for *user*, a users.User, in their order."""
    for path in _in_order(host, DIRECTORIES + (user.home + OWN_DIRECTORY,)):
        found = systemd_unit.environment_file(host.text(path, _AFFECTS) or "")
        yield path, {name: None if "$" in value else value for name, value in found.items()}


def _in_order(host, directories):
    """Of files of one name that of the last directory counts, and all go by their names."""
    files = {}
    for directory in directories:
        files.update((name, directory + "/" + name) for name in host.names(directory, _AFFECTS) if name.endswith(".conf"))
    return [files[name] for name in sorted(files)]


def _assigned(value):
    try:
        pairs = systemd_unit.assignments(value)
    except systemd_unit.QuoteError:
        return {}
    return {name: None if "%" in text else text for name, text in pairs.items()}
