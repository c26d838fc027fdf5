# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TLS protocol versions: their names, as OpenSSL spells them, in order, and their numbers on the wire."""

SSLV3, TLSV1, TLSV1_1, TLSV1_2, TLSV1_3 = PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")

# RFC 6101 to RFC 8446, the field legacy_version or an entry of supported_versions.
_WIRE = {0x0300: SSLV3, 0x0301: TLSV1, 0x0302: TLSV1_1, 0x0303: TLSV1_2, 0x0304: TLSV1_3}


def from_wire(number: int):
    """Return the protocol's name for its two-byte *number*, or None for GREASE (RFC 8701), drafts and DTLS."""
    return _WIRE.get(number)


def ascending(names):
    """Return the known protocols among *names* as a list, each once, the lowest first."""
    wanted = set(names)
    return [name for name in PROTOCOLS if name in wanted]


def highest(names):
    """Return the highest known protocol among *names*, or None when there is none."""
    known = ascending(names)
    return known[-1] if known else None
