# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""doveadm and dsync on command lines: the file that they read, and settings behind -o win over those of the configuration (doveadm(1))."""

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import dovecot_conf

_CLIENTS = ("imapc", "pop3c")


def configuration(launch):
    """Return the Word of the file that a *launch* reads in place of the usual one, or None."""
    found = None
    for place, word in enumerate(launch.argv[1:], 1):
        if word.text == "-c" and word.is_decided:
            found = launch.argv[place + 1] if place + 1 < len(launch.argv) else None
        elif word.text.startswith("-c/"):
            found = word.__class__(word.text[2:], word.is_decided)
    return found


def block(launch, root, wanted):
    """Return the Block of the settings that a *launch* gives by -o, in the Block *root*; None when none of them bears on a remote mailbox.

    Args:
        launch: of doveadm or dsync.
        root: of the configuration that it reads.
        wanted: function of a setting's name that tells whether it is kept; a password is among the others.
    """
    found = dovecot_conf.Block("doveadm", "", launch.file, launch.line, root)
    words = list(launch.argv[1:])
    for place, word in enumerate(words):
        text, is_decided = word.text, word.is_decided
        if text == "-o" and is_decided and place + 1 < len(words):
            text, is_decided = "-o" + words[place + 1].text, words[place + 1].is_decided
        key, equals, value = text[2:].partition("=")
        if text.startswith("-o") and equals and wanted(key):
            found.values[key] = dovecot_conf.Value(key, value if is_decided else None, launch.file, launch.line)
    for client in _CLIENTS:
        host = found.find(client + "_host")
        if host is not None and any(key.startswith((client, "ssl_")) for key in found.values):
            found.values[client + "_host"] = host
    return found if any(client + "_host" in found.values for client in _CLIENTS) else None
