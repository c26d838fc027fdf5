# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""neomutt (neomutt(1), FILES; the order of the files as neomutt 20220429 looks for them)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mutt_family

NAME = "neomutt"

_DIRECTORIES = ("/.config/neomutt/", "/.config/mutt/", "/.neomutt/", "/.mutt/", "/.")
_FORCED_SINCE = (20220429,)


def _forced(release):
    """Measured in 20220429: ssl_force_tls is on by default; since when is not known."""
    return "yes" if release is not None and release >= _FORCED_SINCE else None


_PROGRAM = mutt_family.Program(
    name=NAME,
    packages=("neomutt",),
    version_pattern=rb"\0(20\d{6})\0",
    user_files=tuple(directory + name for directory in _DIRECTORIES for name in ("neomuttrc", "muttrc")),
    system_files=("/etc/xdg/neomutt/neomuttrc", "/etc/xdg/neomutt/Muttrc", "/etc/neomuttrc", "/etc/Muttrc"),
    drop_in="/etc/neomuttrc.d",
    late=True,
    forced=_forced,
)


def read(host):
    """Return the evidence of neomutt on *host*, or None when nothing of it is there."""
    return mutt_family.read(host, _PROGRAM)
