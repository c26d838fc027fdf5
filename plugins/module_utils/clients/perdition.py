# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""perdition, the proxy of POP3 and IMAP: one server for each of its four protocols (perdition(8), and its init script)."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import perdition_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "perdition"

_AFFECTS = "client:" + NAME
_DIRECTORY = "/etc/perdition"
_DEFAULTS = "/etc/default/perdition"
_SYSCONFIG = "/etc/sysconfig/perdition"
# Its server: the protocol, the port that it takes and connects to by default.
_SERVERS = {"imap4": ("imap", 143), "imap4s": ("imap", 993), "pop3": ("pop3", 110), "pop3s": ("pop3", 995)}
_SETTINGS = ("ssl_outgoing_min_proto_version", "ssl_outgoing_max_proto_version", "ssl_outgoing_ciphers")
_IMPLICIT, _STARTTLS = ("ssl_outgoing", "ssl_all"), ("tls_outgoing", "tls_all", "tls_outgoing_force", "tls_all_force")
_ASSIGNMENT = re.compile(r"^[ \t]*(?P<name>[A-Z0-9_]+)=(?P<quote>[\"']?)(?P<value>.*?)(?P=quote)[ \t]*(?:#.*)?$", re.MULTILINE)
_OVERRIDE = re.compile(r"(?:^|\s)(?:-[A-Za-z]*[fps]|--(?:config_file|outgoing_|ssl_))")


def read(host):
    """Return the evidence of perdition on *host*, or None when it relays nothing."""
    installs = base.installs(host, (NAME,), (NAME,))
    defaults = _Defaults(host)
    accounts = [account for name in defaults.servers for account in _accounts(host, name, defaults)]
    _under_launches(host, installs, accounts)
    base.want_ciphers(host, installs, accounts, "ssl_outgoing_ciphers")
    return base.relay_evidence(host, NAME, installs, base.bounded(host, accounts, _DIRECTORY, _AFFECTS))


def _under_launches(host, installs, accounts):
    """What units and scripts of the site make of the servers that they start: their environment, and options that win over the file."""
    for launch in host.launches.of(NAME, *(f"{NAME}.{name}" for name in _SERVERS)):
        if launch.is_active:
            own = [account for account in accounts if launch.program.endswith((NAME, "." + account["name"]))]
            launched.under_environment(host, installs, launch, own)
            if any(not word.is_decided or _OVERRIDE.match(word.text) for word in launch.argv[1:]):
                why = "options of the command line win over the file"
                for account in own:
                    account["undecided"].append(base.undecided("options", why, launch.file, launch.line))


class _Defaults:
    """What the init script's defaults say: which servers it starts, and with which options on their command lines.

    Attributes:
        servers: names of those that it starts; of all, where that is not known.
        run: whether it starts any.
    """

    def __init__(self, host):
        self._path = _DEFAULTS if host.exists(_DEFAULTS) else _SYSCONFIG
        self._text = host.text(self._path, _AFFECTS)
        self._assigned = {match.group("name"): match for match in _ASSIGNMENT.finditer(self._text or "")}
        self.run = self._text is None or self._value("RUN_PERDITION") == "yes"
        self.servers = [name for name in _SERVERS if self._text is None or self._value(name.upper()) == "yes"]

    def _value(self, name):
        return self._assigned[name].group("value") if name in self._assigned else ""

    def override(self, server):
        """Return (file, line) of options that win over the configuration of that *server*, or None."""
        for key in ("FLAGS", server.upper() + "_FLAGS"):
            if _OVERRIDE.search(self._value(key)):
                return self._path, self._text.count("\n", 0, self._assigned[key].start("name")) + 1
        return None


def _accounts(host, name, defaults):
    """A server reads the file of its own protocol, or else the common one."""
    paths = [f"{_DIRECTORY}/perdition.{name}.conf", _DIRECTORY + "/perdition.conf"]
    path = next((path for path in paths if host.exists(path)), paths[-1])
    try:
        options = perdition_conf.parse(host.text(path, _AFFECTS) or "")
    except GrammarError as error:
        host.gap(path, f"{error}; perdition refuses the whole file", _AFFECTS)
        return
    last = {option.key: option for option in options if option.value}
    if "outgoing_server" in last:
        yield from _of_servers(host, name, path, options, last, defaults)


def _of_servers(host, name, path, options, last, defaults):
    protocol, default = _SERVERS[name]
    ports = endpoints.Ports(host)
    common = last["outgoing_port"].value if "outgoing_port" in last else str(default)
    listen = ports.number(last["listen_port"].value) if "listen_port" in last else default
    address = last["bind_address"].value if "bind_address" in last else ""
    for target in filter(None, re.split("[, ]", last["outgoing_server"].value)):
        server, _colon, port = target.rpartition("@")[2].partition(":")
        found = base.account(
            "",
            path,
            last["outgoing_server"].line,
            name=name,
            server=server,
            port=ports.number(port or common),
            protocol=protocol,
            security=_security(name, options),
            enabled=defaults.run,
            settings=[base.setting("outgoing_server", server, path, last["outgoing_server"].line)]
            + [base.setting(key, last[key].value, path, last[key].line) for key in _SETTINGS if key in last],
            listens=[base.listener(address, listen)] if listen else [],
        )
        flags = defaults.override(name)
        if flags:
            found["undecided"].append(base.undecided("FLAGS", "options of the command line win over the file", *flags))
        yield found


def _security(name, options):
    """ssl_mode is a list, and every line adds to it; without any, the servers of implicit TLS go on with it (imap4s_encryption)."""
    words = [word.strip().lower() for option in options if option.key == "ssl_mode" for word in option.value.split(",")]
    if any(word in _IMPLICIT for word in words):
        return "implicit"
    if any(word in _STARTTLS for word in words):
        return "starttls"
    return "none" if words or not name.endswith("s") else "implicit"
