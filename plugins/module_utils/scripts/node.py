# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Node.js: connections of its module tls, and of the packages imap, imapflow, imap-simple and poplib (their documentation)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import calls
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.calls import Call
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.literals import Script

_PINS = {name: name for name in ("minVersion", "maxVersion", "secureProtocol", "ciphers")}
_PACKAGE = "what this package does by itself is not known"
_NESTED = ("tlsOptions", "tls", "imap", "tlsopts")
_HOST = {"host": "server"}
_CALLS = (
    Call(("new", "Imap"), "imap", (), _HOST, "tls", "autotls", _NESTED),
    Call(("imaps", ".", "connect"), "imap", (), _HOST, "tls", "autotls", _NESTED, _PACKAGE),
    Call(("new", "ImapFlow"), "imap", (), _HOST, "secure", "doSTARTTLS", _NESTED, _PACKAGE),
    Call(("new", "POP3Client"), "pop3", ("port", "server"), {}, "enabletls", None, _NESTED, _PACKAGE),
    Call(("tls", ".", "connect"), None, ("port", "server"), _HOST, True),
)
_PIN_WORDS = (
    *("DEFAULT_MAX_VERSION", "DEFAULT_MIN_VERSION", "DEFAULT_CIPHERS", "secureOptions", "secureContext", "createSecureContext"),
    *("NODE_OPTIONS", "OPENSSL_CONF", "SSL_OP_NO_TLSv1_2", "socket", "assign"),
)


def connections(text):
    """Return the Connections of a script for Node.js. Raises ScriptError."""
    return calls.connections(Script(text, "node"), _CALLS, _PINS, _PIN_WORDS)
