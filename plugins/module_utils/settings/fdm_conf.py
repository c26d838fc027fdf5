# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration file of fdm: its accounts (fdm.conf(5) of 1.9 and 2.2). Users and passwords are dropped where they are read."""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# kind: imap, imaps, pop3 or pop3s; options: {keyword: Word}, those in _KEPT.
Account = collections.namedtuple("Account", "name kind disabled options file line")
Word = collections.namedtuple("Word", "kind text file line")

# Stands in a text for what only the running program knows.
COMPUTED = "\0"

_KINDS = ("imap", "imaps", "pop3", "pop3s")
_KEPT = ("server", "port", "pipe", "starttls", "insecure")
_WITH_VALUE = ("server", "port", "pipe")
# What begins something else; between the words of an account's own lines do not count.
_COMMANDS = ("account", "action", "match", "set", "include", "ifdef", "ifndef", "endif")
_SKIPPED_WITH_VALUE = ("user", "users", "pass", "cache", "folder", "folders")
_WORDS = re.compile(
    r"""(?P<blank>\s+)|(?P<remark>\#[^\n]*)|(?P<string>"(?:[^"\\]|\\.)*"|'[^']*')|[$%]\((?P<command>[^)]*)\)"""
    r"""|(?P<macro>[$%][A-Za-z_][\w-]*)|(?P<word>[A-Za-z0-9_][\w.*-]*)|(?P<sign>.)""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_EMBEDDED = re.compile(r"[$%]\{([A-Za-z_][\w-]*)\}|[$%]\([^)]*\)")
_MAX_FILES = 100
_LONGEST = 1000


class Parser:
    """Reads a file and those that it includes.

    Args:
        include: function from a path as written to (path, text), or (None, None) when there is none.

    Attributes:
        accounts: Accounts in their order.
        missing: (file, line) of each include that led nowhere.
    """

    def __init__(self, include):
        self._include = include
        self._macros = {}
        self._files = 0
        self.accounts, self.missing = [], []

    def parse(self, text, file):
        """Go through *text*. Raises GrammarError where a string has no end."""
        self._files += 1
        words, skipped, at = list(_words(text, file)), [], 0
        while at < len(words):
            word, at = words[at], at + 1
            following = words[at] if at < len(words) else Word("", "", file, word.line)
            if word.kind == "word" and word.text in ("ifdef", "ifndef"):
                skipped.append((following.text in self._macros) == (word.text == "ifndef"))
            elif word == word._replace(kind="word", text="endif"):
                skipped[-1:] = []
            elif any(skipped):
                continue
            elif word.kind == "macro" and following.text == "=" and at + 1 < len(words):
                value = self._value(words[at + 1])
                self._macros[word.text] = value if len(value) <= _LONGEST else COMPUTED
            elif word == word._replace(kind="word", text="include") and following.kind == "string":
                self._read(self._value(following), word)
            elif word == word._replace(kind="word", text="account"):
                at = self._account(word, words, at)

    def _read(self, name, word):
        path, text = self._include(name) if self._files <= _MAX_FILES else (None, None)
        if text is None:
            self.missing.append((word.file, word.line))
        else:
            self.parse(text, path)

    def _account(self, first, words, start):
        """Read what stands behind the word account, and return where that ends; in a rule it is a condition, without a kind of account."""
        at, disabled = start + 1, False
        while at < len(words) and not (words[at].kind == "word" and words[at].text in _KINDS + _COMMANDS):
            if words[at].kind == "word" and words[at].text not in ("disabled",) + _SKIPPED_WITH_VALUE:
                return start
            disabled = disabled or words[at].text == "disabled"
            at = _behind(words, at + 1) if words[at].text in _SKIPPED_WITH_VALUE else at + 1
        if at >= len(words) or words[at].text not in _KINDS:
            return start
        kind, options = words[at].text, {}
        at += 1
        while at < len(words) and not (words[at].kind == "macro" or words[at].text in _COMMANDS and words[at].kind == "word"):
            word, at = words[at], at + 1
            if word.kind == "word" and word.text in _SKIPPED_WITH_VALUE:
                at = _behind(words, at)
            elif word.kind == "word" and word.text in _KEPT:
                value = self._value(words[at]) if word.text in _WITH_VALUE and at < len(words) else "on"
                at += word.text in _WITH_VALUE
                options.setdefault(word.text, word._replace(text=value))
        self.accounts.append(Account(self._value(words[start]), kind, disabled, options, first.file, first.line))
        return at

    def _value(self, word):
        if word.kind == "macro":
            return self._macros.get(word.text, COMPUTED)
        if word.kind == "command":
            return COMPUTED
        if word.kind == "string":
            return _EMBEDDED.sub(self._embedded, word.text)
        return word.text

    def _embedded(self, match):
        return self._macros.get(match.group()[0] + match.group(1), COMPUTED) if match.group(1) else COMPUTED


def _behind(words, at):
    """Where the value at *at* ends: one word, or those in braces."""
    if at < len(words) and words[at].text == "{" and words[at].kind == "sign":
        return next((end + 1 for end in range(at, len(words)) if words[end] == words[end]._replace(kind="sign", text="}")), len(words))
    return at + 1


def _words(text, file):
    at, line = 0, 1
    while at < len(text):
        match = _WORDS.match(text, at)
        kind, found = match.lastgroup, match.group()
        if kind == "sign" and found in "\"'":
            raise GrammarError(line, "the end of a string")
        if kind == "string":
            found = re.sub(r"\\(.)", lambda escaped: _ESCAPES.get(escaped.group(1), escaped.group(1)), found[1:-1], flags=re.DOTALL)
        if kind not in ("blank", "remark"):
            yield Word(kind, found, file, line)
        line += match.group().count("\n")
        at = match.end()
