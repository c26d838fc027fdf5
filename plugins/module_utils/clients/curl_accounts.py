# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The mailboxes among the URLs that curl is given, and the options that act on them (curl(1))."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils import mailbox_url
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import curlrc

# curl writes pop3://, RFC 2384 pop://.
_SCHEMES = {"imap": "imap", "imaps": "imaps", "pop3": "pop", "pop3s": "pops"}
# A URL without a scheme gets one by the beginning of its host's name (curl(1), URL).
_GUESSED = {"imap.": "imap", "pop3.": "pop3"}
# In a value, what the running shell puts there.
COMPUTED = "\0"
# What may be a mailbox, by a scheme that only the running shell knows.
UNKNOWN = mailbox_url.Mailbox(None, COMPUTED, None, None, None)
# Of one URL with such a part curl makes several, or puts a variable of its own there; an address of IPv6 is none.
_PATTERN = re.compile(r"\{[^}]*\}+|\[(?![0-9A-Fa-f:.%]+\])[^\]]*\]")
# The same for the port of a server, behind which nothing else of its name comes.
_COMPUTED_PORT = re.compile(r":[^@/:]*\0[^@/]*(?=/|\Z)")
_UNKNOWN_VALUE = "only the shell that runs the command knows it"
_UNKNOWN_SERVER = _UNKNOWN_VALUE + ", or curl, which makes several names of one"
_UNREAD = "they stand in a configuration that can't be read"


def of(user, groups):
    """Return the accounts of *user* that the URLs of these *groups* of curlrc.Options are, each with the options of its group."""
    found = []
    for options in groups:
        settings = _settings(options)
        found += [_account(user, option, settings) for option in options if option.key == "url" and _mailbox(option, settings)]
    return found[: base.MAX_ACCOUNTS]


def _settings(options):
    """Return the Options in force by key: of those that set the version only the last, as "version"."""
    settings = {}
    for option in options:
        key = "version" if option.key in curlrc.VERSIONS else option.key
        if key.startswith("no-"):
            settings.pop(key[3:], None)
        elif key != "url":
            settings[key] = option
    return settings


def _mailbox(option, settings):
    text = option.value or ""
    if "://" not in text:
        proto = settings.get("proto-default")
        guessed = next((scheme for start, scheme in _GUESSED.items() if text.lower().startswith(start)), None)
        scheme = proto.value.lower() if proto else guessed
        scheme = scheme or (COMPUTED if text.startswith(COMPUTED) else "http")
        text = scheme + "://" + text
    scheme, _colon, rest = text.partition("://")
    known = _SCHEMES.get(scheme.lower())
    if COMPUTED in scheme and any(other.startswith(scheme.lower().partition(COMPUTED)[0]) for other in _SCHEMES):
        return UNKNOWN
    rest = _PATTERN.sub(COMPUTED, rest).partition("?")[0].partition("#")[0]
    return mailbox_url.parse(known + "://" + _COMPUTED_PORT.sub("", rest)) if known else None


def _account(user, option, settings):
    mailbox = _mailbox(option, settings)
    server = None if COMPUTED in mailbox.server else mailbox.server
    kept = [settings[key] for key in ("version", "tls-max", "ciphers", "tls13-ciphers", "curves") if key in settings]
    computed = [item for item in kept if COMPUTED in (item.value or "")]
    undecided = [base.undecided(item.key, _UNKNOWN_VALUE, item.file, item.line) for item in computed]
    if "config" in settings:
        undecided.append(base.undecided("options", _UNREAD, settings["config"].file, settings["config"].line))
    if mailbox is UNKNOWN:
        undecided.append(base.undecided("protocol", _UNKNOWN_VALUE, option.file, option.line))
    if server is None:
        undecided.append(base.undecided("server", _UNKNOWN_SERVER, option.file, option.line))
    return base.account(
        user,
        option.file,
        option.line,
        name="url",
        server=server,
        port=mailbox.port,
        protocol=mailbox.protocol,
        security=_security(mailbox, settings),
        settings=([base.setting("url", server, option.file, option.line)] if server else [])
        + [base.setting(item.key, item.value or "on", item.file, item.line) for item in kept if item not in computed],
        undecided=undecided,
    )


def _security(mailbox, settings):
    if mailbox is UNKNOWN:
        return None
    if mailbox.implicit:
        return "implicit"
    return "starttls" if "ssl" in settings or "ssl-reqd" in settings else "none"
