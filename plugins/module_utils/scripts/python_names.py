# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What names stand for in a Python script, as far as its syntax tree tells: modules, literals, and what is set once and for all."""

import ast
import collections

# is_certain: whether it is done whenever the script runs; value: a node, or None for what no assignment tells.
Assigned = collections.namedtuple("Assigned", "value line is_certain")
# A use of a method: receiver ("ctx", or None), name, the ast.Call.
Method = collections.namedtuple("Method", "receiver name call is_certain")

_MAYBE = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.Lambda, ast.IfExp)


class Names(ast.NodeVisitor):
    """The names of one script.

    Attributes:
        calls: [(dotted name, ast.Call, where its result goes or None)].
        methods: [Method].
        assigned: {name: [Assigned]}.
        augmented: {name: [(operator class, Assigned)]}.
        functions: {name: ast.FunctionDef}.
        classes: {name: (dotted names of its bases, ast.ClassDef)}.
        nodes: its attributes and names.
        aside: those of them that are called, derived from, or only looked at: a class there is handed to nobody.
    """

    def __init__(self, tree):
        self.calls = []
        self.methods = []
        self.assigned = {}
        self.augmented = {}
        self.functions = {}
        self.classes = {}
        self.nodes = []
        self.aside = set()
        self._imported = {}
        self._scopes = []
        self._locals = {}
        self._maybe = 0
        self._targets = {}
        self._scope_of = {}
        self.visit(tree)

    # What a node is

    def dotted(self, node):
        """Return the name that *node* is, imports followed: "ssl.PROTOCOL_TLSv1"; None when it is no name."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        return ".".join([self._imported.get(node.id) or self._scoped(node)] + parts[::-1])

    def _scoped(self, node):
        for scope in reversed(self._scope_of.get(node, self._scopes)):
            if node.id in self._locals.get(scope, ()):
                return f"{scope}:{node.id}"
        return node.id

    def literal(self, node, depth=5):
        """Return the text or number that *node* stands for, or None."""
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            value = None
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return value
        name = self.dotted(node) or ""
        found = self.assigned.get(name, ()) if depth and name not in self.augmented else ()
        if len(found) == 1 and found[0].is_certain and found[0].value is not None:
            return self.literal(found[0].value, depth - 1)
        return None

    # The tree

    def generic_visit(self, node):
        """Go on below, and remember what only happens under a condition."""
        maybe = isinstance(node, _MAYBE) and not _is_main(node)
        self._maybe += maybe
        super().generic_visit(node)
        self._maybe -= maybe

    def visit_Name(self, node):  # noqa: N802, D102
        self._scope_of[node] = list(self._scopes)
        self.nodes.append(node)

    def visit_Attribute(self, node):  # noqa: N802, D102
        self.nodes.append(node)
        self.aside.add(node.value)
        self.generic_visit(node)

    def visit_Import(self, node):  # noqa: N802, D102
        for alias in node.names:
            self._imported[alias.asname or alias.name.partition(".")[0]] = alias.name if alias.asname else alias.name.partition(".")[0]

    def visit_ImportFrom(self, node):  # noqa: N802, D102
        for alias in node.names:
            self._imported[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"

    def visit_ClassDef(self, node):  # noqa: N802, D102
        self.aside.update(node.bases)
        self.classes[node.name] = ([self.dotted(base) for base in node.bases], node)
        self.generic_visit(node)

    def visit_FunctionDef(self, node):  # noqa: N802, D102
        # Of two with one name nobody knows which is called.
        self.functions[node.name] = None if node.name in self.functions else node
        scope = f"{node.name}@{node.lineno}"
        self._locals[scope] = _local_names(node)
        self._scopes.append(scope)
        for argument in _arguments(node):
            self.aside.add(argument.annotation)
            self.assigned.setdefault(f"{scope}:{argument.arg}", []).append(Assigned(None, node.lineno, False))
        self.aside.add(node.returns)
        self.generic_visit(node)
        self._scopes.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_With(self, node):  # noqa: N802, D102
        for item in node.items:
            if item.optional_vars is not None:
                self._assign(item.optional_vars, item.context_expr, node.lineno)
        self.generic_visit(node)

    visit_AsyncWith = visit_With  # noqa: N815

    def visit_Assign(self, node):  # noqa: N802, D102
        for target in node.targets:
            self._assign(target, node.value, node.lineno)
        self.generic_visit(node)

    def visit_AnnAssign(self, node):  # noqa: N802, D102
        self.aside.add(node.annotation)
        if node.value is not None:
            self._assign(node.target, node.value, node.lineno)
        self.generic_visit(node)

    def visit_For(self, node):  # noqa: N802, D102
        self._assign(node.target, None, node.lineno)
        self.generic_visit(node)

    def visit_comprehension(self, node):  # noqa: D102
        self._assign(node.target, None, node.target.lineno)
        self.generic_visit(node)

    def visit_AugAssign(self, node):  # noqa: N802, D102
        name = self.dotted(node.target)
        if name:
            self.augmented.setdefault(name, []).append((type(node.op), Assigned(node.value, node.lineno, not self._maybe)))
        self.generic_visit(node)

    def visit_Call(self, node):  # noqa: N802, D102
        self.aside.add(node.func)
        if getattr(node.func, "id", None) == "isinstance":
            self.aside.update(node.args)
        self.calls.append((self.dotted(node.func), node, self._targets.get(node)))
        if isinstance(node.func, ast.Attribute):
            self.methods.append(Method(self.dotted(node.func.value), node.func.attr, node, not self._maybe))
        self.generic_visit(node)

    def _assign(self, target, value, line):
        targets = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        for item in targets:
            name = self.dotted(item)
            if name:
                known = value if len(targets) == 1 else None
                self.assigned.setdefault(name, []).append(Assigned(known, line, not self._maybe))
                if isinstance(value, ast.Await):
                    value = value.value
                if isinstance(value, ast.Call):
                    self._targets[value] = name


def _local_names(function):
    """The names that a function sets for itself."""
    names = {argument.arg for argument in _arguments(function)}
    foreign = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            foreign.update(node.names)
    return names - foreign


def _arguments(function):
    given = function.args
    every = getattr(given, "posonlyargs", []) + given.args + given.kwonlyargs + [given.vararg, given.kwarg]
    return [argument for argument in every if argument is not None]


def _is_main(node):
    """`if __name__ == "__main__"`: true of a script that is started."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and getattr(node.test.left, "id", None) == "__name__"
