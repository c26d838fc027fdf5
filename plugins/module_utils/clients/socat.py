# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""socat where cron or systemd has it speak TLS to a mail server (socat(1), OPENSSL)."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, launched

NAME = "socat"

_AFFECTS = "client:" + NAME
_KINDS = ("openssl", "openssl-connect", "ssl", "ssl-connect", "openssl-client")
_LISTENING = re.compile(r"(?:tcp[46]?|tcp[46]?-l|tcp[46]?-listen)\Z")
# Option groups of socat with their other names.
_SETTINGS = {
    "method": "openssl-method",
    "openssl-method": "openssl-method",
    "openssl-min-proto-version": "openssl-min-proto-version",
    "min-version": "openssl-min-proto-version",
    "openssl-max-proto-version": "openssl-max-proto-version",
    "max-version": "openssl-max-proto-version",
    "cipher": "openssl-cipherlist",
    "ciphers": "openssl-cipherlist",
    "cipherlist": "openssl-cipherlist",
    "openssl-cipherlist": "openssl-cipherlist",
}


def read(host):
    """Return the evidence of socat on *host*, or None where it speaks to no mail server."""
    installs = base.installs(host, (NAME,), (NAME,))
    accounts, relays = [], []
    for launch in host.launches.of(NAME):
        for account, is_mail in _connections(host, launch):
            launched.under_environment(host, installs, launch, [account])
            (accounts if is_mail else relays).append(account)
    base.want_ciphers(host, installs, accounts + relays, "openssl-cipherlist")
    return base.relay_evidence(host, NAME, installs, accounts, relays)


def _connections(host, launch):
    ports = endpoints.Ports(host)
    words = [word for word in launch.argv[1:] if not word.text.startswith("-")]
    addresses = [_address(word) for word in words if ":" in word.text]
    listens = []
    for kind, place, options, _is_decided in addresses:
        number = ports.number(place)
        if _LISTENING.match(kind) and "listen" in kind + "-listen" * kind.endswith("-l") and number:
            listens.append(base.listener(options.get("bind", ""), number))
    for kind, place, options, is_decided in addresses:
        if kind not in _KINDS:
            continue
        server, port = ports.split(place, None)
        settings = {_SETTINGS[key]: value for key, value in options.items() if key in _SETTINGS}
        undecided = (
            [] if is_decided else [base.undecided("options", "only the shell that runs the command knows them", launch.file, launch.line)]
        )
        account = base.account(
            launch.user or "",
            launch.file,
            launch.line,
            server=server,
            port=port,
            protocol=endpoints.protocol(port),
            security="implicit",
            enabled=launch.is_active,
            settings=([base.setting("openssl", server, launch.file, launch.line)] if server else [])
            + [base.setting(key, value, launch.file, launch.line) for key, value in settings.items()],
            undecided=undecided,
            listens=listens,
        )
        yield account, any(map(endpoints.is_mail, [port] + [listener["port"] for listener in listens]))


def _address(word):
    """Return (kind, place, {option: value}, is_decided) of an address `KIND:place,option=value,...`; names are in lower case."""
    kind, _colon, rest = word.text.partition(":")
    place, *options = rest.split(",")
    pairs = [option.partition("=") for option in options]
    return kind.lower(), place, {name.strip().lower(): value for name, _equals, value in pairs}, word.is_decided
