# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a shell remembers while its text is read: variables, positional parameters, its directory; and the commands that change them."""

import collections
import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.host import PROGRAM_DIRECTORIES
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import (
    OWN_VARIABLES,
    SESSION_VARIABLES,
    TLS_VARIABLES,
    Word,
)

MAX_DEPTH = 4  # of texts inside of texts
MAX_TEXTS = 200  # that one shell reads: each may read all others
MAX_EXPANDED = 4 * 1024 * 1024  # characters that variables become in one shell, each word with these; each may hold others twice
OF_A_WORD = 32
MAX_CALLS = 10  # of functions inside of functions
_MOST_CALLS = 2000  # in one text
# A shell sets these, or they are of the process.
_OF_THE_SHELL = (
    "RANDOM",
    "HOSTNAME",
    "UID",
    "EUID",
    "PPID",
    "PWD",
    "OLDPWD",
    "SECONDS",
    "LINENO",
    "BASH",
    "-",
    "$",
    "?",
    "!",
    "#",
)


# Where a command stands that only the running shell knows, and the variable by which it does so; None where that is not all.
Unread = collections.namedtuple("Unread", "file line variable")


class State:
    """The shell's variables while its text is read.

    Args:
        context: the launch.Context under which the shell runs.
        arguments: Words, the positional parameters; None when they are not known.
        sourced: function from a path to its text or None, for the command "."; None: no file is looked at.
        home_of: function from a user's name to the home directory or None.
        matching: function from a pattern to the paths of the files that it stands for; None: no directory is looked at.

    Attributes:
        script: path of the file that the shell runs, or None.
        realpath: function from a path to the same with its links resolved.
        opens: function that tells whether a text that nobody has seen may set variables that matter, from the file that has it read.
        unread: an Unread for each command that only the running shell knows.
        unseen: (file, line) of each text that this very shell reads, so that it could set anything.
    """

    def __init__(self, context, arguments=(), sourced=None, home_of=None, matching=None):
        self.context = context
        self.arguments = None if arguments is None else list(arguments)
        self.variables = dict(context.environment)
        self.variables.setdefault("PATH", ":".join(PROGRAM_DIRECTORIES))
        self.exported = set(context.environment)
        self.directory = context.directory
        self.sourced = sourced
        self.home_of = home_of or (lambda name: None)
        self.matching = matching or (lambda pattern: None)
        self.script = None
        self.realpath = lambda path: path
        self.opens = lambda file: False
        self._expanded = 0
        self.loops = {}  # the words that the variable of a loop stands for in turn
        # Once something was run that could set anything, a variable that was not seen need not be empty.
        self.is_open = False
        self.exports_all = False
        self.depth = 0
        self.texts = 0
        self.unread = []
        self.unseen = []
        self._blocks = []
        self._functions = {}
        self._uncalled = []
        self._locals = []
        self._calls = 0

    def assign(self, name, value):
        """Set a variable to a text, or to None: only the running shell would know."""
        for block in self._blocks[-1:]:
            block.setdefault(name, self.variables.get(name, ""))
        self.variables[name] = value
        # What has a shell start has a PATH.
        if self.exports_all or name == "PATH":
            self.exported.add(name)

    def enter(self):
        """Begin what only runs under a condition."""
        self._blocks.append({})

    def leave(self):
        """End it: what it set may be so, or may not."""
        for name, before in self._blocks.pop().items() if self._blocks else ():
            now, self.variables[name] = self.variables.get(name, ""), before
            self.assign(name, before if now == before else None)

    def has_room(self, text):
        """Tell whether what a shell's variables become, with this *text*, is no more than can be kept."""
        self._expanded += len(text) + OF_A_WORD
        return self._expanded <= MAX_EXPANDED

    def value(self, name):
        """Return the text of a variable, or None when only the running shell would know."""
        if name in self.variables:
            return self.variables[name]
        if name.isdigit() and name != "0" and self.arguments is not None:
            word = self.arguments[int(name) - 1] if int(name) <= len(self.arguments) else Word("")
            return word.text if word.is_decided else None
        if name in ("0", "BASH_SOURCE"):
            return self.script if name == "0" else self.context.file
        return None if self.is_open or name in _OF_THE_SHELL or name.isdigit() else ""

    def may_be_given(self, name):
        """Tell whether a variable that counts as empty, as no text has set it, may come with the environment.

        Only those that bear on mail clients are surely known to be in none.
        """
        is_known = name in self.variables or name in SESSION_VARIABLES or not re.match(r"[A-Za-z_]", name)
        return not is_known and self.value(name) == ""

    def define(self, name, body, file):
        """Note a function: its *body* runs where it is called."""
        self._functions[name] = (body, file)
        self._uncalled = [other for other in self._uncalled if other != name] + [name]

    def is_function(self, name):
        """Tell whether a command of that *name* is a function."""
        return name in self._functions

    def call(self, name, arguments, line):
        """Begin a function's run with these positional parameters.

        Returns:
            (its body, what `end_call` takes), or None where there are too many calls inside of each other.
        """
        self._uncalled = [other for other in self._uncalled if other != name]
        if len(self._locals) >= MAX_CALLS or self._calls >= _MOST_CALLS:
            self.leave_unread(line)
            self.is_open = True
            return None
        self._calls += 1
        before = self.arguments, self.context
        self._locals.append({})
        body, file = self._functions[name]
        self.arguments, self.context = arguments, self.context.but(file=file)
        return body, before

    def end_call(self, before):
        """End it: its own variables are as they were."""
        self.arguments, self.context = before
        for name, value in self._locals.pop().items():
            self.assign(name, value)

    def uncalled(self):
        """Return the functions that nothing has called that was read."""
        return list(self._uncalled)

    def make_local(self, name):
        """A variable that the function in hand has for itself."""
        for own in self._locals[-1:]:
            own.setdefault(name, self.variables.get(name, ""))

    def leave_unread(self, line, variable=None):
        """Note the *line* of a command that only the running shell knows, because of a *variable* or for another reason."""
        self.unread.append(Unread(self.context.file, line, variable))

    def leave_unseen(self, line):
        """Note the *line* of a command that has this shell read a text that nobody else has seen."""
        self.unseen.append((self.context.file, line))
        if self.opens(self.context.file):
            for name in TLS_VARIABLES + OWN_VARIABLES:
                self.assign(name, None)
                self.exported.add(name)

    def environment(self):
        """Return what a command that is started now would find in its environment."""
        return {name: value for name, value in self.variables.items() if name in self.exported}


def _unset(words, state):
    for word in words[1:]:
        state.assign(word.text, "")
        state.exported.discard(word.text)


def _set(words, state):
    texts = [word.text for word in words[1:]]
    if "--" in texts:
        state.arguments = words[texts.index("--") + 2 :]
    if "-a" in texts or "allexport" in texts:
        state.exports_all = True
    if "+a" in texts:
        state.exports_all = False


def _shift(words, state):
    if state.arguments is not None:
        state.arguments = state.arguments[1:] if len(words) == 1 else None


def _cd(words, state):
    operands = [word for word in words[1:] if word.text not in ("-P", "-L", "--")]
    target = operands[0] if operands else Word(state.value("HOME") or "", state.value("HOME") is not None)
    if not target.is_decided or target.text == "-":
        state.directory = None
    elif target.text.startswith("/"):
        state.directory = posixpath.normpath(target.text)
    elif state.directory:
        state.directory = posixpath.normpath(state.directory + "/" + target.text)


def _read_in(words, state):
    """What comes from outside while the shell runs."""
    for word in words[1:]:
        if re.match(r"[A-Za-z_]\w*$", word.text):
            state.assign(word.text, None)


CHANGES = dict(
    {"unset": _unset, "set": _set, "shift": _shift, "cd": _cd}, **dict.fromkeys(("read", "getopts", "mapfile", "readarray"), _read_in)
)
