# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One command that something on the host starts: what is known of it before it runs.

A command line may hold a password. Its words stay on the host: a reader takes from them what its own option table knows.
"""

import os
import re

# Variables that bear on what a mail client sends or reads; no other leaves this module.
LIBRARY_VARIABLES = (
    "OPENSSL_CONF",
    "OPENSSL_CONF_INCLUDE",
    "GNUTLS_SYSTEM_PRIORITY_FILE",
    "GNUTLS_SYSTEM_PRIORITY_FAIL_ON_INVALID",
    "G_TLS_GNUTLS_PRIORITY",
    "NSS_IGNORE_SYSTEM_POLICY",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
)
TLS_VARIABLES = LIBRARY_VARIABLES + ("NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "MONO_TLS_PROVIDER")
# Each of one client alone: aerc is written in Go.
OWN_VARIABLES = ("FETCHMAIL_SSL_CIPHERS", "FETCHMAIL_SSL_TLS13_CIPHERSUITES", "GODEBUG")
FILE_VARIABLES = (
    "CLASSPATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "FETCHMAILHOME",
    "IMAPFILTER_HOME",
    "CURL_HOME",
    "MAILRC",
    "HIMALAYA_CONFIG",
    "PYTHONPATH",
    "PERL5LIB",
    "PERL5OPT",
)

# What a session sets of them.
SESSION_VARIABLES = TLS_VARIABLES + OWN_VARIABLES + tuple(name for name in FILE_VARIABLES if name != "HOME")

# What a command line names in place of a file whose text comes to the running command by itself; "-" where a program takes it so.
STANDARD_INPUT = re.compile(r"-|/dev/stdin|/dev/fd/\d+|/proc/self/fd/\d+")


# Where users have programs of their own, below their home.
_OWN_PROGRAMS = ("/bin", "/.local/bin")


def search_path(environment):
    """Return the directories in which an *environment*, {name: text or None}, has programs looked for, and then the user's own."""
    named = (environment.get("PATH") or "").split(":")
    home = environment.get("HOME")
    return [directory for directory in named if directory.startswith("/")] + [home + place for place in _OWN_PROGRAMS if home]


class Word:
    """One word of a command line.

    Attributes:
        text: the word; of one that only the running shell would know, what stands before that.
        is_decided: whether `text` is all of it.
        may_be_many: whether it could become any number of words.
        ending: of a word that is not decided, what stands behind the first thing that is not known, with a NUL for each further one.
    """

    __slots__ = ("ending", "is_decided", "may_be_many", "text")

    def __init__(self, text, is_decided=True, may_be_many=False, ending=""):
        self.text = text
        self.is_decided = is_decided
        self.may_be_many = may_be_many
        self.ending = ending

    def __eq__(self, other):
        return isinstance(other, Word) and self._all() == other._all()

    def __hash__(self):
        return hash(self._all())

    def __repr__(self):
        # A traceback or a failed assertion must not show a password.
        return f"Word(of {len(self.text)} characters{'' if self.is_decided else ', undecided'})"

    def _all(self):
        return self.text, self.is_decided, self.may_be_many


class Context:
    """Under what a command is started.

    Attributes:
        source: what starts it: "cron", "systemd", "init", "inetd", "mail", "session", "desktop", "supervisor", "at", "network",
            "table".
        file, line: where the command stands.
        user: name of the user that it runs as, or None when that is not known.
        environment: {name: text, or None where only the running command would know}.
        directory: its working directory, or None.
        is_active: whether the host starts it by itself now; a unit that is not enabled is there, but not active.
        is_login: whether a shell comes before it that reads the profiles of its user.
        is_zsh: whether that shell is zsh, which reads a file of its user's before any text.
        standard_input: Word, what it reads where that stands beside it; None where it comes from somewhere else.
    """

    def __init__(self, source, file, line, user, environment=None, directory=None, is_active=True):
        self.source = source
        self.file = file
        self.line = line
        self.user = user
        self.environment = dict(environment or {})
        self.directory = directory
        self.is_active = is_active
        self.is_login = False
        self.is_zsh = False
        self.standard_input = None

    def but(self, **changes):
        """Return a copy with these attributes changed."""
        copy = Context(self.source, self.file, self.line, self.user, self.environment, self.directory, self.is_active)
        copy.is_login, copy.is_zsh, copy.standard_input = self.is_login, self.is_zsh, self.standard_input
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy


class Launch:
    """A program that is started.

    Attributes:
        argv: Words, the program first. Of a script that its command line hands to an interpreter, the script first.
        interpreter: Words of the interpreter and its own options before the script; empty where the script names it itself.
        context: the Context.
        real_name: name of the file to which a link leads that the program is, or None.
    """

    real_name = None

    def __init__(self, argv, context, interpreter=()):
        self.argv = tuple(argv)
        self.context = context
        self.interpreter = tuple(interpreter)

    @property
    def names(self):
        """The names, without directories, that it is known by: its program's, and its interpreter's."""
        firsts = [words[0] for words in (self.argv, self.interpreter) if words]
        return {os.path.basename(word.text) for word in firsts if word.is_decided} | ({self.real_name} if self.real_name else set())

    @property
    def program(self):
        """The program as it is named, or None when only the running shell would know."""
        return self.argv[0].text if self.argv and self.argv[0].is_decided else None

    @property
    def user(self):
        """Name of the user that it runs as, or None when that is not known."""
        return self.context.user

    @property
    def file(self):
        """Path of the file where the command stands."""
        return self.context.file

    @property
    def line(self):
        """Line in `file`."""
        return self.context.line

    @property
    def is_active(self):
        """Whether the host starts it by itself now."""
        return self.context.is_active

    @property
    def tls_environment(self):
        """{name: value} of the variables that bear on a TLS library; a value is None where only the running command would know it."""
        return {name: self.context.environment[name] for name in TLS_VARIABLES if name in self.context.environment}

    def variable(self, name):
        """Return Word of the variable *name* of FILE_VARIABLES, TLS_VARIABLES or OWN_VARIABLES, or None when it is not set."""
        if name not in FILE_VARIABLES + TLS_VARIABLES + OWN_VARIABLES or name not in self.context.environment:
            return None
        value = self.context.environment[name]
        return Word(value or "", value is not None)

    def known(self, name, otherwise):
        """Return the text of the variable *name*, *otherwise* where it is not set, and None where only the running command knows it."""
        variable = self.variable(name)
        return otherwise if variable is None else variable.text if variable.is_decided else None

    def path(self, text):
        """Return the absolute path that *text*, a name of a file as the command gives it, stands for; None when that is not known."""
        if STANDARD_INPUT.fullmatch(text):
            return None
        if text.startswith("/"):
            return os.path.normpath(text)
        return os.path.normpath(self.context.directory + "/" + text) if self.context.directory else None
