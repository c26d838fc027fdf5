# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HAProxy: the servers of its TCP proxies that are mail servers (HAProxy's configuration manual, chapters 4 and 5)."""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, haproxy_files, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import haproxy_cfg
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "haproxy"

_AFFECTS = "client:" + NAME
_VERSION = rb"\0(\d+\.\d+\.\d+)[-\0]"
_WANTED = ["mode", "bind", "server", "server-template", "default-server", "default_backend", "use_backend", "disabled"]
_WANTED += ["ssl-default-server-options", "ssl-default-server-ciphers", "ssl-default-server-ciphersuites"]
# Newest first: HAProxy keeps what is between the lowest and the highest that are on (src/ssl_sock.c, ssl_sock_prepare_srv_ssl_ctx).
_SWITCHES = ("no-tlsv13", "no-tlsv12", "no-tlsv11", "no-tlsv10", "no-sslv3")
_FORCED = {
    "force-sslv3": "SSLv3",
    "force-tlsv10": "TLSv1.0",
    "force-tlsv11": "TLSv1.1",
    "force-tlsv12": "TLSv1.2",
    "force-tlsv13": "TLSv1.3",
}
_BOUNDS = ("ssl-min-ver", "ssl-max-ver")
_VALUES = _BOUNDS + ("ciphers", "ciphersuites")
_OLD_LIBRARY = re.compile(r"libssl\.so\.(?:0|1\.0|[4-9]|10)(?:\.|\Z)")
Option = collections.namedtuple("Option", "key value line")


def read(host):
    """Return the evidence of HAProxy on *host*, or None when it relays no mail."""
    installs = base.installs(host, (NAME,), (NAME,), _VERSION)
    # With OpenSSL before 1.1.0 each version is switched off by itself, and a gap stays one.
    keeps_gaps = any(_OLD_LIBRARY.search(stack.rpartition("/")[2]) for found in installs for stack in found["stacks"])
    readers = [_Reader(host, _sections(host, paths), keeps_gaps) for paths in haproxy_files.configurations(host, NAME)]
    accounts = [account for reader in readers for account in reader.accounts]
    relays = [relay for reader in readers for relay in reader.relays]
    for launch in host.launches.of(NAME):
        launched.under_environment(host, installs, launch, accounts + relays if launch.is_active else [])
    base.want_ciphers(host, installs, accounts + relays, "ciphers")
    return base.relay_evidence(host, NAME, installs, base.bounded(host, accounts, haproxy_files.USUAL, _AFFECTS), relays)


def _sections(host, paths):
    """All files make one configuration."""
    found = []
    for path in paths:
        try:
            found.extend(haproxy_cfg.parse(host.text(path, _AFFECTS) or "", path, _WANTED))
        except GrammarError as error:
            host.gap(path, f"{error}; HAProxy refuses the whole configuration", _AFFECTS)
            return []
    return found


class _Reader:
    def __init__(self, host, sections, keeps_gaps):
        self._keeps_gaps = keeps_gaps
        self._ports = endpoints.Ports(host)
        self._binds = collections.defaultdict(list)
        self.accounts, self.relays = [], []
        self._common = [option for section in sections if section.kind == "global" for option in _global(section)]
        proxies = list(_with_defaults(sections))
        for section, defaults in proxies:
            self._note_binds(section, defaults)
        for section, defaults in proxies:
            if _mode(section, defaults) == "tcp" and not any(line.words[0] == "disabled" for line in section.lines):
                self._servers(section, defaults)

    def _note_binds(self, section, defaults):
        lines = defaults + section.lines
        names = [section.name] if section.kind == "listen" else []
        names += [line.words[1] for line in lines if line.words[0] in ("default_backend", "use_backend") and len(line.words) > 1]
        for line in section.lines:
            if line.words[0] == "bind" and len(line.words) > 1:
                terminates = "ssl" in line.words[2:]
                for address in (line.words[1] or "").split(","):
                    server, port = self._ports.split(_bare(address), "")
                    for name in names if port else ():
                        self._binds[name].append((server, port, terminates))

    def _servers(self, section, defaults):
        common = [option for line in defaults + section.lines if line.words[0] == "default-server" for option in _options(line, 1)]
        for line in section.lines:
            if line.words[0] in ("server", "server-template") and len(line.words) > (3 if line.words[0] == "server-template" else 2):
                place = 3 if line.words[0] == "server-template" else 2
                self._server(section, line, line.words[place], common + _options(line, place + 1))

    def _server(self, section, line, address, options):
        if address is not None and address.startswith(("/", "unix@", "abns@")):
            return
        server, port = self._ports.split(_bare(address), None) if address and ":" in address else (address, None)
        binds = self._binds[section.name]
        uses_tls = [option.key for option in options if option.key in ("ssl", "no-ssl")][-1:] == ["ssl"]
        is_off = [option.key for option in options if option.key in ("disabled", "enabled")][-1:] == ["disabled"]
        leads = "on" if uses_tls or any(bind[2] for bind in binds) else "through"
        undecided = []
        if not server:
            undecided.append(("server", "the environment has a part in it", line))
        elif server.startswith("_"):
            undecided.append(("server", "a service record of DNS tells it", line))
            server = None
        if any(found.conditional for found in section.lines):
            undecided.append(("proxy", "a condition decides whether its lines count", line))
        ports = [port] + [bind[1] for bind in binds]
        account = base.account(
            "",
            line.file,
            line.number,
            name=line.words[1],
            server=server,
            port=port,
            protocol=next(filter(None, map(endpoints.protocol, ports)), None),
            security="implicit" if uses_tls else None if leads == "through" else "none",
            enabled=not is_off,
            settings=[base.setting("server", server, line.file, line.number)] * bool(server)
            + [base.setting(key, value, where.file, where.number) for key, value, where in self._effective(options)] * uses_tls,
            undecided=[base.undecided(what, why, where.file, where.number) for what, why, where in undecided],
            listens=[base.listener("" if host in ("*", "::") else host, number, leads) for host, number, _terminates in binds],
        )
        (self.accounts if any(map(endpoints.is_mail, ports)) else self.relays).append(account)

    def _effective(self, options):
        low, high = (_last(options, bound) or _last(self._common, bound) for bound in _BOUNDS)
        found = [option for option in [low and low._replace(key=_BOUNDS[0]), high and high._replace(key=_BOUNDS[1])] if option]
        if low and low is high:
            found = [low]
        switches = {option.key: option for option in self._common + options if option.key in _SWITCHES}
        for switch in () if found else _SWITCHES:
            if switch in switches:
                found.append(switches[switch])
            elif not self._keeps_gaps:
                break
        return found + [option for option in (_last(options, key) or _last(self._common, key) for key in _VALUES[2:]) if option]


def _with_defaults(sections):
    """Yield each proxy with the lines of the defaults section before it, or of that which it names."""
    current, named = [], {}
    for section in sections:
        if section.kind == "defaults":
            # One that names another begins with that one's lines.
            current = (named.get(section.origin, []) if section.origin else []) + section.lines
            named[section.name] = current
        elif section.kind in ("listen", "frontend", "backend"):
            yield section, named.get(section.origin, current)


def _mode(section, defaults):
    modes = [line.words[1] for line in defaults + section.lines if line.words[0] == "mode" and len(line.words) > 1]
    return modes[-1] if modes else "tcp"


def _global(section):
    for line in section.lines:
        if line.words[0] == "ssl-default-server-options":
            yield from _options(line, 1)
        elif line.words[0].startswith("ssl-default-server-") and len(line.words) > 1:
            yield Option(line.words[0].rpartition("-")[2], line.words[1] or "", line)


def _options(line, start):
    """The words of a server line that bear on TLS, with their arguments."""
    words, found = line.words, []
    for position in range(start, len(words)):
        word = words[position]
        if word in ("ssl", "no-ssl", "disabled", "enabled") + _SWITCHES:
            found.append(Option(word, "on", line))
        elif word in _FORCED:
            found.append(Option(word, _FORCED[word], line))
        elif word in _VALUES and position + 1 < len(words):
            found.append(Option(word, words[position + 1] or "", line))
    return found


def _last(options, key):
    """The last option that sets *key*; one that forces a version sets both bounds."""
    found = [option for option in options if option.key == key or (key in _BOUNDS and option.key in _FORCED)]
    return found[-1] if found else None


def _bare(address):
    """An address without what says of which family it is."""
    return re.sub(r"\A(?:ipv[46]|quic[46]|tcp[46]?|mptcp[46]?)@", "", address or "")
