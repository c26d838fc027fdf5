# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mutt and neomutt: where their configuration lies, and the mailboxes on servers that it leads to."""

import collections
import functools
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import mailbox_url
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched, mutt_command, mutt_hooks
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import muttrc

# name; user_files: below the home directory, the first that is there counts; system_files: likewise; drop_in: the directory
# that Debian's own system file has a command print the files of; late: see muttrc.Muttrc;
# forced: function from the release to whether TLS is asked for by default, or None.
Program = collections.namedtuple("Program", "name packages version_pattern user_files system_files drop_in late forced")

_TLS = muttrc.VERSIONS + ("ssl_ciphers", "ssl_force_tls", "ssl_starttls", "tunnel")
# Debian: /usr/lib/mutt/source-muttrc.d, and its like for neomutt.
_PRINTS_DROP_INS = re.compile(r"/usr/lib(?:exec)?/(?:neo)?mutt/source-(?:neo)?muttrc\.d\Z")
_MAX_PLACES = 100
_OWN_PRIORITY = "NORMAL"
_XDG = "/.config/"


def read(host, program):
    """Return the evidence of *program* on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (program.name,), program.packages, program.version_pattern)
    reader = _Reader(host, program, base.release(installs))
    files = {"": functools.partial(reader.accounts, "", "/root", [])}
    for user in host.users:
        own = reader.own_file(user.home, user.home + "/.config")
        if own:
            files[own] = functools.partial(reader.accounts, user.name, user.home, [own])
    accounts = launched.accounts(host, installs, (program.name,), reader.of_launch, files)
    base.want_priorities(host, installs, accounts, "ssl_ciphers")
    for stack in {stack for used in installs + accounts for stack in used.get("stacks", ())} if accounts else ():
        host.stacks.want_priority(stack, _OWN_PRIORITY)
    return base.evidence(program.name, installs, accounts)


class _Reader:
    def __init__(self, host, program, release):
        self._host, self._program, self._release = host, program, release
        self._affects = "client:" + program.name

    def _versioned(self, names):
        """Return each of the *names* behind the one that has the program's version in it."""
        version = "-" + ".".join(map(str, self._release or ()))
        return [name + suffix for name in names for suffix in (version, "")]

    def own_file(self, home, config_home):
        """Return the user's file that counts, or None when there is none."""
        names = self._versioned(self._program.user_files)
        paths = [config_home + name[len(_XDG) - 1 :] if name.startswith(_XDG) else home + name for name in names]
        return next((path for path in paths if self._host.exists(path)), None)

    def of_launch(self, launch):
        """Return the accounts of a command; users start the program by hand as well, so that no file is read by commands alone."""
        command = mutt_command.Command(launch)
        if not command.opens_mailboxes:
            return None
        home = launch.known("HOME", self._host.home_of(launch.user))
        config_home = launch.known("XDG_CONFIG_HOME", home and home + "/.config")
        files = command.files(home)
        if files is None and config_home:
            files = [own for own in [self.own_file(home, config_home)] if own]
        if files is None or home is None or None in files:
            why = "which file it reads is known only when the command runs"
            return (), [base.account(launch.user or "", launch.file, launch.line, undecided=[command.options.note("server", why)])]
        files = files if self._program.late else files[-1:]
        user = launch.user or "" if files or command.is_special else ""
        return (), self.accounts(user, home, files, command)

    def accounts(self, user, home, own, command=None):
        """Return the accounts of one user's files *own*, or of the *command* that reads them; without them those of the system's file."""
        state = muttrc.Muttrc(home, lambda path: self._host.text(path, self._affects), self._printed, self._program.late)
        system = next((name for name in self._versioned(self._program.system_files) if self._host.exists(name)), None)
        files = [] if system is None or (command and command.without_system) else [system]
        for path in files + own:
            state.source(path)
        for line in command.lines if command else ():
            state.run(line)
        opened = command.opened(state) if command else None
        config = (files + own or [command.launch.file if command else ""])[-1]
        places = base.bounded(self._host, list(self._places(state, opened)), config, self._affects)
        accounts = [self._account(user, config, *place) for place in places]
        for account in accounts if command else ():
            account["undecided"] += command.undecided()
        return accounts

    def _printed(self, command):
        if not _PRINTS_DROP_INS.match(command):
            return None
        directory = self._program.drop_in
        return [directory + "/" + name for name in self._host.names(directory, self._affects) if name.endswith(".rc")]

    def _places(self, state, opened):
        """Yield (setting, mailbox, state, undecided) for each server: first those that are set, then those that a hook or key leads to.

        *opened*: the Setting of the mailbox that the command line names, or None.
        """
        others = [muttrc.Command(hook.command, hook.file, hook.line) for hook in state.hooks if hook.kind == "folder-hook"] + state.typed
        seen = set()
        for number, command in enumerate([None] + others):
            reached = state.copy()
            if command:
                reached.run(command)
            for position, setting in enumerate([opened] * (opened is not None and number == 0) + reached.paths()):
                mailbox = mailbox_url.parse(setting.value, setting.key == "pop_host")
                if mailbox and mailbox[:4] not in seen and len(seen) < _MAX_PLACES:
                    seen.add(mailbox[:4])
                    is_first = number == 0 and position == 0 and setting.key in ("spoolfile", mutt_command.MAILBOX)
                    yield (setting, mailbox) + self._entered(reached, mailbox, setting, is_first)

    def _entered(self, state, mailbox, setting, is_first):
        """Return the state in which the program connects to *mailbox*, and what other hooks and keys may have left behind."""
        entered, others = state.copy(), [] if is_first else list(state.typed)
        for kind, text in (("folder-hook", muttrc.canonical(setting.value)), ("account-hook", mailbox.url)):
            for hook in [hook for hook in state.hooks if hook.kind == kind]:
                command, matches = muttrc.Command(hook.command, hook.file, hook.line), mutt_hooks.matches(hook, text)
                if matches is None:
                    entered.maybe(command)
                elif matches:
                    entered.run(command)
                elif not is_first:
                    others.append(command)
        return entered, [] if is_first else list(self._left_behind(entered, state, others))

    @staticmethod
    def _left_behind(entered, state, others):
        """Hooks set variables for good: what the one of another account did stays until something sets it again."""
        for command in others:
            after = state.copy()
            after.run(command)
            for key in _TLS:
                before, left = state.settings.get(key), after.settings.get(key)
                is_own = entered.settings.get(key) != before
                if (before and before.value) != (left and left.value) and not is_own:
                    why = "a hook or a key may have set it for another mailbox before"
                    yield base.undecided(key, why, command.file, command.line)

    def _account(self, user, config, setting, mailbox, state, left_behind):
        settings = state.settings
        computed = [item for key, item in sorted(settings.items()) if key in _TLS and muttrc.COMPUTED in item.value]
        undecided = [base.undecided(item.key, "it is computed when the program runs", item.file, item.line) for item in computed]
        undecided += [base.undecided(item.key, "what it runs is known only to it", item.file, item.line) for item in state.unknown]
        if muttrc.COMPUTED in mailbox.server:
            undecided.append(base.undecided("server", "it is computed when the program runs", setting.file, setting.line))
        tunnel = settings["tunnel"] if "tunnel" in settings and settings["tunnel"].value else None
        if tunnel:
            undecided.append(base.undecided("server", "the connection goes through the command of tunnel", tunnel.file, tunnel.line))
            # TLS is that command's own, or begun inside it, and none of these settings says which.
            security, kept = None, []
        else:
            security = "implicit" if mailbox.implicit else self._security(settings, undecided)
            kept = [settings[key] for key in _TLS if key in settings and settings[key] not in computed]
            kept = [item for item in kept if item.value]
        server = None if muttrc.COMPUTED in mailbox.server else mailbox.server
        return base.account(
            user,
            setting.file or config,
            setting.line,
            name=setting.key,
            server=server,
            port=mailbox.port,
            protocol=mailbox.protocol,
            security=security,
            settings=([base.setting(setting.key, server, setting.file, setting.line)] if server else [])
            + [base.setting(item.key, item.value, item.file, item.line) for item in kept],
            undecided=undecided + left_behind,
        )

    def _security(self, settings, undecided):
        """muttrc(5): ssl_starttls, and ssl_force_tls, whose default changed."""
        starttls = settings["ssl_starttls"].value if "ssl_starttls" in settings else "yes"
        if starttls == "yes":
            return "starttls"
        forced = settings["ssl_force_tls"].value if "ssl_force_tls" in settings else self._program.forced(self._release)
        if forced == "yes":
            return "starttls"
        if starttls == "no" and forced == "no":
            return "none"
        line = settings["ssl_starttls"]
        why = "whether it begins TLS is asked" if "ask" in starttls else "whether it begins TLS depends on a value that is not known"
        undecided.append(base.undecided("security", why, line.file, line.line))
        return None
