# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables that a user's sessions begin with, beside those of /etc/environment: what people start by hand runs under them.

A login reads one of the user's profiles, an interactive shell its own file, and the user's manager environment.d
(bash(1), "Invocation"; zsh(1), "Startup/shutdown files"; ksh(1), "Invocation"). The files of csh and fish are no text for sh: what these
have exported is told by its name, and open (tcsh(1), "Startup and shutdown"; fish(1), "Configuration files").
"""

import collections
import fnmatch
import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.host import PROGRAM_DIRECTORIES
from ansible_collections.mailtls.fleet.plugins.module_utils.launches import manager_environment, shell, shell_state
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import (
    OWN_VARIABLES,
    SESSION_VARIABLES,
    TLS_VARIABLES,
    Context,
    Launch,
    Word,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import environment, shell_lexer

SOURCE = "session"
AFFECTS = "accounts"

SYSTEM_PROFILES = ("/etc/profile",)
PROFILE_DIRECTORY = "/etc/profile.d"
# What sessions of X read: Debian's, and those of RHEL and Arch.
X_PROFILES = ("/etc/xprofile",)
# Directories, and how the names end of the files in them that are read.
DIRECTORIES = ((PROFILE_DIRECTORY, ".sh"), ("/etc/X11/Xsession.d", ""), ("/etc/X11/xinit/xinitrc.d", ""))
OWN_DIRECTORIES = (("/.config/plasma-workspace/env", ".sh"),)
# bash takes the first of these that is there; other shells know the last alone.
OWN_PROFILES = ("/.bash_profile", "/.bash_login", "/.profile")
OTHER_PROFILES = ("/.zshenv", "/.zprofile", "/.zlogin", "/.xsessionrc", "/.xprofile", "/.xsession", "/.xinitrc")
# Where a session's PAM service has pam_env read it.
OWN_RULES = "/.pam_environment"
_PAM_SERVICES = "/etc/pam.d"
_READS_OWN_RULES = re.compile(r"^[^#\n]*pam_env\.so[^#\n]*\buser_readenv=1\b", re.MULTILINE)
_OF_ZSH = ("zshenv", "zprofile", "zshrc", "zlogin")
SYSTEM_INTERACTIVE = (
    "/etc/bash.bashrc",
    "/etc/bashrc",
    "/etc/kshrc",
    *("/etc/zsh/" + name for name in _OF_ZSH),
    *("/etc/" + name for name in _OF_ZSH),
)
OWN_INTERACTIVE = ("/.bashrc", "/.zshrc", "/.kshrc")
# What each zsh reads, whatever it is started for.
_SYSTEM_ZSHENV, _OWN_ZSHENV = ("/etc/zsh/zshenv", "/etc/zshenv"), "/.zshenv"
SYSTEM_OTHERS = ("/etc/csh.cshrc", "/etc/csh.login", "/etc/fish/config.fish")
OTHER_DIRECTORIES = ((PROFILE_DIRECTORY, ".csh"), ("/etc/fish/conf.d", ".fish"))
OWN_OTHERS = ("/.cshrc", "/.tcshrc", "/.login", "/.config/fish/config.fish", "/.config/fish/fish_variables")
OWN_OTHER_DIRECTORIES = (("/.config/fish/conf.d", ".fish"),)
_MAX_FILE = 256 * 1024
# Where a client finds its files.
PLACES = {
    "XDG_CONFIG_HOME": "/.config",
    "FETCHMAILHOME": "",
    "IMAPFILTER_HOME": "/.imapfilter",
    "CURL_HOME": "",
    "MAILRC": "/.mailrc",
    "HIMALAYA_CONFIG": "/.config/himalaya/config.toml",
}
_NAMED = re.compile("|".join(SESSION_VARIABLES))
# What csh and fish export; fish may do so with further options before the name.
_EXPORTED = re.compile(r"(?:^|[;)&|]|\b(?:then|and|or))[ \t]*(?:setenv|(?:set|SETUVAR)(?:[ \t]+-[\w-]+)+)[ \t]+(?P<name>\w+)", re.MULTILINE)
# Programs whose commands and aliases matter.
_CLIENTS = re.compile(
    r"fetchmail|getmail|mbsync|mpop|\bfdm\b|offlineimap|imapfilter|imapsync|mailfilter|mutt|\balpine\b|\baerc\b|thunderbird|evolution|geary"
    r"|balsa|claws-mail|sylpheed|himalaya|s-nail|mailx|movemail|stunnel|socat|s_client|(?:imap|pop3)s?://"
)
# Commands that read a file, up to its name.
_BEGINS = r"(?:^|[;&|{(]|\b(?:then|do|else))[ \t]*"
_OPENS = _BEGINS + r"(?:(?:builtin|command)[ \t]+)?(?:\\?\.|\\?source)[ \t]+"
_READS = re.compile(_OPENS + r"[\"']?(?P<home>(?:~|\$HOME|\$\{HOME\})/)?(?P<path>[\w./+-]+)", re.MULTILINE)
# What else a file may read: by a name that is computed or has braces, and a text that a command prints, which may be that of a file.
_COMPUTED = re.compile(_OPENS + r"(?![\"']?\$(?:HOME|\{HOME\})/[\w./+-]+[\"']?(?:[\s;]|$))[^\s;#<]*[$`{]", re.MULTILINE)
_PRINTED = re.compile(_BEGINS + r"(?:\\?\.|source|eval|export)[ \t]+[\"']?(?:[$<]\(|`)(?P<file><?)", re.MULTILINE)
_HANDS_ON = re.compile(shell.HANDS_ON)
_MAX_DEPTH = 3

Variable = collections.namedtuple("Variable", "name value file line")


class Session:
    """What the sessions of one user set of the variables that bear on mail clients and their TLS.

    Attributes:
        login: {name: Variable} of every session; a value is None where only the running shell would know it.
        terminal: the same of an interactive shell.
        commands: (Words, Context) of what their files start, or have an alias stand for.
    """

    def __init__(self, login, terminal, commands):
        self.login = login
        self.terminal = terminal
        self.commands = commands

    def launch(self, host, name, user, in_terminal):
        """Return the Launch of the program *name* by hand, by the users.User *user*; None where the session sets nothing."""
        variables = self.terminal if in_terminal else self.login
        if not variables:
            return None
        first = min(variables.values(), key=lambda variable: (variable.file, variable.line))
        given = dict(environment.read(host, SESSION_VARIABLES, user.home), HOME=user.home)
        given.update((variable.name, variable.value) for variable in variables.values())
        return Launch([Word(name)], Context(SOURCE, first.file, first.line, user.name, given, user.home))


class Sessions:
    """The sessions of the users of *host*, each read when first asked for. *with_commands*: what their files start matters as well."""

    def __init__(self, host, with_commands=True):
        self._host = host
        self._wanted = [_NAMED, _CLIENTS] if with_commands else [_NAMED]
        self._with_commands = with_commands
        self._texts = {}
        self._found = {}
        self._common = None

    def of(self, user):
        """Return the Session of *user*, a users.User."""
        if user.name not in self._found:
            self._found[user.name] = self._read(user)
        return self._found[user.name]

    def of_zsh(self, user):
        """Return {name: Variable} of what any zsh of *user*, a users.User, has set before it reads a text."""
        context = Context(SOURCE, "", 1, user.name, {"HOME": user.home, "USER": user.name}, user.home)
        state, places = self._state(context, user), {}
        for path in (*_SYSTEM_ZSHENV, user.home + _OWN_ZSHENV):
            self._run(state, places, path, user.home)
        return _variables(state, places)

    def texts(self, user):
        """Yield (text, Context) of each file that is the user's own and that a session or an interactive shell reads."""
        for name in OWN_PROFILES + OTHER_PROFILES + OWN_INTERACTIVE:
            path = user.home + name
            text = self._host.text(path, AFFECTS, _MAX_FILE) if self._host.is_file(path) else None
            if text:
                yield text, Context(SOURCE, path, 1, user.name, {"HOME": user.home}, user.home)

    def _read(self, user):
        inherited = self._inherited(user)
        given = dict({name: variable.value for name, variable in inherited.items()}, HOME=user.home, USER=user.name)
        state = self._state(Context(SOURCE, "", 1, user.name, given, user.home), user)
        commands = []
        # What the libraries are asked with is of every session anyway.
        own = [variable for variable in inherited.values() if variable.value is None or not self._is_everyones(variable)]
        places = {variable.name: (variable.file, variable.line) for variable in own}
        for path, variables in manager_environment.of_directories(self._host, user):
            _take(state, places, path, variables, self._host.text(path, AFFECTS) or "")
        for path in _login_files(self._host, user):
            commands += self._run(state, places, path, user.home)
        for path in _other_files(self._host, user):
            self._take_others(state, places, path, user.home)
        login = _variables(state, places)
        for path in SYSTEM_INTERACTIVE + tuple(user.home + name for name in OWN_INTERACTIVE):
            commands += self._run(state, places, path, user.home)
        return Session(login, _variables(state, places), commands if self._with_commands else [])

    def _state(self, context, user):
        return shell_state.State(context, sourced=lambda path: self._text(path, user.home) or "", matching=self._matching)

    def _take_others(self, state, places, path, home):
        text = self._text(path, home) or ""
        for match in _EXPORTED.finditer(text):
            if match.group("name") in SESSION_VARIABLES:
                state.assign(match.group("name"), None)
                state.exported.add(match.group("name"))
                places[match.group("name")] = (path, text.count("\n", 0, match.start("name")) + 1)

    def _is_everyones(self, variable):
        return variable == self._common.get(variable.name) and variable.name in environment.NAMES

    def _inherited(self, user):
        """What pam_env gives the user's sessions; of the user's own rules some services take what they set, and some do not."""
        if self._common is None:
            self._common = environment.variables(self._host, SESSION_VARIABLES)
        found = dict(self._common)
        if any(variable.value is None for variable in found.values()):
            found = environment.variables(self._host, SESSION_VARIABLES, user.home)
        text = self._host.text(user.home + OWN_RULES, AFFECTS) or ""
        if _NAMED.search(text) and self._are_own_rules_read():
            own = dict(found)
            environment.take(own, text, user.home + OWN_RULES, SESSION_VARIABLES, user.home)
            found.update((name, variable._replace(value=None)) for name, variable in own.items() if variable != found.get(name))
        return found

    def _are_own_rules_read(self):
        services = [_PAM_SERVICES + "/" + name for name in self._host.names(_PAM_SERVICES, AFFECTS)]
        return any(_READS_OWN_RULES.search(self._host.text(path, AFFECTS) or "") for path in services)

    def _text(self, path, home, depth=0):
        """The text of a file that bears on mail clients, or that reads one which does or may; None of any other: most need no parsing."""
        if path not in self._texts:
            self._texts[path] = None
            text = self._host.text(path, AFFECTS, _MAX_FILE)
            if text and self._matters(text, path, home, depth):
                self._texts[path] = text
        return self._texts[path]

    def _matters(self, text, path, home, depth):
        if any(wanted.search(text) for wanted in self._wanted) or self._reads_one(text, home, depth):
            return True
        return _reads_computed(text) and self._is_ones_own(path, home)

    def _is_ones_own(self, path, home):
        """Whether nobody knows what a file reads whose name is computed; what packages read so, packages bring."""
        if path in SYSTEM_PROFILES + SYSTEM_INTERACTIVE:
            # The files of their directory, which are read by themselves.
            return False
        return path.startswith(home + "/") or self._host.package_of(path) is None

    def _matching(self, pattern):
        """The paths of the files that a loop's pattern stands for; None where that can't be told."""
        directory, _slash, name = pattern.rpartition("/")
        if not directory or re.search(r"[*?\[{]", directory):
            return None
        # The system's are read by themselves.
        names = self._host.names(directory, AFFECTS) if directory != PROFILE_DIRECTORY else ()
        names = [entry for entry in names if name.startswith(".") or not entry.startswith(".")]
        return [directory + "/" + entry for entry in names if fnmatch.fnmatchcase(entry, name)]

    def _reads_one(self, text, home, depth):
        read = (path for match in _READS.finditer(text) for path in _read_paths(match, home))
        return depth < _MAX_DEPTH and any(self._text(path, home, depth + 1) for path in read)

    def _run(self, state, places, path, home):
        """Read a shell's file as the shell would, note where the variables stand that it changes, and return its commands."""
        text, commands = self._text(path, home), []
        if text is None:
            return commands
        before = state.environment()
        # What the system's profile reads by computed names are the files of its directory, which are read by themselves.
        state.is_open = False
        state.context = state.context.but(file=path)
        state.unseen = []
        try:
            for words, context in shell.commands(text, state):
                commands.extend(_aliased(words, context) if words[0].text == "alias" else [(words, context)])
        except shell_lexer.ShellError as error:
            # The rest may be another shell's language than sh, whose words would be known.
            if _NAMED.search(text):
                self._host.gap(f"{path}, line {error.line}", f"is no text for sh: {error}", AFFECTS)
        now = state.environment()
        for name in SESSION_VARIABLES:
            if name in now and (name not in before or now[name] != before[name] or name not in places):
                places[name] = (path, _line_of(text, name))
        for file, line in state.unseen:
            if self._is_ones_own(file, home):
                _leave_open(state, places, file, line)
        return commands


def _read_paths(match, home):
    """Where the file may lie that a match of _READS names: a session begins in the home, and a name alone is looked for as a program is."""
    path = match.group("path")
    if path.startswith("/"):
        return [path]
    own = [posixpath.normpath(home + "/" + path)]
    return own if match.group("home") or "/" in path else own + [directory + "/" + path for directory in PROGRAM_DIRECTORIES]


def _reads_computed(text):
    if _COMPUTED.search(text):
        return True
    end = -1
    for match in _PRINTED.finditer(text):
        # Of each line, what stands behind the first of these stands behind them all.
        if match.start() > end:
            end = text.find("\n", match.end())
            end = len(text) if end < 0 else end
            if _HANDS_ON.search(text, match.end(), end):
                return True
        if match.group("file"):
            return True
    return False


def note_other_places(host, user, session):
    """Note where the *session* of *user* has mail clients look for their files, if that is not where they were looked for."""
    for name, place in PLACES.items():
        variable = session.terminal.get(name)
        if variable is None or variable.value == user.home + place:
            continue
        if variable.value is None or host.exists(variable.value):
            why = f"sets {name}: what mail clients of {user.name} have there was not read"
            host.gap(f"{variable.file}, line {variable.line}", why, AFFECTS)


def _variables(state, places):
    exported = state.environment()
    return {name: Variable(name, exported[name], *places[name]) for name in SESSION_VARIABLES if name in exported and name in places}


def _login_files(host, user):
    found = [*SYSTEM_PROFILES, *X_PROFILES, *_of_directories(host, DIRECTORIES), *_of_directories(host, OWN_DIRECTORIES, user.home)]
    own = [user.home + name for name in OWN_PROFILES]
    found.extend([path for path in own if host.is_file(path)][:1])
    return found + [user.home + name for name in OTHER_PROFILES]


def _other_files(host, user):
    found = [*SYSTEM_OTHERS, *_of_directories(host, OTHER_DIRECTORIES), *(user.home + name for name in OWN_OTHERS)]
    return found + _of_directories(host, OWN_OTHER_DIRECTORIES, user.home)


def _of_directories(host, directories, home=""):
    places = [(home + directory, ending) for directory, ending in directories]
    return [directory + "/" + name for directory, ending in places for name in host.names(directory, AFFECTS) if name.endswith(ending)]


def _take(state, places, path, variables, text):
    for name, value in variables.items():
        if name not in SESSION_VARIABLES:
            continue
        state.assign(name, value)
        state.exported.add(name)
        places[name] = (path, _line_of(text, name))


def _leave_open(state, places, file, line):
    """A text that was not seen may set what it wants."""
    for name in TLS_VARIABLES + OWN_VARIABLES:
        state.assign(name, None)
        state.exported.add(name)
        places[name] = (file, line)


def _aliased(words, context):
    """What the aliases stand for that a command defines: whoever types their names starts it."""
    for word in words[1:]:
        _name, _equals, text = word.text.partition("=")
        try:
            yield from list(shell.commands(text if word.is_decided else "", shell_state.State(context), context.line))
        except shell_lexer.ShellError:
            continue


def _line_of(text, name):
    """The last line of *text* that gives the variable a value; the first where that stands in another file."""
    found = [number for number, line in enumerate(text.splitlines(), 1) if name + "=" in line]
    return found[-1] if found else 1
