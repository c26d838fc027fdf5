# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dovecot where it is a client itself: mailboxes on another server (imapc, pop3c), logins checked there, and its proxy."""

import collections
import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, dovecot_commands, endpoints, includes, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import TLS_VARIABLES
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import dovecot_conf
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
    + list(_TLS_SETTINGS)
    + [
        "args",
        "default_fields",
        "driver",
        "host",
        "import_environment",
        "listen",
        "mail_driver",
        "mail_location",
        "override_fields",
        "port",
        "protocols",
        "protocol",
        "proxy",
        "proxy_maybe",
        "query",
        "passdb_driver",
        "passdb_sql_query",
        "ssl",
        "starttls",
    ]
)
# What a database gives for each login (a query of SQL, attributes of LDAP), in a file of its own before 2.4.
_QUERIES = ("password_query", "pass_attrs", "query", "passdb_sql_query")
_PROXIES = re.compile(r"\bproxy(?:_maybe)?\b", re.IGNORECASE)
_DATABASES = ("sql", "ldap")
_LISTENERS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}
Field = collections.namedtuple("Field", "key value setting")


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
                relays.append(base.account("", path, 1, listens=_listens(root, "nowhere")))
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
            yield from _passdb(host, path, root, block)


def _remote_mailbox(path, root, block, client):
    protocol, default = _CLIENTS[client]
    where, port, ssl = (block.find(client + "_" + key) for key in ("host", "port", "ssl"))
    security = _SECURITY.get(ssl.value) if ssl else "none"
    return _account(
        path,
        block,
        Field(where.key, where.value, where),
        protocol,
        (port.value if port else str(default)),
        security,
        [found for found in (port, ssl) if found],
        _listens(root, "on") if _mailboxes(root) == client else [],
    )


def _passdb(host, path, root, block):
    driver, fields = _driver(block), _all_fields(block)
    if driver == "imap" and "host" in fields:
        security = _SECURITY.get(fields["ssl"].value) if "ssl" in fields else "none"
        port = _port_of(fields, "993" if security == "implicit" else "143")
        yield _account(path, block, fields["host"], "imap", port, security, [], [])
    elif "proxy" in fields or "proxy_maybe" in fields or (driver in _DATABASES and _is_queried(host, block)):
        security = "starttls" if "starttls" in fields else "implicit" if "ssl" in fields else "none"
        if "host" not in fields:
            # The security comes from where the server does.
            fields["host"], security = Field("host", None, dovecot_conf.Value("host", None, block.file, block.line)), None
        for protocol in ("imap", "pop3"):
            if _serves(root, protocol):
                port = _port_of(fields, str(endpoints.default_port(protocol, security) or ""))
                yield _account(path, block, fields["host"], protocol, port, security, [], _listens(root, "on", protocol))


def _driver(block):
    """The driver of a passdb; since 2.4 its name where there is no other word of it."""
    found = block.values.get("driver") or block.values.get("passdb_driver")
    return found.value if found else block.name


def _all_fields(block):
    """{name: Field} of a passdb, by its lines of fields, or by the block of them that 2.4 has."""
    fields = {}
    for key in ("default_fields", "args", "override_fields"):
        if key in block.values and (key != "args" or _driver(block) in ("imap", "static")):
            fields.update({name: Field(name, value, block.values[key]) for name, value in _fields(block.values[key].value or "")})
    for inner in block.blocks:
        if inner.kind in ("fields", "passdb_fields"):
            fields.update({name: Field(name, value.value, value) for name, value in inner.values.items()})
    return fields


def _is_queried(host, block):
    """Tell whether a database is asked for the proxy of each login."""
    queries = [block.values[key].value for key in _QUERIES if key in block.values]
    file = (block.values["args"].value or "").rpartition(" ")[2] if "args" in block.values else ""
    if file.startswith("/"):
        try:
            found = dovecot_conf.parse(host.text(file, _AFFECTS) or "", file, _QUERIES.__contains__)
            queries += [value.value for value in found.values.values()]
        except GrammarError as error:
            host.gap(file, f"{error}; Dovecot refuses the whole file", _AFFECTS)
    return any(query is not None and _PROXIES.search(query) for query in queries)


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
        port=int(port) if port and port.isdecimal() and int(port) <= 65535 else None,
        protocol=protocol,
        security=security,
        settings=known + [base.setting(found.key, found.value, found.file, found.line) for found in settings + tls if found.value],
        undecided=undecided,
        listens=listens,
    )


def _fields(text):
    """The fields of a passdb: `key=value` or `key`, with blanks between them."""
    return [(word.partition("=")[0], word.partition("=")[2]) for word in text.split()]


def _port_of(fields, default):
    return fields["port"].value if "port" in fields else default


def _mailboxes(root):
    """Return the kind of the mailboxes that users see: the word before the colon of mail_location, mail_driver since 2.4."""
    found = root.find("mail_driver") or root.find("mail_location")
    return (found.value or "").partition(":")[0] if found else ""


def _serves(root, protocol):
    protocols = root.find("protocols")
    return protocols is None or protocol in (protocols.value or "").split()


def _listens(root, leads, protocol=""):
    """Where Dovecot takes logins: its own ports, or those of its inet_listener blocks; port 0 switches one off."""
    ports = dict(_LISTENERS)
    for block in root.walk():
        if block.kind == "inet_listener" and block.name in ports and "port" in block.values:
            number = block.values["port"].value or ""
            ports[block.name] = int(number) if number.isdecimal() and int(number) <= 65535 else 0
    wanted = [name for name in ports if name.startswith(protocol) and _serves(root, name.rstrip("s"))]
    addresses = (root.find("listen").value or "*").replace(",", " ").split() if root.find("listen") else [""]
    return [
        base.listener("" if address in ("*", "::") else address, ports[name], leads)
        for name in wanted
        if ports[name]
        for address in addresses
    ]
