# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a TLS library's own files say about it: for a mounted tree, and for a library that can't be asked."""

import os
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import elf

MAX_LIBRARY = 32 * 1024 * 1024
_RELEASE = re.compile(r"\d+\.\d+(?:\.\d+)*[a-z]{0,2}")
# Options that take protocols out of a build; the rest of the compiler's command line is of no matter.
_FLAGS = re.compile(r"-D(OPENSSL_NO_(?:SSL|TLS)\w*|OPENSSL_MAX_TLS1_2_CIPHER_LENGTH=\d+)")

# The texts stand in libcrypto, libgnutls and libnss3: measured on Debian 12 (unix.md F), and the same since OpenSSL 0.9.8.
_OPENSSL = (
    rb"(?:Open|Libre)SSL (\d+\.\d+\.\d+[a-z]{0,2})[ -]",
    rb"compiler: ([ -~]{1,3000})",
    rb'OPENSSLDIR: "(/[ -~]{0,1000}?)"',
)
# Fedora's has crypto-policies/back-ends/gnutls.config, others have gnutls/config or, older, gnutls/default-priorities.
_GNUTLS = (
    rb"Enabled GnuTLS (\d+\.\d+\.\d+)",
    rb"\0(/[!-~]{1,500}?gnutls(?:/config|/default-priorities|\.config))\0",
)
# The policy file that a build may have, as it is loaded: NSS, lib/nss/nssinit.c (POLICY_PATH, POLICY_FILE).
_NSS = (
    rb"Version: NSS (\d+\.\d+(?:\.\d+)*)",
    rb"configdir='(?:sql:)?(/[^\0']{1,500}' secmod='[^\0']{1,200})'",
)


def read(host, kind, path, libraries):
    """Return {version, build, config} of the library *path*; None, or no flags, where its files do not tell.

    `config` is "" for a copy of NSS that was built without a policy file.

    Args:
        host: the Host.
        kind: "openssl", "gnutls" or "nss".
        path: of libssl, libgnutls or libssl3.
        libraries: paths of what it loads.
    """
    if kind == "openssl":
        version, compiler, directory = elf.find_bytes(host, _beside(libraries, "libcrypto", path), _OPENSSL, MAX_LIBRARY)
        return {"version": _text(version), "build": flags(_text(compiler)), "config": config(_text(directory))}
    if kind == "gnutls":
        version, file = elf.find_bytes(host, path, _GNUTLS, MAX_LIBRARY)
    else:
        version, policy = elf.find_bytes(host, _beside(libraries, "libnss3.so", path), _NSS, MAX_LIBRARY)
        file = policy.replace(b"' secmod='", b"/") if policy else version and b""
    return {"version": _text(version), "build": [], "config": _text(file)}


def release(text):
    """Return the release number in what a library calls itself ("OpenSSL 3.0.20 7 Apr 2026"), or None."""
    found = _RELEASE.search(text or "")
    return found.group() if found else None


def flags(compiler):
    """Return the build options that matter out of OpenSSL's `compiler:` line."""
    return sorted(set(_FLAGS.findall(compiler or "")))


def config(directory):
    """Return the path of the openssl.cnf in OPENSSLDIR, or None when that is not known."""
    return directory.rstrip("/") + "/openssl.cnf" if directory else None


def _beside(libraries, name, path):
    return next((library for library in libraries if os.path.basename(library).startswith(name)), path)


def _text(found):
    return None if found is None else found.decode("ascii", "replace")
