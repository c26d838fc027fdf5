# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""fdm: the configuration files of its users and of the system (fdm(1), FILES and -f)."""

import functools
import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import fdm_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.fdm_conf import COMPUTED

NAME = "fdm"

_AFFECTS = "client:" + NAME
_USER_FILE = "/.fdm.conf"
_SYSTEM_FILE = "/etc/fdm.conf"
_TABLE = Table("a:D:f:hklmnqu:vx:", {}, {"f": "file"})
_WHY = "a command, or a macro from the command line, gives it when fdm starts"


def read(host):
    """Return the evidence of fdm on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,))
    places = [(user.name, user.home + _USER_FILE) for user in host.users] + [("", _SYSTEM_FILE)]
    files = {path: functools.partial(_accounts, host, user, path) for user, path in places}
    return base.evidence(NAME, installs, launched.accounts(host, installs, (NAME,), functools.partial(_of_launch, host), files))


def _of_launch(host, launch):
    """Return the file that a command reads, and its accounts."""
    options = launched.Options(launch, _TABLE)
    home = launch.known("HOME", host.home_of(launch.user))
    if "file" in options:
        path = options.path("file")
    else:
        own = home and home + _USER_FILE
        path = own if own is None or host.exists(own) else _SYSTEM_FILE
    if path is not None:
        return [path], _accounts(host, launch.user or "", path)
    if launch.is_active:
        # A template of systemd that nobody has made an instance of starts nothing.
        host.gap(launch.file, f"names in line {launch.line} a configuration of fdm that only the running command would know", _AFFECTS)
    return None


def _accounts(host, user, path):
    def include(name):
        for candidate in (name, posixpath.join(posixpath.dirname(path), name)):
            if COMPUTED not in name and candidate.startswith("/") and host.exists(candidate):
                return candidate, host.text(candidate, _AFFECTS)
        return None, None

    parser = fdm_conf.Parser(include)
    try:
        parser.parse(host.text(path, _AFFECTS) or "", path)
    except GrammarError as error:
        host.gap(path, f"{error}; fdm refuses the whole file", _AFFECTS)
        return []
    for file, line in parser.missing:
        host.gap(file, f"includes in line {line} a file that was not found", _AFFECTS)
    ports = endpoints.Ports(host)
    return [_account(user, account, ports) for account in base.bounded(host, parser.accounts, path, _AFFECTS)]


def _account(user, account, ports):
    options, undecided = account.options, []
    protocol, implicit = account.kind[:4], account.kind.endswith("s")
    security = "implicit" if implicit else "starttls" if "starttls" in options else "none"
    server, port = options.get("server"), endpoints.default_port(protocol, security)
    if "port" in options:
        port = ports.number(options["port"].text)
        if port is None:
            undecided.append(base.undecided("port", _WHY, options["port"].file, options["port"].line))
    if server is not None and COMPUTED in server.text:
        undecided.append(base.undecided("server", _WHY, server.file, server.line))
    if "pipe" in options:
        why = "the connection goes through a command"
        undecided += [base.undecided(what, why, options["pipe"].file, options["pipe"].line) for what in ("server", "security")]
        security, port = None, None
    known = server.text if server is not None and COMPUTED not in server.text else None
    settings = [base.setting("server", known, server.file, server.line)] if known else []
    if "insecure" in options:
        settings.append(base.setting("insecure", "on", options["insecure"].file, options["insecure"].line))
    return base.account(
        user,
        account.file,
        account.line,
        name=account.name.replace(COMPUTED, "?"),
        server=known,
        port=port,
        protocol=protocol,
        security=security,
        enabled=not account.disabled,
        settings=settings,
        undecided=undecided,
    )
