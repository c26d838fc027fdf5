# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dovecot where it is a client itself: mailboxes on another server (imapc, pop3c), logins checked there, and its proxy."""

import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import (
    base,
    dovecot_commands,
    dovecot_listeners,
    dovecot_passdb,
    endpoints,
    includes,
    launched,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import TLS_VARIABLES
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import dovecot_conf, services
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "dovecot"

_AFFECTS = "client:" + NAME
_PACKAGES = ("dovecot-core", "dovecot")
_FILES = ("/etc/dovecot/dovecot.conf", "/usr/local/etc/dovecot/dovecot.conf")
# Its programs load the module that speaks TLS only when they need it.
_MODULE = "libssl_iostream_openssl.so"
_MODULES = ("/usr/lib/dovecot/modules/", "/usr/lib64/dovecot/", "/usr/lib/dovecot/", "/usr/local/lib/dovecot/")
_CLIENTS = {"imapc": ("imap", 143), "pop3c": ("pop3", 110)}
_SECURITY = {"no": "none", "imaps": "implicit", "pop3s": "implicit", "starttls": "starttls"}
_TLS_SETTINGS = ("ssl_min_protocol", "ssl_protocols", "ssl_cipher_list")
_WANTED = frozenset(
    [client + "_" + key for client in _CLIENTS for key in ("host", "port", "ssl")]
    + list(_TLS_SETTINGS + dovecot_passdb.WANTED)
    + [
        "import_environment",
        "listen",
        "mail_driver",
        "mail_location",
        "port",
        "protocols",
        "protocol",
    ]
)


def read(host):
    """Return the evidence of Dovecot as a client on *host*, or None when nothing of it is there."""
    installs = base.installs(host, ("dovecot",), _PACKAGES)
    for found in installs:
        module = next((path + _MODULE for path in _MODULES if host.is_file(path + _MODULE)), None)
        if module and not found["stacks"]:
            found["stacks"] = host.stacks.of_binary(module)
    accounts, relays = [], []
    for path in _FILES:
        root = _root(host, path)
        if root is not None:
            found = list(_accounts(host, path, root))
            accounts.extend(base.bounded(host, found, path, _AFFECTS))
            if not any(account.get("listens") for account in found):
                # The mailboxes of this very host.
                relays.append(base.account("", path, 1, listens=dovecot_listeners.listens(root, "nowhere")))
        accounts.extend(_of_commands(host, installs, root, path))
    base.want_ciphers(host, installs, accounts, "ssl_cipher_list")
    return base.relay_evidence(host, NAME, installs, accounts, relays)


def _of_commands(host, installs, root, path):
    """The accounts of commands that cron or systemd starts; without a word of it they read the first configuration that is there."""
    if root is None and path != _FILES[0]:
        return
    for launch in host.launches.of("doveadm", "dsync", NAME):
        file, own = _named(host, launch, root)
        if own is not root:
            for account in _accounts(host, file, own):
                # doveadm takes no logins.
                yield from _started(host, installs, launch, account if NAME in launch.names else dict(account, listens=[]))
        block = dovecot_commands.block(launch, own, _WANTED.__contains__) if NAME not in launch.names else None
        for client in _CLIENTS if block else ():
            if client + "_host" in block.values:
                yield from _started(host, installs, launch, dict(_remote_mailbox(launch.file, block, block, client), listens=[]))


def _started(host, installs, launch, account):
    account.update(user=launch.user or "", enabled=launch.is_active)
    return launched.under_environment(host, installs, launch, [account])


def _named(host, launch, root):
    """Return (path, Block) of the configuration that a *launch* names, *root* where it names none that is not read anyway."""
    word = dovecot_commands.configuration(launch)
    path = launch.path(word.text) if word and word.is_decided else None
    if word and path is None and launch.is_active:
        host.gap(f"{launch.file}, line {launch.line}", "has Dovecot read a file that only the running command would know", _AFFECTS)
    own = _root(host, path) if path and path not in _FILES else None
    return (path, own) if own is not None else (None, root)


def _root(host, path):
    def include(pattern, file):
        return includes.matching(host, pattern, posixpath.dirname(file), _AFFECTS)

    text = host.text(path, _AFFECTS)
    try:
        return dovecot_conf.parse(text, path, _WANTED.__contains__, include) if text else None
    except GrammarError as error:
        host.gap(path, f"{error}, there or in a file that it includes; Dovecot refuses the whole configuration", _AFFECTS)
        return None


def _accounts(host, path, root):
    for block in root.walk():
        for client in _CLIENTS:
            if client + "_host" in block.values and block.values[client + "_host"].value != "":
                yield _remote_mailbox(path, root, block, client)
        if block.kind == "passdb":
            for fields in dovecot_passdb.logins(host, block, _AFFECTS):
                yield from _passdb(host, path, root, block, fields)


def _remote_mailbox(path, root, block, client):
    protocol, default = _CLIENTS[client]
    where, port, ssl = (block.find(client + "_" + key) for key in ("host", "port", "ssl"))
    security = _SECURITY.get(ssl.value) if ssl else "none"
    return _account(
        path,
        block,
        dovecot_passdb.Field(where.key, where.value, where),
        protocol,
        (port.value if port else str(default)),
        security,
        [found for found in (port, ssl) if found],
        dovecot_listeners.listens(root, "on") if _mailboxes(root) == client else [],
    )


def _passdb(host, path, root, block, fields):
    if dovecot_passdb.driver(block) == "imap" and "host" in fields:
        security = _SECURITY.get(fields["ssl"].value) if "ssl" in fields else "none"
        port = _port_of(fields, "993" if security == "implicit" else "143")
        yield _account(path, block, fields["host"], "imap", port, security, [], [])
    elif "proxy" in fields or "proxy_maybe" in fields or dovecot_passdb.is_queried(host, block, _AFFECTS):
        security = "starttls" if "starttls" in fields else "implicit" if "ssl" in fields else "none"
        if "host" not in fields:
            # The security comes from where the server does.
            fields["host"], security = dovecot_passdb.Field("host", None, dovecot_conf.Value("host", None, block.file, block.line)), None
        for protocol in ("imap", "pop3"):
            if dovecot_listeners.serves(root, protocol):
                port = _port_of(fields, str(endpoints.default_port(protocol, security) or ""))
                yield _account(path, block, fields["host"], protocol, port, security, [], dovecot_listeners.listens(root, "on", protocol))


def _account(path, block, where, protocol, port, security, settings, listens):
    server, undecided = where.value, []
    if not server or "%" in server:
        server = None
        why = "the server stands in another file, or is put together or looked up for each user"
        undecided.append(base.undecided("server", why, where.setting.file, where.setting.line))
    if security is None:
        why = "Dovecot knows no such word" if where.value else "it comes from where the server does"
        undecided.append(base.undecided("security", why, where.setting.file, where.setting.line))
    handed = block.find("import_environment")
    if handed and any(name in (handed.value or "") for name in TLS_VARIABLES):
        # Its processes get no other variables of the one that starts them.
        why = "its processes get variables that act on TLS"
        undecided.append(base.undecided("import_environment", why, handed.file, handed.line))
    tls = [found for found in map(block.find, _TLS_SETTINGS) if found]
    known = [base.setting(where.key, server, where.setting.file, where.setting.line)] if server else []
    return base.account(
        "",
        path,
        where.setting.line,
        server=server,
        port=services.port(port or ""),
        protocol=protocol,
        security=security,
        settings=known + [base.setting(found.key, found.value, found.file, found.line) for found in settings + tls if found.value],
        undecided=undecided,
        listens=listens,
    )


def _port_of(fields, default):
    return fields["port"].value if "port" in fields else default


def _mailboxes(root):
    """Return the kind of the mailboxes that users see: the word before the colon of mail_location, mail_driver since 2.4."""
    found = root.find("mail_driver") or root.find("mail_location")
    return (found.value or "").partition(":")[0] if found else ""
