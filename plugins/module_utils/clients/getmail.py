# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""getmail 4 to 6: the rc files of its users, each of which is one account (getmail's documentation, "Creating a getmail rc file")."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, interpreters
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import python_ini
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "getmail"

_AFFECTS = "client:" + NAME
_PACKAGES = ("getmail6", "getmail", "getmail4")
_MAX_FILE = 256 * 1024
# Since release 6; before the other directory where both are there. XDG_CONFIG_HOME would name another one.
_XDG_DIRECTORY = "/.config/getmail"
_XDG_SINCE = (6,)
# The latter is what getmails(1) of Debian falls back to.
_DIRECTORIES = ("/.getmail", "/.getmail/config")
# getmail(1), getmails(1): these are never taken for rc files. State files begin with "oldmail-".
_NO_RC_FILE = re.compile(r"\.|oldmail-|.*(?:~|#|\.json|\.swp|\.bak)$", re.DOTALL)
_HAS_RETRIEVER = re.compile(r"^\s*\[retriever\]", re.MULTILINE)
_TYPE = re.compile(r"(?:Simple|Multidrop|BrokenUIDL(?=POP3))(?P<protocol>IMAP|POP3)(?P<tls>SSL)?Retriever$|MultidropSDPSRetriever$")
_PORTS = {("imap", True): 993, ("imap", False): 143, ("pop3", True): 995, ("pop3", False): 110}
_SETTINGS = ("type", "server", "port", "ssl_version", "ssl_ciphers")


def read(host):
    """Return the evidence of getmail on *host*, or None when nothing of it is there."""
    installs = interpreters.installs(host, (NAME,), ("getmail6", "getmail"), _PACKAGES)
    release, python = base.release(installs), interpreters.major_version(host, installs)
    accounts = []
    for user in host.users:
        for directory, is_taken in _directories(host, user.home, release):
            accounts.extend(_of_directory(host, user.name, directory, is_taken, python))
    base.want_ciphers(host, installs, accounts, "ssl_ciphers")
    return base.evidence(NAME, installs, accounts)


def _directories(host, home, release):
    """The directories where rc files may lie, and whether getmail takes those that it is not told of."""
    has_xdg = (release is None or release >= _XDG_SINCE) and host.exists(home + _XDG_DIRECTORY)
    found = [(home + directory, not has_xdg) for directory in _DIRECTORIES]
    return found + [(home + _XDG_DIRECTORY, True)] if has_xdg else found


def _of_directory(host, user, directory, is_taken, python):
    accounts = []
    for name in host.names(directory, _AFFECTS):
        path = directory + "/" + name
        if _NO_RC_FILE.match(name) or not (host.is_file(path) or name == "getmailrc"):
            continue
        text = _text(host, path)
        if not _HAS_RETRIEVER.search(text or ""):
            continue
        try:
            accounts.append(_account(user, path, name, python_ini.parse(text, python), is_taken))
        except GrammarError as error:
            host.gap(path, f"{error}; getmail refuses the whole file", _AFFECTS)
    return base.bounded(host, accounts, directory, _AFFECTS)


def _text(host, path):
    """The text of what may be an rc file; logs lie in the same directory, and grow."""
    status = host.status(path)
    is_a_log = status is not None and status.st_size > _MAX_FILE
    return host.text(path, None if is_a_log else _AFFECTS, _MAX_FILE)


def _account(user, path, name, sections, is_taken):
    section = sections["retriever"]
    # Defaults don't count: getmail drops them before it looks at this section.
    entries = section.entries
    kind = _TYPE.match(entries["type"].value) if "type" in entries else None
    tls = bool(kind and kind.group("tls"))
    protocol = (kind.group("protocol") or "POP3").lower() if kind else None
    undecided, port = [], _PORTS.get((protocol, tls))
    if kind is None:
        why = "it is none of the kinds of retriever that getmail comes with" if "type" in entries else "it is missing"
        undecided.append(base.undecided("type", why, path, entries["type"].line if "type" in entries else section.line))
    if "port" in entries:
        port = _number(entries["port"].value)
        if port is None:
            undecided.append(base.undecided("port", "Python computes it when getmail runs", path, entries["port"].line))
    return base.account(
        user,
        path,
        section.line,
        name=name,
        server=entries["server"].value if "server" in entries else None,
        port=port,
        protocol=protocol,
        security=("implicit" if tls else "none") if kind else None,
        enabled=is_taken,
        settings=[base.setting(key, entries[key].value, path, entries[key].line) for key in _SETTINGS if key in entries],
        undecided=undecided,
    )


def _number(value):
    """The port, where its value is a plain number; getmail evaluates it as an expression of Python."""
    return int(value) if re.match(r"[1-9]\d{0,4}$", value) and int(value) < 65536 else None
