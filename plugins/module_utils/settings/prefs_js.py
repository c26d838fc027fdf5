# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mozilla's preference files: prefs.js and user.js of a profile, and the *.js with a program's defaults.

They look like JavaScript and are none: `user_pref("name", value);` with literals only. The grammar, and what becomes of
a broken line, are those of Mozilla's own reader since version 60 (modules/libpref/parser/src/lib.rs): it goes on behind
the next semicolon. Nothing is executed.
"""

import bisect
import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Pref = collections.namedtuple("Pref", "name value line branch locked")
Pref.__doc__ = """One preference as a line sets it.

`value` is a text, a number, True or False. `branch` is "user" (user_pref) or "default" (pref, sticky_pref, lock_pref).
"""

MAX_ERRORS = 100
_SECRET = re.compile("password|passwd|clientid|token|secret", re.IGNORECASE)
_BRANCHES = {"user_pref": "user", "pref": "default", "sticky_pref": "default", "lock_pref": "default"}
_INTEGERS = range(-(2**31), 2**31)
_LINE_END = re.compile("\r\n|\r|\n")
_TOKEN = re.compile(
    r"(?P<blank>[ \t\v\f\r\n]+|\#[^\r\n]*|//[^\r\n]*|/\*.*?\*/)"
    r'|(?P<text>"[^"\\]*(?:\\.[^"\\]*)*"'
    r"|'[^'\\]*(?:\\.[^'\\]*)*')"
    r"|(?P<number>[0-9]+(?![0-9A-Za-z_]))"
    r"|(?P<word>[A-Za-z_]+)"
    r"|(?P<mark>[()+,;-])"
    r"|(?P<broken>[\"'].*|/\*.*|/[^\r\n]?|[0-9]+|.)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPED = {'"': '"', "'": "'", "\\": "\\", "n": "\n", "r": "\r"}

_Token = collections.namedtuple("_Token", "kind text start")


def parse(text: str, wanted, attributes=False):
    """Read a preference file.

    Args:
        text: the file.
        wanted: function of a preference's name, true for those to keep. Names that tell of a password, token or the like
            are never asked for, and the values of all others are skipped unread.
        attributes: True for the files with a program's defaults, where `, sticky` and `, locked` may follow a value.

    Returns:
        (prefs, errors): a list of Pref in file order, and a list of GrammarError, one for each broken statement. A version
        before 60 stops at the first of them; here reading ends with number MAX_ERRORS.
    """
    return _Reader(text.split("\0", 1)[0], wanted, attributes).read()


def lines(text: str):
    """Return a function that tells the line, counted from 1, of a position in *text*."""
    starts = [found.end() for found in _LINE_END.finditer(text)]
    return lambda position: bisect.bisect_right(starts, position) + 1


def is_secret(name: str) -> bool:
    """Tell whether a preference of that name may hold a secret, so that its value is never looked at."""
    return _SECRET.search(name) is not None


class _Reader:
    def __init__(self, text, wanted, attributes):
        self.line = lines(text)
        self.wanted = wanted
        self.attributes = attributes
        self.tokens = _tokens(text)
        self.token = next(self.tokens)
        self.errors = []

    def read(self):
        prefs = []
        while self.token.kind != "end" and len(self.errors) < MAX_ERRORS:
            try:
                pref = self.statement()
                if pref is not None:
                    prefs.append(pref)
            except GrammarError as error:
                self.errors.append(error)
                self.recover()
        return prefs, self.errors

    def statement(self):
        start = self.token.start
        branch = self.take("word", *_BRANCHES, expected="user_pref, pref, sticky_pref or lock_pref")
        locked = branch == "lock_pref"
        self.take("mark", "(", expected="'(' behind " + branch)
        name = _decoded(self.take("text", expected="a name in quotes"), self.line(start))
        self.take("mark", ",", expected="',' behind a name")
        keep = not is_secret(name) and self.wanted(name)
        value = self.value(keep)
        while self.attributes and self.token.text == ",":
            self.step()
            locked = self.take("word", "sticky", "locked", expected="sticky or locked") == "locked" or locked
        self.take("mark", ")", expected="')' behind a value")
        self.take("mark", ";", expected="';' behind ')'")
        return Pref(name, value, self.line(start), _BRANCHES[branch], locked) if keep else None

    def value(self, keep):
        """Return the value that comes next; None, unread, for a text that is not to be kept."""
        start = self.token.start
        if self.token.kind == "text":
            text = self.take("text")
            return _decoded(text, self.line(start)) if keep else None
        if self.token.kind == "word":
            return self.take("word", "true", "false", expected="a value") == "true"
        sign = self.take("mark", "+", "-") if self.token.text in ("+", "-") else "+"
        digits = self.take("number", expected="a value").lstrip("0") or "0"
        if len(digits) > 10 or int(sign + digits) not in _INTEGERS:
            raise GrammarError(self.line(start), "a number of 32 bits")
        return int(sign + digits)

    def take(self, kind, *texts, **options):
        """Return the text of the current token and step on; raise GrammarError when it is another one than expected."""
        token = self.token
        if token.kind != kind or (texts and token.text not in texts):
            raise GrammarError(self.line(token.start), options.get("expected", "another token"))
        self.step()
        return token.text

    def step(self):
        self.token = next(self.tokens)

    def recover(self):
        """Go on behind the next semicolon."""
        while self.token.kind != "end" and self.token.text != ";":
            self.step()
        if self.token.kind != "end":
            self.step()


def _tokens(text):
    for found in _TOKEN.finditer(text):
        if found.lastgroup != "blank":
            yield _Token(found.lastgroup, found.group(), found.start())
    while True:
        yield _Token("end", "", len(text))


def _decoded(text, line):
    """Return what a quoted text stands for, or raise GrammarError for an escape that the grammar doesn't know."""
    try:
        decoded = _ESCAPE.sub(_character, text[1:-1])
        # \\uHHHH is a UTF-16 code unit: two of them may be one character.
        return decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except (KeyError, ValueError):
        raise GrammarError(line, "escapes of the forms \\n \\r \\\\ \\\" \\' \\xHH \\uHHHH") from None


def _character(found):
    code = found.group(1) or found.group(2)
    if code is None:
        return _ESCAPED[found.group(3)]
    if int(code, 16) == 0:
        raise ValueError("no text holds a NUL")
    return chr(int(code, 16))
