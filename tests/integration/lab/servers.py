"""The two mail servers: the service as it will be, and as it was while it took TLS 1.0.

Both are Debian's Dovecot with the same certificate, IMAP on 143 (STARTTLS) and 993, POP3 on 110
(STLS) and 995, no login before TLS, any user with the one password. In front of each stands relay.py.
It sees what the client offered and which version was chosen; Dovecot's log says whether the handshake
was completed and who logged in. The two are joined by the connection's number.
"""

from __future__ import annotations

import json
import re
import shlex
import time
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from .certificates import CertificateAuthority
from .container import Container, File
from .errors import LabError
from .network import Network

IMAGE = "bookworm-mailserver"
PASSWORD = "lab-password-of-every-user"
# Names on which Exchange Online answers, and the opt-in names that end with TLS 1.0 and 1.1
# (Microsoft Learn, "Opt in to the Exchange Online endpoint for legacy TLS clients").
SERVICE_NAMES = ("outlook.office365.com", "partner.outlook.cn")
LEGACY_NAMES = (
    "imap-legacy.office365.com",
    "pop-legacy.office365.com",
    "imap-legacy.partner.outlook.cn",
    "pop-legacy.partner.outlook.cn",
)
OTHER_NAMES = ("mail.contoso.example",)
# AEAD suites first; below TLS 1.2, RSA key exchange before ECDHE, whose SHA-1 signature OpenSSL 3
# refuses to clients at their default security level.
OLD_SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20:AES256-SHA:AES128-SHA:ALL:@SECLEVEL=0"
# What the service takes (plugins/plugin_utils/policy/data/service.yml); Dovecot leaves the suites of TLS 1.3 alone.
NEW_SUITES = (
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256"
    ":ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA:AES256-GCM-SHA384:AES128-GCM-SHA256"
)
SETTLED_SECONDS = 10.0
_RELAY, _RECORDS, _LOG = "/usr/local/bin/relay", "/var/log/relay.jsonl", "/var/log/dovecot.log"
# Dovecot leaves out what has no value.
_LOG_LINE = re.compile(
    r"(?:imap|pop3)-login: Info: (?P<event>.*?): number=(?P<number>\d+)"
    r"(?:, user=<(?P<user>[^>]*)>)?(?:, tls=<(?P<tls>[^>]*)>)?"
)


@dataclass(frozen=True)
class Connection:
    """One connection that a client made, as the server's side saw it.

    number: in the order of arrival, from 1. client_hello: whether the client began a handshake.
    offered: versions of the ClientHello, ascending; only the highest, where it has no supported_versions
    extension (no TLS 1.3). negotiated: the version of the ServerHello.
    completed: whether the handshake came to its end. user: who logged in.
    client_alert, server_alert: number of an alert sent in the clear (RFC 8446, section 6).
    plain_commands: the commands sent before TLS, without arguments. error: what Dovecot said.
    """

    number: int
    peer: IPv4Address
    port: int
    protocol: str
    security: str
    client_hello: bool
    offered: tuple[str, ...]
    server_name: str | None
    negotiated: str | None
    cipher: str | None
    client_alert: int | None
    server_alert: int | None
    plain_commands: tuple[str, ...]
    completed: bool
    user: str | None
    error: str | None


class MailServer(Container):
    """One Dovecot and its relay."""

    def __init__(
        self,
        network: Network,
        directory: Path,
        name: str,
        authority: CertificateAuthority,
        *,
        min_protocol: str,
        suites: str,
    ) -> None:
        """Start it; when this returns, its four ports are open."""
        super().__init__(network, directory, name, IMAGE)
        try:
            chain, key = authority.issue([*SERVICE_NAMES, *LEGACY_NAMES, *OTHER_NAMES])
            configuration = (
                (Path(__file__).parent / "dovecot.conf")
                .read_text()
                .format(ssl_min_protocol=min_protocol, ssl_cipher_list=suites, password=PASSWORD)
            )
            self.put(
                {
                    "/etc/hosts": "127.0.0.1 localhost\n",
                    "/etc/resolv.conf": "",
                    "/etc/dovecot/lab.crt": chain,
                    "/etc/dovecot/lab.key": File(key, mode=0o600),
                    "/etc/dovecot/dovecot.conf": configuration,
                    "/run/mail": File.directory("mail", 0o700),
                    _RELAY: File((Path(__file__).parent / "relay.py").read_bytes(), mode=0o755),
                }
            )
            self.do(
                f"dovecot\npython3 {_RELAY} {self.address} {_RECORDS} >/var/log/relay.log 2>&1 &\n"
                f"until grep -qs listening {_RECORDS}; do sleep 0.02; done"
            )
        except BaseException:
            self.stop()
            raise

    def last_number(self) -> int:
        """The number of the latest connection, to tell those that come after it."""
        return max((record["number"] for record in self._records() if "number" in record), default=0)

    def activity(self, peer: IPv4Address, after: int = 0) -> tuple[int, bool]:
        """What came from that address since connection number `after`: how many events were recorded, and
        whether a connection has been opened on which neither a ClientHello nor the end was seen yet."""
        records = [record for record in self._records() if record.get("number", 0) > after and record["peer"] == str(peer)]
        opened = {record["number"] for record in records}
        return len(records), opened != {record["number"] for record in records if record["event"] != "opened"}

    def connections(self, *, peer: IPv4Address | None = None, user: str | None = None, after: int = 0) -> list[Connection]:
        """The connections with a number above `after`, from that address, of that mail user.

        Waits until all of them are closed and the server has said how they ended; LabError when one
        is still open after SETTLED_SECONDS.
        """
        deadline = time.monotonic() + SETTLED_SECONDS
        while True:
            opened, closed, logged = self._seen(peer, after)
            if opened == closed.keys() == logged.keys() & opened:
                break
            if time.monotonic() > deadline:
                raise LabError(
                    f"{self.name}: connections {sorted(opened - (closed.keys() & logged.keys()))} "
                    f"are still open after {SETTLED_SECONDS:g} seconds"
                )
            time.sleep(0.02)
        found = [_connection(record, logged[number]) for number, record in sorted(closed.items())]
        return [connection for connection in found if user in (None, connection.user)]

    def _seen(self, peer: IPv4Address | None, after: int) -> tuple[set[int], dict[int, dict[str, Any]], dict[int, re.Match[str]]]:
        # The log first: what it says of a connection is complete before the relay's last record.
        wanted = [record for record in self._records() if record.get("number", 0) > after and str(peer or record["peer"]) == record["peer"]]
        opened = {record["number"] for record in wanted}
        closed = {record["number"]: record for record in wanted if record["event"] == "closed"}
        found = map(_LOG_LINE.search, self._text(_LOG).splitlines())
        return opened, closed, {int(line["number"]): line for line in found if line}

    def _records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._text(_RECORDS).splitlines()]

    def _text(self, path: str) -> str:
        return self.do(f"cat {shlex.quote(path)}")


def _connection(record: dict[str, Any], log: re.Match[str]) -> Connection:
    logged_in = log["event"] == "Login"
    details = {key: value for key, value in record.items() if key != "event"}
    return Connection(
        **{
            **details,
            "peer": IPv4Address(record["peer"]),
            "offered": tuple(record["offered"]),
            "plain_commands": tuple(record["plain_commands"]),
            "completed": bool(log["tls"]),
            "user": log["user"] if logged_in else None,
            "error": None if logged_in else log["event"],
        }
    )


def modern(network: Network, directory: Path, authority: CertificateAuthority) -> MailServer:
    """The service as it will be: TLS 1.2 and later."""
    return MailServer(network, directory, "modern", authority, min_protocol="TLSv1.2", suites=NEW_SUITES)


def legacy(network: Network, directory: Path, authority: CertificateAuthority) -> MailServer:
    """The service as it was: TLS 1.0 and later."""
    return MailServer(network, directory, "legacy", authority, min_protocol="TLSv1", suites=OLD_SUITES)
