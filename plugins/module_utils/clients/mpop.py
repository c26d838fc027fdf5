# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mpop: the configuration files of its users (mpop(1), FILES)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mpoprc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "mpop"

_AFFECTS = "client:" + NAME
_VERSION = rb"\0(\d+\.\d+\.\d+)\0"
# The first that is there is the only one that is read; the second since mpop 1.2.7 (NEWS).
_USER_FILES = ("/.mpoprc", "/.config/mpop/config")
_PORTS = {"implicit": 995, "starttls": 110, "none": 110}
# What a command that can't be looked into may set.
_SETTINGS = ("host", "port", "tls", "tls_starttls", "tls_priorities", "tls_force_sslv3")
_WHAT = {"host": "server", "socket": "server", "tls": "security", "tls_starttls": "security"}
_COMPUTED = "a command prints this line when mpop starts, or it is of a release that is not known here"


def read(host):
    """Return the evidence of mpop on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,), _VERSION)
    accounts = [account for user in host.users for account in _accounts(host, user)]
    base.want_priorities(host, installs, accounts, "tls_priorities")
    return base.evidence(NAME, installs, accounts)


def _accounts(host, user):
    path = next((user.home + name for name in _USER_FILES if host.exists(user.home + name)), None)
    text = host.text(path, _AFFECTS) if path else None
    try:
        found = mpoprc.parse(text or "")
    except GrammarError as error:
        host.gap(path, f"{error}; mpop refuses the whole file", _AFFECTS)
        return []
    # An account without a host can only be inherited from; mpop refuses to use it.
    usable = [account for account in found if "host" in account.options or mpoprc.UNKNOWN in account.options]
    return [_account(user.name, path, account) for account in base.bounded(host, usable, path, _AFFECTS)]


def _account(user, path, account):
    options = account.options
    security = _security(options)
    if security == "none" and mpoprc.UNKNOWN in options:
        security = None
    port = _value(options, "port") if "port" in options else _PORTS.get(security)
    undecided = [(_WHAT.get(key, key), _COMPUTED, option) for key, option in sorted(options.items()) if _is_computed(options, key)]
    if _value(options, "socket"):
        undecided.append(("server", "the connection goes through a socket of this host", options["socket"]))
    return base.account(
        user,
        path,
        account.line,
        name=account.name,
        server=_value(options, "host"),
        port=None if port is None else int(port),
        protocol="pop3",
        security=security,
        settings=[base.setting(key, options[key].value, path, options[key].line) for key in _SETTINGS if _value(options, key)],
        undecided=[base.undecided(what, why, path, option.line) for what, why, option in undecided],
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
