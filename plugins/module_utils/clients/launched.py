# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts as the commands that something starts make them: options and environment beat the configuration files."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import LIBRARY_VARIABLES, STANDARD_INPUT, TLS_VARIABLES
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import environment
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import find

# They have other libraries loaded than the program's own.
_OF_PACKAGES = ("/usr/lib/", "/lib/")


def accounts(host, installs, names, of_launch, of_files, of_rest=None):
    """Return the accounts of a client: those of the commands that start it, and those of files that no such command reads.

    Args:
        host: the Host.
        installs: of the client.
        names: of its programs, the client's own name first.
        of_launch: function from a Launch to (the paths that it reads, accounts), or to None where it connects to nothing.
        of_files: {path: function without arguments that returns accounts}, the files that are read where no command says otherwise.
        of_rest: function from (the user's name, a path) to all accounts of the file, where commands may use but some of them.
    """
    found, read, commanded = [], set(), {}
    launches = host.launches.of(*names)
    for launch in launches:
        if launch.is_active:
            paths, started = _started(host, installs, launch, of_launch)
            if paths is not None and not started:
                _note_unread(host, names[0], launch, set(paths).difference(of_files))
            paths = paths or ()
            read.update(paths)
            commanded.update((path, launch.user or "") for path in paths)
            found.extend(started)
    used = {_identity(account) for account in found}
    for path, user in commanded.items() if of_rest else ():
        # Which of them somebody uses by hand, no command tells.
        found.extend(dict(account, enabled=False) for account in of_rest(user, path) if _identity(account) not in used)
    for path, read_file in of_files.items():
        if path not in read:
            read.add(path)
            found.extend(in_session(host, installs, names[0], read_file()))
    for launch in launches:
        if not launch.is_active:
            # Whoever enables it gets what it would make of the files. A package's unit says nothing of how the files are used.
            paths, started = _started(host, installs, launch, of_launch)
            if not (launch.file.startswith(_OF_PACKAGES) and read.issuperset(paths or ())):
                found.extend(dict(account, enabled=False) for account in started)
    return each_once(found)


def _identity(account):
    return account["config"], account["line"], account["name"]


def _started(host, installs, launch, of_launch):
    paths, started = of_launch(launch) or (None, [])
    return paths, under_environment(host, installs, launch, started)


def in_session(host, installs, name, found, in_terminal=True):
    """Return the accounts *found*, which no command opens, completed with what the sessions of their users set.

    Args:
        host, installs: as for `accounts`.
        name: of the client, which somebody starts by hand.
        found: the accounts.
        in_terminal: whether in a terminal; otherwise from the desktop, where the files of interactive shells are not read.
    """
    for account in found:
        launch = _by_hand(host, name, account["user"], in_terminal)
        if launch:
            under_environment(host, installs, launch, [account])
    return found


def _by_hand(host, name, user_name, in_terminal=True):
    """The Launch of a client in a session of the user of that name, or None where that sets nothing."""
    user = next((user for user in host.users if user.name == user_name), None)
    return host.launches.session(user).launch(host, name, user, in_terminal) if user else None


def _note_unread(host, name, launch, paths):
    """Note a configuration that an active *launch* names and that nobody can read: it may be written just before, or come from a pipe."""
    what, affects = f"{launch.file}, line {launch.line}", "client:" + name
    if any(not host.exists(path) for path in paths):
        # What is no file may as well be a password, so its name stays here.
        host.gap(what, f"has {name} read a configuration that is not there now", affects)
    elif not paths and any(STANDARD_INPUT.fullmatch(word.text) or not word.is_decided for word in launch.argv[1:]):
        host.gap(what, f"has {name} read a configuration that only the running command would know", affects)


def each_once(found):
    """Return the accounts *found* without those that are there already, in use or not."""
    seen, kept = [], []
    for account in found:
        content = {key: value for key, value in account.items() if key != "enabled"}
        if content not in seen:
            seen.append(content)
            kept.append(account)
    return kept


def under_environment(host, installs, launch, started):
    """Return the accounts that a launch *started*, completed with what its environment does to the libraries of the client's *installs*."""
    variables, session = launch.tls_environment, environment.read(host)
    known = {name: value for name, value in variables.items() if value is not None and value != session.get(name)}
    stacks = [stack for found in installs for stack in found["stacks"]]
    under = host.stacks.under(stacks, known)
    for account in started:
        if under != stacks:
            account["stacks"] = under
        account["undecided"] += open_variables(host, launch, [found["program"] for found in installs])
    return started


def own_variables(host, launch, names, user):
    """Return the settings and what is undecided of variables that one client alone reads.

    Args:
        host: the Host.
        launch: of the client; None: a run of a user's session.
        names: of the variables, of launches.launch.OWN_VARIABLES.
        user: name of the user of that session.
    """
    launch = launch or _by_hand(host, "", user)
    session = environment.variables(host)
    settings, undecided = [], []
    for name in names:
        common, word = session.get(name), launch.variable(name) if launch else None
        if word is not None and not word.is_decided:
            undecided.append(base.undecided(name, "it is computed when the command runs", launch.file, launch.line))
        elif common and (launch is None or word is not None and word.text == common.value):
            settings.append(base.setting(name, common.value, common.file, common.line))
        elif word is not None:
            settings.append(base.setting(name, word.text, launch.file, launch.line))
    return settings, undecided


def open_variables(host, launch, programs):
    """Return what is undecided of a *launch* of one of *programs* because of variables of which nobody can tell what they do."""
    return [base.undecided(name, why, launch.file, launch.line) for name, why in _open(host, launch, programs)]


def _open(host, launch, programs):
    """The variables of which nobody can tell what they do, and why."""
    variables = launch.tls_environment
    is_unseen = all(variables.get(name, "") is None for name in LIBRARY_VARIABLES)
    if is_unseen:
        yield "environment", "its variables are known only when the command runs"
    for name, value in variables.items():
        if value is None and is_unseen:
            continue
        if value is None:
            yield name, "it is computed when the command runs"
        elif (name == "LD_PRELOAD" and value) or (name == "LD_LIBRARY_PATH" and _has_libraries(host, launch, value, programs)):
            yield name, "it has other libraries loaded than the program's own"
    for name, common in sorted(environment.variables(host).items()):
        if name in TLS_VARIABLES and name not in variables:
            yield name, f"{common.file} sets it for sessions, and this command runs without it"


def _has_libraries(host, launch, search_path, programs):
    """Tell whether a directory of *search_path* has a library that one of *programs* would load from it, or may have (ld.so(8))."""
    # An empty one is the directory that the command runs in.
    directories = [launch.path(name or ".") for name in re.split("[:;]", search_path)] if search_path else []
    wanted = {name for program in programs for name in host.stacks.sonames(program)}
    return any(directory is None or _names_libraries(host.names(directory, "accounts"), wanted) for directory in directories)


def _names_libraries(names, wanted):
    """Tell whether one of the *names* of files is *wanted*, or is a TLS library's, which modules load later."""
    return any(name in wanted or find.kind_of(name) for name in names)


class Options:
    """The options of one command, by a client's own table.

    Args:
        launch: the launches.launch.Launch.
        table: the launches.options.Table.
    """

    def __init__(self, launch, table):
        self.launch = launch
        self._line = table.parse(launch.argv[1:])
        self._values = {option.key: option.value for option in self._line.options}
        self._all = self._line.options

    def __contains__(self, key):
        return key in self._values

    def text(self, key):
        """Return the argument of the last option *key*, or None when there is none or it is not known before the command runs."""
        word = self._values.get(key)
        return word.text if word is not None and word.is_decided else None

    def texts(self, key):
        """Return the arguments of every option *key*; of one that is not known, None."""
        words = [option.value for option in self._all if option.key == key]
        return [word.text if word is not None and word.is_decided else None for word in words]

    def operands(self):
        """Return the operands; one that is not known is None, as are all beside an unknown option: its argument may be a password."""
        return [word.text if word.is_decided and not self._line.refused else None for word in self._line.operands]

    def path(self, key):
        """Return the absolute path that the option *key* names, or None."""
        text = self.text(key)
        return self.launch.path(text) if text else None

    def is_computed(self, key):
        """Tell whether the argument of the option *key* is known only when the command runs."""
        word = self._values.get(key)
        return word is not None and (not word.is_decided or STANDARD_INPUT.fullmatch(word.text) is not None)

    def undecided(self, keys):
        """Return what of the command is undecided: the computed ones of *keys*, {option: what it decides}, and further words."""
        found = [self.note(what, "the command line computes it") for key, what in keys.items() if self.is_computed(key)]
        if self._line.undecided:
            found.append(self.note("options", "words of the command line are known only when it runs"))
        if self._line.refused:
            found.append(self.note("options", "the command line has an option that is not known"))
        return found

    def note(self, what, why):
        """Return one undecided thing, with where the command stands."""
        return base.undecided(what, why, self.launch.file, self.launch.line)

    def setting(self, key, value):
        """Return a setting of the command line, with where the command stands."""
        return base.setting(key, value, self.launch.file, self.launch.line)
