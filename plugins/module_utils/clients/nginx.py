# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nginx before mail servers: its stream proxy, which may speak TLS to them, and its mail proxy, which never does."""

import collections
import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, includes, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import nginx_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "nginx"

_TABLE = Table("?hvVtTqs:p:e:c:g:", {}, {"c": "file", "p": "prefix"})
_SETTINGS = ("proxy_ssl_protocols", "proxy_ssl_ciphers")
# Any command of OpenSSL's configuration, behind what the other directives do.
_COMMAND = "proxy_ssl_conf_command"
_LISTS = {name.lower(): name for name in ("CipherString", "Ciphersuites", "Curves")}
_WANTED = _SETTINGS + (_COMMAND, "include", "listen", "proxy_pass", "proxy_ssl", "protocol", "server")
_MAIL = {"imap": "imap", "pop3": "pop3"}

# programs: their names; paths: of programs that lie where no other program does. files: those that builds read; below: the same below a
# prefix that a command line names. version: what tells nginx's own release inside of the program.
Product = collections.namedtuple("Product", "name programs paths packages files below version")

_NGINX = Product(
    NAME,
    (NAME,),
    ("/usr/local/nginx/sbin/nginx",),
    ("nginx", "nginx-core", "nginx-light", "nginx-full", "nginx-extras"),
    ("/etc/nginx/nginx.conf", "/usr/local/etc/nginx/nginx.conf", "/usr/local/nginx/conf/nginx.conf"),
    "conf/nginx.conf",
    rb"nginx/(\d+\.\d+\.\d+)",
)
# A program of the name nginx below a directory of this name is OpenResty's.
_OPENRESTY = "openresty"


def read(host):
    """Return the evidence of nginx on *host*, or None when it relays nothing."""
    return read_product(host, _NGINX)


def read_product(host, product):
    """Return the evidence of a *product* with nginx's grammar on *host*, or None when it relays nothing."""
    affects = "client:" + product.name
    installs = _installs(host, product)
    accounts, relays = [], []
    for path, launches in _files(host, product, affects).items():
        found = list(_of_file(host, path, affects))
        for launch in launches:
            launched.under_environment(host, installs, launch, [account for account, _is_mail in found])
        for account, is_mail in found:
            (accounts if is_mail else relays).append(account)
    base.want_ciphers(host, installs, accounts + relays, "proxy_ssl_ciphers", "CipherString")
    return base.relay_evidence(host, product.name, installs, base.bounded(host, accounts, product.files[0], affects), relays)


def _installs(host, product):
    paths = host.programs(*product.programs) + [path for path in product.paths if host.is_file(path)]
    installs = [base.install(host, path, product.packages, product.version) for path in dict.fromkeys(map(host.realpath, paths))]
    for found in installs:
        # The release of a package need not be nginx's.
        found["version"] = base.embedded(host, found["program"], product.version) or found["version"]
    return installs


def _files(host, product, affects):
    """The files that it may read, each with the active launches that have it read that."""
    # A directory of them may have a second name.
    real = {host.realpath(path): path for path in reversed(product.files)}
    found = {path: [] for path in product.files if real[host.realpath(path)] == path}
    for launch in host.launches.of(*product.programs, *map(posixpath.basename, product.paths)):
        if not _is_of(launch, product):
            continue
        paths = _named(launch, product)
        if launch.is_active and None in paths:
            why = f"has {product.name} read a file that only the running command would know"
            host.gap(f"{launch.file}, line {launch.line}", why, affects)
        for path in filter(None, paths if launch.is_active else ()):
            found.setdefault(real.get(host.realpath(path), path), []).append(launch)
    return found


def _is_of(launch, product):
    return (_OPENRESTY in (launch.program or "").split("/")) == (product.name == _OPENRESTY)


def _named(launch, product):
    """The files that a *launch* may read; None for one that is not known."""
    options = launched.Options(launch, _TABLE)
    prefix = options.path("prefix") if "prefix" in options else None
    # Of the usual file each build has its own name, which may be one below the prefix; so is any relative one.
    usual = [] if "file" in options else list(product.files)
    if usual and "prefix" not in options:
        return usual
    file = options.text("file") if "file" in options else product.below
    is_known = file is not None and (file.startswith("/") or prefix is not None)
    return usual + [posixpath.normpath(posixpath.join(prefix or "/", file)) if is_known else None]


def _of_file(host, path, affects):
    def include(pattern):
        return includes.matching(host, pattern, posixpath.dirname(path), affects)

    try:
        root = nginx_conf.parse(host.text(path, affects) or "", path, _WANTED, include)
    except GrammarError as error:
        host.gap(path, f"{error}, there or in a file that it includes; nginx refuses the whole configuration", affects)
        return
    ports = endpoints.Ports(host)
    for block in root:
        if block.block is not None and block.name in ("stream", "mail"):
            for server in block.block:
                if server.name == "server" and server.block is not None:
                    values = {item.name: item for item in block.block + server.block if item.block is None}
                    yield from (_stream if block.name == "stream" else _mail)(ports, server, values, block)


def _stream(ports, server, values, block):
    target = values.get("proxy_pass")
    if target is None or len(target.words) < 2:
        return
    listens, terminates = _listens(ports, server)
    speaks_tls = "proxy_ssl" in values and values["proxy_ssl"].words[1:] == ["on"]
    leads = "on" if speaks_tls or terminates else "through"
    settings = list(_tls_settings(server, values, block)) if speaks_tls else []
    for where in _servers(target, block):
        name, port = ports.split(where.words[1], None) if ":" in where.words[1] else (where.words[1], None)
        numbers = [port] + [number for _address, number in listens]
        undecided = []
        if "$" in where.words[1]:
            undecided.append(base.undecided("server", "a variable has a part in it", where.file, where.line))
            name = None
        account = base.account(
            "",
            where.file,
            where.line,
            server=name,
            port=port,
            protocol=next(filter(None, map(endpoints.protocol, numbers)), None),
            security="implicit" if speaks_tls else None if leads == "through" else "none",
            settings=([base.setting(where.name, name, where.file, where.line)] if name else []) + settings,
            undecided=undecided,
            listens=[base.listener(address, number, leads) for address, number in listens],
        )
        yield account, any(map(endpoints.is_mail, numbers))


def _tls_settings(server, values, block):
    """The settings of a server's own TLS; of its commands those of the block around it count only where it has none itself."""
    commands = [item for item in server.block if item.name == _COMMAND] or [item for item in block.block if item.name == _COMMAND]
    commands = [item for item in commands if len(item.words) == 3]
    overridden = ["proxy_ssl_ciphers"] if any(item.words[1].lower() == "cipherstring" for item in commands) else []
    for item in [values[key] for key in _SETTINGS if key in values and key not in overridden]:
        yield base.setting(item.name, " ".join(item.words[1:]), item.file, item.line)
    for item in commands:
        name = _LISTS.get(item.words[1].lower())
        yield base.setting(name or item.name, item.words[2] if name else " ".join(item.words[1:]), item.file, item.line)


def _servers(target, block):
    """The servers of the upstream block of that name, or the target itself."""
    for upstream in block.block:
        if upstream.name == "upstream" and upstream.block is not None and upstream.title == target.words[1]:
            return [item for item in upstream.block if item.name == "server" and len(item.words) > 1]
    return [target]


def _mail(ports, server, values, _block):
    listens, _terminates = _listens(ports, server)
    named = values["protocol"].words[1] if "protocol" in values and len(values["protocol"].words) > 1 else None
    protocol = _MAIL.get(named) if named else next(filter(None, (endpoints.protocol(number) for _address, number in listens)), None)
    if protocol and listens:
        # The server is told by auth_http for each login, and nginx speaks to it without TLS.
        places = [base.listener(address, number) for address, number in listens]
        yield base.account("", server.file, server.line, protocol=protocol, security="none", listens=places), True


def _listens(ports, server):
    """Return [(address, port)] of a server's listen directives, and whether TLS ends there."""
    found, terminates = [], False
    for item in server.block:
        if item.name == "listen" and len(item.words) > 1 and not item.words[1].startswith("unix:"):
            terminates = terminates or "ssl" in item.words[2:]
            address, number = ports.split(item.words[1], "")
            if number:
                found.append(("" if address in ("*", "::", "0.0.0.0") else address, number))
    return found, terminates
