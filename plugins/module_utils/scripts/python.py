# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Python: connections of imaplib, poplib and of libraries above them, and the contexts of ssl that they are given.

Nothing of the script is run: its syntax tree is looked at.
"""

import ast
import collections
import itertools
import warnings

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import python_depth
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import (
    COMPUTED,
    ELSEWHERE,
    MAX_CONNECTIONS,
    Builder,
    ScriptError,
    first_of_each,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.python_contexts import Contexts
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.python_names import Names

# Names of the arguments in their order; those of None are of no matter here.
Kind = collections.namedtuple("Kind", "protocol security arguments")
_IMAPLIB = ("host", "port", None, None, "context", None)
KINDS = {
    "imaplib.IMAP4_SSL": Kind("imap", "implicit", _IMAPLIB),
    "imaplib.IMAP4": Kind("imap", "none", ("host", "port", None)),
    "poplib.POP3_SSL": Kind("pop3", "implicit", ("host", "port", None, None, None, "context")),
    "poplib.POP3": Kind("pop3", "none", ("host", "port", None)),
    "imapclient.IMAPClient": Kind("imap", "implicit", ("host", "port", None, "ssl")),
    "imap_tools.MailBox": Kind("imap", "implicit", ("host", "port", None)),
    "imap_tools.MailBoxTls": Kind("imap", "starttls", ("host", "port", None)),
    "imap_tools.MailBoxStartTls": Kind("imap", "starttls", ("host", "port", None)),
    "imap_tools.MailBoxUnencrypted": Kind("imap", "none", ("host", "port")),
    "aioimaplib.IMAP4_SSL": Kind("imap", "implicit", ("host", "port", None)),
    "aioimaplib.IMAP4": Kind("imap", "none", ("host", "port")),
}
_KEYWORDS = {"ssl_context": "context", "context": "context", "host": "host", "port": "port", "ssl": "ssl"}
_START = ("starttls", "stls", "start_tls")
_MEASURED = ("imaplib.", "poplib.")
# A derived class that defines one of these takes other arguments, or connects in a way of its own.
_OWN_WAYS = ("__init__", "open", "_create_socket", "create_socket")
# Whoever changes these modules changes what every connection does.
_PATCHED = ("ssl.", "imaplib.", "poplib.", "socket.")
_HARMLESS_PATCHES = (
    "ssl._create_default_https_context",
    "imaplib._MAXLINE",
    "poplib._MAXLINE",
    "imaplib.Debug",
    "socket.setdefaulttimeout",
)


def connections(text):
    """Return the Connections of a script in Python. Raises ScriptError."""
    try:
        python_depth.check(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        return _Script(tree).connections()
    except SyntaxError as error:
        raise ScriptError(error.lineno or 1, "the audit's own Python does not read this: a script of Python 2, perhaps") from None
    except (ValueError, RecursionError, MemoryError):
        raise ScriptError(1, "this is no text that Python would read, or nested too deeply for the audit") from None


class _Script:
    def __init__(self, tree):
        self.names = Names(tree)
        self.contexts = Contexts(self.names)

    def connections(self):
        made = (self._connection(name, call, target) for name, call, target in self.names.calls if self._kind(name))
        found = list(itertools.islice((builder for builder in made if builder is not None), MAX_CONNECTIONS))
        self._start_tls(found)
        notes = first_of_each([(word, ELSEWHERE, line) for word, line in self.contexts.unread()] + list(self._patches()))
        for builder, _target in found:
            for note in notes:
                builder.note(*note)
        known = [builder.connection() for builder, _target in found]
        return sorted(known + list(self._handed_on()), key=lambda item: item.line)

    def _handed_on(self):
        """Yield a connection that is undecided for each class that the script hands on, so that it is called elsewhere."""
        for node in self.names.nodes:
            kind = self._kind(self.names.dotted(node))
            if kind and node not in self.names.aside:
                yield Builder.unknown(node.lineno, COMPUTED, kind.protocol)

    def _kind(self, name):
        """The Kind of a class; of one that the script derives from others, that of the first in whose line there is one."""
        seen, waiting = set(), [name]
        while waiting:
            name = waiting.pop()
            if name in KINDS:
                return KINDS[name]
            if name not in seen:
                seen.add(name)
                waiting.extend(reversed(self.names.classes.get(name, ((), None))[0]))
        return None

    def _connection(self, name, call, target):
        kind = self._kind(name)
        derived = self.names.classes.get(name)
        given = self._given(call, kind)
        if derived and _is_super(call):
            return None
        builder = Builder(call.lineno, kind.protocol, kind.security)
        builder.set_server(self._text(given.get("host")), call.lineno)
        if "port" in given:
            builder.set_port(self.names.literal(given["port"]), call.lineno)
        if "ssl" in given and not _is_true(given["ssl"]):
            builder.security = "none" if _is_false(given["ssl"]) else None
            if builder.security is None:
                builder.note("security", COMPUTED, call.lineno)
        if any(isinstance(argument, ast.Starred) for argument in call.args) or any(word.arg is None for word in call.keywords):
            builder.note("options", COMPUTED, call.lineno)
        if len(call.args) > len(kind.arguments):
            builder.note("options", "what an argument at this place means depends on the library's release", call.lineno)
        if name and not derived and not name.startswith(_MEASURED):
            builder.note(name.partition(".")[0], "what this library does by itself is not known", call.lineno)
        self._take(builder, given.get("context"), call.lineno)
        if derived:
            if any(getattr(inner, "name", None) in _OWN_WAYS for inner in derived[1].body):
                builder.note("options", "the script derives a class of its own from the library's", call.lineno)
            self.contexts.take_from_class(builder, derived[1])
        return builder, target

    def _given(self, call, kind):
        given = {name: node for name, node in zip(kind.arguments, call.args) if name}
        given.update({_KEYWORDS[word.arg]: word.value for word in call.keywords if word.arg in _KEYWORDS})
        return given

    def _text(self, node):
        value = self.names.literal(node) if node is not None else None
        return value if isinstance(value, str) else None

    def _take(self, builder, node, line):
        if node is not None:
            self.contexts.take(builder, node, line)

    def _start_tls(self, found):
        plain = [(builder, target) for builder, target in found if builder.security == "none"]
        for method in self.names.methods:
            if method.name not in _START or self._is_of_smtp(method.receiver):
                continue
            named = [builder for builder, target in plain if target is not None and target == method.receiver]
            for builder in named or [builder for builder, _target in plain]:
                builder.security = "starttls"
                if not method.is_certain or not named:
                    builder.security = None
                    builder.note("security", COMPUTED, method.call.lineno)
                given = [word.value for word in method.call.keywords if word.arg in ("ssl_context", "context")]
                positional = method.call.args[:1] if method.name != "starttls" or len(method.call.args) == 1 else method.call.args[2:3]
                self._take(builder, (given or positional or [None])[0], method.call.lineno)

    def _is_of_smtp(self, name):
        values = [found.value for found in self.names.assigned.get(name or "", ())]
        made = [self.names.dotted(value.func) if isinstance(value, ast.Call) else None for value in values]
        return bool(made) and all((found or "").startswith("smtplib.") for found in made)

    def _patches(self):
        for name, found in self.names.assigned.items():
            if name.startswith(_PATCHED) and name not in _HARMLESS_PATCHES:
                yield name.partition(".")[0], "the script changes this module", found[0].line


def _is_true(node):
    return getattr(node, "value", None) is True


def _is_false(node):
    return getattr(node, "value", None) in (False, None, 0) and hasattr(node, "value") and not isinstance(node, ast.Attribute)


def _is_super(call):
    """A call of the class's own constructor out of one derived from it: X.__init__(self, ...)."""
    return bool(call.args) and getattr(call.args[0], "id", None) == "self"
