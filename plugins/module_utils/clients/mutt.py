# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mutt (mutt(1), FILES; mutt_find_cfg and mutt_init of mutt 2.2)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mutt_family

NAME = "mutt"


def _forced(release):
    """UPDATING of mutt: ssl_force_tls is on by default in 1.13.0 to 1.13.3, and again since 2.0."""
    if release is None:
        return None
    return "yes" if release >= (2, 0) or (1, 13) <= release < (1, 13, 4) else "no"


_PROGRAM = mutt_family.Program(
    name=NAME,
    packages=("mutt",),
    version_pattern=rb"\0(\d\.\d{1,2}\.\d{1,2})\0",
    user_files=("/.muttrc", "/.mutt/muttrc", "/.config/mutt/muttrc"),
    system_files=("/etc/Muttrc", "/usr/share/mutt/Muttrc", "/usr/local/etc/Muttrc"),
    drop_in="/etc/Muttrc.d",
    late=False,
    forced=_forced,
)


def read(host):
    """Return the evidence of mutt on *host*, or None when nothing of it is there."""
    return mutt_family.read(host, _PROGRAM)
