# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words of the POSIX shell's language, as it splits them before it runs anything (POSIX.1-2017, XCU 2.2, 2.3, 2.6).

A word is a sequence of parts, since only a running shell knows what some of them become.
"""

import collections
import re
import sys

# kind: "text"; "variable" (text: its name, `default`: the parts behind :- or -, or None), "assigned" where
# these become its value (:= or =); "command" (text: what it runs, inside);
# "unknown" (an expansion that is of no use here); "input" (`default`: the parts of what a command reads that stands in the text itself).
# `quoted`: the shell neither splits it nor takes it for a pattern; of an input: nor expands what is in it.
Part = collections.namedtuple("Part", "kind text quoted default")
# kind: "word", "operator" or "redirection" (its parts are those of its target, or its input). The rows of a here-document come after its
# token: its part has them in a list, for `document`, as soon as the line has ended.
Token = collections.namedtuple("Token", "kind text parts line")

MAX_DEPTH = 20
_OPERATOR = re.compile(r"\n|;;&|;;|;&|&&|\|\||\|&|;|&(?!>)|\||\(|\)")
_REDIRECTION = re.compile(r"\d*(?:<<-|<<<|<<|<&|>&|<>|>>|>\||[<>](?!\())|&>>|&>")
_NAME = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_BLANK = " \t\r"
_ENDS_WORD = " \t\r\n;&|()<>"
# Of a variable that holds a path, what commands would print of it.
_OF_PATHS = {"%/*": "dirname", "##*/": "basename"}
# Behind a backslash in $'...' (bash(1), "QUOTING").
_ESCAPES = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?"))
_NUMBER = re.compile(r"(?P<octal>[0-7]{1,3})|x(?P<hex>[0-9A-Fa-f]{1,2})|u(?P<short>[0-9A-Fa-f]{1,4})|U(?P<long>[0-9A-Fa-f]{1,8})")


class ShellError(Exception):
    """The text can't be split as a shell would, from *line* on; the message never quotes it."""

    def __init__(self, line, expected):
        super().__init__(f"line {line}: expected {expected}")
        self.line = line


def text(value, quoted=True):
    """Return a part that is what it says."""
    return Part("text", value, quoted, None)


def tokens(source, line=1, depth=0):
    """Yield the Tokens of the shell text *source*, whose first line has the number *line*. Raises ShellError."""
    if depth > MAX_DEPTH:
        raise ShellError(line, "less nesting")
    return _Lexer(source, line, depth).tokens()


def document(part, line):
    """Return the "input" *part* of a here-document with the parts that its rows, which begin on that *line* or after it, come to."""
    source = "\n".join(part.text)
    parts = [text(source)] if part.quoted else _Lexer(source, line, 0).document()
    return part._replace(text="", default=tuple(parts))


class _Lexer:
    def __init__(self, source, line, depth):
        self.source = source.replace("\\\r\n", "\\\n")
        self.at = 0
        self.line = line
        self.depth = depth
        self.documents = []  # (delimiter, whether tabs are stripped, rows) of here-documents whose text comes behind the next newline

    def tokens(self):
        while True:
            self._skip_blanks()
            if self.at >= len(self.source):
                return
            line = self.line
            redirection = _REDIRECTION.match(self.source, self.at)
            if redirection:
                self._take(redirection.end())
                parts = self._redirection(redirection.group().lstrip("0123456789"))
                yield Token("redirection", redirection.group(), tuple(parts), line)
                continue
            operator = _OPERATOR.match(self.source, self.at)
            if operator:
                self._take(operator.end())
                if operator.group() == "\n":
                    self._take_documents()
                yield Token("operator", operator.group(), (), line)
                continue
            parts = self._word()
            yield Token("word", None, tuple(parts), line)

    def _take(self, end):
        """Go to *end*, counting lines; return what was passed."""
        passed = self.source[self.at : end]
        self.line += passed.count("\n")
        self.at = end
        return passed

    def _skip_blanks(self):
        while self.at < len(self.source):
            if self.source[self.at] in _BLANK:
                self.at += 1
            elif self.source.startswith("\\\n", self.at):
                self._take(self.at + 2)
            elif self.source[self.at] == "#":
                end = self.source.find("\n", self.at)
                self.at = len(self.source) if end < 0 else end
            else:
                return

    def _redirection(self, operator):
        self._skip_blanks()
        parts = self._word() if self.at < len(self.source) and self.source[self.at] not in "\n;&|()" else []
        target = "".join(part.text or "" for part in parts)
        if operator == "<<<":
            return [Part("input", "", True, tuple(parts))]
        if operator not in ("<<", "<<-"):
            return parts
        rows = []
        self.documents.append((target, operator == "<<-", rows))
        return [Part("input", rows, any(part.quoted for part in parts), None)]

    def _take_documents(self):
        for delimiter, stripped, rows in self.documents:
            while self.at < len(self.source):
                end = self.source.find("\n", self.at)
                row = self._take(len(self.source) if end < 0 else end + 1).rstrip("\n")
                row = row.lstrip("\t") if stripped else row
                if row == delimiter:
                    break
                rows.append(row)
        self.documents = []

    def _word(self):
        parts = []
        while self.at < len(self.source):
            letter = self.source[self.at]
            if letter in _ENDS_WORD and not (letter in "<>" and self.source.startswith("(", self.at + 1)):
                break
            parts.extend(self._piece(letter))
        return parts

    def _piece(self, letter):
        if letter == "\\":
            escaped = self._take(self.at + 2)[1:]
            return [] if escaped == "\n" else [text(escaped)]
        if letter == "'":
            return [text(self._until("'"))]
        if letter == '"':
            self.at += 1
            return self._double_quoted()
        if letter == "$" and self.source.startswith("$'", self.at):
            self.at += 1
            return [text(self._ansi_quoted())]
        if letter == "$" and self.source.startswith('$"', self.at):
            self.at += 2
            return self._double_quoted()
        if letter in "$`":
            return [self._expansion(False)]
        if letter in "<>":
            self.at += 2
            return [Part("command", self._balanced(), True, None)]
        end = self.at
        while end < len(self.source) and self.source[end] not in _ENDS_WORD + "\\'\"$`":
            end += 1
        return [text(self._take(end), False)]

    def _until(self, mark):
        """What stands between the mark here and the next one."""
        end = self.source.find(mark, self.at + 1)
        if end < 0:
            raise ShellError(self.line, f"the closing {mark}")
        return self._take(end + 1)[1:-1]

    def _ansi_quoted(self):
        found = []
        self.at += 1
        while self.at < len(self.source):
            letter = self._take(self.at + 1)
            if letter == "'":
                return "".join(found)
            found.append(self._escaped() if letter == "\\" else letter)
        raise ShellError(self.line, "the closing '")

    def _escaped(self):
        match = _NUMBER.match(self.source, self.at)
        if match is None:
            letter = self._take(self.at + 1)
            return _ESCAPES.get(letter, "\\" + letter)
        self._take(match.end())
        number = int(match.group(match.lastgroup), 8 if match.lastgroup == "octal" else 16)
        return chr(number) if 0 < number <= sys.maxunicode else "\ufffd"

    def document(self):
        """The parts of a here-document, in which quotes are letters like others."""
        try:
            return self._double_quoted("")
        except ShellError:
            return [Part("unknown", "", True, None)]

    def _double_quoted(self, mark='"'):
        """What stands between double quotes, the first of which is passed already; without a *mark*, all that there is."""
        parts = [text("")]
        while self.at < len(self.source):
            letter = self.source[self.at]
            if letter == mark:
                self.at += 1
                return parts
            if letter == "\\":
                pair = self._take(self.at + 2)
                if pair != "\\\n":
                    parts.append(text(pair[1:] if pair[1:] in "$`\\" + mark else pair))
            elif letter in "$`":
                parts.append(self._expansion(True))
            else:
                end = self.at
                while end < len(self.source) and self.source[end] not in "\\$`" + mark:
                    end += 1
                parts.append(text(self._take(end)))
        if mark:
            raise ShellError(self.line, f"the closing {mark}")
        return parts

    def _expansion(self, quoted):
        if self.source[self.at] == "`":
            return Part("command", re.sub(r"\\([\\`$])", r"\1", self._backticks()), quoted, None)
        if self.source.startswith("$((", self.at):
            self.at += 2
            self._balanced()
            return Part("unknown", "", quoted, None)
        if self.source.startswith("$(", self.at):
            self.at += 2
            return Part("command", self._balanced(), quoted, None)
        if self.source.startswith("${", self.at):
            return self._braces(quoted)
        name = _NAME.match(self.source, self.at + 1)
        if name is None:
            return text(self._take(self.at + 1), quoted)
        self._take(name.end())
        return Part("variable", name.group(), quoted, None)

    def _backticks(self):
        end = self.at + 1
        while end < len(self.source) and self.source[end] != "`":
            end += 2 if self.source[end] == "\\" else 1
        if end >= len(self.source):
            raise ShellError(self.line, "the closing `")
        return self._take(end + 1)[1:-1]

    def _balanced(self):
        """What stands before the parenthesis that closes the one just passed; quotes are honoured."""
        start, depth = self.at, 1
        while self.at < len(self.source):
            letter = self.source[self.at]
            if letter == "\\":
                self._take(self.at + 2)
            elif letter == "'":
                self._until("'")
            elif letter == '"':
                self.at += 1
                self._nested()
            else:
                depth += {"(": 1, ")": -1}.get(letter, 0)
                self._take(self.at + 1)
                if depth == 0:
                    return self.source[start : self.at - 1]
        raise ShellError(self.line, "the closing )")

    def _nested(self):
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ShellError(self.line, "less nesting")
        self._double_quoted()
        self.depth -= 1

    def _braces(self, quoted):
        start = self.at + 2
        end = self._closing_brace(start)
        inside = self.source[start:end]
        self._take(end + 1)
        name = _NAME.match(inside)
        if name is None:
            return Part("unknown", "", quoted, None)
        rest = inside[name.end() :]
        # A name alone is the first element of an array.
        rest = rest[len("[0]") :] if rest.startswith("[0]") else rest
        if not rest:
            return Part("variable", name.group(), quoted, None)
        if rest in _OF_PATHS:
            return Part("command", f'{_OF_PATHS[rest]} "${{{name.group()}}}"', quoted, None)
        default = re.match(r":?[-=]", rest)
        if default is None or self.depth >= MAX_DEPTH:
            # The elements of an array are many words even between quotes.
            return Part("unknown", "", quoted and not rest.startswith("[@"), None)
        parts = _Lexer('"' + rest[default.end() :].strip('"').replace('"', "") + '"', self.line, self.depth + 1)
        parts.at = 1
        kind = "assigned" if default.group().endswith("=") else "variable"
        return Part(kind, name.group(), quoted, tuple(parts._double_quoted()))

    def _closing_brace(self, start):
        depth, at = 1, start
        while at < len(self.source):
            if self.source[at] == "\\":
                at += 1
            depth += {"{": 1, "}": -1}.get(self.source[at : at + 1], 0)
            if depth == 0:
                return at
            at += 1
        raise ShellError(self.line, "the closing }")
