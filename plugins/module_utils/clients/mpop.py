# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mpop: the configuration files of its users (mpop(1), FILES)."""

import functools

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.clients.mpop_command import MpopCommand
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mpoprc, services
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "mpop"

_AFFECTS = "client:" + NAME
VERSION = rb"\0(\d+\.\d+\.\d+)\0"
_PORTS = {"implicit": 995, "starttls": 110, "none": 110}
# What a command that can't be looked into may set.
_SETTINGS = ("host", "port", "tls", "tls_starttls", "tls_priorities", "tls_force_sslv3")
_WHAT = {"host": "server", "socket": "server", "tls": "security", "tls_starttls": "security"}
_COMPUTED = "a command prints this line when mpop starts, or it is of a release that is not known here"


def read(host):
    """Return the evidence of mpop on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,), VERSION)
    files = {}
    for user in host.users:
        path = _file(host, user.home, user.home + "/.config")
        if path:
            files[path] = functools.partial(_accounts, host, user.name, path)
    of_rest = functools.partial(_accounts, host)
    accounts = launched.accounts(host, installs, (NAME,), functools.partial(_of_launch, host), files, of_rest)
    base.want_priorities(host, installs, accounts, "tls_priorities")
    return base.evidence(NAME, installs, accounts)


def _file(host, home, config_home):
    """The first of the files that is there is the only one that is read; the second since mpop 1.2.7 (NEWS)."""
    return next((path for path in (home + "/.mpoprc", config_home + "/mpop/config") if host.exists(path)), None)


def _of_launch(host, launch):
    """Return the file that a command reads, and its accounts."""
    command = MpopCommand(launch)
    if not command.fetches:
        return None
    path = command.options.path("file")
    if "file" not in command.options and not command.is_alone:
        home = launch.known("HOME", host.home_of(launch.user))
        config_home = launch.known("XDG_CONFIG_HOME", home and home + "/.config")
        path = _file(host, home, config_home) if home and config_home else None
    return [path] if path else [], _accounts(host, launch.user or "", path, command)


def _accounts(host, user, path, command=None):
    text = host.text(path, _AFFECTS) if path else None
    try:
        found = mpoprc.parse(text or "")
    except GrammarError as error:
        host.gap(path, f"{error}; mpop refuses the whole file", _AFFECTS)
        return []
    found = command.chosen(found) if command else found
    # An account without a host can only be inherited from; mpop refuses to use it.
    usable = [account for account in found if "host" in account.options or mpoprc.UNKNOWN in account.options]
    launch = command.launch if command else None
    accounts = [_account(user, path, account, launch) for account in base.bounded(host, usable, path or "mpop", _AFFECTS)]
    for account in accounts if command else ():
        account["undecided"].extend(command.undecided())
    return accounts


def _account(user, path, account, launch):
    def place(line):
        return (path, line) if line is not None else (launch.file, launch.line)

    options = account.options
    security = _security(options)
    if security == "none" and mpoprc.UNKNOWN in options:
        security = None
    port = _value(options, "port") if "port" in options else _PORTS.get(security)
    undecided = [(_WHAT.get(key, key), _COMPUTED, option) for key, option in sorted(options.items()) if _is_computed(options, key)]
    if _value(options, "socket"):
        undecided.append(("server", "the connection goes through a socket of this host", options["socket"]))
    file, line = place(account.line)
    return base.account(
        user,
        file,
        line,
        name=account.name,
        server=_value(options, "host"),
        port=None if port is None else services.port(port) if isinstance(port, str) else port,
        protocol="pop3",
        security=security,
        settings=[base.setting(key, options[key].value, *place(options[key].line)) for key in _SETTINGS if _value(options, key)],
        undecided=[base.undecided(what, why, *place(option.line)) for what, why, option in undecided],
    )


def _value(options, key):
    return options[key].value if key in options else None


def _security(options):
    """mpop(1), tls and tls_starttls: TLS is off by default; when on, it begins after STLS by default."""
    if "tls" not in options or options["tls"].value == "off":
        return "none"
    if options["tls"].value is None or _is_computed(options, "tls_starttls"):
        return None
    return "implicit" if _value(options, "tls_starttls") == "off" else "starttls"


def _is_computed(options, key):
    return key in options and options[key].value is None
