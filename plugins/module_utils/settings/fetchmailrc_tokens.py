# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tokens of fetchmail's run control file, which is free-format text (fetchmail(1), Run Control Syntax)."""

import collections
import re

Token = collections.namedtuple("Token", "kind text line")


def _words(*lines):
    return frozenset(word for line in lines for word in line.split())


_STRUCTURE = _words("set poll skip defaults user here there no")
_SPELLINGS = {
    "authenticate": "auth",
    "folders": "folder",
    "local": "localdomains",
    "mimedec": "mimedecode",
    "pass": "password",
    "pass8": "pass8bits",
    "post": "postconnect",
    "pre": "preconnect",
    "preauth": "auth",
    "preauthenticate": "auth",
    "proto": "protocol",
    "server": "poll",
    "smtp": "smtphost",
    "username": "user",
}
_NOISE = _words("and with has wants options")
_AUTHENTICATIONS = _words(
    "any cram cram-md5 external gssapi implicit kerberos kerberos4 kerberos5 kerberos_v4 kerberos_v5 msn ntlm opie otp ssh"
)
_PROTOCOLS = _words("auto pop2 pop3 imap apop rpop etrn odmr sdps kpop")
_VERDICTS = _words("accept reject")
# Only these may be written together with the word no.
_NO_WORDS = _words(
    "nobouncemail nocheckalias nodns nodropdelivered nodropstatus noenvelope nofetchall noflush noforcecr noforceidle noidle",
    "nokeep nolimitflush nomimedec nomimedecode nopass8 nopass8bits norewrite nospambounce nostripcr nouidl",
)
# What the word behind these is, even if it is one of the grammar.
_EXPECTED_AFTER = {"user": "name", "password": "name", "is": "name", "to": "name", "auth": "authentication"}

_SEPARATORS = re.compile(r"[ \t\r;:,]+")
_END_OF_LINE = re.compile(r"(?:#[^\n]*)?\\?\n")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_WORD = re.compile(r"[^=;:, \t\r\n]+")
_NUMBER = re.compile(r"-?[0-9]+\Z")
_ESCAPE = re.compile(r"\\(?P<code>[xX][0-9a-fA-F]{0,2}|0[0-7]{0,2}|[1-9][0-9]{0,2}|[\s\S]|\Z)")
_CHARACTERS = {"\n": "", "n": "\n", "t": "\t", "b": "\b", "r": "\r"}


def read(text, options):
    """Yield the tokens of *text*, and at last one of kind "end".

    As flex does it, the longest match wins, and of equal ones the first. So a quoted string that is followed by more
    without a space is a word with quotes in it, and so is a quote that is never closed.

    Args:
        text: the file's text.
        options: the names of all options.

    Yields:
        Token(kind, text, line). A "keyword" has the option's full name as text; a "string" or "number" its raw text;
        a "protocol" its name in lower case; "=", "authentication", "verdict" and "end" have None.
    """
    position, line, expected = 0, 1, None
    last_newline = text.rfind("\n")
    while position < len(text):
        separators = _SEPARATORS.match(text, position)
        if separators:
            position = separators.end()
            continue
        # A comment ends with a line feed: behind the last one, "#" is a character like any other.
        newline = _END_OF_LINE.match(text, position) if position <= last_newline else None
        if newline:
            position, line = newline.end(), line + 1
            continue
        if text[position] == "=":
            yield Token("=", None, line)
            position, expected = position + 1, "name"
            continue
        word, quoted = _WORD.match(text, position), _QUOTED.match(text, position)
        if quoted and quoted.end() >= word.end():
            yield Token("string", quoted.group()[1:-1], line)
            position, line, expected = quoted.end(), line + quoted.group().count("\n"), None
            continue
        token = _classified(word.group(), line, expected, options)
        position += len("no") if token.text == "no" else len(word.group())
        if token.kind != "noise":
            yield token
            expected = _EXPECTED_AFTER.get(token.text) if token.kind == "keyword" else None
    yield Token("end", None, line)


def _classified(word, line, expected, options):
    """Return the token that an unquoted *word* is, where a "name", an "authentication" or (None) anything is *expected*."""
    if expected == "name":
        return Token("string", word, line)
    if word in _AUTHENTICATIONS or word == "password" and expected == "authentication":
        return Token("authentication", None, line)
    if word in _VERDICTS:
        return Token("verdict", None, line)
    if word in _NOISE:
        return Token("noise", None, line)
    if word in _NO_WORDS:
        return Token("keyword", "no", line)
    if word in _STRUCTURE or word in _SPELLINGS or word in options:
        return Token("keyword", _SPELLINGS.get(word, word), line)
    if word in _PROTOCOLS or word.isupper() and word.lower() in _PROTOCOLS:
        return Token("protocol", word.lower(), line)
    return Token("number" if _NUMBER.match(word) else "string", word, line)


def words(options):
    """Return {name: words} of the grammar with these *options*: all that are "known", those written together with the word no
    ("negated"), those without meaning ("noise"), and those behind which a word of the grammar is a name ("names", "auths")."""
    protocols = _PROTOCOLS | {word.upper() for word in _PROTOCOLS}
    groups = (_STRUCTURE, frozenset(_SPELLINGS), _NOISE, _AUTHENTICATIONS, protocols, _VERDICTS, _NO_WORDS, frozenset(options))
    spelled = {word: _SPELLINGS.get(word, word) for word in frozenset().union(*groups)}
    expected = {kind: [word for word, name in spelled.items() if _EXPECTED_AFTER.get(name) == kind] for kind in ("name", "authentication")}
    return {
        "known": tuple(spelled),
        "negated": tuple(_NO_WORDS),
        "noise": tuple(_NOISE),
        "names": tuple(expected["name"]),
        "auths": tuple(expected["authentication"]),
    }


def unescaped(raw):
    """Return a string with its escapes resolved: \\n \\t \\b \\r, decimal \\nnn, octal \\0oo, \\xhh; it ends at a NUL."""
    return _ESCAPE.sub(lambda escape: _character(escape.group("code")), raw).split("\0")[0]


def _character(code):
    if code[:1] in ("x", "X"):
        return chr(int(code[1:] or "0", 16))
    if code[:1] == "0":
        return chr(int(code, 8))
    if code[:1] in tuple("123456789"):
        return chr(int(code) % 256)
    return _CHARACTERS.get(code, code)
