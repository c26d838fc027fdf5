# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a program in a Flatpak keeps what it keeps in its user's home otherwise (flatpak(1), "Sandbox"; XDG_CONFIG_HOME, XDG_DATA_HOME)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base

_APPLICATIONS = "/.var/app"
_MOVED = (("/.config", "/config"), ("/.local/share", "/data"))


def places(host, user, path, affects):
    """Return [(path, name of the Flatpak or None)] of what lies at *path* below the home of *user*, and of the same in each Flatpak."""
    moved = next((new + path[len(old) :] for old, new in _MOVED if path == old or path.startswith(old + "/")), path)
    directory = user.home + _APPLICATIONS
    return [(user.home + path, None)] + [(f"{directory}/{name}{moved}", name) for name in host.names(directory, affects)]


def leave_open(account, name):
    """Return *account*; where it is one of the Flatpak *name*, which brings its own TLS library, that is undecided."""
    if name:
        why = f"it runs in the Flatpak {name}, whose own library was not looked at"
        account["undecided"].append(base.undecided("TLS library", why, account["config"], account["line"]))
    return account
