# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How deeply the syntax tree of a script in Python may nest, told from its tokens before there is a tree.

Before Python 3.11 nothing guards the step from the parser's tree to the objects of `ast`: a tree that is deep enough
overflows the C stack and ends the process. The tokens are taken apart without recursion.
"""

import io
import re
import tokenize

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import ScriptError

# What a level of the tree costs is some hundred bytes of stack, and a token makes few levels.
MOST = 500
_WORDS = frozenset(("not", "lambda", "if", "else", "await", "yield", "and", "or", "in", "is", "for", "from"))
# Before Python 3.12 an f-string is one token, whatever stands in it.
_F_STRING = re.compile(r"[A-Za-z]*[fF][A-Za-z]*['\"]")
_IN_F_STRING = re.compile(r"[^\w\s'\"]|\b(?:" + "|".join(sorted(_WORDS)) + r")\b")


def check(text):
    """Raise ScriptError where the tree of *text* might nest more deeply than is safe.

    Counted is what can put one thing into another: operators, opening brackets and some words. A comma ends such a
    chain, but for those of a lambda's arguments; a new statement ends them all, but for an elif, which stands in the
    tree inside the if before it. Indentation is limited by Python to 100 levels.
    """
    chains = _Chains()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            chains.take(token)
            if chains.depth > MOST:
                raise ScriptError(token.start[0], "this nests too deeply for the audit")
    except (tokenize.TokenError, SyntaxError):
        return  # the parser refuses it, too, and before there is a tree


class _Chains:
    def __init__(self):
        self.depth = 0
        self._elifs = 0
        self._end_statement()

    def _end_statement(self):
        # For each open bracket, the outermost first: the links of its chain, and whether a lambda is among them.
        self._links = [0]
        self._lambdas = [False]
        self.depth = self._elifs

    def take(self, token):
        if token.type == tokenize.NEWLINE or (token.string == ";" and len(self._links) == 1):
            self._end_statement()
        elif token.string == "," and token.type == tokenize.OP:
            if not self._lambdas[-1]:
                self.depth -= self._links[-1]
                self._links[-1] = 0
        elif token.type == tokenize.OP:
            self._take_operator(token.string)
        elif token.type == tokenize.STRING and _F_STRING.match(token.string):
            self._link(len(_IN_F_STRING.findall(token.string)))
        elif token.string == "elif":
            self._elifs += 1
            self.depth += 1
        elif token.string in _WORDS:
            self._lambdas[-1] = self._lambdas[-1] or token.string == "lambda"
            self._link(1)

    def _take_operator(self, text):
        if text in (")", "]", "}"):
            if len(self._links) > 1:
                self.depth -= self._links.pop()
                self._lambdas.pop()
            return
        self._link(1)
        if text in ("(", "[", "{"):
            self._links.append(0)
            self._lambdas.append(False)

    def _link(self, count):
        self._links[-1] += count
        self.depth += count
