# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a user's desktop starts: by itself when a session begins, and by the user's own entries of the menu.

Sources: the Desktop Application Autostart Specification 0.5, and the Desktop Entry Specification 1.5 ("The Exec key").
"""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import SESSION_VARIABLES, Context, Word
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import environment, ini

# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
SOURCE = "desktop"
_SYSTEM_AUTOSTART = "/etc/xdg/autostart"
_AUTOSTART = "/.config/autostart"
# A package's entries of the menu start its program without settings.
_MENU = "/.local/share/applications"
_GROUP = "Desktop Entry"
_WORD = re.compile(r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s"]+))')
# What stands for files that the entry is opened with.
_FIELD_CODE = re.compile(r"%[fFuUick]\Z")
_ESCAPE = re.compile(r'\\(["`$\\])')
_ESCAPES_OF_TEXT = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def commands(host, session_of):
    """Yield (Words, Context) of each entry, for each user with a desktop's directories.

    Args:
        host: the Host.
        session_of: function from a users.User to the sessions.Session.
    """
    for user in host.users:
        own = {name: user.home + _AUTOSTART + "/" + name for name in _entries(host, user.home + _AUTOSTART)}
        menu = [user.home + _MENU + "/" + name for name in _entries(host, user.home + _MENU)]
        if own or menu or host.is_dir(user.home + "/.config"):
            common = {name: _SYSTEM_AUTOSTART + "/" + name for name in _entries(host, _SYSTEM_AUTOSTART)}
            # Of two files of one name the user's own counts.
            for path in sorted(dict(common, **own).values()) + menu:
                yield from _command(host, path, user, session_of)


def _entries(host, directory):
    return [name for name in host.names(directory, _AFFECTS) if name.endswith(".desktop")]


def _command(host, path, user, session_of):
    sections, errors = ini.parse(host.text(path, _AFFECTS) or "", comments="#")
    for error in errors:
        host.gap(path, str(error), _AFFECTS)
    entry = ini.last(sections, _GROUP, "Exec")
    if entry is None or any(_is_true(sections, key) for key in ("Hidden", "X-GNOME-Autostart-Disabled")):
        return
    words = [text for text in _words(_text(entry.value)) if not _FIELD_CODE.match(text)]
    if words:
        variables = dict(environment.read(host, SESSION_VARIABLES, user.home), HOME=user.home, USER=user.name)
        variables.update((variable.name, variable.value) for variable in session_of(user).login.values())
        context = Context(SOURCE, path, entry.line, user.name, variables, user.home)
        yield [Word(text.replace("%%", "%"), "%" not in text.replace("%%", "")) for text in words], context


def _is_true(sections, key):
    entry = ini.last(sections, _GROUP, key)
    return entry is not None and entry.value.strip() == "true"


def _text(value):
    """The escapes of every value of type string."""
    return re.sub(r"\\(.)", lambda match: _ESCAPES_OF_TEXT.get(match.group(1), match.group()), value)


def _words(text):
    for match in _WORD.finditer(text):
        quoted = match.group("quoted")
        yield match.group("plain") if quoted is None else _ESCAPE.sub(r"\1", quoted)
