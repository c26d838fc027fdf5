"""The probe against servers on the loopback: real libraries, real handshakes."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.mailtls.fleet.plugins.module_utils import probe
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host

Serve = Callable[..., probe.Target]
NO_SETTINGS = {"OPENSSL_CONF": "", "GNUTLS_SYSTEM_PRIORITY_FILE": "/dev/null"}
CAPPED = "openssl_conf = top\n[top]\nssl_conf = modules\n[modules]\nsystem_default = all\n[all]\nMaxProtocol = TLSv1.1\n"
EVERY_VERSION = "CipherString = DEFAULT:@SECLEVEL=0\n"
LIBRARIES = {"openssl": ("libssl.so.3", "libssl3"), "gnutls": ("libgnutls.so.30", "libgnutls30")}
CONVERSATIONS = {
    143: ((None, b"* OK ready\r\n"), (b"a STARTTLS\r\n", b"* a word aside\r\na OK begin\r\n")),
    110: ((None, b"+OK ready\r\n"), (b"STLS\r\n", b"+OK begin\r\n")),
    993: (),
    995: (),
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that nobody trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stranger.example")])
    day = datetime.datetime(2020, 1, 1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = builder.not_valid_before(day).not_valid_after(day + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("server") / "server.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def heard() -> list[bytes]:
    """What the servers got after each handshake, until the client hung up."""
    return []


@pytest.fixture
def serve(certificate: Path, heard: list[bytes]) -> Iterator[Serve]:
    """Start a server that takes TLS as on *port*, and return the target that leads there: serve(port, lowest, highest).

    What comes *after* the conversation before TLS: "tls"; "silence"; "end", at once; or "end on hello".
    """
    listeners: list[socket.socket] = []

    def start(
        port: int = 993, lowest: str = "TLSv1_2", highest: str = "TLSv1_3", conversation: Any = None, after: str = "tls"
    ) -> probe.Target:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion[lowest], ssl.TLSVersion[highest]
        context.load_cert_chain(certificate)
        said = CONVERSATIONS[port] if conversation is None else conversation
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=_accept, args=(listener, context, said, after, heard), daemon=True).start()
        return probe.target(f"localhost:{port}")._replace(host="127.0.0.1", port=listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def _accept(listener: socket.socket, context: ssl.SSLContext, said: Any, after: str, heard: list[bytes]) -> None:
    while True:
        try:
            connection, _peer = listener.accept()
        except OSError:
            return
        with connection:
            try:
                connection.settimeout(20)
                for expected, answer in said:
                    if expected is not None and connection.recv(len(expected)) != expected:
                        break
                    connection.sendall(answer)
                for _part in range({"end on hello": 1, "silence": 2}.get(after, 0)):
                    connection.recv(65536)
                if after == "tls":
                    with context.wrap_socket(connection, server_side=True) as secured:
                        heard.append(secured.recv(65536))
            except OSError:
                continue


@pytest.fixture
def host(system_library: Callable[[str, str], Path]) -> Callable[..., Any]:
    """A host whose libraries are named by the test: host("openssl", OPENSSL_CONF=...)."""

    def make(*kinds: str, **environment: str) -> Any:
        libraries = []
        for kind in kinds:
            path = str(system_library(*LIBRARIES[kind]))
            libraries.append((path, {"kind": kind, "path": path, "preload": [], "env": {**NO_SETTINGS, **environment}}))
        return type("Prepared", (Host,), {"stacks": SimpleNamespace(shaking=lambda *_kinds: libraries)})("/")

    return make


def with_library(path: Path, **more: Any) -> Any:
    """A host with the OpenSSL at *path* alone."""
    question = {"kind": "openssl", "path": str(path), "preload": [], "env": NO_SETTINGS, **more}
    return type("Prepared", (Host,), {"stacks": SimpleNamespace(shaking=lambda *_kinds: [(str(path), question)])})("/")


def settings(tmp_path: Path, text: str) -> str:
    path = tmp_path / "openssl.cnf"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("port", [993, 995, 143, 110])
@pytest.mark.parametrize("kind", ["openssl", "gnutls"])
def test_both_libraries_shake_hands_and_say_nothing_more(host: Any, serve: Serve, heard: list[bytes], kind: str, port: int) -> None:
    made = host(kind)
    [result] = probe.probe(made, [serve(port)], 0)
    assert (result["version"], result["error"], result["alert"]) == ("TLSv1.3", None, None)
    assert (made.gaps, b"".join(heard)) == ([], b"")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(("lowest", "highest", "version"), [("TLSv1_2", "TLSv1_2", "TLSv1.2"), ("TLSv1", "TLSv1_1", "TLSv1.1")])
@pytest.mark.parametrize("kind", ["openssl", "gnutls"])
def test_the_version_is_the_one_that_was_agreed_on(
    host: Any, serve: Serve, tmp_path: Path, kind: str, lowest: str, highest: str, version: str
) -> None:
    lax = settings(tmp_path, CAPPED.replace("MaxProtocol = TLSv1.1", "MinProtocol = TLSv1") + EVERY_VERSION)
    [result] = probe.probe(host(kind, OPENSSL_CONF=lax), [serve(993, lowest, highest)], 0)
    assert result["version"] == version


def test_a_library_that_the_system_holds_below_gets_the_server_s_alert(host: Any, serve: Serve, tmp_path: Path) -> None:
    capped = settings(tmp_path, CAPPED + EVERY_VERSION)
    [result] = probe.probe(host("openssl", OPENSSL_CONF=capped), [serve()], 0)
    assert (result["version"], result["alert"]) == (None, 70)  # protocol_version: RFC 8446, 6.2
    assert "alert protocol version" in result["error"]


def test_gnutls_that_the_system_holds_below_gets_the_server_s_alert(host: Any, serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "gnutls"
    path.write_text("[overrides]\ndisabled-version = tls1.2\ndisabled-version = tls1.3\n")
    [result] = probe.probe(host("gnutls", GNUTLS_SYSTEM_PRIORITY_FILE=str(path)), [serve()], 0)
    assert (result["version"], result["alert"]) == (None, 70)


@pytest.mark.parametrize(("version", "newest"), [("1.0.2n", "TLSv1.2"), ("1.1.0f", "TLSv1.2"), ("1.1.1g", "TLSv1.3")])
def test_generations_that_the_system_no_longer_has(serve: Serve, old_openssl: Callable[[str], Path], version: str, newest: str) -> None:
    target = serve()
    [agreed] = probe.probe(with_library(old_openssl(version)), [target], 0)
    [refused] = probe.probe(with_library(old_openssl(version), max="TLSv1.1"), [target], 0)
    assert (agreed["version"], agreed["error"]) == (newest, None)
    assert (refused["version"], refused["alert"]) == (None, 70)


def test_a_server_that_hangs_up_on_the_hello_is_a_handshake_that_failed(host: Any, serve: Serve) -> None:
    results = probe.probe(host("openssl", "gnutls"), [serve(after="end on hello")], 0)
    assert [(result["version"], result["alert"], bool(result["error"])) for result in results] == [(None, None, True)] * 2


def test_nobody_listens(host: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    made = host("openssl", "gnutls")
    assert probe.probe(made, [probe.target("localhost:993")._replace(port=port)], 0) == []
    assert [(gap["what"], gap["affects"]) for gap in made.gaps] == [("probe of localhost:993", None)]
    assert "refused" in made.gaps[0]["why"]


def test_a_name_that_can_t_be_looked_up(host: Any) -> None:
    """One that the resolver refuses by itself: nothing is sent for it."""
    made = host("openssl")
    assert probe.probe(made, [probe.target("no..name:993")], 0) == []
    assert "name was not found" in made.gaps[0]["why"]


@pytest.mark.parametrize(
    ("conversation", "why"),
    [
        ((), "closed the connection before TLS"),
        (((None, b"HTTP/1.1 400 Bad Request\r\n"),), "did not greet"),
        (((None, b"* OK hello\r\n"), (b"a STARTTLS\r\n", b"a NO not here\r\n")), "did not agree to STARTTLS"),
        (((None, b"* OK hello\r\n"), (b"a STARTTLS\r\n", b"* again\r\n" * 50)), "did not agree to STARTTLS"),
        (((None, b"* OK " + b"x" * 5000),), "no line of a length"),
    ],
)
def test_a_server_that_does_not_come_to_tls(host: Any, serve: Serve, conversation: Any, why: str) -> None:
    made = host("openssl")
    assert probe.probe(made, [serve(143, conversation=conversation, after="end")], 0) == []
    assert why in made.gaps[0]["why"]
    assert made.gaps[0]["affects"] is None


def test_a_server_that_never_answers_the_hello_is_no_handshake(host: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "HANDSHAKE_SECONDS", 1.0)
    made = host("openssl", "gnutls")
    assert probe.probe(made, [serve(after="silence")], 0) == []
    assert {gap["why"] for gap in made.gaps} == {"no answer within 1 seconds"}


def test_no_more_than_eight_handshakes_with_one_server(host: Any, serve: Serve, heard: list[bytes]) -> None:
    made = host(*["openssl"] * 9)
    assert len(probe.probe(made, [serve()], 0)) == probe.MOST == 8
    assert "first 8 of 9" in made.gaps[0]["why"]


def test_when_the_time_for_all_is_over_the_rest_is_named(host: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "ALL_SECONDS", -1)
    made = host("openssl")
    assert probe.probe(made, [serve()], 0) == []
    assert "were over" in made.gaps[0]["why"]


def test_a_mounted_tree_is_not_probed(tmp_path: Path) -> None:
    made = Host(str(tmp_path))
    assert probe.probe(made, [probe.target("localhost:993")], 3600) == []
    assert [(gap["what"], gap["affects"]) for gap in made.gaps] == [("probe", None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("outlook.office365.com:993", ("outlook.office365.com", 993, "imap", "implicit")),
        ("10.0.0.1:110", ("10.0.0.1", 110, "pop3", "starttls")),
        ("[2001:db8::1]:995", ("2001:db8::1", 995, "pop3", "implicit")),
    ],
)
def test_targets(text: str, expected: tuple[Any, ...]) -> None:
    assert tuple(probe.target(text)) == (text, *expected)


@pytest.mark.parametrize(
    "text", ["", "host", "host:", ":993", "host:25", "host:993\n", "-o:993", "2001:db8::1:993", "a b:993", "https://host:993"]
)
def test_no_target(text: str) -> None:
    with pytest.raises(ValueError, match="expected host:port"):
        probe.target(text)
