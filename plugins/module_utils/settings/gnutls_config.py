# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The system's configuration of GnuTLS (since 3.6.9), read as GnuTLS 3.7 reads it: its manual, chapter 8, and lib/inih.

A line that can't be read costs the whole file; a key or value that GnuTLS does not know is passed over. Repeated keys add up, but of
default-priority-string and override-mode the last stands, and of a named priority string the first.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Setting = collections.namedtuple("Setting", "section key value line")
Setting.__doc__ = (
    (Setting.__doc__ or "")
    + """

Attributes:
    section: "global", "priorities" or "overrides".
    key: in lower case, as GnuTLS ignores it; the name of a priority string as written.
    value: as written, without spaces and comment around it.
"""
)

GLOBAL, PRIORITIES, OVERRIDES = "global", "priorities", "overrides"
MODE, DEFAULT_PRIORITY = "override-mode", "default-priority-string"
MAX_LINE = 2045  # bytes, without its end; GnuTLS takes the rest for another line

_SPACE = " \t\n\v\f\r"
_COMMENT_BEHIND = re.compile(r"[ \t\n\v\f\r][;#]")
_ALLOWING = ("enabled-version", "tls-enabled-", "secure-", "enabled-curve")
_BLOCKING = ("disabled-version", "tls-disabled-", "insecure-", "disabled-curve")


def parse(text):
    """Return the settings of the three sections as a list of Setting, in file order, whether they have an effect or not.

    Raises:
        GrammarError: GnuTLS would ignore the whole file.
    """
    settings, section, key = [], "", None
    for number, raw in enumerate(_lines(text), start=1):
        line = raw.strip(_SPACE)
        if len(raw.encode("utf-8", "surrogateescape")) > MAX_LINE:
            raise GrammarError(number, f"a line of at most {MAX_LINE} bytes")
        if not line or line[0] in ";#":
            continue
        if key and raw[0] in _SPACE:
            # An indented line is one more value of the key before it.
            value = line
        elif line[0] == "[":
            section, key = _header(line, number), None
            continue
        else:
            key, value = _entry(line, number)
        settings.append(Setting(section or PRIORITIES, key if section in ("", PRIORITIES) else key.lower(), value, number))
    return [setting for setting in settings if setting.section in (GLOBAL, PRIORITIES, OVERRIDES)]


def effective(settings):
    """Return those of the *settings* that GnuTLS obeys: of the two modes, which exclude each other, only the one that is on."""
    modes = [setting.value.lower() for setting in settings if (setting.section, setting.key) == (GLOBAL, MODE)]
    allows = [mode for mode in modes if mode in ("allowlist", "blocklist")][-1:] == ["allowlist"]
    other = _BLOCKING if allows else _ALLOWING
    obeyed = [setting for setting in settings if setting.section != OVERRIDES or not setting.key.startswith(other)]
    first = {setting.key: setting.line for setting in reversed(obeyed) if setting.section == PRIORITIES}
    last = {(setting.section, setting.key): setting.line for setting in obeyed if setting.key in (MODE, DEFAULT_PRIORITY)}
    return [setting for setting in obeyed if setting.line == _standing(setting, first, last)]


def _standing(setting, first, last):
    """The line whose value stands for the key of *setting*."""
    return first[setting.key] if setting.section == PRIORITIES else last.get((setting.section, setting.key), setting.line)


def _lines(text):
    return (text[1:] if text.startswith("\ufeff") else text).split("\n")


def _header(line, number):
    name, bracket, _rest = _without_comment(line[1:]).partition("]")
    if not bracket:
        raise GrammarError(number, "']' after the name of a section")
    return name.lower()


def _entry(line, number):
    key, value = re.match(r"([^=:]*)(?:[=:](.*))?$", line, re.DOTALL).groups()
    if value is None or _COMMENT_BEHIND.search(key):
        raise GrammarError(number, "a key, '=' and a value")
    return key.rstrip(_SPACE), _without_comment(value).strip(_SPACE)


def _without_comment(text):
    comment = _COMMENT_BEHIND.search(text)
    return text[: comment.start()] if comment else text
