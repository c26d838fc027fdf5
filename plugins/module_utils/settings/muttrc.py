# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration language of mutt and neomutt: what a program has set once its files are read.

The grammar is that of muttrc(5) and neomuttrc(5), with init.c of mutt 2.2 where they are silent. Only the variables in _KEPT
and mailbox paths are kept; what could hold a secret is known here only as long as a path needs it (my_ variables).
"""

import collections
import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import mailbox_url
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import muttrc_tokens
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.muttrc_tokens import COMPUTED

Setting = collections.namedtuple("Setting", "key value file line")
# pattern: a regular expression as written; wanted: False where the hook is for what does not match.
Hook = collections.namedtuple("Hook", "kind pattern wanted command file line")
Command = collections.namedtuple("Command", "text file line")

VERSIONS = ("ssl_use_sslv3", "ssl_use_tlsv1", "ssl_use_tlsv1_1", "ssl_use_tlsv1_2", "ssl_use_tlsv1_3")
PATHS = ("folder", "spoolfile", "record", "postponed", "mbox", "trash", "pop_host")
_SYNONYMS = {"spool_file": "spoolfile"}
_YES_OR_NO = ["yes", "no"]
_CHOICES = dict(dict.fromkeys(VERSIONS + ("ssl_force_tls",), _YES_OR_NO), ssl_starttls=_YES_OR_NO + ["ask-yes", "ask-no"])
_KEPT = tuple(_CHOICES) + PATHS + ("ssl_ciphers", "tunnel")
_HOOKS = ("account-hook", "folder-hook")
_PROGRAMS = ("lua", "lua-source", "run")
_MAX_FILES = 200
_MAX_NESTED = 30
# A file that needs more than this wants to keep its reader busy.
_MAX_KEPT = 500
_MAX_HOOKS = 100
_LONGEST = 1000
_TYPED = re.compile(r"(?:<enter-command>|:)([^\n\r]*?)(?:<enter>|<return>|[\n\r]|\Z)", re.IGNORECASE)
_URL = re.compile(r"(?:imap|pop)s?://[^<\s]+", re.IGNORECASE)


def canonical(path):
    """Return *path* as mutt writes a mailbox of IMAP: without one in its path it is INBOX. Expressions of folder hooks fare alike."""
    mailbox = mailbox_url.parse(path) if path.startswith("imap") else None
    return mailbox.url + (path.partition("://")[2].partition("/")[2] or "INBOX") if mailbox else path


class _Refused(Exception):
    """The program itself would leave out the rest of the line."""


class Muttrc:
    """What has been set so far.

    Args:
        home: the user's home directory.
        read: function from a path to its text, or None when there is none.
        printed: function from the command of `source "command|"` to the paths of the files that it has read, or None when unknown.
        late: the program expands the paths of its variables when it uses them (neomutt), and not when they are set (mutt).

    Attributes:
        settings: Setting by key; a value may hold COMPUTED.
        mailboxes: Settings of the paths that it looks at besides.
        hooks: Hooks in their order.
        typed: Commands that keys are bound to.
        unknown: Settings, with what could not be followed as their key.
    """

    def __init__(self, home, read, printed, late=False):
        self._home, self._read, self._printed, self._late = home, read, printed, late
        self._variables, self._files, self._nested, self._branches = {}, 0, 0, 0
        self._file, self._line = "", 0
        self.settings, self.mailboxes, self.hooks, self.typed, self.unknown = {}, [], [], [], []

    def copy(self):
        """Return a copy that goes on by itself."""
        other = Muttrc(self._home, self._read, self._printed, self._late)
        other.settings, other._variables, other._files = dict(self.settings), dict(self._variables), self._files
        other.mailboxes, other.hooks, other.typed, other.unknown = (
            list(self.mailboxes),
            list(self.hooks),
            list(self.typed),
            list(self.unknown),
        )
        return other

    def source(self, path):
        """Go through the file *path*."""
        self._files += 1
        text = self._read(path) if self._files <= _MAX_FILES and self._nested < _MAX_NESTED else None
        if text is None and (self._files > _MAX_FILES or self._nested >= _MAX_NESTED):
            self._note_unknown("source")
        place, self._file = (self._file, self._line), path
        self._nested += 1
        for self._line, line in muttrc_tokens.lines(text or ""):
            self._run_line(line)
        self._nested -= 1
        self._file, self._line = place

    def run(self, command):
        """Carry out a Command."""
        self._file, self._line = command.file, command.line
        self._run_line(command.text)

    def maybe(self, command):
        """Carry out a Command that the program may or may not: what it would change is then computed. Return the Muttrc that did."""
        other = self.copy()
        other._nested, other._branches = self._nested, self._branches
        other.run(command)
        self._differ(other)
        return other

    def paths(self):
        """Return the Settings of all mailbox paths, the one that it opens first in front."""
        named = [self.settings[key] for key in ("spoolfile",) + PATHS if key in self.settings]
        return [item._replace(value=self.expanded(item.value)) for item in named if item.value] + self.mailboxes

    def expanded(self, path, nested=0):
        """Return the path that a shortcut at the beginning of *path* stands for."""
        first, rest = path[:1], path[1:]
        if first == "~" and rest[:1] in ("", "/"):
            return self._home + rest
        key = {"=": "folder", "+": "folder", "!": "spoolfile"}.get(first)
        if key is None or nested > 2 or (key == "spoolfile" and key not in self.settings):
            return path
        base = self.expanded(self.settings[key].value if key in self.settings else "~/Mail", nested + 1)
        return base + ("" if key == "spoolfile" or base.endswith(("/", "}")) else "/") + rest

    def _branch(self, command):
        self._branches += 1
        if self._branches > _MAX_HOOKS:
            self._note_unknown("ifdef")
        else:
            # What bounds a file bounds what is inside of its conditions as well.
            other = self.maybe(command)
            self._files, self._branches = other._files, other._branches

    def _differ(self, other):
        for key in set(self.settings) | set(other.settings):
            mine, others = self.settings.get(key), other.settings.get(key)
            if (mine and mine.value) != (others and others.value):
                self.settings[key] = (others or mine)._replace(value=COMPUTED)
        self.mailboxes += [item for item in other.mailboxes if item not in self.mailboxes]
        self.hooks += [hook for hook in other.hooks if hook not in self.hooks]
        self.typed += [command for command in other.typed if command not in self.typed]
        self.unknown += [item for item in other.unknown if item not in self.unknown]

    def _run_line(self, line):
        words = muttrc_tokens.Words(line, self._variable)
        self._nested += 1
        try:
            while words.next not in ("", "#"):
                if words.next == ";":
                    words.skip()
                else:
                    self._run_command(words.take(), words)
        except _Refused:
            pass
        finally:
            self._nested -= 1

    def _run_command(self, name, words):
        if self._nested > _MAX_NESTED or COMPUTED in name or name in _PROGRAMS:
            self._note_unknown(name if name in _PROGRAMS else "command")
            raise _Refused
        if name in ("set", "unset", "reset", "toggle"):
            self._set(name, words)
        elif name in _HOOKS:
            self._hook(name, words)
        elif name in ("ifdef", "ifndef"):
            words.take()
            self._branch(self._command(words.take(with_blanks=True)))
        elif name == "source":
            self._source(words.take())
        else:
            arguments = []
            while words.more:
                arguments.append(words.take())
            self._other(name, arguments)

    def _other(self, name, arguments):
        if name in ("mailboxes", "named-mailboxes"):
            paths = arguments[1::2] if name.startswith("named") else [word for word in arguments if not word.startswith("-")]
            room = max(0, _MAX_KEPT - len(self.mailboxes))
            self.mailboxes += [Setting(name, self.expanded(path), self._file, self._line) for path in paths[:room]]
        elif name == "unmailboxes":
            gone = [self.expanded(path) for path in arguments]
            self.mailboxes = [] if "*" in arguments else [item for item in self.mailboxes if item.value not in gone]
        elif name == "unhook":
            self.hooks = [hook for hook in self.hooks if arguments[:1] not in (["*"], [hook.kind])]
        elif name in ("macro", "push", "exec") and arguments and len(self.typed) < _MAX_HOOKS:
            keys = arguments[2] if name == "macro" and len(arguments) > 2 else arguments[0]
            self.typed += [self._command(text) for text in _TYPED.findall(_URL.sub("", keys))]
            self.typed += [self._command("mailboxes '" + url.replace("'", "") + "'") for url in _URL.findall(keys)]

    def _command(self, text):
        return Command(text, self._file, self._line)

    def _source(self, path):
        if path.endswith("|"):
            files = self._printed(path[:-1].strip())
            if files is None:
                self._note_unknown("source")
            for file in files or ():
                self.source(file)
        elif COMPUTED in path:
            self._note_unknown("source")
        else:
            base = posixpath.dirname(self._file) if self._late else self._home
            self.source(posixpath.normpath(posixpath.join(base, self.expanded(path))))

    def _hook(self, kind, words):
        wanted = words.next != "!"
        if not wanted:
            words.skip()
        pattern = words.take()
        if pattern == "-noregex":
            pattern = re.escape(words.take())
        elif kind == "folder-hook" and pattern[:1] in ("=", "+", "!"):
            pattern = re.escape(self.expanded(pattern[0])) + pattern[1:]
        elif kind == "folder-hook" and not self._late:
            pattern = canonical(pattern)
        command = words.take(with_blanks=True)
        if not command or words.more:
            raise _Refused
        if len(self.hooks) < _MAX_HOOKS:
            self.hooks.append(Hook(kind, pattern, wanted, command, self._file, self._line))
        else:
            self._note_unknown(kind)

    def _set(self, command, words):
        while words.more:
            action, query = command, False
            if words.next == "?":
                query = True
                words.skip()
            elif words.rest.startswith("no"):
                action = "set" if command == "unset" else "unset"
                words.skip(2)
            elif words.rest.startswith("inv"):
                action = "toggle"
                words.skip(3)
            elif words.next == "&":
                action = "reset"
                words.skip()
            key = words.take(stop_at_equal=True)
            if COMPUTED in key:
                self._note_unknown(command)
            self._set_one(action, _SYNONYMS.get(key, key), self._given(words, key), query)

    def _given(self, words, key):
        """Return the value behind the name of a variable, or None; neomutt adds to strings with +=, which is kept apart."""
        added = key.endswith("+") and words.next == "="
        if words.next != "=":
            return None
        words.skip()
        value = words.take()
        if added and key[:-1] in _KEPT:
            self.settings[key[:-1]] = Setting(key[:-1], COMPUTED, self._file, self._line)
        return value

    def _set_one(self, action, key, value, query):
        if key.startswith("my_") and action == "set" and value is not None:
            self._variables[key] = value if len(value) <= _LONGEST else COMPUTED
        elif action == "reset":
            for name in list(self.settings) if key == "all" else [key]:
                self.settings.pop(name, None)
        elif key in _CHOICES:
            self._choose(action, key, value, query)
        elif key in _KEPT and action == "unset":
            self.settings.pop(key, None)
        elif key in _KEPT and (value is None or query):
            raise _Refused
        elif key in _KEPT:
            self._keep(key, self.expanded(value) if key in PATHS and not self._late else value)

    def _choose(self, action, key, value, query):
        if query:
            raise _Refused
        if action == "toggle":
            before = self.settings[key].value if key in self.settings else COMPUTED
            return self._keep(key, {"yes": "no", "no": "yes"}.get(before, COMPUTED))
        if value is None:
            return self._keep(key, "yes" if action == "set" else "no")
        if COMPUTED not in value and (value.lower() not in _CHOICES[key] or action != "set"):
            raise _Refused
        return self._keep(key, COMPUTED if COMPUTED in value else value.lower())

    def _keep(self, key, value):
        self.settings[key] = Setting(key, value if len(value) <= _LONGEST else COMPUTED, self._file, self._line)

    def _note_unknown(self, what):
        if len(self.unknown) < _MAX_KEPT:
            self.unknown.append(Setting(what, None, self._file, self._line))

    def _variable(self, name):
        if name == "HOME":
            return self._home
        if name in self._variables:
            return self._variables[name]
        key = _SYNONYMS.get(name, name)
        return self.settings[key].value if key in self.settings else COMPUTED
