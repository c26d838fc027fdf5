# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""stunnel: the services that speak TLS to a mail server for programs that can't (stunnel(8))."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import stunnel_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "stunnel"

_AFFECTS = "client:" + NAME
PROGRAMS = ("stunnel4", "stunnel", "stunnel5")
PACKAGES = ("stunnel4", "stunnel")
VERSION = rb"stunnel (\d+\.\d+)"
_DIRECTORIES = ("/etc/stunnel", "/usr/local/etc/stunnel")
_USER_DIRECTORY = "/.config/stunnel"
_PROTOCOLS = ("imap", "pop3")
# It goes through a proxy of HTTP, to the server that protocolHost names.
_THROUGH_PROXY = "connect"
# The command line of stunnel 3, and of the program of that name that writes a configuration for later ones (stunnel3(8)).
_WRAPPER = "stunnel3"
_TABLE = Table(
    "cTWfD:O:o:C:p:v:a:A:t:N:u:n:E:R:B:I:d:s:g:P:r:L:l:",
    {},
    {"c": "client", "C": "ciphers", "n": "protocol", "d": "accept", "r": "connect"},
)
_OTHERS = ("ciphers", "ciphersuites", "curve", "curves", "securitylevel", "fips", "engine", "enginedefault")


def read(host):
    """Return the evidence of stunnel on *host*, or None when nothing of it is there."""
    installs = base.installs(host, PROGRAMS, PACKAGES, VERSION)
    reader = _Reader(host)
    for directory in _DIRECTORIES:
        reader.directory("", directory)
    for user in host.users:
        reader.directory(user.name, user.home + _USER_DIRECTORY)
    for launch in host.launches.of(*PROGRAMS, _WRAPPER):
        reader.launch(launch, installs)
    base.want_ciphers(host, installs, reader.accounts + reader.relays, "ciphers")
    return base.relay_evidence(host, NAME, installs, reader.accounts, reader.relays)


class _Reader:
    def __init__(self, host):
        self._host = host
        self._ports = endpoints.Ports(host)
        self._made = {}
        self.accounts = []
        self.relays = []

    def directory(self, user, directory):
        for name in self._host.names(directory, _AFFECTS):
            if name.endswith(".conf"):
                self._file(user, directory + "/" + name)

    def launch(self, launch, installs):
        """Read the configuration that a command line names or is, unless it was read already; its environment counts then."""
        options = launched.Options(launch, _TABLE)
        if "connect" in options:
            # Without -c it takes TLS itself.
            if "client" in options:
                self._of_options(launch, installs, options)
            return
        word = next((word for word in launch.argv[1:] if not word.text.startswith("-") or not word.is_decided), None)
        path = launch.path(word.text) if word and word.is_decided else None
        if path:
            self._file(launch.user or "", path)
            launched.under_environment(self._host, installs, launch, self._made[self._host.realpath(path)] if launch.is_active else [])
        elif word and launch.is_active:
            # A template of systemd that nobody has made an instance of starts nothing.
            self._host.gap(f"{launch.file}, line {launch.line}", "names a configuration of stunnel that only the shell knows", _AFFECTS)

    def _of_options(self, launch, installs, options):
        def option(key, value):
            return stunnel_conf.Option(key, value, launch.file, launch.line)

        keys = ("accept", "connect", "ciphers", "protocol")
        if any(options.is_computed(key) for key in keys):
            self._host.gap(f"{launch.file}, line {launch.line}", "has stunnel connect to where only the shell knows", _AFFECTS)
            return
        known = {key: option(key, options.text(key)) for key in keys if options.text(key)}
        lists = {key: [known.pop(key)] for key in ("accept", "connect") if key in known}
        made = self._of_service(launch.user or "", stunnel_conf.Service(_WRAPPER, launch.file, launch.line, known, lists))
        for account in launched.under_environment(self._host, installs, launch, made):
            account["enabled"] = launch.is_active

    def _file(self, user, path):
        real = self._host.realpath(path)
        if real in self._made:
            return
        made = self._made[real] = []
        text = self._host.text(path, _AFFECTS)
        try:
            services = stunnel_conf.parse(text or "", path, self._include)
        except GrammarError as error:
            self._host.gap(path, f"{error}; stunnel refuses the whole configuration", _AFFECTS)
            return
        clients = [service for service in services if _is_client(service)]
        for service in base.bounded(self._host, clients, path, _AFFECTS):
            made += self._of_service(user, service)

    def _include(self, directory):
        if not directory.startswith("/"):
            why = "is a relative path, and where it leads depends on the directory that stunnel is started in"
            self._host.gap(directory, why, _AFFECTS)
            return
        for name in self._host.names(directory, _AFFECTS):
            path = directory.rstrip("/") + "/" + name
            if self._host.is_file(path):
                yield path, self._host.text(path, _AFFECTS) or ""

    def _of_service(self, user, service):
        protocol = service.options["protocol"].value.lower() if "protocol" in service.options else None
        targets = service.lists.get("connect", [])
        if protocol == _THROUGH_PROXY:
            targets = [service.options["protocolhost"]] if targets and "protocolhost" in service.options else []
            protocol = None
        return [self._account(user, service, target, protocol) for target in targets]

    def _account(self, user, service, target, protocol):
        server, port = self._ports.split(target.value, "localhost")
        listens = [self._ports.split(accept.value, "") for accept in service.lists.get("accept", [])]
        account = base.account(
            user,
            service.file,
            service.line,
            name=service.name,
            server=server,
            port=port,
            protocol=protocol if protocol in _PROTOCOLS else endpoints.protocol(port),
            security="starttls" if protocol in _PROTOCOLS else "implicit",
            settings=[base.setting(target.key, server, target.file, target.line)]
            + [base.setting(option.key, option.value, option.file, option.line) for option in _settings(service)],
            listens=[base.listener(address, number) for address, number in listens if number],
        )
        is_mail = protocol in _PROTOCOLS or (
            protocol is None and any(map(endpoints.is_mail, [port] + [number for _address, number in listens]))
        )
        (self.accounts if is_mail else self.relays).append(account)
        return account


def _is_client(service):
    return "client" in service.options and service.options["client"].value.lower() == "yes"


def _settings(service):
    """The settings that act on versions, in the order in which stunnel hands them to OpenSSL (src/ctx.c, context_init)."""
    options = service.options
    low, high = options.get("sslversionmin"), options.get("sslversionmax")
    bounds = [low] if low is high else [_as(low, "sslversionmin"), _as(high, "sslversionmax")]
    others = [options.get(key) for key in _OTHERS]
    switches = service.lists.get("options", [])
    # What is taken back stays so, in whatever order the lines stand.
    cleared = [option.value[1:].lower() for option in switches if option.value.startswith("-")]
    switched = [option for option in switches if option.value.lower() not in cleared and not option.value.startswith("-")]
    return [option for option in bounds + others + switched + service.lists.get("config", []) if option]


def _as(option, key):
    return option and option._replace(key=key)
