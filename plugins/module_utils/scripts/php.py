# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PHP: mailboxes of its imap extension, and streams to the ports of mail (the manual's pages on imap_open and on transports)."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.calls import PORTS
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import COMPUTED, ELSEWHERE, Builder
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
    streams = [_stream(script, at, line) for name in _STREAMS for at, line in script.find(name)]
    streams = [builder for builder in streams if builder is not None]
    for builder in streams:
        _complete(script, builder, len(streams) == 1)
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


def _complete(script, builder, is_only):
    """What the script does to its streams besides: as it begins TLS, or in a context."""
    starts = list(script.find("stream_socket_enable_crypto"))
    if builder.security == "none" and starts:
        builder.security = "starttls"
        for at, line in starts:
            given = script.arguments(at).positional[2:3]
            builder.set("crypto_method", given[0].text if given and is_only else None, line)
    for at, line in script.find("stream_context_create"):
        options = (script.arguments(at).positional or [None])[0]
        inner = options.items.named.get("ssl") if options is not None and options.items else None
        if inner is None or inner.items is None:
            builder.note("context", COMPUTED, line)
            continue
        for key in [key for key in _PINS if key in inner.items.named]:
            # Which stream the context is for is clear where there is one.
            builder.set(key, inner.items.named[key].text if is_only else None, inner.items.named[key].line)
    for word, line in script.unread(_PIN_WORDS):
        builder.note(word, ELSEWHERE, line)
