# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections as calls with literal arguments make them: what the languages have in common whose literals are read."""

import itertools

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import (
    COMPUTED,
    ELSEWHERE,
    MAX_CONNECTIONS,
    Builder,
    first_of_each,
)

HANDED_ON = "the script uses it in a way that its text does not spell out"
_IMPORTS = ("use", "require", "no", "import", "const", "let", "var")
_HARMLESS_METHODS = ("enable_ssl", "enable_ssl?", "disable_ssl", "Quote", "VERSION")
_TRUE = ("1", "true")
_FALSE = ("0", "", "false", "nil", "null", "undef")
PORTS = {"993": "imap", "143": "imap", "995": "pop3", "110": "pop3"}


class Call:
    """One way to connect.

    Args:
        words: the tokens of its call.
        protocol: "imap" or "pop3"; None where the port tells it.
        positional: what the arguments without a name are, in their order: "server", "port", a name, or None for what is of no matter.
        names: role ("server", "port") of the named ones.
        tls: the named argument that switches implicit TLS on, or True where it is always on.
        starttls: the one that switches STARTTLS on.
        nested: named arguments that hold further ones.
        why: what of this library is not known.
    """

    def __init__(self, words, protocol, positional=(), names=None, tls=None, starttls=None, nested=(), why=None):
        self.words = words
        self.protocol = protocol
        self.positional = positional
        self.names = names or {}
        self.tls = tls
        self.starttls = starttls
        self.nested = nested
        self.why = why


def connections(script, calls, pins, pin_words, start_words=()):
    """Return the Connections that a script makes.

    Args:
        script: its literals.Script.
        calls: the Calls of its language.
        pins: {argument: key of the setting}, of what sets something of TLS.
        pin_words: words that set something of TLS; where one is left over, every connection is undecided.
        start_words: methods that begin TLS on a connection without.
    """
    places = [(call, at, line) for call in calls for at, line in script.find(*call.words)]
    built = (_builder(script, call, at, line, pins) for call, at, line in places)
    found = list(itertools.islice((builder for builder in built if builder is not None), MAX_CONNECTIONS))
    starts = [line for word in start_words for _at, line in script.find(word)]
    plain = [builder for builder in found if builder.security == "none"]
    for builder in plain if starts else ():
        builder.security = "starttls"
        if len(plain) != 1 or len(starts) != 1:
            builder.security = None
            builder.note("security", COMPUTED, starts[0])
    left = first_of_each(script.unread(tuple(pins) + pin_words)) if found else ()
    for builder in found:
        for word, line in left:
            builder.note(word, ELSEWHERE, line)
    taken = {at - step for call, at, _line in places for step in range(len(call.words) + 1)}
    other = [Builder.unknown(line, HANDED_ON) for line in _elsewhere(script, calls, taken)]
    return sorted([builder.connection() for builder in found] + other, key=lambda item: item.line)


def _elsewhere(script, calls, taken):
    """Yield the line of each other use of a class of *calls*: handed on, derived from, or made in another way."""
    classes = {word for call in calls for word in call.words if word[0].isupper()}
    for number, token in enumerate(script.tokens):
        before, after = script.text(number - 1), script.text(number + 1)
        if number in taken or token.text is None:
            continue
        if token.kind == "string" and "::" in token.text and token.text in classes:
            yield token.line
        elif token.kind == "name" and token.text in classes:
            is_named_only = before in _IMPORTS or after in ("=", "from", "}") or script.text(number + 2) in _HARMLESS_METHODS
            if not is_named_only:
                yield token.line
        elif token.text == "connect" and after == "(" and (before != "." or script.text(number - 2) == ")") and script.language == "node":
            yield token.line


def _builder(script, call, at, line, pins):
    arguments = script.arguments(at)
    given, rest = _given(arguments, call)
    port = given.get("port")
    protocol = call.protocol or (PORTS.get(port.text) if port and port.text else None)
    if protocol is None and port and port.text:
        # A connection to something else than mail.
        return None
    builder = Builder(line, protocol, _security(given, call))
    host = given.get("server")
    text = _string(host)
    if text and port is None and text.count(":") == 1:
        text, _colon, number = text.partition(":")
        port = host._replace(text=number)
        builder.protocol = protocol = protocol or PORTS.get(number)
        if protocol is None:
            return None
    builder.set_server(text, line)
    if port is not None:
        builder.set_port(_string(port), line)
    elif protocol is None:
        builder.note("port", COMPUTED, line)
    if builder.security is None:
        builder.note("security", COMPUTED, line)
    for name, key in pins.items():
        if name in given:
            _pin(builder, key, given[name])
    if any(value.text is None for value in rest):
        builder.note("options", COMPUTED, line)
    if call.why:
        builder.note("library", call.why, line)
    return builder


def _pin(builder, key, value):
    if value.text is None:
        builder.set(key, None, value.line)
    # Lists of versions, as Perl's "SSLv23:!TLSv1_2" has them, are one setting for each.
    for word in (value.text or "").split(":") if key == "SSL_version" else [value.text]:
        if word:
            builder.set(key, word.strip().lstrip(":").rpartition("::")[2], value.line)


def _given(arguments, call):
    """The arguments by their roles or names, those of nested lists among them, and the values that nobody gave a meaning."""
    given, rest, pending = {}, [], [(arguments, call.positional)]
    while pending:
        level, positional = pending.pop()
        for role, value in itertools.zip_longest(positional, level.positional):
            if value is None:
                break
            if value.items is not None:
                # Behind a list of options stand no places.
                pending.append((value.items, ()))
                positional = ()
            elif role and positional:
                given.setdefault(role, value)
            elif role is None and (len(level.positional) > len(positional) or not positional):
                rest.append(value)
        for name, value in level.named.items():
            given.setdefault(call.names.get(name, name), value)
            if value.items is not None and name in call.nested:
                pending.append((value.items, ()))
            elif value.items is None and value.text is None and name in call.nested:
                rest.append(value)
    return given, rest


def _string(value):
    return value.text if value is not None and not value.is_name else None


def _security(given, call):
    if call.tls is True:
        return "implicit"
    implicit, starts = _truth(given.get(call.tls)), _truth(given.get(call.starttls))
    if implicit:
        return "implicit"
    if implicit is None or starts is None:
        return None
    return "starttls" if starts else "none"


def _truth(value):
    """Whether an argument switches something on; None where the script computes it."""
    if value is None:
        return False
    if value.items is not None:
        return True
    text = value.text.lower() if value.text is not None else None
    return True if text in _TRUE else False if text in _FALSE else None
