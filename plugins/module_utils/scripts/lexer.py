# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Perl, PHP, Ruby and JavaScript cut into tokens: comments, strings, here-documents and regular expressions are told from the program."""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import ScriptError

# kind: "string", "number", "name" or "mark"; text: of a string, None when something is put into it as the script runs.
Token = collections.namedtuple("Token", "kind text line")

# comments: what begins one that ends with its line; blocks: (begin, end) of others; holes: what begins a computed part, by quote;
# quotes: operators that quote, with the group `word` and the delimiter behind; sections: whether the program stands between <?php and ?>.
Language = collections.namedtuple("Language", "name comments blocks holes quotes here_document end marks sections")

_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_SPACE = re.compile(r"[ \t\r\f\v]+|\\\n")
_NUMBER = re.compile(r"\d[\d_]*(?:\.\d+)?")
_SLASH = re.compile(r"/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_WORD_NOT_QUOTE = re.compile(r"\w+\s*(?:=>|\}|::|\()")
_BEFORE_VALUES = ("return", "and", "or", "not", "if", "unless", "when", "while", "split", "grep", "typeof", "case")
_MAX_TOKENS = 200000
_MANY_PARTS = ("s", "tr", "y")
_TOO_LONG = f"a script of at most {_MAX_TOKENS} words"


def _marks(*texts):
    return re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)) + r"|.", re.DOTALL)


_COMMON = (
    "=>",
    "==",
    "===",
    "!=",
    "!==",
    "=~",
    "!~",
    "&&",
    "||",
    "&&=",
    "||=",
    "+=",
    "-=",
    ".=",
    "|=",
    "//=",
    "??=",
    "**",
    "++",
    "<=",
    ">=",
)
LANGUAGES = {
    "perl": Language(
        re.compile(r"[$@%&]#?[A-Za-z_]\w*(?:::\w+)*|\$[^\w\s{(]|[A-Za-z_]\w*(?:::\w+)*"),
        ("#",),
        ((re.compile(r"^=[A-Za-z]", re.M), re.compile(r"^=cut\b.*$", re.M)),),
        {'"': ("$", "@"), "`": ("",)},
        re.compile(r"(?P<word>qq|qw|qr|qx|q|m|s|tr|y)\s*(?=[^\w\s,;=)]|=(?![>=~ ]))"),
        re.compile(r"<<~?(?P<quote>[\"']?)(?P<name>[A-Za-z_]\w*)(?P=quote)"),
        re.compile(r"^__(?:END|DATA)__$", re.M),
        _marks("->", "::", *_COMMON),
        False,
    ),
    "php": Language(
        re.compile(r"\$?\\?[A-Za-z_]\w*(?:\\\w+)*"),
        ("//", "#"),
        ((re.compile(r"/\*"), re.compile(r"\*/")), (re.compile(r"\?>"), re.compile(r"<\?(?:php\b|=)?"))),
        {'"': ("$", "{$"), "`": ("",)},
        None,
        re.compile(r"<<<[ \t]*(?P<quote>[\"']?)(?P<name>[A-Za-z_]\w*)(?P=quote)"),
        re.compile(r"\b__halt_compiler\b"),
        _marks("->", "::", *_COMMON),
        True,
    ),
    "ruby": Language(
        re.compile(r"(?:@@?|\$|:)?[A-Za-z_]\w*[?!]?(?:::[A-Za-z_]\w*)*"),
        ("#",),
        ((re.compile(r"^=begin\b", re.M), re.compile(r"^=end\b.*$", re.M)),),
        {'"': ("#{",), "`": ("",)},
        re.compile(r"%(?P<word>[qQwWiIr]?)(?=[({\[<|!])"),
        re.compile(r"<<[~-]?(?P<quote>[\"']?)(?P<name>[A-Z_]\w*)(?P=quote)"),
        re.compile(r"^__END__$", re.M),
        _marks("&.", *_COMMON),
        False,
    ),
    "node": Language(
        re.compile(r"[A-Za-z_$][\w$]*"),
        ("//",),
        ((re.compile(r"/\*"), re.compile(r"\*/")),),
        {"`": ("${",)},
        None,
        None,
        None,
        _marks("...", "?.", *_COMMON),
        False,
    ),
}


def tokens(text, name):
    """Return the Tokens of a script; the ends of its lines are marks too.

    Args:
        text: the script.
        name: a key of LANGUAGES.

    Raises:
        ScriptError: it is not of that language, as far as this reader knows it.
    """
    return _Lexer(text, name).tokens


class _Lexer:
    def __init__(self, text, name):
        self.language = LANGUAGES[name]
        self.text = text
        self.tokens = []
        self.line = 1
        self._documents = []
        at, end = self._bounds()
        while at < end:
            after = self._next(at)
            self.line += text.count("\n", at, after)
            at = after
            if len(self.tokens) > _MAX_TOKENS:
                raise ScriptError(self.line, _TOO_LONG)

    def _bounds(self):
        start = 0
        if self.language.sections:
            opening = re.search(r"<\?(?:php\b|=)?", self.text)
            if opening is None:
                raise ScriptError(1, "<?php")
            start = opening.end()
            self.line += self.text.count("\n", 0, start)
        elif self.text.startswith("#!"):
            start = self.text.find("\n") if "\n" in self.text else len(self.text)
        end = self.language.end.search(self.text, start) if self.language.end else None
        return start, end.start() if end else len(self.text)

    def _next(self, at):
        """Take what stands at *at*, and return where it ends."""
        text, language = self.text, self.language
        space = _SPACE.match(text, at)
        if space:
            return space.end()
        for opening, closing in language.blocks:
            begun = opening.match(text, at)
            if begun:
                ended = closing.search(text, begun.end())
                return ended.end() if ended else len(text)
        if any(text.startswith(mark, at) for mark in language.comments):
            end = text.find("\n", at)
            return len(text) if end < 0 else self._cut(at, end)
        if text[at] == "\n":
            self._add("mark", "\n")
            return self._after_documents(at + 1)
        return self._document(at) or self._value(at) or self._mark(at)

    def _cut(self, at, end):
        """The end of a comment: in PHP also the end of the program's section."""
        section = self.text.find("?>", at, end) if self.language.sections else -1
        return end if section < 0 else section

    def _add(self, kind, text):
        self.tokens.append(Token(kind, text, self.line))

    def _document(self, at):
        found = self.language.here_document.match(self.text, at) if self.language.here_document else None
        if found is None or not (found.group("quote") or self._may_be_value() or self.text[at : at + 3] in ("<<~", "<<-", "<<<")):
            return None
        self._documents.append(found.group("name"))
        self._add("string", None)
        return found.end()

    def _after_documents(self, at):
        for name in self._documents:
            end = re.compile(r"^[ \t]*" + name + r"\b", re.M).search(self.text, at)
            if end is None:
                raise ScriptError(self.line, "the end of a here-document")
            at = end.end()
        self._documents = []
        return at

    def _may_be_value(self):
        """Whether a value may stand here, so that "/" does not divide and "<<" does not shift."""
        last = self.tokens[-1] if self.tokens else None
        if last is None or last.kind == "mark":
            return last is None or last.text not in (")", "]", "}")
        return last.kind == "name" and last.text in _BEFORE_VALUES

    def _value(self, at):
        text, language = self.text, self.language
        quote = language.quotes.match(text, at) if language.quotes else None
        if quote and not self._is_key(at):
            return self._quoted(quote)
        if text[at] in "'\"`":
            return self._string(at)
        slash = _SLASH.match(text, at) if not language.sections and self._may_be_value() else None
        if slash:
            self._add("string", None)
            return slash.end()
        for kind, pattern in (("number", _NUMBER), ("name", language.name)):
            found = pattern.match(text, at)
            if found:
                self._add(kind, found.group().replace("_", "") if kind == "number" else found.group())
                return found.end()
        return None

    def _is_key(self, at):
        """Perl: {s}, ->y, s => 1 quote nothing; Ruby: after a value "%" divides."""
        if self.text[at] == "%":
            return not self._may_be_value()
        last = self.tokens[-1].text if self.tokens else ""
        is_word = _WORD_NOT_QUOTE.match(self.text, at) is not None
        return last in ("->", "sub") or (is_word and last in ("{", ",", "(", "->", "\n"))

    def _quoted(self, quote):
        word, at = quote.group("word"), quote.end()
        inside, at = self._delimited(at)
        if word in _MANY_PARTS:
            if self.text[quote.end()] in _CLOSING:
                at = re.compile(r"\s*").match(self.text, at).end()
                at = self._delimited(at)[1]
            else:
                at = self._delimited(at - 1)[1]
        is_plain = word == "q" or word in ("qq", "Q", "") and not any(hole in inside for hole in self.language.holes['"'])
        self._add("string", inside if is_plain else None)
        return at

    def _delimited(self, at):
        """What stands between the delimiter at *at* and its end, and where it ends."""
        if at >= len(self.text):
            raise ScriptError(self.line, "a delimiter")
        opening = self.text[at]
        closing = _CLOSING.get(opening, opening)
        depth, end = 1, at + 1
        while end < len(self.text):
            letter = self.text[end]
            depth += -1 if letter == closing else 1 if letter == opening else 0
            if depth == 0:
                return self.text[at + 1 : end], end + 1
            end += 2 if letter == "\\" else 1
        raise ScriptError(self.line, f"the end of what {'a delimiter' if opening.isalnum() else opening} begins")

    def _string(self, at):
        quote, end, parts = self.text[at], at + 1, []
        holes = self.language.holes.get(quote, ())
        is_whole = "" not in holes
        while end < len(self.text) and self.text[end] != quote:
            letter = self.text[end]
            hole = next((hole for hole in holes if hole and self.text.startswith(hole, end)), None)
            if hole:
                is_whole = False
                end = self._delimited(end + hole.index("{"))[1] if "{" in hole else end + 1
                continue
            parts.append(self.text[end + 1 : end + 2] if letter == "\\" else letter)
            end += 2 if letter == "\\" else 1
        if end >= len(self.text):
            raise ScriptError(self.line, f"the end of what {quote} begins")
        self._add("string", "".join(parts) if is_whole else None)
        return end + 1

    def _mark(self, at):
        found = self.language.marks.match(self.text, at)
        self._add("mark", found.group())
        return found.end()
