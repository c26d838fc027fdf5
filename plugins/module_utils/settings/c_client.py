# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mailbox names of the c-client library, {server:port/flag/user=name}box (mail_valid_net_parse_work of its mail.c)."""

import collections

# flags: those that bear on TLS, lower case, in their order; service: imap or pop3, or another that it names.
Mailbox = collections.namedtuple("Mailbox", "server port service flags")

VERSION_FLAGS = ("tls1", "tls1_1", "tls1_2", "tls1_3")
TLS_FLAGS = ("ssl", "tls", "tls-sslv23", "starttls", "notls", "nostarttls", "tryssl") + VERSION_FLAGS
_OTHER_FLAGS = ("anonymous", "debug", "readonly", "secure", "norsh", "loser", "novalidate-cert", "validate-cert")
_SERVICES = {"imap": "imap", "imap2": "imap", "imap2bis": "imap", "imap4": "imap", "imap4rev1": "imap", "pop3": "pop3", "pop": "pop3"}
_NAMED = ("service", "user", "authuser", "auth")


def parse(text):
    """Return the Mailbox of a name, or None when it is on no server or c-client takes it for none."""
    inside, brace, _box = text.partition("}")
    if not inside.startswith("{") or not brace:
        return None
    inside = inside[1:]
    end = inside.find("]") + 1 if inside.startswith("[") else min(at for at in (inside.find("/"), inside.find(":"), len(inside)) if at >= 0)
    server, rest = inside[:end].strip("[]"), inside[end:]
    port, service, flags = None, None, []
    while rest:
        sign, rest = rest[0], rest[1:]
        word, rest = _word(rest)
        name, has_value, value = word.partition("=")
        name = name.lower()
        if sign == ":" and port is None and word.isdecimal() and len(word) <= 5:
            port = int(word)
        elif sign != "/" or (has_value and name not in _NAMED):
            return None
        elif name == "service":
            service = service or value.lower()
        elif not has_value and name in TLS_FLAGS:
            flags.append(name)
        elif not has_value and name in _SERVICES and service is None:
            service = _SERVICES[name]
        elif not has_value and name not in _OTHER_FLAGS:
            return None
    return Mailbox(server, port, service or "imap", tuple(flags)) if server else None


def security(flags):
    """Return the security of a connection with those *flags*: "implicit", "starttls", "none", or None where they exclude each other."""
    kinds = {
        "none" if flag in ("notls", "nostarttls") else "starttls" if flag.startswith(("tls-", "starttls")) or flag == "tls" else "implicit"
        for flag in flags
        if flag != "tryssl"
    }
    if kinds == {"implicit", "none"}:
        return "implicit"
    if len(kinds) > 1:
        return None
    # Without a word about it, TLS begins where the server offers it.
    return kinds.pop() if kinds else "starttls"


def _word(text):
    """Split off what stands before the next flag or port; a value in quotes may hold their signs."""
    quoted = at = 0
    while at < len(text):
        if text[at] == "\\" and quoted:
            at += 1
        elif text[at] == '"':
            quoted = not quoted
        elif text[at] in "/:" and not quoted:
            break
        at += 1
    return text[:at], text[at:]
