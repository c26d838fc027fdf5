"""Executables that contain a TLS library themselves: real ones of this machine, and the texts of those that it lacks."""

from __future__ import annotations

import re
import subprocess

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import linked

GO = b"crypto/tls.(*Conn).clientHandshake\0"
# Out of restic 0.14 of Debian 12, and as Go before 1.18 wrote it: with pointers.
BUILD_INFORMATION = b"\xff Go buildinf:\x08\x02" + bytes(16) + b"\x08go1.19.8\xed\x060w\xaf\x0c\x92t\x08\x02A"
WITH_POINTERS = b"\xff Go buildinf:\x08\x00" + bytes(16) + b"go1.13"
CARGO = b"/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/"

# name: (texts in the file, [(kind, version)])
FILES = {
    "nothing": (b"main", []),
    "only named": (b"built with OpenSSL 3.0.2 15 Mar 2022, GnuTLS 3.7.9 and wolfSSL", []),
    "OpenSSL": (b"../ssl/ssl_lib.c\0OpenSSL 1.1.1w  11 Sep 2023\0", [("openssl", "1.1.1w")]),
    "OpenSSL of a distribution": (b"ssl/ssl_lib.c\0OpenSSL 1.0.2k-fips  26 Jan 2017\0", [("openssl", "1.0.2k")]),
    "OpenSSL before it named its files": (b"TLSv1 part of OpenSSL 0.9.8zh 3 Dec 2015\0", [("openssl", "0.9.8zh")]),
    "OpenSSL without its release": (b"ssl_lib.c\0a text on OpenSSL 9.9.9", [("openssl", None)]),
    "LibreSSL": (b"ssl_lib.c\0LibreSSL 3.8.2\0", [("libressl", "3.8.2")]),
    "BoringSSL": (b"boringssl/src/ssl/ssl_lib.cc\0", [("boringssl", None)]),
    "AWS-LC": (b"ssl/ssl_lib.cc\0AWS-LC 1.69.0\0", [("boringssl", "1.69.0")]),
    "AWS-LC's cryptography alone": (b"AWS-LC 1.69.0\0", []),
    "Go": (GO + BUILD_INFORMATION, [("go", "1.19.8")]),
    "Go without TLS": (BUILD_INFORMATION, []),
    "an old Go": (GO + WITH_POINTERS, [("go", None)]),
    "rustls": (CARGO + b"rustls-0.21.7/src/conn.rs", [("rustls", "0.21.7")]),
    "rustls before its release": (CARGO + b"rustls-0.22.0-alpha.1/src/conn.rs", [("rustls", "0.22.0")]),
    "what only uses rustls": (CARGO + b"hyper-rustls-0.27.7/src/lib.rs" + CARGO + b"rustls-native-certs-0.6.3/src/lib.rs", []),
    "wolfSSL": (b"verify problem on finished\0", [("wolfssl", None)]),
    "mbedTLS": (b"=> write client hello\0mbed TLS 2.28.3\0", [("mbedtls", "2.28.3")]),
    "two": (b"ssl_lib.c\0OpenSSL 3.5.4 30 Sep 2025\0" + CARGO + b"rustls-0.23.37/src/a", [("openssl", "3.5.4"), ("rustls", "0.23.37")]),
}


@pytest.mark.parametrize("name", FILES)
def test_texts(name, tree):
    texts, expected = FILES[name]
    tree.write("/program", b"\x7fELF" + bytes(5000) + texts)
    host = tree.host()
    assert [tuple(found) for found in linked.find(host, "/program")] == expected
    assert host.gaps == []


def test_across_the_parts_that_are_read(tree):
    for before in range(1024 * 1024 - 40, 1024 * 1024):
        tree.write("/program", bytes(before) + b"ssl_lib.c\0OpenSSL 3.0.19 27 Jan 2026\0")
        assert linked.find(tree.host(), "/program") == [("openssl", "3.0.19")]


def test_a_file_that_is_not_there_contains_nothing_and_one_that_cannot_be_read_is_a_gap(tree):
    (tree.root / "directory").mkdir()
    host = tree.host()
    assert linked.find(host, "/nothing") == []
    assert host.gaps == []
    assert linked.find(host, "/directory") == []
    assert [gap["what"] for gap in host.gaps] == ["/directory"]


def test_libraries_of_this_machine(libssl, libgnutls, system_library):
    host = Host("/")
    assert [found.kind for found in linked.find(host, str(libssl))] == ["openssl"]
    assert [found.kind for found in linked.find(host, str(libgnutls))] == ["gnutls"]
    assert [found.kind for found in linked.find(host, str(system_library("libnss3.so", "libnss3")))] == ["nss"]


def test_programs_that_only_load_theirs_contain_none():
    for program in ("/usr/bin/openssl", "/usr/bin/ssh"):
        assert linked.find(Host("/"), program) == []


def test_a_program_that_is_linked_with_openssl_as_it_says_itself(tmp_path, libssl):
    """With Debian's static library; skips where it is not installed."""
    if not (libssl.parent / "libssl.a").is_file():
        pytest.skip("needs libssl.a (Debian package libssl-dev)")
    source, program = tmp_path / "client.c", tmp_path / "client"
    source.write_text(
        "#include <openssl/ssl.h>\n#include <stdio.h>\n"
        "int main(void) { SSL_CTX *c = SSL_CTX_new(TLS_client_method()); puts(OpenSSL_version(OPENSSL_VERSION)); return !SSL_new(c); }\n"
    )
    subprocess.run(["gcc", source, "-o", program, "-l:libssl.a", "-l:libcrypto.a", "-ldl", "-lpthread"], check=True)
    says = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    release = re.match(r"OpenSSL (\S+)", says)
    assert release
    assert linked.find(Host("/"), str(program)) == [("openssl", release.group(1))]
