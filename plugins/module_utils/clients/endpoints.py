# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts and ports as programs write them: `host:port`, ports by name, and which ports are those of POP3 and IMAP."""

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import services

PORTS = {("imap", True): 993, ("imap", False): 143, ("pop3", True): 995, ("pop3", False): 110}
_PROTOCOLS = {port: protocol for (protocol, _is_implicit), port in PORTS.items()}
# Names that stand in the programs' own tables where the host has no /etc/services.
_NAMES = {"imap": 143, "imap2": 143, "imaps": 993, "pop3": 110, "pop-3": 110, "pop3s": 995}
_SERVICES = "/etc/services"


def protocol(port):
    """Return "imap" or "pop3", whose usual *port* that is, or None."""
    return _PROTOCOLS.get(port)


def is_mail(port):
    """Tell whether *port* is a usual one of IMAP or POP3."""
    return port in _PROTOCOLS


def default_port(protocol_name, security):
    """Return the usual port of a protocol over a connection so secured; None where either is not known."""
    return PORTS.get((protocol_name, security == "implicit")) if security else None


class Ports:
    """Ports by number or by their name in the services file of *host*."""

    def __init__(self, host):
        self._host = host
        self._known = None

    def number(self, text):
        """Return the port that *text* names, or None."""
        port = services.port(text)
        if port is None:
            if self._known is None:
                self._known = dict(_NAMES, **services.tcp_ports(self._host.text(_SERVICES) or ""))
            port = self._known.get(text)
        return port

    def split(self, text, default_host):
        """Return (host, port) of `host:port`, `[host]:port` or a port alone; the port is None when it is none that is known."""
        host, colon, port = text.rpartition(":")
        return (host.strip("[]") if colon else default_host), self.number(port)
