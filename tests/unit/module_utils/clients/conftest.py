"""What the tests of mail clients share: a listener that sees how a real client secures its connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

_TLS_HANDSHAKE = b"\x16"
_IMAP = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n%s OK done\r\n",
    b"NOOP": b"%s OK done\r\n",
    b"ID": b"%s OK done\r\n",
}
_POP3 = {b"CAPA": b"+OK\r\nUSER\r\nSTLS\r\nUIDL\r\n.\r\n"}


class Listener:
    """An IMAP or POP3 server on the loopback for one connection: it notes how the client secures it, and hangs up."""

    def __init__(self, protocol: str):
        self._replies, greeting = (_IMAP, b"* OK ready\r\n") if protocol == "imap" else (_POP3, b"+OK ready\r\n")
        self._security: str | None = None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(60)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(greeting,), daemon=True)
        self._thread.start()

    def security(self) -> str | None:
        """Return "implicit", "starttls" or "none", or None when no client came."""
        self._thread.join(60)
        return self._security

    def close(self) -> None:
        """Listen no longer."""
        self._socket.close()

    def _serve(self, greeting: bytes) -> None:
        connection, _peer = self._socket.accept()
        # A client that tries again, without TLS say, is not to wait for an answer.
        self._socket.close()
        with connection, connection.makefile("rwb") as stream:
            stream.write(greeting)
            stream.flush()
            # A client that speaks TLS from the start sends its hello whatever the server says.
            while self._security is None:
                self._security = self._answer(stream)

    def _answer(self, stream) -> str | None:
        first = stream.read(1)
        if first == _TLS_HANDSHAKE:
            return "implicit"
        words = (first + stream.readline()).split()
        tag = words.pop(0) if self._replies is _IMAP and words else b""
        command = words[0].upper() if words else b""
        if command in (b"STARTTLS", b"STLS"):
            return "starttls"
        if command not in self._replies:
            return "none"
        reply = self._replies[command]
        stream.write(reply % tag if b"%s" in reply else reply)
        stream.flush()
        return None


@pytest.fixture
def listen() -> Iterator[Callable[[str], Listener]]:
    """Return listen(protocol), which starts a Listener."""
    listeners: list[Listener] = []

    def start(protocol: str) -> Listener:
        listeners.append(Listener(protocol))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close()
