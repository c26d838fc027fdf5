# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Geary: the IMAP accounts of its users."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, flatpak, glib_tls
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini, services

NAME = "geary"
WRITES = ("/geary.ini",)

_AFFECTS = "client:" + NAME
# The second is that of the oldest releases, a directory named after the address.
_DIRECTORIES = ("/.config/geary", "/.local/share/geary")
_FILE = "geary.ini"
_SECURITY = {"none": "none", "start-tls": "starttls", "transport": "implicit"}
# Known providers have their servers in the program (geary_service_provider_set_service_defaults).
_PROVIDERS = {"gmail": "imap.gmail.com", "outlook": "imap-mail.outlook.com"}


def read(host):
    """Return the evidence of Geary on *host*, or None when nothing of it is there."""
    installs = glib_tls.installs(host, (NAME,), (NAME,))
    accounts = []
    for user in host.users:
        for directory, sandbox in [place for name in _DIRECTORIES for place in flatpak.places(host, user, name, _AFFECTS)]:
            paths = [
                directory + "/" + name + "/" + _FILE for name in host.names(directory, _AFFECTS) if host.is_dir(directory + "/" + name)
            ]
            found = [account for path in paths for account in _account(host, user, path)]
            accounts.extend(flatpak.leave_open(account, sandbox) for account in base.bounded(host, found, directory, _AFFECTS))
    return glib_tls.complete(host, NAME, installs, accounts)


def _account(host, user, path):
    text = host.text(path, _AFFECTS)
    if text is None:
        return
    sections, errors = ini.parse(text, comments="#")
    if errors:
        host.gap(path, f"{errors[0]}; Geary passes over the whole file", _AFFECTS)
        return
    of_old = any(section.name == "AccountInformation" for section in sections)
    provider = ini.last(sections, "AccountInformation" if of_old else "Account", "service_provider")
    group, prefix = ("AccountInformation", "imap_") if of_old else ("Incoming", "")
    where, port = ini.last(sections, group, prefix + "host"), ini.last(sections, group, prefix + "port")
    security, words = _security(sections, of_old)
    known = _PROVIDERS.get(provider.value.lower()) if provider else None
    status = ini.last(sections, "Metadata", "status")
    server, undecided = where.value if where and where.value else known, []
    if server is None:
        place = provider or (sections[0].entries[0] if sections and sections[0].entries else None)
        undecided.append(base.undecided("server", "no server is named here", path, place.line if place else 1))
    settings = [base.setting(entry.key, entry.value, path, entry.line) for entry in [where or provider] + words if entry]
    yield base.account(
        user.name,
        path,
        where.line if where else 1,
        server=server,
        port=(services.port(port.value) if port else None) or endpoints.default_port("imap", security),
        protocol="imap",
        security=security,
        enabled=status is None or status.value in ("", "enabled"),
        settings=settings + glib_tls.priority_settings(host, user),
        undecided=undecided,
    )


def _security(sections, of_old):
    """Return the security of the incoming service, and the entries that say it; without any it is implicit TLS."""
    if not of_old:
        entry = ini.last(sections, "Incoming", "transport_security")
        return (_SECURITY.get(entry.value.lower(), "implicit") if entry else "implicit"), [entry]
    ssl, starttls = (ini.last(sections, "AccountInformation", key) for key in ("imap_ssl", "imap_starttls"))
    if starttls and starttls.value == "true":
        return "starttls", [starttls]
    return ("none" if ssl and ssl.value == "false" else "implicit"), [ssl]
