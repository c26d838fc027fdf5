# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Contexts of Python's ssl module: what a script sets on the one that it gives to a connection (Python's documentation, module ssl)."""

import ast
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import COMPUTED

_DEFAULTS = (
    "ssl.create_default_context",
    "ssl._create_unverified_context",
    "ssl._create_default_https_context",
    "ssl._create_stdlib_context",
)
_VERSION = re.compile(r"ssl\.TLSVersion\.(?P<word>\w+)$")
_PROTOCOL = re.compile(r"ssl\.(?P<word>PROTOCOL_\w+)$")
_OPTION = re.compile(r"ssl\.(?:Options\.)?(?P<word>OP_\w+)$")
# What sets versions or cipher suites, wherever it stands.
PINS = re.compile(r"ssl\.(?:PROTOCOL_(?:SSLv3|TLSv1\w*)$|(?:Options\.)?OP_NO_TLSv1_[23]$|TLSVersion\.)")
# What runs a text that can set anything.
_RUN_TEXTS = ("exec", "eval")
_ATTRIBUTES = (".maximum_version", ".minimum_version")
MAX_DEPTH = 6


class Contexts:
    """The contexts of one script.

    Args:
        names: its python_names.Names.
    """

    def __init__(self, names):
        self._names = names
        self._read = set()

    def take(self, builder, node, line, depth=MAX_DEPTH):
        """Give *builder* what the context that *node* stands for sets, or a note that it is not known."""
        if isinstance(node, ast.Constant) and node.value is None or getattr(node, "value", 0) is None:
            return
        if isinstance(node, ast.Call):
            self._made(builder, node, line, depth)
            return
        name = self._names.dotted(node)
        found = self._names.assigned.get(name or "", [])
        if len(found) > 1:
            builder.note("context", COMPUTED, line)
            return
        known = [item for item in found if item.value is not None and getattr(item.value, "value", 0) is not None]
        if len(found) == 1 and found[0].is_certain and found[0].value is not None and not known:
            return
        if not depth or not known or not known[0].is_certain:
            builder.note("context", COMPUTED, line)
            return
        self.take(builder, known[0].value, known[0].line, depth - 1)
        self._changed(builder, name)

    def take_from_class(self, builder, node):
        """Give *builder* what a class that is derived from a connection's sets when it wraps its socket."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and getattr(inner.func, "attr", getattr(inner.func, "id", "")) == "wrap_socket":
                if self._names.dotted(inner.func) != "ssl.wrap_socket":
                    self.take(builder, inner.func.value, inner.lineno)
                for word in inner.keywords:
                    if word.arg == "ssl_version":
                        self._set(builder, "protocol", word.value, _PROTOCOL, inner.lineno)
                    elif word.arg == "ciphers":
                        builder.set("ciphers", self._text(word.value), inner.lineno)

    def unread(self):
        """Yield (word, line) of what sets versions or cipher suites, of a context that no connection was seen to get."""
        read = self._parts_of_read()
        for node in self._names.nodes:
            name = self._names.dotted(node) or ""
            if PINS.match(name) and node not in read:
                yield name.rpartition(".")[2], node.lineno
            elif name in _RUN_TEXTS:
                yield name, node.lineno
        for name, items in self._names.assigned.items():
            if name.endswith(_ATTRIBUTES):
                yield from ((name.rpartition(".")[2], item.line) for item in items if item.value not in self._read)
        for name, changes in self._names.augmented.items():
            if name.endswith(".options"):
                yield from (("options", item.line) for _operator, item in changes if not self._read.issuperset(_alternatives(item.value)))
        for method in self._names.methods:
            if method.name == "set_ecdh_curve" or (method.name == "set_ciphers" and method.call not in self._read):
                yield method.name, method.call.lineno

    def _parts_of_read(self):
        """What was read, with all that is inside of it."""
        found, waiting = set(), [node for node in self._read if node is not None]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting.extend(ast.iter_child_nodes(node))
        return found

    def _made(self, builder, call, line, depth):
        name = self._names.dotted(call.func)
        if name in _DEFAULTS:
            for word in call.keywords:
                if word.arg == "protocol":
                    self._set(builder, "protocol", word.value, _PROTOCOL, line)
        elif name == "ssl.SSLContext":
            given = call.args[:1] + [word.value for word in call.keywords if word.arg == "protocol"]
            if given:
                self._set(builder, "protocol", given[0], _PROTOCOL, line)
        else:
            self._returned(builder, call, line, depth)

    def _returned(self, builder, call, line, depth):
        """A function of the script's own that makes a context."""
        function = self._names.functions.get(getattr(call.func, "id", getattr(call.func, "attr", None)))
        returns = [node for node in ast.walk(function) if isinstance(node, ast.Return)] if function and depth else []
        if len(returns) == 1 and returns[0].value is not None:
            self.take(builder, returns[0].value, returns[0].lineno, depth - 1)
        else:
            builder.note("context", COMPUTED, line)

    def _changed(self, builder, name):
        """What is set on the context of that name."""
        for attribute in _ATTRIBUTES:
            for item in self._names.assigned.get(name + attribute, ()):
                self._set(builder, attribute[1:], item.value, _VERSION, item.line, item.is_certain)
        for operator, item in self._names.augmented.get(name + ".options", ()):
            self._options(builder, item, operator is ast.BitOr)
        for item in self._names.assigned.get(name + ".options", ()):
            self._options(builder, item, True)
        for method in self._names.methods:
            if method.receiver == name and method.name == "set_ciphers":
                self._read.add(method.call)
                text = self._text(method.call.args[0]) if method.call.args and method.is_certain else None
                builder.set("ciphers", text, method.call.lineno)

    def _options(self, builder, item, adds):
        for node in _alternatives(item.value):
            match = _OPTION.match(self._names.dotted(node) or "")
            is_own = (self._names.dotted(node) or "").endswith(".options")
            self._read.add(node)
            if is_own or (match and not match.group("word").startswith("OP_NO_")):
                continue
            builder.set("options", match.group("word") if match and adds and item.is_certain else None, item.line)

    def _set(self, builder, key, node, pattern, line, is_certain=True):
        self._read.add(node)
        match = pattern.match(self._names.dotted(node) or "") if node is not None else None
        builder.set(key, match.group("word") if match and is_certain else None, line)

    def _text(self, node):
        value = self._names.literal(node)
        return value if isinstance(value, str) else None


def _alternatives(node):
    """The operands of a | b | c."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _alternatives(node.left) + _alternatives(node.right)
    return [node]
