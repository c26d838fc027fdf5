# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The simple commands of a shell text in their order, and which of them only run under a condition (POSIX.1-2017, XCU 2.9).

Not a whole parser: what a command is, where it ends and what it depends on is all that is asked for here.
"""

import collections
import functools
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import shell_braces, shell_lexer

# words: tuples of shell_lexer.Part. redirected: those Parts of its redirections that run commands, or are its input.
Command = collections.namedtuple("Command", "words line redirected")
# What stands between the next ENTER and its LEAVE runs where a command of that name is called, not here; `is_group`: in the same shell,
# and under no condition.
Function = collections.namedtuple("Function", "name is_group")
# Around what runs only under a condition, or in a shell of its own.
ENTER, LEAVE = "enter", "leave"
# A kind of Part besides the lexer's own: one of the words of a loop, which are its `default`.
EACH = "each"

_OPENS = ("then", "do", "{")
_CLOSES = ("fi", "done", "}")
_ALTERNATIVES = ("else", "elif")
_HEADS = ("if", "while", "until", "!", "time", "coproc")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=")
_ARRAY = re.compile(r"[A-Za-z_]\w*\+?=$")
_ENDS = ("\n", ";", "&", ";;", ";&", ";;&")


# The profiles of a host's users are mostly the same text.
@functools.lru_cache(maxsize=8)
def parse(source, line=1):
    """Return the Commands of the shell text *source*, with Functions, ENTER and LEAVE between them. Raises shell_lexer.ShellError."""
    return tuple(_Reader(source, line).read())


class _Reader:
    def __init__(self, source, line):
        self._tokens = list(shell_lexer.tokens(source, line))
        self._found = []
        self._words = []
        self._redirected = []
        self._line = None
        self._in_chain = False
        self._depth = 0
        self._chains = []
        self._cases = []  # depths of the case commands that are open
        self._in_pattern = False
        self._function = None  # name of the one whose body comes next

    def read(self):
        at = 0
        while at < len(self._tokens):
            at = self._next(at)
        self._end_chain()
        while self._depth:
            self._leave()
        return self._found

    def _next(self, at):
        token = self._tokens[at]
        word = _plain(token)
        if self._in_pattern and word != "esac":
            self._in_pattern = not (token.kind == "operator" and token.text == ")")
            return at + 1
        if token.kind == "redirection":
            self._redirect(token)
            return at + 1
        if _is_operator(token, "(") and len(self._words) == 1 and _is_operator(self._at(at + 1), ")"):
            self._function, self._words = _plain_text(self._words[0]), []
            return at + 2
        if _is_operator(token, "(") and self._words and _ARRAY.match(_plain_text(self._words[-1])):
            self._words[-1] += (shell_lexer.Part("unknown", "", True, None),)
            return self._behind_array(at + 1)
        if token.kind == "operator":
            self._operator(token.text)
            return at + 1
        if not self._words and word in ("for", "select", "case", "function"):
            return self._head(word, at + 1)
        if not self._words and self._reserved(word):
            return at + 1
        if not self._words:
            self._line = token.line
        self._words.append(token.parts)
        return at + 1

    def _redirect(self, token):
        self._line = self._line if self._words else token.line
        for part in token.parts:
            if part.kind == "input":
                self._redirected.append(part if part.default is not None else shell_lexer.document(part, token.line + 1))
            elif part.kind == "command":
                self._redirected.append(part)

    def _operator(self, operator):
        self._end_command()
        if operator in ("&&", "||"):
            if operator == "||":
                self._end_chain()
            if not self._in_chain:
                self._in_chain = True
                self._found.append(ENTER)
        elif operator == "(":
            self._enter()
        elif operator == ")":
            self._end_chain()
            self._leave()
        elif operator in _ENDS:
            self._end_chain()
            self._in_pattern = operator.startswith(";") and operator != ";" and self._cases[-1:] == [self._depth]

    def _reserved(self, word):
        """Whether the *word*, where a command begins, is one of the grammar; if so, it is dealt with."""
        if word in _OPENS:
            self._enter(word == "{")
        elif word in _CLOSES:
            self._end_chain()
            self._leave()
        elif word in _ALTERNATIVES:
            self._end_chain()
            self._leave()
            if word == "else":
                self._enter()
        elif word == "esac":
            self._in_pattern = False
            self._cases = self._cases[:-1]
            self._end_chain()
            self._leave()
        elif word not in _HEADS:
            return False
        return True

    def _head(self, word, at):
        """Skip what stands between for, case or function and what they run; return where that begins."""
        if word == "function":
            self._function = _plain(self._at(at)) if self._at(at) else None
            is_named_twice = _is_operator(self._at(at + 1), "(") and _is_operator(self._at(at + 2), ")")
            return at + 3 if is_named_twice else at + 1
        if word == "case":
            while at < len(self._tokens) and _plain(self._tokens[at]) != "in":
                at += 1
            self._enter()
            self._cases.append(self._depth)
            self._in_pattern = True
            return at + 1
        first = at
        while at < len(self._tokens) and not (self._tokens[at].kind == "operator" and self._tokens[at].text in _ENDS):
            at += 1
        if self._at(first) is not None and self._tokens[first].parts:
            self._line = self._tokens[first].line
            # Each round has another value: as if it were assigned what nobody knows.
            each = [word for token in self._tokens[first + 2 : at] for word in shell_braces.expanded(token.parts)]
            each = shell_lexer.Part(EACH, "", True, tuple(each))
            self._words = [(shell_lexer.text(_plain(self._tokens[first]) + "=", False), each)]
            self._end_command()
        return at

    def _behind_array(self, at):
        """The elements of an array hold neither operators nor commands of their own."""
        while at < len(self._tokens) and not _is_operator(self._tokens[at], ")"):
            at += 1
        return at + 1

    def _end_command(self):
        if self._words:
            self._function = None
        if self._words or self._redirected:
            self._found.append(Command(tuple(_without_braces(self._words)), self._line, tuple(self._redirected)))
        self._words, self._redirected = [], []

    def _at(self, place):
        return self._tokens[place] if place < len(self._tokens) else None

    def _enter(self, is_group=False):
        if self._function:
            self._found.append(Function(self._function, is_group))
        self._function = None
        self._chains.append(self._in_chain)
        self._in_chain = False
        self._depth += 1
        self._found.append(ENTER)

    def _leave(self):
        if self._depth:
            self._depth -= 1
            self._found.append(LEAVE)
            self._in_chain = self._chains.pop()

    def _end_chain(self):
        self._end_command()
        if self._in_chain:
            self._in_chain = False
            self._found.append(LEAVE)


def _without_braces(words):
    """The *words* of a command; neither assignments before it nor a test of bash's have braces expanded."""
    at = 0
    while at < len(words) and words[at] and words[at][0].kind == "text" and _ASSIGNMENT.match(words[at][0].text):
        at += 1
    if at < len(words) and _plain_text(words[at]) == "[[":
        at = len(words)
    return words[:at] + [word for parts in words[at:] for word in shell_braces.expanded(parts)]


def _plain(token):
    """The token's text where it is a word without quotes and expansions, else ""."""
    return _plain_text(token.parts) if token.kind == "word" else ""


def _plain_text(parts):
    is_plain = all(part.kind == "text" and not part.quoted for part in parts)
    return "".join(part.text for part in parts) if is_plain else ""


def _is_operator(token, text):
    return token is not None and token.kind == "operator" and token.text == text
