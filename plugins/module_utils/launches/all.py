# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that a host starts by itself, as far as it could concern mail: from tables and units to the programs that these name."""

import itertools
import os
import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Refused, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.launches import (
    boot,
    cron,
    desktop,
    events,
    inetd,
    leads,
    mail,
    mentions,
    other_tables,
    sessions,
    shell,
    shell_state,
    supervisors,
    systemd,
    wrappers,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Launch, Word, search_path
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import shell_lexer

# A script, or a package's unit, without any of these starts nothing that reads mail by itself; but what it starts may.
_CONCERNS = re.compile(
    r"mail|imap|pop3|mbsync|isync|mpop|fdm|mutt|pine|aerc|thunderbird|r2e|stunnel|socat|haproxy|perdition|nginx|openresty|angie|dovecot"
    r"|doveadm|dsync"
    r"|s_client|curl|OPENSSL_CONF|python|perl|php|ruby|rake|node|java|dotnet|\bmono\b|himalaya|\bs?-?nail\b|vdirsyncer"
    r"|\.(?:py|pl|rb|js|jar|dll|exe|sh)\b"
)
# These stand in no word of a shell any more, and what is spelled by numbers may be anything.
_QUOTING = dict.fromkeys(map(ord, "\"'\\"))
_SPELLED = re.compile(r"\$'[^']*\\[0-7xuU]")
# A command line that was not seen may give a client other settings.
_AFFECTS = "accounts"
_UNKNOWN_WORD = "`:`"
MAX_LAUNCHES = 5000
_MAX_SCRIPT = 256 * 1024
_EXEC = re.compile(r"^Exec\w+[ \t]*=[ \t]*[-@:+!|]*(/\S+)", re.MULTILINE)
_MAX_DEPTH = 4
_SHEBANG = re.compile(r"#!\s*(?P<program>\S+)(?:\s+(?P<argument>\S+))?(?:\s+(?P<split>\S+))?")


class Launches:
    """What *host* starts, found when first asked for."""

    def __init__(self, host):
        self._host = host
        self._all = None
        self._sessions = sessions.Sessions(host)
        self._reading = []
        self._unread = []
        self._read = set()
        self._passed_over = {}
        self._follows_all = False
        self._matter = {}
        self._leads = leads.Leads(host)

    def session(self, user):
        """Return the sessions.Session of *user*, a users.User."""
        return self._sessions.of(user)

    def of(self, *names):
        """Return the Launches of the programs *names* (without directories), or of scripts that one of *names* interprets."""
        wanted = set(names)
        return [launch for launch in self.all() if launch.names & wanted]

    def all(self):
        """Return every Launch."""
        if self._all is None:
            self._all = []
            for launch in itertools.chain(self._found(), self._led_to()):
                if len(self._all) >= MAX_LAUNCHES:
                    self._host.gap(
                        "cron, systemd and the like", f"start more than {MAX_LAUNCHES} commands: the rest was not looked at", _AFFECTS
                    )
                    break
                self._all.append(launch)
        return self._all

    def _found(self):
        for text, context in cron.commands(self._host):
            yield from self._of_text(text, self._under_shell(context), [], 0)
        programs = list(cron.scripts(self._host)) + list(supervisors.scripts(self._host)) + list(events.scripts(self._host))
        for path, context in programs:
            yield from self._of_program(path, [Word(path)], context, 0)
        for words, context in systemd.commands(self._host, self._concerns):
            yield from self._of_table(words, context)
        for words, context in list(inetd.commands(self._host)) + list(supervisors.commands(self._host)):
            yield from self._of_table(words, context)
        for text, context in list(inetd.texts(self._host)) + list(mail.commands(self._host)) + list(events.jobs(self._host)):
            yield from self._of_text(text, context, [], 0)
        for text, context in other_tables.texts(self._host):
            yield from self._of_other_table(text, context)
        for user in self._host.users:
            sessions.note_other_places(self._host, user, self.session(user))
            for words, context in self.session(user).commands:
                yield from self._of_words(words, context, 0)
            for text, context in self._sessions.texts(user):
                self._leads.note(text, context)
        for words, context in desktop.commands(self._host, self.session):
            yield from self._of_table(words, context)
        for path, arguments, context in boot.scripts(self._host):
            yield from self._of_script(path, [Word(argument) for argument in arguments], context, 0)

    def _concerns(self, text):
        """Whether a package's unit could matter."""
        return _names_any(text) or any(map(self._is_script, _EXEC.findall(text)))

    def _is_script(self, program):
        return wrappers.is_shell(program) or (not leads.OF_PACKAGES.match(program) and self._head(program).startswith("#!"))

    def _of_other_table(self, text, context):
        self._leads.note(text, context)
        for command, inner in other_tables.commands(text, context):
            yield from self._of_text(command, inner, [], 0)

    def _of_table(self, words, context):
        """The launches of a command that no shell reads."""
        text = " ".join(word.text for word in words)
        self._leads.note(text, context)
        yield from self._watched(text, context, [], self._of_words(words, context, 0))

    def _of_text(self, text, context, arguments, depth, line=None, script=None):
        """The launches of a shell text."""
        if depth > _MAX_DEPTH:
            return
        self._leads.note(text, context)
        if script and not self._follows_all and not _names_any(text):
            self._passed_over.setdefault(script, []).append((text, context, arguments, depth, line, script))
            return
        state = shell_state.State(context, arguments, self._sourced, self._host.home_of)
        state.script, state.realpath, state.opens = script, self._host.realpath, self._is_ones_own
        if "BASH_ENV" in context.environment:
            state.leave_unseen(line or context.line)
        yield from self._watched(text, context, state.unread, self._of_commands(text, state, line or context.line, depth))

    def _of_commands(self, text, state, line, depth):
        file = state.context.file
        try:
            for words, context in shell.commands(text, state, line):
                yield from self._of_words(words, context, depth)
        except shell_lexer.ShellError as error:
            if depth == 0 or _names_any(text) or self._is_ones_own(file):
                self._host.gap(f"{file}, line {error.line}", f"no shell would read it: {error}", _AFFECTS)

    def _watched(self, text, context, unread, launches):
        """Yield the *launches* of a *text*; where it has a command that is not known, note a gap for each client that it names only.

        The places of such commands are in *unread* and in `self._unread` as soon as all launches have been found.
        """
        launched, outer, self._unread = set(), self._unread, []
        for launch in launches:
            launched |= launch.names
            yield launch
        unread, self._unread = unread + self._unread, outer
        named = mentions.in_shell(text) if unread and context.is_active else set()
        for name in sorted(named - launched):
            by = next((f" by ${found.variable}" for found in unread if found.variable), "")
            why = f"runs a command that only the running shell knows{by}, in a text that names {name}"
            self._host.gap(f"{unread[0].file}, line {unread[0].line}", why, _AFFECTS)
        # What that leaves open of a command is told where the command is.
        for found in unread if named & launched else ():
            if found.variable and self._is_ones_own(found.file):
                why = f"reads or starts what ${found.variable} leads to, which nothing sets that was read"
                self._host.gap(f"{found.file}, line {found.line}", why)

    def _of_words(self, words, context, depth):
        found = wrappers.unwrapped(words, context)
        if found is None:
            return
        found.context = self._prepared(found.context)
        if isinstance(found, wrappers.Shell):
            yield from self._of_shell(found, depth)
        elif not found.program or wrappers.is_shell(found.program):
            self._unread.append(shell_state.Unread(context.file, context.line, None))
        elif posixpath.basename(found.program or "") == "run-parts":
            yield from self._run_parts(found, depth)
        else:
            yield from self._of_launch(found, depth)

    def _of_launch(self, found, depth):
        """The launch itself, and those of its program, where that is a script."""
        path = self._located(found) if found.program and not found.interpreter else None
        real_name = posixpath.basename(self._host.realpath(path)) if path else None
        if real_name and real_name not in found.names:
            found.real_name = real_name
        yield found
        self._note_other_language(found)
        launched = set()
        for launch in self._of_program(path, found.argv, found.context, depth):
            launched |= launch.names
            yield launch
        context = found.context
        # What an interpreter's command line has for it to run, is in another language.
        name = None if wrappers.is_interpreter(found.program or "") else mentions.handed_on(found.argv)
        if name and name not in launched and context.is_active and self._is_ones_own(context.file):
            why = f"names {name} in a command that is not known to start another: whether it does, and how, is not read"
            self._host.gap(f"{context.file}, line {context.line}", why, _AFFECTS)

    def _prepared(self, context):
        """The same behind a shell that has read what it reads of its user's before anything else."""
        if not (context.is_login or context.is_zsh):
            return context
        user = next((user for user in self._host.users if user.name == context.user), None)
        if user is None:
            return context.but(is_login=False, is_zsh=False)
        home = {"HOME": user.home} if context.is_login else {}
        variables = self.session(user).login if context.is_login else self._sessions.of_zsh(user)
        environment = dict(context.environment, **home, **{name: variable.value for name, variable in variables.items()})
        directory = context.directory or home.get("HOME")
        return context.but(environment=environment, directory=directory, is_login=False, is_zsh=False)

    def _under_shell(self, context):
        """The same where a table names the shell for its commands; what another program than a shell gives them, nobody knows."""
        shell_of_table = context.environment.get("SHELL") or "/bin/sh"
        if wrappers.is_shell(shell_of_table):
            return self._prepared(context.but(is_zsh=True)) if wrappers.is_zsh(shell_of_table) else context
        return wrappers.of_unread_environment(context)

    def _of_shell(self, found, depth):
        if found.text is not None:
            context, text = found.context, found.text.text
            # What the shell runs there may end in anything: a word that nobody knows stands for it.
            text += "" if found.text.is_decided else _UNKNOWN_WORD
            yield from self._of_text(text, context, found.arguments[1:], depth + 1, context.line)
            if not found.text.is_decided:
                self._unread.append(shell_state.Unread(context.file, context.line, None))
        elif found.path is not None and found.path.is_decided:
            path = self._path(found.path.text, found.context)
            yield from self._of_script(path, found.arguments, found.context, depth)

    def _of_program(self, path, argv, context, depth):
        """The launches of what a program starts, where it is a script of the shell."""
        if path is None:
            return
        head = self._head(path)
        match = _SHEBANG.match(head.partition("\n")[0])
        if match is None:
            # A shell reads by itself what the system can't execute.
            if head and "\0" not in head:
                yield from self._of_script(path, argv[1:], context, depth)
            return
        program = match.group("program")
        if posixpath.basename(program) == "env":
            program = match.group("argument") or ""
            program = (match.group("split") or "") if program == "-S" else program
        if wrappers.is_shell(program):
            options = match.group("argument") or ""
            shell_of_script = context.but(is_login=wrappers.is_login(options), is_zsh=wrappers.is_zsh(program, options))
            yield from self._of_script(path, argv[1:], self._prepared(shell_of_script), depth)
        elif depth == 0 and context.file == path:
            # It lies in one of cron's directories, so no command line named it.
            yield Launch(argv, context)
        if not wrappers.is_shell(program):
            self._note_text(path, self._script(path), context)

    def _of_script(self, path, arguments, context, depth):
        if path is None or depth >= _MAX_DEPTH or path in self._reading:
            return
        text = self._script(path)
        if text is None:
            return
        self._read.add(self._host.realpath(path))
        self._reading.append(path)
        try:
            yield from self._of_text(text, context.but(file=path), list(arguments), depth + 1, 1, path)
        finally:
            self._reading.pop()

    def _note_other_language(self, launch):
        """Note a client that a program for an interpreter names, be it a file or a word of the command line."""
        if launch.interpreter:
            path = launch.path(launch.program) if launch.program else None
            self._note_text(path, self._script(path), launch.context)
        elif wrappers.is_interpreter(launch.program or ""):
            for word in launch.argv[1:]:
                self._note_text(None, word.text, launch.context)

    def _note_text(self, path, text, context):
        if path:
            self._read.add(self._host.realpath(path))
            self._leads.note(text or "", context.but(file=path))
        name = mentions.in_other_language(text or "")
        # The client itself may be a script.
        if name is None or (path and (name in posixpath.basename(path) or self._host.package_of(path))):
            return
        if context.is_active:
            what = path or f"{context.file}, line {context.line}"
            why = f"names {name} in another language than the shell's: whether it starts that, and how, is not read"
            self._host.gap(what, why, _AFFECTS)

    def _led_to(self):
        """The launches of scripts that lead to a client though none of their words tells of mail; of others that may, note a gap."""
        found = [(path, text, context) for path, text, context in self._leads.scripts() if self._could_matter(path, text)]
        self._follows_all = True
        for script in dict.fromkeys(context.file for _path, _text, context in found):
            for way in self._passed_over.get(script, ()):
                self._reading = [script]
                yield from self._of_text(*way)
        self._reading = []
        for path, text, context in found:
            if path not in self._read and context.is_active and not self._is_passed_over(context.file):
                self._read.add(path)
                self._note_lead(path, text, context)
        if not self._leads.is_complete:
            why = f"lead to more than {leads.MAX_FILES} files: the rest was not looked at"
            self._host.gap("cron, systemd and the like", why, _AFFECTS)

    def _could_matter(self, path, text):
        if path not in self._matter:
            client, mailbox = mentions.in_script(text)
            # The client itself may be a script.
            is_other = mailbox or (client and client not in posixpath.basename(path))
            self._matter[path] = bool(is_other) and not self._host.package_of(path)
        return self._matter[path]

    def _is_passed_over(self, file):
        """Whether it is a package's script, and what it leads to so the package's matter."""
        return file in self._passed_over and self._host.package_of(file) is not None

    def _note_lead(self, path, text, context):
        client, mailbox = mentions.in_script(text)
        why = f"names {client or 'a mailbox'}, and {context.file} may start it: whether it does, and how, is not read"
        # What reads mail itself needs no client.
        self._host.gap(path, why, "clients" if mailbox else _AFFECTS)

    def _is_ones_own(self, file):
        """Whether nobody knows what a file has a shell read by a computed name; what packages read so, packages bring."""
        return self._host.package_of(file) is None

    def _script(self, path):
        status = self._host.status(path) if path else None
        return self._host.text(path, _AFFECTS, _MAX_SCRIPT) if status and status.st_size <= _MAX_SCRIPT else None

    def _run_parts(self, launch, depth):
        directories = [word.text for word in launch.argv[1:] if word.is_decided and word.text.startswith("/")]
        for directory in directories[-1:]:
            if directory.rstrip("/") in cron.SCRIPT_DIRECTORIES:
                continue
            for name in self._host.names(directory, _AFFECTS):
                path = directory.rstrip("/") + "/" + name
                yield Launch([Word(path)], launch.context)
                yield from self._of_program(path, [Word(path)], launch.context, depth + 1)

    def _sourced(self, path):
        if not self._host.is_file(path):
            return None
        self._read.add(self._host.realpath(path))
        return self._host.text(path, _AFFECTS, _MAX_SCRIPT)

    def _located(self, launch):
        program = launch.program
        if "/" in program:
            return launch.path(program)
        own = [directory + "/" + program for directory in search_path(launch.context.environment)]
        found = [path for path in own if self._host.is_file(path)] or self._host.programs(program)
        return found[0] if found else None

    def _path(self, text, context):
        return Launch([Word(text)], context).path(text)

    def _head(self, path):
        try:
            with self._host.opened(path) as descriptor:
                return os.read(descriptor, 256).decode("utf-8", "replace")
        except Refused as error:
            # What a package brings is its own matter, and some of its programs may be run and not read.
            if not leads.OF_PACKAGES.match(path):
                self._host.gap_of(path, error, _AFFECTS)
            return ""
        except (Absent, Unreadable):
            return ""


def _names_any(text):
    """Whether a *text* names something that could concern mail, be its letters quoted or not."""
    if _CONCERNS.search(text) or _SPELLED.search(text):
        return True
    bare = text.translate(_QUOTING)
    return bare != text and bool(_CONCERNS.search(bare))
