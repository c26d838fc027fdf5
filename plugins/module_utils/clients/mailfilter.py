# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mailfilter: POP3 accounts of its users' files (mailfilter(1), FILES and -M)."""

import functools

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mailfilterrc, services
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "mailfilter"

_AFFECTS = "client:" + NAME
_FILE = "/.mailfilterrc"
_TABLE = Table(
    "hL:M:rstiv:V",
    dict(
        dict.fromkeys(("help", "return-value", "skip-ssl-verify", "test", "ignore-time-stamps", "version"), ""),
        **dict.fromkeys(("logfile", "mailfilterrc", "verbose"), REQUIRED),
    ),
    dict({"M": "file", "mailfilterrc": "file"}, **dict.fromkeys(("h", "help", "V", "version"), "ends")),
)


def read(host):
    """Return the evidence of mailfilter on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,))
    files = {user.home + _FILE: functools.partial(_accounts, host, user.name, user.home + _FILE) for user in host.users}
    accounts = launched.accounts(host, installs, (NAME,), functools.partial(_of_launch, host), files)
    return base.evidence(NAME, installs, accounts)


def _of_launch(host, launch):
    """Return the file that a command reads, and its accounts."""
    options = launched.Options(launch, _TABLE)
    if "ends" in options:
        return None
    home = launch.known("HOME", host.home_of(launch.user))
    path = options.path("file") if "file" in options else home and home + _FILE
    if path is None:
        host.gap(launch.file, f"names in line {launch.line} a configuration of {NAME} that only the running command would know", _AFFECTS)
        return None
    accounts = _accounts(host, launch.user or "", path)
    for account in accounts:
        account["undecided"].extend(options.undecided({}))
    return [path], accounts


def _accounts(host, user, path):
    try:
        found = mailfilterrc.parse(host.text(path, _AFFECTS) or "", path, functools.partial(_included, host))
    except GrammarError as error:
        host.gap(path, f"{error} (here or in a file that it includes)", _AFFECTS)
        return []
    return [_account(user, account) for account in base.bounded(host, found, path, _AFFECTS)]


def _included(host, name):
    """A relative name depends on the directory in which mailfilter is started."""
    if not name.text.startswith("/") or not host.exists(name.text):
        host.gap(name.file, f"includes in line {name.line} a file that was not found", _AFFECTS)
        return None
    return name.text, host.text(name.text, _AFFECTS) or ""


def _account(user, account):
    return base.account(
        user,
        account.server.file,
        account.server.line,
        server=account.server.text,
        port=services.port(account.port.text),
        protocol="pop3",
        security="implicit" if account.protocol.text.lower().endswith("/ssl") else "none",
        settings=[base.setting(key, getattr(account, key).text, *getattr(account, key)[1:]) for key in ("server", "protocol")],
    )
