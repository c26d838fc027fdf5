# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which TLS library an executable contains that needs none: linked into it, or of its language's own (Go, rustls).

A program's own words are no sign: it may name a library that it was only built against. What counts is a text that stands in the
library's code for TLS itself, and nowhere in its headers.
"""

import collections

from ansible_collections.mailtls.fleet.plugins.module_utils import elf

Linked = collections.namedtuple("Linked", "kind version")
Linked.__doc__ = (
    (Linked.__doc__ or "")
    + """

Attributes:
    kind: "openssl", "libressl", "boringssl" (AWS-LC too), "gnutls", "nss", "go", "rustls", "wolfssl" or "mbedtls".
    version: the library's release ("3.0.19"; of Go, that of its compiler and standard library), or None where its text does not tell.
"""
)

# Browsers and programs above Electron have 200 MB; their libraries stand in the first of it.
MAX_PROGRAM = 256 * 1024 * 1024

# Measured on: node 18 and cargo (OpenSSL), Chromium (BoringSSL), rustup and uv (rustls), restic 0.14 (Go 1.19), libgnutls30, libnss3,
# libwolfssl35 5.5.4 and libmbedtls14 2.28.3 of Debian 12; OpenSSL 1.0.2 has no name of a file, but says which versions it speaks.
# Each begins with plain letters, which makes the search ten times as fast.
_CODE = (
    ("openssl", rb"ssl_lib\.c\0"),
    ("openssl", rb"TLSv1 part of OpenSSL \d"),
    ("boringssl", rb"ssl_lib\.cc\0"),
    ("gnutls", rb"Enabled GnuTLS \d"),
    ("nss", rb"Version: NSS \d"),
    ("go", rb"crypto/tls\.\(\*Conn\)\.clientHandshake\b"),
    ("rustls", rb"/rustls-\d+\.\d+\.\d+[0-9A-Za-z.-]{0,40}/src/"),
    ("wolfssl", rb"verify problem on finished\0"),
    ("mbedtls", rb"=> write client hello\0"),
    ("mbedtls", rb"mbedtls_ssl_handshake_client_step\0"),
)
_VERSION = {
    "openssl": rb"OpenSSL (\d+\.\d+\.\d+[a-z]{0,2})[0-9A-Za-z.+-]{0,40} {1,2}\d{1,2} [A-Z][a-z]{2} \d{4}",
    "libressl": rb"\0LibreSSL (\d+\.\d+\.\d+)\0",
    "boringssl": rb"AWS-LC (\d+\.\d+\.\d+)\0",
    "gnutls": rb"Enabled GnuTLS (\d+\.\d+\.\d+)",
    "nss": rb"Version: NSS (\d+\.\d+(?:\.\d+)*)",
    # The header of 32 bytes says by its flag that the texts follow in place, each behind its length: debug/buildinfo of Go 1.18 and later.
    "go": rb"\xff Go buildinf:[\x04\x08][\x02\x03][\0-\xff]{16}[\0-\x7f]go(\d+\.\d+(?:\.\d+)?)",
    "rustls": rb"/rustls-(\d+\.\d+\.\d+)[0-9A-Za-z.-]{0,40}/src/",
    "mbedtls": rb"[Mm]bed TLS (\d+\.\d+\.\d+)\0",
}


def find(host, path):
    """Return the Linked of each TLS library that the file at *path* itself contains, in the order of their kinds; [] for none.

    Args:
        host: the Host; a file that can't be read becomes a gap of it.
        path: of an executable or of a library.
    """
    code = elf.find_bytes(host, path, [pattern for _kind, pattern in _CODE], MAX_PROGRAM)
    contained = list(dict.fromkeys(kind for (kind, _pattern), match in zip(_CODE, code) if match is not None))
    if not contained:
        return []
    wanted = [kind for kind in _VERSION if kind in contained or (kind == "libressl" and "openssl" in contained)]
    told = dict(zip(wanted, elf.find_bytes(host, path, [_VERSION[kind] for kind in wanted], MAX_PROGRAM)))
    if told.get("libressl"):
        contained[contained.index("openssl")] = "libressl"
    return [Linked(kind, told[kind].decode("ascii") if told.get(kind) else None) for kind in contained]
