# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One repository of OfflineIMAP that lies on a server: how each release connects to it (offlineimap.conf, Changelog)."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import python_ini

_TLS_BY_DEFAULT_SINCE = (6, 6)
_STARTTLS_CAN_BE_OFF_SINCE = (7,)
_LEVEL_WITHOUT_TLS_IS_LEFT_ALONE_SINCE = (7, 2, 2)
_GMAIL_ELSEWHERE_SINCE = (7, 0, 10)
_GMAIL = "imap.gmail.com"
_SWITCH = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
_TUNNELS = ("preauthtunnel", "transporttunnel")
_SETTINGS = ("remotehost", "remoteport", "ssl", "starttls")
# After STARTTLS, these have no say: imaplib2's defaults are taken.
_TLS_SETTINGS = ("ssl_version", "tls_level")


class Repository:
    """One section of the file; what its program would make of it.

    Args:
        path: of the file.
        sections: what python_ini.parse made of it.
        section: name of the section.
        release: OfflineIMAP's, as numbers, or None.
    """

    def __init__(self, path, sections, section, release):
        self._path = path
        self._sections = sections
        self._section = section
        self._release = release
        self._undecided = []

    def value(self, key):
        """Return the value in force for *key* with its references followed, or None."""
        entry = self._entry(key)
        if entry is None:
            return None
        try:
            return python_ini.interpolated(self._sections, self._section, entry.value).strip()
        except python_ini.InterpolationError as error:
            self._note(key, str(error))
            return None

    def account(self, user, used):
        """Return the account that this repository is; it is in use when its name is among *used*."""
        name = self._section.partition(" ")[2]
        tunnel = self._tunnel()
        security = None if tunnel else self._security()
        self._check_level(security)
        return base.account(
            user,
            self._path,
            self._sections[self._section].line,
            name=name,
            server=None if tunnel else self._server(),
            port=None if tunnel else self._port(security),
            protocol="imap",
            security=security,
            enabled=name in used,
            settings=self._settings(_SETTINGS + (() if security == "starttls" else _TLS_SETTINGS)),
            undecided=self._undecided,
        )

    def _tunnel(self):
        keys = _TUNNELS[1:] if self.value("type") == "Gmail" else _TUNNELS
        tunnel = next((key for key in keys if self._entry(key)), None)
        if tunnel:
            self._note(tunnel, "the connection goes through a command, which may speak TLS by itself")
        return tunnel

    def _check_level(self, security):
        is_left_alone = security == "implicit" or self._since(_LEVEL_WITHOUT_TLS_IS_LEFT_ALONE_SINCE)
        if not is_left_alone and self.value("tls_level") not in (None, "tls_compat") and self._entry("ssl_version") is None:
            self._note("tls_level", "releases before 7.2.2 refuse it without ssl_version, even where TLS is off")

    def _server(self):
        if self.value("type") == "Gmail" and not self._since(_GMAIL_ELSEWHERE_SINCE):
            return _GMAIL
        if self._entry("remotehosteval"):
            self._note("remotehosteval", "Python computes it when OfflineIMAP runs", "server")
            return None
        return self.value("remotehost") or (_GMAIL if self.value("type") == "Gmail" else None)

    def _port(self, security):
        if self._entry("remoteporteval"):
            self._note("remoteporteval", "Python computes it when OfflineIMAP runs", "port")
            return None
        port = self.value("remoteport")
        if port is not None and re.match(r"\d{1,5}$", port) and int(port) < 65536:
            return int(port)
        if port is not None:
            self._note("remoteport", "it is no number of a port", "port")
            return None
        return 993 if security == "implicit" or self.value("type") == "Gmail" else 143

    def _security(self):
        tls = self._switch("ssl", self._since(_TLS_BY_DEFAULT_SINCE) or self.value("type") == "Gmail")
        starttls = self._switch("starttls", True) if self._since(_STARTTLS_CAN_BE_OFF_SINCE) else True
        if tls is None or (not tls and starttls is None):
            return None
        return "implicit" if tls else "starttls" if starttls else "none"

    def _switch(self, key, default):
        if self._entry(key) is None:
            return default
        switch = _SWITCH.get((self.value(key) or "").lower())
        if switch is None:
            self._note(key, "it is neither yes nor no", "security")
        return switch

    def _settings(self, keys):
        """The settings that count, as they stand in the file; one that refers to others is shown as what it comes to."""
        found = []
        for key in keys:
            entry, value = self._entry(key), self.value(key)
            if entry is not None and value is not None:
                found.append(base.setting(key, value, self._path, entry.line))
        return found

    def _since(self, release):
        """Whether it is that release or a later one; where nobody knows, one of this decade."""
        return self._release is None or self._release >= release

    def _entry(self, key):
        return python_ini.get(self._sections, self._section, key)

    def _note(self, key, why, what=None):
        note = base.undecided(what or key, why, self._path, self._entry(key).line)
        if note not in self._undecided:
            self._undecided.append(note)
