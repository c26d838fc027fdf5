#!/usr/bin/env python3
"""A relay that stands before a mail server, passes bytes on unchanged, and records each handshake.

Runs inside the mail server's container with its Python: `relay.py ADDRESS RECORDS`. For each port it
listens on ADDRESS and connects to 127.0.0.1, announcing the client with a PROXY header
(haproxy's PROXY protocol, version 1). The header's source port is the connection's number here, so
that the server's log lines can be told apart by it. RECORDS gets one JSON line when a connection is
opened, when a hello was seen, and when it is closed; each says all that was seen so far.

The parser is the lab's own, apart from the collection's: what is under test must not judge itself.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any, TextIO

PORTS = {143: ("imap", "starttls"), 993: ("imap", "implicit"), 110: ("pop3", "starttls"), 995: ("pop3", "implicit")}
VERSIONS = {0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}
# RFC 8446: record types, handshake types, extension.
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO = 1, 2
SUPPORTED_VERSIONS, SERVER_NAME = 43, 0


class Direction:
    """The bytes of one direction: plain text lines first, then, from the first record on, TLS."""

    def __init__(self, on_line: Callable[[bytes], None], on_record: Callable[[int, bytes], None]) -> None:
        self._on_line = on_line
        self._on_record = on_record
        self._buffer = b""
        self._tls = False
        self._lost = False

    def feed(self, data: bytes) -> None:
        if self._lost:
            return
        self._buffer += data
        if not self._tls:
            self._feed_lines()
        if self._tls:
            self._feed_records()

    def _feed_lines(self) -> None:
        # No line of IMAP or POP3 begins with the number of a record type.
        while self._buffer:
            if self._buffer[0] in (ALERT, HANDSHAKE) or self._buffer[0] & 0x80:
                self._tls = True
                return
            line, newline, rest = self._buffer.partition(b"\n")
            if not newline:
                return
            self._on_line(line.strip())
            self._buffer = rest

    def _feed_records(self) -> None:
        while len(self._buffer) >= 5:
            kind, length = self._buffer[0], int.from_bytes(self._buffer[3:5], "big")
            if kind not in (CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA):
                self._lost = True
                self._on_record(kind, self._buffer[:64])
                return
            if len(self._buffer) < 5 + length:
                return
            self._on_record(kind, self._buffer[5 : 5 + length])
            self._buffer = self._buffer[5 + length :]


class Seen:
    """What was seen of one connection."""

    def __init__(self, number: int, peer: str, port: int, note: Callable[[str, dict[str, Any]], None]) -> None:
        protocol, security = PORTS[port]
        self._note = note
        self.record: dict[str, Any] = {
            "number": number,
            "peer": peer,
            "port": port,
            "protocol": protocol,
            "security": security,
            "client_hello": False,
            "offered": [],
            "server_name": None,
            "negotiated": None,
            "cipher": None,
            "client_alert": None,
            "server_alert": None,
            "plain_commands": [],
        }
        self._handshakes = {"client": b"", "server": b""}
        self._encrypted = {"client": False, "server": False}
        self.client = Direction(self._client_line, lambda *given: self._on_record("client", *given))
        self.server = Direction(lambda line: None, lambda *given: self._on_record("server", *given))

    def _client_line(self, line: bytes) -> None:
        """Commands sent before TLS, without their arguments, which may hold a password."""
        words = line.decode("ascii", "replace").upper().split()
        verb = words[1] if self.record["protocol"] == "imap" and len(words) > 1 else "".join(words[:1])
        self.record["plain_commands"].append(verb[:20])

    def _on_record(self, side: str, kind: int, payload: bytes) -> None:
        if kind == CHANGE_CIPHER_SPEC:
            self._encrypted[side] = True
        elif kind == ALERT and not self._encrypted[side] and len(payload) == 2:
            self.record[side + "_alert"] = payload[1]
        elif kind == HANDSHAKE and not self._encrypted[side]:
            self._handshakes[side] += payload
            self._read_hello(side)
        elif kind not in (ALERT, HANDSHAKE, APPLICATION_DATA) and side == "client":
            self.record["client_hello"] = True  # an SSLv2 framing, which offers none of our versions

    def _read_hello(self, side: str) -> None:
        data = self._handshakes[side]
        if len(data) < 4 or len(data) < 4 + int.from_bytes(data[1:4], "big"):
            return
        if data[0] == CLIENT_HELLO and side == "client":
            read_client_hello(data[4:], self.record)
            self._note("client_hello", self.record)
        elif data[0] == SERVER_HELLO and side == "server":
            read_server_hello(data[4:], self.record)
            self._note("server_hello", self.record)


class Reader:
    """Reads numbers and vectors off a hello (RFC 8446, section 4)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        part = self._data[self._at : self._at + count]
        self._at += count
        return part

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        return self.take(self.number(size))

    def extensions(self) -> dict[int, bytes]:
        rest = Reader(self.vector(2))
        found: dict[int, bytes] = {}
        while rest._at < len(rest._data):
            kind = rest.number(2)
            found[kind] = rest.vector(2)
        return found


def read_client_hello(data: bytes, record: dict[str, Any]) -> None:
    reader = Reader(data)
    legacy = reader.number(2)
    reader.take(32)
    reader.vector(1)
    reader.vector(2)
    reader.vector(1)
    extensions = reader.extensions()
    offered = [legacy]
    if SUPPORTED_VERSIONS in extensions:
        listed = Reader(extensions[SUPPORTED_VERSIONS]).vector(1)
        offered = [int.from_bytes(listed[at : at + 2], "big") for at in range(0, len(listed), 2)]
    record["client_hello"] = True
    record["offered"] = [VERSIONS[value] for value in sorted(offered) if value in VERSIONS]
    if SERVER_NAME in extensions:
        record["server_name"] = extensions[SERVER_NAME][5:].decode("ascii", "replace")


def read_server_hello(data: bytes, record: dict[str, Any]) -> None:
    reader = Reader(data)
    version = reader.number(2)
    reader.take(32)
    reader.vector(1)
    cipher = reader.number(2)
    reader.take(1)
    extensions = reader.extensions()
    if SUPPORTED_VERSIONS in extensions:
        version = int.from_bytes(extensions[SUPPORTED_VERSIONS], "big")
    record["negotiated"] = VERSIONS.get(version, hex(version))
    record["cipher"] = f"{cipher:04X}"


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction) -> None:
    try:
        while data := await reader.read(65536):
            direction.feed(data)
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def serve(address: str, records: TextIO) -> None:
    opened = 0
    held = set()  # the event loop itself keeps only weak references to tasks

    def note(event: str, record: dict[str, Any]) -> None:
        records.write(json.dumps({"event": event, **record}) + "\n")
        records.flush()

    async def connection(client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        number = opened
        task = asyncio.current_task()
        held.add(task)
        peer = client_writer.get_extra_info("peername")[0]
        port = client_writer.get_extra_info("sockname")[1]
        seen = Seen(number, peer, port, note)
        note("opened", seen.record)
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        server_writer.write(f"PROXY TCP4 {peer} {address} {number} {port}\r\n".encode())
        await asyncio.gather(pass_on(client_reader, server_writer, seen.client), pass_on(server_reader, client_writer, seen.server))
        for writer in (client_writer, server_writer):
            writer.close()
        note("closed", seen.record)
        held.discard(task)

    for port in PORTS:
        await asyncio.start_server(connection, address, port, backlog=100)
    note("listening", {})
    await asyncio.Event().wait()


if __name__ == "__main__":
    with open(sys.argv[2], "a", encoding="utf-8") as output:
        asyncio.run(serve(sys.argv[1], output))
