# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Perl: connections of Mail::IMAPClient, Net::IMAP::Simple, Net::POP3 and IO::Socket::SSL (their manual pages)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import calls
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.calls import Call
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.literals import Script

_PINS = {"SSL_version": "SSL_version", "SSL_cipher_list": "SSL_cipher_list"}
_IMAPCLIENT = {"Server": "server", "Port": "port"}
_SOCKET = {"PeerAddr": "server", "PeerHost": "server", "PeerPort": "port"}
_UNKNOWN = "what this module does by itself is not known"
_CALLS = (
    Call(("Mail::IMAPClient", "->", "new"), "imap", (), _IMAPCLIENT, "Ssl", "Starttls", ("Ssl", "Starttls")),
    Call(("Net::IMAP::Simple", "->", "new"), "imap", ("server",), {}, "use_ssl", None, ("ssl_options",)),
    Call(("Net::IMAP::Simple::SSL", "->", "new"), "imap", ("server",), {}, True, None, (), _UNKNOWN),
    Call(("Net::POP3", "->", "new"), "pop3", ("server",), {"Host": "server", "Port": "port"}, "SSL"),
    Call(("Mail::POP3Client", "->", "new"), "pop3", (), {"HOST": "server", "PORT": "port"}, "USESSL", None, (), _UNKNOWN),
    Call(("IO::Socket::SSL", "->", "new"), None, ("server",), _SOCKET, True),
    Call(("new", "IO::Socket::SSL"), None, ("server",), _SOCKET, True),
    Call(("new", "Mail::IMAPClient"), "imap", (), _IMAPCLIENT, "Ssl", "Starttls", ("Ssl", "Starttls")),
)
_PIN_WORDS = (
    *("set_defaults", "set_ctx_defaults", "set_client_defaults", "set_args_filter_hack", "SSL_create_ctx_callback", "SSL_reuse_ctx"),
    *("ssl_version", "RawSocket", "Socket", "CTX_set_max_proto_version", "CTX_set_options", "CTX_tlsv1_new", "CTX_tlsv1_1_new"),
    *("OP_NO_TLSv1_2", "start_SSL", "new_from_fd", "OPENSSL_CONF", "Socketargs"),
)


def connections(text):
    """Return the Connections of a script in Perl. Raises ScriptError."""
    return calls.connections(Script(text, "perl"), _CALLS, _PINS, _PIN_WORDS, ("starttls",))
