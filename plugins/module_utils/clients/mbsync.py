# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mbsync of isync: the connections of its users' configuration files (mbsync(1), FILES)."""

import functools

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mbsyncrc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "mbsync"

_AFFECTS = "client:" + NAME
VERSION = rb"isync (\d+(?:\.\d+)+)"
_FILE = "/.mbsyncrc"
# Since isync 1.5, and before the other where both are there. XDG_CONFIG_HOME names another directory than ~/.config.
_XDG_FILE = "/isyncrc"
_XDG_SINCE = (1, 5)
_TABLE = Table(
    "c:D::alndfugNLHCRXVqvhFS",
    {"config": REQUIRED, "version": "", "help": ""},
    {"c": "config", "config": "config", "v": "ends", "version": "ends", "h": "ends", "help": "ends"},
)
_COMPUTED = "which file it reads is known only when the command runs"
_REDESIGNED = (1, 2)
_URLS_UNTIL = (1, 5)
_NOT_SETTINGS = ("port", "tunnel")
_SECURITY = {"none": "none", "starttls": "starttls", "imaps": "implicit"}
_PORTS = {"implicit": 993, "starttls": 143, "none": 143}


def read(host):
    """Return the evidence of mbsync on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), ("isync",), VERSION)
    release = base.release(installs)
    files = {
        path: functools.partial(_accounts, host, user.name, path, release)
        for user in host.users
        for path in _files(host, user.home, user.home + "/.config", release)
    }
    of_launch = functools.partial(_of_launch, host, release)
    accounts = launched.accounts(host, installs, (NAME,), of_launch, files)
    base.want_ciphers(host, installs, accounts, "cipherstring")
    return base.evidence(NAME, installs, accounts)


def _of_launch(host, release, launch):
    """Return the file that a command reads, and its connections."""
    options = launched.Options(launch, _TABLE)
    if "ends" in options:
        return None
    user = launch.user or ""
    if "config" in options:
        paths = [options.path("config")]
    else:
        home = launch.known("HOME", host.home_of(launch.user))
        paths = _files(host, home, launch.known("XDG_CONFIG_HOME", home and home + "/.config"), release) if home else [None]
    if paths == [None]:
        return (), [base.account(user, launch.file, launch.line, protocol="imap", undecided=[options.note("server", _COMPUTED)])]
    return paths, [account for path in paths for account in _accounts(host, user, path, release)]


def _files(host, home, config_home, release):
    """Return the file that mbsync would read; where its release is not known, both."""
    xdg_file = (config_home or home + "/.config") + _XDG_FILE
    if release is None:
        return [xdg_file, home + _FILE]
    takes_xdg = release >= _XDG_SINCE and host.exists(xdg_file)
    return [xdg_file if takes_xdg else home + _FILE]


def _accounts(host, user, path, release):
    text = host.text(path, _AFFECTS)
    try:
        accounts = mbsyncrc.parse(text or "", release)
    except GrammarError as error:
        host.gap(path, f"{error}; mbsync refuses the whole file", _AFFECTS)
        return []
    return [_account(user, path, account, release) for account in base.bounded(host, accounts, path, _AFFECTS)]


def _account(user, path, account, release):
    settings = {setting.key: setting for setting in account.settings}
    tunnel = settings.get("tunnel")
    security = _security(account.settings, release)
    why = "the connection goes through the command of Tunnel"
    return base.account(
        user,
        path,
        account.line,
        name=account.name,
        server=_server(settings["host"].value, release)[0] if "host" in settings else None,
        port=None if tunnel else _port(settings) or _PORTS[security],
        protocol="imap",
        security=security,
        settings=[
            base.setting(setting.key, setting.value, path, setting.line) for setting in account.settings if setting.key not in _NOT_SETTINGS
        ],
        undecided=[base.undecided("server", why, path, tunnel.line)] if tunnel else [],
    )


def _port(settings):
    return int(settings["port"].value or 0) if "port" in settings else 0


def _server(host, release):
    """Return the server that Host names, and whether it does so as a URL of implicit TLS, a form that isync 1.5 dropped."""
    if release and release >= _URLS_UNTIL:
        return host, False
    scheme = next((scheme for scheme in ("imaps:", "imap:") if host.startswith(scheme)), "")
    server = host[len(scheme) :]
    return server[2:] if server.startswith("//") else server, scheme == "imaps:"


def _security(settings, release):
    """mbsync(1), SSLType; for the keywords before isync 1.2 its source of 1.1, and of 1.4, which still translates them."""
    values = {setting.key: setting.value for setting in settings}
    chosen = None
    for setting in settings:
        if setting.key in ("ssltype", "tlstype"):
            chosen = _SECURITY[setting.value.lower()]
        elif setting.key == "host" and _server(setting.value, release)[1]:
            chosen = "implicit"
    if chosen:
        return chosen
    if any(key in mbsyncrc.LEGACY for key in values):
        if mbsyncrc.is_on(values.get("useimaps")):
            return "implicit"
        return "starttls" if mbsyncrc.has_versions(values) else "none"
    return "none" if "tunnel" in values and (release or _REDESIGNED) >= _REDESIGNED else "starttls"
