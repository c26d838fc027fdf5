# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The probe: the host's own TLS libraries shake hands with a mail server, and hang up.

This process makes the connection and asks for TLS; the library, in a process of its own, gets the open connection (stacks/ask.py).
So what keeps a connection from being made is told apart from what a handshake comes to.
"""

import contextlib
import random
import re
import socket
import threading
import time
from collections import namedtuple

from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask

Target = namedtuple("Target", "text host port protocol security")
Target.__doc__ = """A server: `text` as it was given, `protocol` "imap" or "pop3", `security` "implicit" or "starttls"."""

PORTS = {993: ("imap", "implicit"), 995: ("pop3", "implicit"), 143: ("imap", "starttls"), 110: ("pop3", "starttls")}
KINDS = ("openssl", "gnutls")
CONNECT_SECONDS = 10.0  # for the name, the connection and the conversation before TLS
HANDSHAKE_SECONDS = 10.0
ALL_SECONDS = 60  # for all servers together
MOST = 8  # handshakes of one host with one server
_TARGET = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})?)):(?P<port>\d{1,5})\Z")
_LINE_LIMIT = 2048  # bytes
_LINES_LIMIT = 20
# What is said before TLS: the greeting's beginning, the command, the beginnings of its answer. RFC 3501, 6.2.1; RFC 2595, 4.
_STARTTLS = {"imap": (b"* OK", b"a STARTTLS\r\n", b"a OK", b"* "), "pop3": (b"+OK", b"STLS\r\n", b"+OK", None)}


class NoConnection(Exception):
    """No connection on which a handshake could begin; the text says why."""


def target(text):
    """Return the Target that *text*, `host:port`, names. Raises ValueError, which says what was expected."""
    match = _TARGET.match(text)
    if match is None or int(match.group("port")) not in PORTS:
        raise ValueError(f"expected host:port with one of the ports 993, 995 (TLS), 143 and 110 (STARTTLS), found {text!r:.80}")
    port = int(match.group("port"))
    return Target(text, match.group("address") or match.group("name"), port, *PORTS[port])


def probe(host, targets, jitter):
    """Return what the host's libraries came to with each of the *targets*.

    Args:
        host: the Host; what can't be tried becomes a gap that affects nothing. Its stacks have been asked.
        targets: Targets.
        jitter: up to how many seconds to wait before, by chance.

    Returns:
        [{target, protocol, security, stack: its path, version, alert, error}], as docs/architecture.md has them.
    """
    libraries = host.stacks.shaking(*KINDS) if host.live else []
    if not libraries:
        host.gap("probe", "not made: no OpenSSL or GnuTLS of this host could be asked to")
        return []
    time.sleep(random.uniform(0, max(jitter, 0)))
    found, deadline = [], time.monotonic() + ALL_SECONDS
    for each in targets:
        if len(libraries) > MOST:
            host.gap(f"probe of {each.text}", f"made by the first {MOST} of {len(libraries)} libraries")
        found += [result for result in _of_target(host, each, libraries[:MOST], deadline) if result]
    return found


def _of_target(host, each, libraries, deadline):
    try:
        addresses = _addresses(each)
    except NoConnection as failure:
        host.gap(f"probe of {each.text}", str(failure))
        return
    for stack, question in libraries:
        if time.monotonic() > deadline:
            host.gap(f"probe of {each.text} with {stack}", f"not made: the {ALL_SECONDS} seconds for all probes of this host were over")
            continue
        try:
            connection = _connected(each, addresses)
        except NoConnection as failure:
            # The next library would find the same.
            host.gap(f"probe of {each.text}", str(failure))
            return
        with contextlib.closing(connection):
            yield _shake(host, each, stack, question, connection)


def _shake(host, each, stack, question, connection):
    """Return what the library at *stack* came to; None, and a gap, where the handshake did not come to an end."""
    name = None if _is_address(each.host) else each.host
    asked = dict(question, id=stack, server_name=name, descriptor=connection.fileno(), seconds=HANDSHAKE_SECONDS)
    answer = ask.ask([asked], HANDSHAKE_SECONDS + 5)[stack]
    if answer["negotiated"] is None and answer["failed"] is None:
        host.gap(f"probe of {each.text} with {stack}", answer["error"])
        return None
    alert = answer["alert"] or ""
    return {
        "target": each.text,
        "protocol": each.protocol,
        "security": each.security,
        "stack": stack,
        "version": answer["negotiated"],
        "alert": int(alert) if re.match(r"\d{1,3}\Z", alert) else None,
        "error": answer["error"],
    }


# The connection


def _addresses(each):
    """Look the server up. The system's resolver knows no time limit, so it gets a thread that is left to itself when it is late."""
    found = []

    def look_up():
        try:
            found.append(socket.getaddrinfo(each.host, each.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    if not found:
        raise NoConnection(f"no connection: its name was not found within {CONNECT_SECONDS:g} seconds")
    if isinstance(found[0], Exception):
        raise NoConnection(f"no connection: its name was not found ({found[0]})")
    return found[0]


def _connected(each, addresses):
    """Return a socket on which the handshake is what comes next, and that waits for its peer."""
    deadline = time.monotonic() + CONNECT_SECONDS
    why = "it has no address"
    for family, kind, number, _name, address in addresses:
        try:
            connection = socket.socket(family, kind, number)
        except OSError as error:
            why = str(error)
            continue
        try:
            connection.settimeout(_left(deadline))
            connection.connect(address)
            if each.security == "starttls":
                _ask_for_tls(connection, deadline, *_STARTTLS[each.protocol])
            connection.settimeout(None)
            return connection
        except OSError as error:
            connection.close()
            why = str(error)
        except NoConnection:
            connection.close()
            raise
    raise NoConnection(f"no connection: {why}")


def _ask_for_tls(connection, deadline, greeting, command, agreed, aside):
    if not _line(connection, deadline).startswith(greeting):
        raise NoConnection("no handshake: the server did not greet as its port lets one expect")
    connection.sendall(command)
    for _number in range(_LINES_LIMIT):
        line = _line(connection, deadline)
        if line.startswith(agreed):
            return
        if aside is None or not line.startswith(aside):
            break
    raise NoConnection("no handshake: the server did not agree to STARTTLS")


def _line(connection, deadline):
    """Read to the end of a line and no further: what comes behind it is the library's."""
    line = b""
    while not line.endswith(b"\n"):
        if len(line) >= _LINE_LIMIT:
            raise NoConnection("no handshake: the server sent no line of a length to expect")
        connection.settimeout(_left(deadline))
        part = connection.recv(1)
        if not part:
            raise NoConnection("no handshake: the server closed the connection before TLS")
        line += part
    return line


def _left(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise NoConnection(f"no connection: it was not there within {CONNECT_SECONDS:g} seconds")
    return left


def _is_address(name):
    """Whether it is no name, which the extension for the server's name would not take (RFC 6066, 3)."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, name)
            return True
        except OSError:
            continue
    return False
