# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""getmail 4 to 6: the rc files of its users, each of which is one account (getmail's documentation, "Creating a getmail rc file")."""

import functools
import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, interpreters, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import python_ini
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "getmail"

_AFFECTS = "client:" + NAME
_PACKAGES = ("getmail6", "getmail", "getmail4")
_MAX_FILE = 256 * 1024
# Since release 6; before the other directory where both are there. XDG_CONFIG_HOME names another one than ~/.config.
_XDG_DIRECTORY = "/getmail"
_XDG_SINCE = (6,)
# The latter is what getmails(1) of Debian falls back to.
_DIRECTORIES = ("/.getmail", "/.getmail/config")
# getmail(1), getmails(1): these are never taken for rc files. State files begin with "oldmail-".
_NO_RC_FILE = re.compile(r"\.|oldmail-|.*(?:~|#|\.json|\.swp|\.bak)$", re.DOTALL)
_HAS_RETRIEVER = re.compile(r"^\s*\[retriever\]", re.MULTILINE)
_TYPE = re.compile(r"(?:Simple|Multidrop|BrokenUIDL(?=POP3))(?P<protocol>IMAP|POP3)(?P<tls>SSL)?Retriever$|MultidropSDPSRetriever$")
_PORTS = {("imap", True): 993, ("imap", False): 143, ("pop3", True): 995, ("pop3", False): 110}
_TABLE = Table(
    "hg:r:i:s:vqdlan",
    dict(
        dict.fromkeys(("getmaildir", "rcfile", "idle", "searchset"), REQUIRED),
        **dict.fromkeys(("help", "version", "dump", "trace", "verbose", "fingerprint", "quiet", "delete", "dont-delete", "all", "new"), ""),
    ),
    {
        "g": "getmaildir",
        "getmaildir": "getmaildir",
        "r": "rcfile",
        "rcfile": "rcfile",
        "h": "ends",
        "help": "ends",
        "version": "ends",
        "dump": "ends",
    },
)
_SETTINGS = ("type", "server", "port", "ssl_version", "ssl_ciphers")


def read(host):
    """Return the evidence of getmail on *host*, or None when nothing of it is there."""
    installs = interpreters.installs(host, (NAME,), ("getmail6", "getmail"), _PACKAGES)
    release, python = base.release(installs), interpreters.major_version(host, installs)
    files = {
        path: functools.partial(_of_file, host, user.name, path, is_taken, python)
        for user in host.users
        for directory, is_taken in _directories(host, user.home, user.home + "/.config", release)
        for path in _rc_files(host, directory)
    }
    of_launch = functools.partial(_of_launch, host, release, python)
    accounts = launched.accounts(host, installs, (NAME,), of_launch, files)
    base.want_ciphers(host, installs, accounts, "ssl_ciphers")
    return base.evidence(NAME, installs, accounts)


def _of_launch(host, release, python, launch):
    """Return the rc files that a command reads, and their accounts."""
    options = launched.Options(launch, _TABLE)
    if "ends" in options:
        return None
    directory = _directory(host, release, launch, options)
    paths = [path and posixpath.join(directory or "", path) for path in options.texts("rcfile")]
    if "rcfile" not in options and directory:
        paths = _rc_files(host, directory)
        default = directory + "/getmailrc"
        paths = [default] if default in paths else paths
    if not paths or any(path is None or not path.startswith("/") for path in paths):
        # getmails(1) takes each file of the directory in turn: they are read anyway.
        known = directory is not None and _rc_files(host, directory)
        why = "which file it reads is known only when the command runs"
        return None if known else ((), [base.account(launch.user or "", launch.file, launch.line, undecided=[options.note("server", why)])])
    return paths, [account for path in paths for account in _of_file(host, launch.user or "", posixpath.normpath(path), True, python)]


def _directory(host, release, launch, options):
    """The directory where a command looks for its rc files, or None when only the command knows it."""
    if "getmaildir" in options:
        return options.path("getmaildir")
    home = launch.known("HOME", host.home_of(launch.user))
    config_home = launch.known("XDG_CONFIG_HOME", home and home + "/.config")
    taken = (
        [directory for directory, is_taken in _directories(host, home, config_home, release) if is_taken] if home and config_home else []
    )
    return next((directory for directory in taken if host.exists(directory)), None)


def _directories(host, home, config_home, release):
    """The directories where rc files may lie, and whether getmail takes those that it is not told of."""
    has_xdg = (release is None or release >= _XDG_SINCE) and host.exists(config_home + _XDG_DIRECTORY)
    found = [(home + directory, not has_xdg) for directory in _DIRECTORIES]
    return found + [(config_home + _XDG_DIRECTORY, True)] if has_xdg else found


def _rc_files(host, directory):
    """The paths of what may be rc files in *directory*."""
    names = [name for name in host.names(directory, _AFFECTS) if not _NO_RC_FILE.match(name)]
    return [directory + "/" + name for name in names if host.is_file(directory + "/" + name) or name == "getmailrc"]


def _of_file(host, user, path, is_taken, python):
    text = _text(host, path)
    if not _HAS_RETRIEVER.search(text or ""):
        return []
    try:
        return [_account(user, path, posixpath.basename(path), python_ini.parse(text, python), is_taken)]
    except GrammarError as error:
        host.gap(path, f"{error}; getmail refuses the whole file", _AFFECTS)
        return []


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
