# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""KMail: the IMAP and POP3 resources of Akonadi, each with a file of its own."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, flatpak, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini, services

NAME = "kmail"
WRITES = ("rc",)

_AFFECTS = "client:" + NAME
_PROGRAMS = ("akonadi_imap_resource", "akonadi_pop3_resource")
_PACKAGES = ("kdepim-runtime",)
_DIRECTORIES = ("/.config", "/.kde/share/config", "/.kde4/share/config")
_START = "akonadi_"
_FILE = re.compile(r"akonadi_(?P<protocol>imap|pop3)_resource_\d+rc\Z")
# Qt loads the library by itself: its network library, or the plugin of Qt 6, tells which.
_TLS = ("/libQt5Network.so.5", "/qt6/plugins/tls/libqopensslbackend.so", "/libQt6Network.so.6")
_SAFETY = {"ssl": "implicit", "starttls": "starttls", "none": "none", "unencrypted": "none"}
_OVERRIDE = {
    "sslv2": "implicit",
    "sslv3": "implicit",
    "ssl": "implicit",
    "tlsv1": "implicit",
    "starttls": "starttls",
    "unencrypted": "none",
}


def read(host):
    """Return the evidence of KMail's resources on *host*, or None when nothing of them is there."""
    installs = base.installs(host, _PROGRAMS, _PACKAGES)
    for found in installs:
        found["stacks"] = _stacks(host)
    accounts = []
    for user in host.users:
        for directory, sandbox in [place for name in _DIRECTORIES for place in flatpak.places(host, user, name, _AFFECTS)]:
            found = [_account(host, user, directory + "/" + name, match) for name, match in _names(host, directory)]
            kept = base.bounded(host, [account for account in found if account], directory, _AFFECTS)
            accounts.extend(flatpak.leave_open(account, sandbox) for account in kept)
    return base.evidence(NAME, installs, launched.in_session(host, installs, NAME, accounts, in_terminal=False))


def _names(host, directory):
    return [(name, match) for name, match in ((name, _FILE.match(name)) for name in host.names(directory, _AFFECTS, _START)) if match]


def _stacks(host):
    for directory in ["/usr/lib64", "/usr/lib"] + ["/usr/lib/" + name for name in host.names("/usr/lib") if name.endswith("-linux-gnu")]:
        for name in _TLS:
            if host.is_file(directory + name):
                stacks = host.stacks.of_binary(directory + name)
                if stacks:
                    return stacks
    return []


def _account(host, user, path, match):
    text = host.text(path, _AFFECTS)
    if text is None:
        return None
    sections, errors = ini.parse(text, comments="#")
    for error in errors:
        host.gap(path, f"{error}; the rest of the file was read", _AFFECTS)
    # KConfig marks a key, [$e] say, behind its name.
    entries = {(section.name or "", entry.key.partition("[")[0].lower()): entry for section in sections for entry in section.entries}
    read_resource = _imap if match.group("protocol") == "imap" else _pop3
    server, port, security, said = read_resource(entries)
    undecided = []
    if security is None:
        undecided.append(base.undecided("security", "the file does not say it, or with a word that is not known", path, 1))
    if server is None or not server.value:
        undecided.append(base.undecided("server", "the file names none", path, 1))
    if server is not None and "$" in server.value and "[$e" in server.key:
        undecided.append(base.undecided("server", "it names variables of the session", path, server.line))
        server = server._replace(value="")
    name = server.value.rpartition(":")[0] if server and re.search(r":\d+\Z", server.value) else server.value if server else None
    return base.account(
        user.name,
        path,
        server.line if server else 1,
        server=name or None,
        port=(services.port(port.value) if port else None) or endpoints.default_port(match.group("protocol"), security),
        protocol=match.group("protocol"),
        security=security,
        settings=([base.setting(server.key, name, path, server.line)] if name else [])
        + [base.setting(entry.key, entry.value, path, entry.line) for entry in said],
        undecided=undecided,
    )


def _imap(entries):
    server, port, safety, override = (entries.get(("network", key)) for key in ("imapserver", "imapport", "safety", "overrideencryption"))
    if override and override.value.lower() in _OVERRIDE:
        return server, port, _OVERRIDE[override.value.lower()], [override]
    return server, port, _SAFETY.get(safety.value.lower()) if safety else None, [safety] if safety else []


def _pop3(entries):
    """Both switches are off where they are not written (settings.kcfg)."""
    server, port, ssl, tls = (entries.get(("General", key)) for key in ("host", "port", "usessl", "usetls"))
    if _is_on(ssl):
        return server, port, "implicit", [ssl]
    return server, port, "starttls" if _is_on(tls) else "none", [tls] if tls else []


def _is_on(entry):
    return entry is not None and entry.value.lower() in ("true", "1", "on", "yes")
