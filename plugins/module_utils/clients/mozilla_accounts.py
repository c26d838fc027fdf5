# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The accounts of a Mozilla mail program, from its preferences (mailnews/base/src/nsMsgIncomingServer.cpp)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.clients.mozilla_preferences import Doubt

_PROTOCOLS = ("imap", "pop3")
_PORTS = {("imap", "implicit"): 993, ("pop3", "implicit"): 995, ("imap", None): 143, ("pop3", None): 110}
# nsMsgSocketType: 0 none, 1 STARTTLS if offered, 2 STARTTLS, 3 TLS from the start.
_SECURITY = {0: "none", 1: "starttls", 2: "starttls", 3: "implicit"}
_TRY_STARTTLS = 1
# From this step of a profile's migration on, 2 stands for it (MailMigrator.sys.mjs), and a 1 set since means none (measured).
_WITHOUT_TRY_STARTTLS = 44
# What decides on TLS for all accounts together.
_TLS = ("security.tls.version.", "security.ssl3.", "security.tls13.")
_TLS_VERSIONS = ("security.tls.version.max", "security.tls.version.min")
_DECISIVE = (
    ("server", ("hostname", "realhostname")),
    ("port", ("port",)),
    ("security", ("socketType", "isSecure")),
    ("protocol", ("type",)),
)
# The name after the change of a server: before 102 in a preference of its own, then moved at the start into the old one,
# and in 153 ignored (all three from the source or measured). Between is where the moving was dropped.
_REAL_NAME_COUNTS_BEFORE = (124,)
_REAL_NAME_IGNORED_SINCE = (153,)
_MAX_SETTINGS = 100


def read(host, preferences, profile, version, affects):
    """Return the IMAP and POP3 accounts of a profile.

    Args:
        host: the Host.
        preferences: the mozilla_preferences.Preferences in force.
        profile: the mozilla_profiles.Profile.
        version: of the program that opens it, as a tuple of numbers, () when not known.
        affects: what a gap could change.
    """
    active = _active(preferences)
    unsure = preferences.doubt_of_accounts()
    if unsure is not None:
        host.gap(unsure.file, f"line {unsure.line}: {unsure.why}, so there may be further accounts", affects)
        active = {key: active.get(key, key) for key in _servers(preferences)}
    settings = _tls_settings(host, preferences, profile, affects)
    doubts = _tls_doubts(preferences)
    servers = (_Server(preferences, key, version) for key in _servers(preferences))
    found = [server for server in servers if server.protocol in _PROTOCOLS or "protocol" in server.doubts]
    found = base.bounded(host, found, profile.directory, affects)
    return [server.account(profile, active, settings, doubts) for server in found]


class _Server:
    def __init__(self, preferences, key, version):
        self.preferences = preferences
        self.key = key
        self.version = version
        self.protocol = self.value("type")
        self.place, self.name, self.port_in_name = self._name()
        self.doubts = {what: self.doubt(*names) for what, names in _DECISIVE if self.doubt(*names)}

    def get(self, name):
        return self.preferences.get(f"mail.server.{self.key}.{name}")

    def value(self, name):
        """Return the value of this server's preference, or that of all servers without one of their own."""
        found = self.get(name) or self.preferences.get("mail.server.default." + name)
        return found.value if found else None

    def doubt(self, *names):
        """Return the first Doubt about these preferences of the server, or None."""
        found = (self.preferences.doubt_of(f"mail.server.{self.key}.{name}") for name in names)
        return next((doubt for doubt in found if doubt), None)

    def account(self, profile, active, settings, doubts):
        """Return this server as an account of the evidence; what is in doubt is None there."""
        place = self.place or self.get("type")
        own = [found for found in (self.place, self.get("socketType"), self.get("port")) if found]
        return base.account(
            profile.user.name,
            place.file if place else profile.directory + "/prefs.js",
            place.line if place else 1,
            name=active.get(self.key, self.key),
            server=None if "server" in self.doubts else self.name or None,
            port=self._port(),
            protocol=None if "protocol" in self.doubts else self.protocol,
            security=None if "security" in self.doubts else self._security(),
            enabled=self.key in active and bool(self.name or self.doubts),
            settings=settings + [base.setting(found.key, found.raw, found.file, found.line) for found in own],
            undecided=[base.undecided(what, *doubt) for what, doubt in self.doubts.items()] + doubts,
        )

    def _name(self):
        """Return (Value that names the host, the host, the port that stands behind its name or None)."""
        place = self.get("hostname")
        real = self.get("realhostname")
        if real is not None and real.value and (place is None or real.value != place.value):
            place = self._real_name(place, real)
        name = place.value if place else ""
        host, mark, port = name.partition(":")
        # With more than one colon it is an IPv6 address.
        if mark and ":" not in port:
            return place, host, int(port) if port.isdecimal() and len(port) < 6 else None
        return place, name, None

    def _real_name(self, place, real):
        if self.version >= _REAL_NAME_IGNORED_SINCE:
            return place
        if not self.version or self.version >= _REAL_NAME_COUNTS_BEFORE:
            self.preferences.doubt(f"mail.server.{self.key}.realhostname", Doubt(_REAL_NAME_WHY, real.file, real.line))
        return real

    def _security(self):
        """Return "implicit", "starttls" or "none", as the evidence calls it."""
        own = self.get("socketType")
        secure = self.get("isSecure")
        if own is None and secure is not None and secure.value:
            return "implicit"
        kind = self.value("socketType") or 0
        migrated = self.preferences.get("mail.ui-rdf.version")
        if kind == _TRY_STARTTLS and migrated is not None and migrated.value >= _WITHOUT_TRY_STARTTLS:
            return "none"
        return _SECURITY.get(kind, "none")

    def _port(self):
        port = self.port_in_name or self.value("port")
        if "port" in self.doubts:
            return None
        if port is not None and 0 < port < 65536:
            return port
        if "security" in self.doubts or "protocol" in self.doubts:
            return None
        return _PORTS[self.protocol, "implicit" if self._security() == "implicit" else None]


_REAL_NAME_WHY = "the server was renamed in an older release, and which of its two names this version uses is not known"


def _active(preferences):
    """Return the keys of the servers in use, each with the account that it belongs to."""
    listed = preferences.get("mail.accountmanager.accounts")
    found = {}
    for key in (listed.value if listed else "").split(","):
        server = preferences.get(f"mail.account.{key.strip()}.server")
        if server is not None:
            found.setdefault(server.value, key.strip())
    return found


def _servers(preferences):
    keys = {name.split(".")[2] for name in preferences.names() if name.startswith("mail.server.")}
    return sorted(keys - {"default"})


def _tls_settings(host, preferences, profile, affects):
    names = [name for name in preferences.names() if name.startswith(_TLS)]
    if len(names) > _MAX_SETTINGS:
        host.gap(profile.directory, f"sets more than {_MAX_SETTINGS} preferences for TLS: only the first of them were read", affects)
    found = [preferences.get(name) for name in sorted(names, key=lambda name: name not in _TLS_VERSIONS)[:_MAX_SETTINGS]]
    return [base.setting(value.key, value.raw, value.file, value.line) for value in found if value is not None]


def _tls_doubts(preferences):
    found = []
    for name in list(_TLS_VERSIONS) + [name for name in preferences.names() if name.startswith(_TLS)][:_MAX_SETTINGS]:
        doubt = preferences.doubt_of(name)
        if doubt is not None and not any((item["file"], item["line"]) == (doubt.file, doubt.line) for item in found):
            found.append(base.undecided(name, *doubt))
    return found
