# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reader that all mail programs built from Mozilla's code share.

logins.json, key4.db and signons.* of a profile, where passwords and tokens lie, are never opened.
"""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import (
    base,
    launched,
    mozilla_accounts,
    mozilla_installs,
    mozilla_layers,
    mozilla_profiles,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.clients.mozilla_preferences import Doubt, Preferences

_NO_COPY = mozilla_layers.Layers([], [])
_NO_COPY_OPENS_IT = "none of the installed copies is known to open this profile"
_UNDECIDED_COPY = "the installed copies have different settings, and which of them opens this profile is not known"


def read(host, name):
    """Return the evidence of the program called *name* in mozilla_installs.PROGRAMS, or None when nothing of it is there."""
    program = mozilla_installs.program(name)
    affects = "client:" + name
    profiles = mozilla_profiles.read(host, program)
    opened_from = sorted({profile.opened_from for profile in profiles if profile.opened_from and not profile.sandbox})
    copies = mozilla_installs.copies(host, program, opened_from)
    layers = {copy.directory: mozilla_layers.of_install(host, copy, program.obscured, affects) for copy in copies}
    accounts = []
    for profile in profiles:
        accounts.extend(_accounts(host, name, profile, _candidates(host, copies, profile), layers))
    accounts = base.bounded(host, accounts, "profiles of " + name, affects)
    return base.evidence(name, [copy.install for copy in copies], accounts)


def _candidates(host, copies, profile):
    """Return the installed copies that may open a profile: the one that did last, or all of the same packaging."""
    if profile.opened_from:
        opened_from = host.realpath(profile.opened_from)
        last = [copy for copy in copies if copy.directory == opened_from]
        if last:
            return last
    return [copy for copy in copies if copy.sandbox == profile.sandbox]


def _accounts(host, name, profile, candidates, of_copies):
    affects = "client:" + name
    found = [of_copies[copy.directory] for copy in candidates] or [_NO_COPY]
    versions = {copy.version for copy in candidates}
    version = versions.pop() if len(versions) == 1 else ()
    version = version or profile.version
    own = []
    for file in ("prefs.js", "user.js"):
        own.extend(mozilla_layers.of_file(host, profile.directory + "/" + file, version, affects))
    preferences, *others = [Preferences(layers.before + own + layers.after) for layers in found]
    for other in others:
        preferences.doubt_where_other(other, Doubt(_UNDECIDED_COPY, profile.directory + "/prefs.js", 1))
    accounts = mozilla_accounts.read(host, preferences, profile, version, affects)
    if not candidates:
        for account in accounts:
            account["undecided"].append(base.undecided("TLS library", _NO_COPY_OPENS_IT, account["config"], account["line"]))
    return launched.in_session(host, [copy.install for copy in candidates], name, accounts, in_terminal=False)
