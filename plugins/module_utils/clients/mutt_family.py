# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mutt and neomutt: where their configuration lies, and the mailboxes on servers that it leads to."""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import mailbox_url
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import muttrc

# name; user_files: below the home directory, the first that is there counts; system_files: likewise; drop_in: the directory
# that Debian's own system file has a command print the files of; late: see muttrc.Muttrc;
# forced: function from the release to whether TLS is asked for by default, or None.
Program = collections.namedtuple("Program", "name packages version_pattern user_files system_files drop_in late forced")

# mutt(1), neomutt(1). Kept is what leads to another configuration or mailbox: most commands only send mail.
_OPTIONS = Table(
    "A:a:b:BCc:Dd:Ee:F:f:Gg:H:hi:l:m:nOpQ:RSs:vxyzZ",
    {},
    {"F": "file", "e": "command", "n": "no system file", "f": "mailbox"},
)
_TLS = muttrc.VERSIONS + ("ssl_ciphers", "ssl_force_tls", "ssl_starttls", "tunnel")
# Debian: /usr/lib/mutt/source-muttrc.d, and its like for neomutt.
_PRINTS_DROP_INS = re.compile(r"/usr/lib(?:exec)?/(?:neo)?mutt/source-(?:neo)?muttrc\.d\Z")
# An expression beyond this is not tried: what takes long on purpose does so by quantifiers, above all of groups.
_TOO_COSTLY = re.compile(r"[*+?}]{2}|\)[*+?{]|\\\d|\(\?|\[\[[:.=]|(?:[^\\][*+{].*){4}", re.DOTALL)
_LONGEST = 300
_MAX_PLACES = 100
_OWN_PRIORITY = "NORMAL"


def read(host, program):
    """Return the evidence of *program* on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (program.name,), program.packages, program.version_pattern)
    reader = _Reader(host, program, base.release(installs))
    launched.note_unread(host, (program.name,), "client:" + program.name, _OPTIONS)
    accounts = reader.accounts("", "/root", None)
    for user in host.users:
        own = next((user.home + name for name in reader.versioned(program.user_files) if host.exists(user.home + name)), None)
        if own:
            accounts += reader.accounts(user.name, user.home, own)
    base.want_priorities(host, installs, accounts, "ssl_ciphers")
    for stack in [stack for found in installs for stack in found["stacks"]] if accounts else []:
        host.stacks.want_priority(stack, _OWN_PRIORITY)
    return base.evidence(program.name, installs, accounts)


class _Reader:
    def __init__(self, host, program, release):
        self._host, self._program, self._release = host, program, release
        self._affects = "client:" + program.name

    def versioned(self, names):
        """Return each of the *names* behind the one that has the program's version in it."""
        version = "-" + ".".join(map(str, self._release or ()))
        return [name + suffix for name in names for suffix in (version, "")]

    def accounts(self, user, home, own):
        """Return the accounts of one user's file *own*; without one those of the system's file."""
        state = muttrc.Muttrc(home, lambda path: self._host.text(path, self._affects), self._printed, self._program.late)
        system = next((name for name in self.versioned(self._program.system_files) if self._host.exists(name)), None)
        for path in (system, own):
            if path:
                state.source(path)
        places = list(self._places(state))
        config = own or system
        return [self._account(user, config, *place) for place in base.bounded(self._host, places, config, self._affects)]

    def _printed(self, command):
        if not _PRINTS_DROP_INS.match(command):
            return None
        directory = self._program.drop_in
        return [directory + "/" + name for name in self._host.names(directory, self._affects) if name.endswith(".rc")]

    def _places(self, state):
        """Yield (setting, mailbox, state, undecided) for each server: first those that are set, then those that a hook or key leads to."""
        others = [muttrc.Command(hook.command, hook.file, hook.line) for hook in state.hooks if hook.kind == "folder-hook"] + state.typed
        seen = set()
        for number, command in enumerate([None] + others):
            reached = state.copy()
            if command:
                reached.run(command)
            for position, setting in enumerate(reached.paths()):
                mailbox = mailbox_url.parse(setting.value, setting.key == "pop_host")
                if mailbox and mailbox[:4] not in seen and len(seen) < _MAX_PLACES:
                    seen.add(mailbox[:4])
                    is_first = number == 0 and position == 0 and setting.key == "spoolfile"
                    yield (setting, mailbox) + self._entered(reached, mailbox, setting, is_first)

    def _entered(self, state, mailbox, setting, is_first):
        """Return the state in which the program connects to *mailbox*, and what other hooks and keys may have left behind."""
        entered, others = state.copy(), [] if is_first else list(state.typed)
        for kind, text in (("folder-hook", muttrc.canonical(setting.value)), ("account-hook", mailbox.url)):
            for hook in [hook for hook in state.hooks if hook.kind == kind]:
                command, matches = muttrc.Command(hook.command, hook.file, hook.line), _matches(hook, text)
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
        if "tunnel" in settings and settings["tunnel"].value:
            tunnel = settings["tunnel"]
            undecided.append(base.undecided("server", "the connection goes through the command of tunnel", tunnel.file, tunnel.line))
        security = "implicit" if mailbox.implicit else self._security(settings, undecided)
        server = None if muttrc.COMPUTED in mailbox.server else mailbox.server
        kept = [settings[key] for key in _TLS if key in settings and key != "tunnel" and settings[key] not in computed]
        kept = [item for item in kept if item.value]
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


def _matches(hook, text):
    """Tell whether a hook is for *text*; None where its expression is not tried, or not one of Python's."""
    if muttrc.COMPUTED in hook.pattern or len(hook.pattern) > _LONGEST or len(text) > _LONGEST or _TOO_COSTLY.search(hook.pattern):
        return None
    ignore_case = 0 if any(char.isupper() for char in hook.pattern) else re.IGNORECASE
    try:
        found = re.search(hook.pattern, text, ignore_case)
    except (re.error, OverflowError):
        return None
    return bool(found) == hook.wanted
