# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ClientHello, as it goes over the wire, to the protocol versions, cipher suites and algorithms that it offers.

Sources: RFC 8446 (TLS 1.3) chapters 4.1.2, 4.2.1, 4.2.3, 4.2.7, 5.1 and 6; RFC 5246 (TLS 1.2) chapter 7.4.1.2 and, for hellos in
SSLv2's format, appendix E.2; RFC 8701 (GREASE).
"""

from ansible_collections.mailtls.fleet.plugins.module_utils import versions

# Record types and the handshake message (RFC 8446, 5.1 and 4), extensions (4.2).
_ALERT, _HANDSHAKE, _CLIENT_HELLO = 21, 22, 1
_SERVER_NAME, _SUPPORTED_GROUPS, _SIGNATURE_ALGORITHMS, _SUPPORTED_VERSIONS = 0, 10, 13, 43
_RECORD_LIMIT = 1 << 14
_TLSV1_2 = 0x0303

# TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746) and TLS_FALLBACK_SCSV (RFC 7507) are signals, not cipher suites.
_SIGNALS = (0x00FF, 0x5600)

# RFC 8446, 6, with those of RFC 5246, 7.2, that it dropped.
_ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}


class HelloError(Exception):
    """The bytes are no whole ClientHello; the text says what is wrong with them."""


class NoHello(HelloError):
    """An alert was sent in place of a hello.

    Args:
        alert: the alert's name (RFC 8446, chapter 6), or its number in words.
    """

    def __init__(self, alert: str):
        super().__init__(f"the alert {alert} in place of a ClientHello")
        self.alert = alert


def parse(records: bytes) -> dict:
    """Return what the ClientHello at the beginning of *records* offers.

    Args:
        records: TLS records, or one record of SSLv2, as they were sent. What follows the hello is not looked at.

    Returns:
        {legacy_version, versions, ciphers, groups, signature_algorithms, server_name}. legacy_version: the protocol's
        name, or None when it has none. versions: the protocols offered, ascending; without a supported_versions
        extension the highest alone, as such a hello does not tell the lowest. ciphers: the suites offered, in their
        order, each as four upper-case hexadecimal digits, without GREASE and signalling values. groups,
        signature_algorithms: those of the extensions of that name likewise, or None without that extension.
        server_name: whether the hello names a server.

    Raises:
        NoHello: it is an alert.
        HelloError: it is anything else, or not whole.
    """
    records = bytes(records)
    if not records:
        raise HelloError("nothing was sent")
    if records[0] == _ALERT:
        raise NoHello(_alert(_Reader(records)))
    if records[0] == _HANDSHAKE:
        return _client_hello(_Reader(_handshake(_Reader(records))))
    if records[0] & 0x80:
        return _sslv2_hello(_sslv2_record(_Reader(records)))
    raise HelloError(f"no TLS record begins with the byte 0x{records[0]:02X}")


class _Reader:
    """Takes numbers and vectors off bytes (RFC 8446, chapter 3), and never more than there are."""

    def __init__(self, data: bytes):
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise HelloError(f"cut off: {end - len(self._data)} bytes are missing")
        part = self._data[self._at : end]
        self._at = end
        return part

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        return self.take(self.number(size))

    def end(self, what: str) -> None:
        if self:
            raise HelloError(f"{len(self._data) - self._at} bytes more than {what} holds")


def _alert(reader: _Reader) -> str:
    """TLSPlaintext with an alert: type, version, length, level, description (RFC 8446, 5.1 and 6)."""
    reader.take(3)
    alert = reader.vector(2)
    if len(alert) != 2:
        raise HelloError("an alert that does not have two bytes")
    return _ALERTS.get(alert[1], f"number {alert[1]}")


def _handshake(reader: _Reader) -> bytes:
    """The body of the first handshake message, put together from as many records as it needs (RFC 8446, 5.1)."""
    message = bytearray(_fragment(reader))
    while len(message) < 4:
        message += _fragment(reader)
    if message[0] != _CLIENT_HELLO:
        raise HelloError(f"handshake message {message[0]} in place of a ClientHello")
    end = 4 + int.from_bytes(message[1:4], "big")
    while len(message) < end:
        message += _fragment(reader)
    return bytes(message[4:end])


def _fragment(reader: _Reader) -> bytes:
    kind = reader.number(1)
    if kind != _HANDSHAKE:
        raise HelloError(f"a record of type {kind} within the ClientHello")
    reader.take(2)
    length = reader.number(2)
    if not 0 < length <= _RECORD_LIMIT:
        raise HelloError(f"a handshake record of {length} bytes")
    return reader.take(length)


def _client_hello(reader: _Reader) -> dict:
    """ClientHello (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2)."""
    legacy_version = reader.number(2)
    reader.take(32)
    if len(reader.vector(1)) > 32:
        raise HelloError("a session identifier of more than 32 bytes")
    ciphers = _numbers(reader.vector(2), "cipher suites")
    reader.vector(1)
    extensions = _extensions(reader)
    if _SUPPORTED_VERSIONS in extensions:
        offered = _supported_versions(_Reader(extensions[_SUPPORTED_VERSIONS]))
    else:
        offered = [_highest(legacy_version)]
    return dict(
        _offer(legacy_version, offered, ciphers, _SERVER_NAME in extensions),
        groups=_listed(extensions, _SUPPORTED_GROUPS, "supported_groups"),
        signature_algorithms=_listed(extensions, _SIGNATURE_ALGORITHMS, "signature_algorithms"),
    )


def _highest(legacy_version: int) -> int:
    """The highest version that a server may choose where only this field tells (RFC 8446, 4.2.1): TLS 1.2 at most."""
    return min(legacy_version, _TLSV1_2) if legacy_version >> 8 == 3 else legacy_version


def _extensions(reader: _Reader) -> dict:
    """The extensions by number; none where the hello ends before them, as it may until TLS 1.2."""
    if not reader:
        return {}
    block = _Reader(reader.vector(2))
    reader.end("a ClientHello")
    found = {}
    while block:
        kind = block.number(2)
        if kind in found:
            raise HelloError(f"extension {kind} stands there twice")
        found[kind] = block.vector(2)
    return found


def _supported_versions(reader: _Reader) -> list:
    """The versions of that extension (RFC 8446, 4.2.1)."""
    listed = _numbers(reader.vector(1), "supported_versions")
    reader.end("supported_versions")
    return listed


def _listed(extensions: dict, kind: int, what: str) -> "list | None":
    """The algorithms of such an extension (RFC 8446, 4.2.3 and 4.2.7), in their order."""
    if kind not in extensions:
        return None
    reader = _Reader(extensions[kind])
    numbers = _numbers(reader.vector(2), what)
    reader.end(what)
    return _codes(numbers)


def _numbers(vector: bytes, what: str) -> list:
    if not vector or len(vector) % 2:
        raise HelloError(f"{what} of {len(vector)} bytes")
    return [int.from_bytes(vector[at : at + 2], "big") for at in range(0, len(vector), 2)]


def _sslv2_record(reader: _Reader) -> _Reader:
    """The one record that holds a hello in SSLv2's format, its length marked by the highest bit."""
    return _Reader(reader.take(reader.number(2) & 0x7FFF))


def _sslv2_hello(reader: _Reader) -> dict:
    """V2ClientHello (RFC 5246, E.2): OpenSSL before 1.1.0 sends it when its cipher list holds suites of SSLv2."""
    kind = reader.number(1)
    if kind != _CLIENT_HELLO:
        raise HelloError(f"message {kind} of SSLv2 in place of a hello")
    version = reader.number(2)
    sizes = [reader.number(2) for _field in ("cipher_specs", "session_id", "challenge")]
    specs, _session, _challenge = [reader.take(size) for size in sizes]
    reader.end("a hello of SSLv2")
    if not specs or len(specs) % 3:
        raise HelloError(f"cipher specs of {len(specs)} bytes")
    numbers = [int.from_bytes(specs[at : at + 3], "big") for at in range(0, len(specs), 3)]
    # Those above are the suites of SSLv2 itself.
    return _offer(version, [_highest(version)], [number for number in numbers if number <= 0xFFFF], False)


def _offer(legacy_version: int, offered: list, ciphers: list, server_name: bool) -> dict:
    return {
        "legacy_version": versions.from_wire(legacy_version),
        "versions": versions.ascending(versions.from_wire(number) for number in offered),
        "ciphers": _codes(number for number in ciphers if number not in _SIGNALS),
        "groups": None,
        "signature_algorithms": None,
        "server_name": server_name,
    }


def _codes(numbers) -> list:
    return [f"{number:04X}" for number in numbers if not _is_grease(number)]


def _is_grease(number: int) -> bool:
    """0x0A0A, 0x1A1A, ... 0xFAFA (RFC 8701, chapter 2)."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF
