# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PHP: mailboxes of its imap extension, and streams to the ports of mail (the manual's pages on imap_open and on transports)."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.calls import PORTS
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import (
    COMPUTED,
    ELSEWHERE,
    MAX_CONNECTIONS,
    Builder,
    first_of_each,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.literals import Script

_MAILBOX = re.compile(r"\{(?P<host>[^}:/]+)(?::(?P<port>\d+))?(?P<flags>(?:/[^}/]+)*)\}")
_ADDRESS = re.compile(r"(?:(?P<transport>[a-z0-9.]+)://)?(?P<host>[^:/]+)(?::(?P<port>\d+))?/?$")
_STREAMS = ("stream_socket_client", "fsockopen", "pfsockopen")
_PINS = ("crypto_method", "ciphers", "min_proto_version", "max_proto_version", "security_level")
_PIN_WORDS = _PINS + ("OPENSSL_CONF", "stream_context_set_default", "stream_context_set_option", "stream_context_set_options")


def connections(text):
    """Return the Connections of a script in PHP. Raises ScriptError."""
    script = Script(text, "php")
    found = [_mailbox(script, at, line) for name in ("imap_open", "imap_reopen") for at, line in script.find(name)]
    found = found[:MAX_CONNECTIONS]
    streams = [_stream(script, at, line) for name in _STREAMS for at, line in script.find(name)]
    streams = [builder for builder in streams if builder is not None][:MAX_CONNECTIONS]
    common = _Common(script) if streams else None
    for builder in streams:
        common.complete(builder, len(streams) == 1)
    return [builder.connection() for builder in sorted(found + streams, key=lambda item: item.line)]


def _first(script, at):
    given = script.arguments(at).positional
    return given[0].text if given and not given[0].is_name else None


def _mailbox(script, at, line):
    match = _MAILBOX.match(_first(script, at) or "")
    builder = Builder(line, None, None)
    if match is None:
        builder.note("server", COMPUTED, line)
        return builder
    flags = [flag.lower() for flag in match.group("flags").split("/") if flag]
    builder.protocol = "pop3" if "pop3" in flags or "service=pop3" in flags else "imap"
    builder.security = "implicit" if "ssl" in flags else "none" if "notls" in flags else "starttls"
    builder.set_server(match.group("host"), line)
    if match.group("port"):
        builder.set_port(match.group("port"), line)
    if builder.security == "starttls":
        builder.set("imap_open", "/tls-sslv23" if "tls-sslv23" in flags else "STARTTLS", line)
    elif builder.security == "implicit":
        builder.set("imap_open", "/ssl", line)
    return builder


def _stream(script, at, line):
    given = script.arguments(at).positional
    match = _ADDRESS.match(_first(script, at) or "")
    port = match.group("port") if match else None
    if match and port is None and len(given) > 1:
        port = given[1].text
    if match is None or port not in PORTS:
        return None
    transport = match.group("transport") or "tcp"
    builder = Builder(line, PORTS[port], "implicit" if re.match("ssl|tls", transport) else "none")
    builder.set_server(match.group("host"), line)
    builder.set_port(port, line)
    if builder.security == "implicit":
        builder.set("transport", transport, line)
    return builder


class _Common:
    """What a script does to its streams besides: as it begins TLS, or in a context."""

    def __init__(self, script):
        self._starts = first_of_each((self._method(script, at), line) for at, line in script.find("stream_socket_enable_crypto"))
        contexts = [(self._options(script, at), line) for at, line in script.find("stream_context_create")]
        self._computed = [line for options, line in contexts if options is None]
        pins = (pin for options, _line in contexts for pin in options or ())
        self._pins = first_of_each(pins)
        self._left = first_of_each(script.unread(_PIN_WORDS))

    @staticmethod
    def _method(script, at):
        given = script.arguments(at).positional[2:3]
        return given[0].text if given else None

    @staticmethod
    def _options(script, at):
        """(key, value, line) of each pin in the arguments of a context, or None where they are not spelled out."""
        options = (script.arguments(at).positional or [None])[0]
        inner = options.items.named.get("ssl") if options is not None and options.items else None
        if inner is None or inner.items is None:
            return None
        return [(key, inner.items.named[key].text, inner.items.named[key].line) for key in _PINS if key in inner.items.named]

    def complete(self, builder, is_only):
        """Give it to a stream. Which stream a context is for is clear where there is one."""
        if builder.security == "none" and self._starts:
            builder.security = "starttls"
            for method, line in self._starts:
                builder.set("crypto_method", method if is_only else None, line)
        for line in self._computed[:1]:
            builder.note("context", COMPUTED, line)
        for key, value, line in self._pins:
            builder.set(key, value if is_only else None, line)
        for word, line in self._left:
            builder.note(word, ELSEWHERE, line)
