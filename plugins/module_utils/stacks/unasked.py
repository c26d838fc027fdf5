# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TLS libraries that programs load and that nobody here knows how to ask: wolfSSL and mbedTLS, known by their names and texts."""

import os
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import elf

_NAME = re.compile(r"lib(?P<kind>wolfssl|mbedtls)\.so(?:\.\d[\w.]*)?$")
# What tells the release, and the beginning of the library's name in which that stands. Measured on libwolfssl35 5.5.4 and
# libmbedtls14 2.28.3 of Debian 12; PolarSSL called itself so until 1.3.9.
_RELEASE = {
    "wolfssl": ("libwolfssl", rb"\0wolfSSL (\d+\.\d+\.\d+)"),
    "mbedtls": ("libmbedcrypto", rb"(?:[Mm]bed TLS|PolarSSL) (\d+\.\d+\.\d+)\0"),
}
_MAX_LIBRARY = 32 * 1024 * 1024


def kind_of(path):
    """Return "wolfssl" or "mbedtls" where the library at *path* is one by its name, else None."""
    match = _NAME.match(os.path.basename(path))
    return match.group("kind") if match else None


def version(host, path, libraries):
    """Return the release of the library at *path*, or None where its text does not tell; *libraries* are those loaded with it."""
    beginning, pattern = _RELEASE[kind_of(path)]
    file = next((library for library in libraries if os.path.basename(library).startswith(beginning)), path)
    [found] = elf.find_bytes(host, file, (pattern,), _MAX_LIBRARY)
    return found.decode("ascii") if found else None
