# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""fetchmail: the run control files of its users, and that of the daemon of Debian and others (fetchmail(1), FILES)."""

import functools
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.clients.fetchmail_command import Command
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import fetchmailrc, services
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "fetchmail"

_AFFECTS = "client:" + NAME
# Its own version, and a word of sslproto that came with the TLS of 6.4.0. Red Hat brought that to its 6.3 (README.SSL of its package
# says so; its patch fetchmail-6.3.26-ssl-backport of 2016 is kept in other distributions too).
VERSION = rb"\0(\d+\.\d+\.\d+)\0"
BACKPORT = rb"(tls1\.2\+)\0"
_BACKPORTED = "6.4.0"
_USER_FILE = "/.fetchmailrc"
_SYSTEM_FILE = "/etc/fetchmailrc"
_SERVICES = "/etc/services"
# "auto" tries IMAP, then POP3, with the same TLS. ETRN, ODMR and POP2 are other protocols.
_PROTOCOLS = {"auto": None, "imap": "imap", "pop3": "pop3", "apop": "pop3", "rpop": "pop3", "kpop": "pop3", "sdps": "pop3"}
_PORTS = {("imap", True): 993, ("imap", False): 143, ("pop3", True): 995, ("pop3", False): 110}
_ANY_SSLPROTO_IS_STARTTLS = (6, 4)
_TLS_SETTINGS = ("ssl", "sslproto")
_CIPHERS = ("FETCHMAIL_SSL_CIPHERS", "FETCHMAIL_SSL_TLS13_CIPHERSUITES")

# What starts the daemon that reads the system's file: an init script that its defaults switch on, or a unit.
_INIT_SCRIPT = "/etc/init.d/fetchmail"
_INIT_DEFAULTS = "/etc/default/fetchmail"
_START_DAEMON = re.compile(r"^\s*START_DAEMON=([\"']?)(?P<value>\w*)\1", re.MULTILINE)
_OVERRIDE = re.compile(r"^\s*OPTIONS=(?:.*[\s\"'])?(?:-[pP]|--(?:ssl(?!c|f|k)|prot|port|serv|plug))", re.MULTILINE)
_SYSTEMD = "/etc/systemd/system"
_UNIT = "/fetchmail.service"
_UNITS = tuple(directory + _UNIT for directory in (_SYSTEMD, "/usr/lib/systemd/system", "/lib/systemd/system"))


def read(host):
    """Return the evidence of fetchmail on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,), VERSION)
    base.note_backport(host, installs, BACKPORT, _BACKPORTED)
    reader = _Reader(host, base.release(installs))
    files = {user.home + _USER_FILE: functools.partial(reader.of_file, user.name, user.home + _USER_FILE) for user in host.users}
    files[_SYSTEM_FILE] = reader.of_system
    accounts = launched.accounts(host, installs, (NAME,), reader.of_launch, files, reader.of_rest)
    base.want_ciphers(host, installs, accounts, _CIPHERS[0])
    return base.evidence(NAME, installs, accounts)


class _Reader:
    """What one release makes of its files and command lines."""

    def __init__(self, host, release):
        self._host = host
        self._release = release

    def of_file(self, user, path):
        """Return the accounts of a run that no option was given to."""
        return self._accounts(user, path, None)

    def of_system(self):
        """Return the accounts of the daemon that reads the system's file."""
        accounts = self._accounts("", _SYSTEM_FILE, None)
        if accounts:
            _run_by_daemon(self._host, accounts)
        return accounts

    def of_rest(self, user, path):
        """Return all accounts of a file that a command of *user* reads."""
        return self._accounts("" if path == _SYSTEM_FILE else user, path, None)

    def of_launch(self, launch):
        """Return the file that a command reads, and the accounts that it connects to."""
        command = Command(launch, self._host.home_of(launch.user))
        if not command.fetches:
            return None
        paths = [command.path] if command.path else []
        user = "" if command.path == _SYSTEM_FILE else launch.user or ""
        return paths, self._accounts(user, command.path, command)

    def _accounts(self, user, path, command):
        text = self._host.text(path, _AFFECTS) if path else None
        try:
            entries = fetchmailrc.parse(text or "")
            mailboxes = fetchmailrc.mailboxes(command.entries(entries) if command else entries)
        except GrammarError as error:
            self._host.gap(path, f"{error}; fetchmail refuses the whole file", _AFFECTS)
            return []
        if command:
            overrides = command.overrides()
            mailboxes = [box._replace(skip=False, options=dict(box.options, **overrides)) for box in mailboxes if command.polls(box)]
        mailboxes = [mailbox for mailbox in mailboxes if _protocol(mailbox) in _PROTOCOLS]
        mailboxes = base.bounded(self._host, mailboxes, path or "fetchmail", _AFFECTS)
        ports = services.tcp_ports(self._host.text(_SERVICES) or "") if mailboxes else {}
        accounts = [_account(user, _Place(path, command), mailbox, self._release, ports) for mailbox in mailboxes]
        if command and not accounts and command.undecided():
            accounts = [base.account(user, command.launch.file, command.launch.line)]
        variables, undecided = launched.own_variables(self._host, command and command.launch, _CIPHERS, user) if accounts else ([], [])
        for account in accounts:
            account["settings"].extend(variables)
            account["undecided"].extend(undecided + (command.undecided() if command else []))
        return accounts


class _Place:
    """Where something stands: in the file, or, without a line of its own, on the command line."""

    def __init__(self, path, command):
        self._path = path
        self._launch = command.launch if command else None

    def of(self, line):
        """Return (file, line)."""
        return (self._path, line) if line is not None else (self._launch.file, self._launch.line)


def _account(user, place, mailbox, release, ports):
    entry, options = mailbox.entry, mailbox.options
    endpoint = options.get("via") or fetchmailrc.Option(entry.key, entry.name, entry.line)
    protocol = _PROTOCOLS[_protocol(mailbox)]
    security, port, undecided = _security(options, release), _port(options.get("service"), ports), []
    if security is None:
        undecided.append(("security", "what this sslproto means depends on the release, which is not known", options["sslproto"]))
    if port is None and "service" in options:
        undecided.append(("port", "the host's list of services has no such port", options["service"]))
    if "plugin" in options:
        undecided.append(("server", "the connection goes through a command", options["plugin"]))
    if "plugin" in options and security != "implicit":
        security = None
        undecided.append(("security", "the connection goes through a command, which may speak TLS by itself", options["plugin"]))
    file, line = place.of(mailbox.line)
    return base.account(
        user,
        file,
        line,
        name=entry.name,
        server=endpoint.value,
        port=port or _PORTS.get((protocol, security == "implicit")),
        protocol=protocol,
        security=security,
        enabled=not mailbox.skip,
        settings=[
            base.setting(option.key, option.value, *place.of(option.line))
            for option in [endpoint] + [options[key] for key in _TLS_SETTINGS if key in options]
        ],
        undecided=[base.undecided(what, why, *place.of(option.line)) for what, why, option in undecided],
    )


def _protocol(mailbox):
    option = mailbox.options.get("protocol")
    return option.value if option else "auto"


def _security(options, release):
    """fetchmail(1), --ssl and --sslproto; NEWS of 6.4.0: before, no other sslproto than TLS1 led to STARTTLS."""
    if "ssl" in options and options["ssl"].value == "on":
        return "implicit"
    if "sslproto" not in options or options["sslproto"].value.lower() == "tls1":
        return "starttls"
    if not options["sslproto"].value:
        return "none"
    if release is None:
        return None
    return "starttls" if release >= _ANY_SSLPROTO_IS_STARTTLS else "none"


def _port(service, ports):
    if service is None:
        return None
    return services.port(service.value) or ports.get(service.value)


def _run_by_daemon(host, accounts):
    text = (host.text(_INIT_DEFAULTS, _AFFECTS) or "") if host.exists(_INIT_SCRIPT) else None
    starts = _is_started(host, text)
    override = _OVERRIDE.search(text or "")
    for account in accounts:
        account["enabled"] = account["enabled"] and starts
        if override:
            why = "options of the daemon's command line win over its file"
            account["undecided"].append(base.undecided("OPTIONS", why, _INIT_DEFAULTS, text.count("\n", 0, override.end()) + 1))


def _is_started(host, init_defaults):
    """Tell whether the host starts a daemon on the system's file; without unit and script, whoever wrote the file runs it."""
    unit = next((path for path in _UNITS if host.exists(path)), None)
    if unit:
        # A masked unit is a link to a device (systemctl(1), mask).
        wanting = [name for name in host.names(_SYSTEMD, _AFFECTS) if name.endswith(".wants")]
        return host.is_file(unit) and any(host.exists(_SYSTEMD + "/" + name + _UNIT) for name in wanting)
    if init_defaults is None:
        return True
    values = [match.group("value") for match in _START_DAEMON.finditer(init_defaults)]
    return values[-1:] == ["yes"]
