# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a shell text would start: its simple commands with their words expanded as far as that can be told without running it."""

import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import shell_state, shell_words
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import OWN_VARIABLES, TLS_VARIABLES, Word, search_path
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import shell_commands, shell_lexer

_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)\+?=")
_DECLARE = ("export", "readonly", "local", "declare", "typeset")
_OF_FUNCTION = ("local", "declare", "typeset")
_READS = (".", "source", "eval")
_WITHOUT_EFFECT = (":", "true", "false", "exit", "return", "trap", "umask", "ulimit", "wait", "echo", "printf", "[", "[[", "test")
_OF_THE_SHELL = (*_READS, *_DECLARE, *shell_state.CHANGES)
# What a program prints for the shell to read is its own code, unless the program hands on what stands in a file.
HANDS_ON = r"\b(?:cat|[ef]?grep|sed|[gm]?awk|cut|head|tail|tr|xargs|envsubst)\b"
_HANDS_ON = re.compile(r"^\s*<|" + HANDS_ON)
_NAMED = re.compile("|".join(TLS_VARIABLES + OWN_VARIABLES))
_MAX_FILES = 200  # that a loop reads


def commands(text, state, line=1):
    """Yield (words, context) of each simple command in the shell *text*, the shell's own commands left out.

    Args:
        text: the script.
        state: a State, which this changes as the script would.
        line: number of its first line.

    Raises:
        shell_lexer.ShellError: no shell would read it.
    """
    yield from _run(shell_commands.parse(text, line), state)
    if state.depth == 0:
        # It may be called by a name that is computed, or by a trap.
        unseen = list(state.unseen)
        for name in state.uncalled():
            state.enter()
            yield from _call(name, None, line, state)
            state.leave()
        # What such a function reads, it reads when somebody calls it.
        state.unseen = unseen


def _run(items, state):
    at = 0
    while at < len(items):
        item = items[at]
        if isinstance(item, shell_commands.Function):
            end = _end_of_block(items, at + 1)
            body = items[at + 2 : end - 1] if item.is_group else items[at + 1 : end]
            state.define(item.name, body, state.context.file)
            at = end - 1
        elif item == shell_commands.ENTER:
            state.enter()
        elif item == shell_commands.LEAVE:
            state.leave()
        else:
            yield from _command(item, state)
        at += 1


def _end_of_block(items, at):
    depth = 0
    for place in range(at, len(items)):
        depth += {shell_commands.ENTER: 1, shell_commands.LEAVE: -1}.get(items[place], 0)
        if depth == 0:
            return place + 1
    return len(items)


def _call(name, arguments, line, state):
    """The commands of a function's body; of one that nothing calls by its name, the *arguments* are None."""
    called = state.call(name, arguments, line)
    if called is not None:
        body, before = called
        yield from _run(body, state)
        state.end_call(before)


def _command(command, state):
    yield from _inside(command, state)
    assigned, rest = {}, list(command.words)
    while rest:
        match = _ASSIGNMENT.match(shell_words.literal_head(rest[0]))
        if match is None:
            break
        state.loops[match.group("name")] = rest[0][-1].default if rest[0][-1].kind == shell_commands.EACH else ()
        assigned[match.group("name")] = _assigned(rest.pop(0), match, state)
    words = [word for parts in rest for word in shell_words.expanded(parts, state)]
    variable = shell_words.given(rest[0], state) if rest else None
    if variable and not (words and words[0].text and words[0].text[0] != "-") and not shell_words.expanded(rest[0], state):
        # A word that is gone stood before options, or alone: the program itself.
        state.leave_unread(command.line, variable)
    if not words:
        for name, value in assigned.items():
            state.assign(name, value)
        return
    environment = dict(state.environment(), **assigned)
    standard_input = _standard_input(command, state) or state.context.standard_input
    context = state.context.but(environment=environment, directory=state.directory, line=command.line, standard_input=standard_input)
    # These only keep the shell from taking a function of that name.
    if words[0].text in ("command", "builtin") and len(words) > 1 and words[1].text in _OF_THE_SHELL:
        words, rest = words[1:], rest[1:]
    name = words[0].text if words[0].is_decided else ""
    if not words[0].is_decided:
        state.leave_unread(command.line, variable)
    elif state.is_function(name):
        yield from _call(name, words[1:], command.line, state)
    elif name in _READS:
        yield from _read(words, rest[1:], state, command.line)
    elif name in _DECLARE:
        _declare(name, rest[1:], state, command.line)
    elif name in shell_state.CHANGES:
        shell_state.CHANGES[name](words, state)
    elif name not in _WITHOUT_EFFECT:
        yield words, context


def _inside(command, state):
    """The commands whose output is a part of this one."""
    inputs = [part.default for part in command.redirected if part.kind == "input"]
    for parts in (*command.words, command.redirected, *inputs):
        for part in parts:
            if part.kind == "command" and state.depth < shell_state.MAX_DEPTH:
                state.depth += 1
                state.enter()
                yield from commands(part.text, state, command.line)
                state.leave()
                state.depth -= 1


def _standard_input(command, state):
    """The Word that the command reads; None where that does not stand beside it."""
    inputs = [part.default for part in command.redirected if part.kind == "input"]
    if not inputs:
        return None
    text = shell_words.unsplit(inputs[-1], state)
    return Word(text or "", text is not None)


def _assigned(parts, match, state):
    """The value of an assignment; neither split nor taken for a pattern."""
    if "+=" in match.group():
        return None
    return shell_words.unsplit([parts[0]._replace(text=parts[0].text[match.end() :]), *parts[1:]], state)


# The shell's own commands that bring commands


def _read(words, rest, state, line):
    """The commands of a text that is read in the same shell; *rest* is the operands as they stand there."""
    is_eval = words[0].text == "eval"
    is_deep = state.depth >= shell_state.MAX_DEPTH or state.texts >= shell_state.MAX_TEXTS
    known = None
    if not is_deep and all(word.is_decided for word in words):
        known = (None, " ".join(word.text for word in words[1:])) if is_eval else _sourced(words[1:], rest, state)
    if known is not None:
        path, text = known
        yield from _read_text(text, path, state, line)
        return
    paths = None if is_eval or is_deep else _of_loop(rest[:1], state)
    if paths is None:
        state.leave_unread(line, shell_words.given(rest[0], state) if rest else None)
        state.is_open = True
        if not (is_eval or _is_output(rest)) or _may_set(rest):
            state.leave_unseen(line)
    for path in paths or ():
        state.enter()
        yield from _read_text(state.sourced(path) if state.sourced else None, path, state, line)
        state.leave()


def _read_text(text, path, state, line):
    if text is None:
        state.is_open = True
        return
    context, state.depth, state.texts = state.context, state.depth + 1, state.texts + 1
    state.context = context.but(file=path or context.file)
    try:
        yield from commands(text, state, 1 if path else line)
    except shell_lexer.ShellError as error:
        state.is_open = True
        if _NAMED.search(text):
            state.leave_unseen(error.line)
    finally:
        state.context, state.depth = context, state.depth - 1


def _of_loop(operands, state):
    """The paths of the files that a loop reads, one in each round; None where that can't be told."""
    names = [part.text for part in operands[0] if part.kind == "variable" and state.loops.get(part.text)] if operands else []
    if len(names) != 1:
        return None
    name, found = names[0], []
    before = state.variables.get(name)
    for parts in state.loops[name]:
        state.variables[name] = shell_words.unsplit(parts, state)
        text = shell_words.unsplit(operands[0], state)
        state.variables[name] = before
        matching = state.matching(_absolute(text, state)) if text else None
        if matching is None or len(found) + len(matching) > _MAX_FILES:
            return None
        found.extend(matching)
    return found


def _is_output(operands):
    """Whether it is what a command prints that is read: <(command)."""
    return len(operands) == 1 and [(part.kind, part.quoted) for part in operands[0]] == [("command", True)]


def _may_set(operands):
    """Whether a computed text could set a variable that matters: it names one, or is what stands in a file."""
    texts = [part.text for parts in operands for part in parts if part.text]
    return any(_NAMED.search(text) or _HANDS_ON.search(text) for text in texts)


def _sourced(operands, rest, state):
    """The path of the file that the first of the operands names, and its text or None; None where it may lie anywhere.

    *rest* is the operands as they stand there.

    A name alone is looked for as a program is (POSIX.1-2017, XCU 2.14, dot).
    """
    name = operands[0].text if operands else ""
    variable = shell_words.given(rest[0], state) if rest else None
    if not name or not state.sourced:
        return None if variable else (None, None)
    beside = _absolute(name, state)
    paths = [beside] if "/" in name else [directory + "/" + name for directory in search_path(state.variables)] + [beside]
    for path in paths:
        text = state.sourced(path)
        if text:
            return path, text
    if variable:
        return None
    return (beside, text) if "/" in name or state.value("PATH") is not None else None


def _absolute(path, state):
    if path.startswith("/") or not path or not state.directory:
        return path
    return posixpath.normpath(state.directory + "/" + path)


def _declare(name, rest, state, line):
    is_exported = name == "export" or any("x" in shell_words.literal_head(parts)[1:] for parts in rest if _is_option(parts))
    for parts in rest:
        match = _ASSIGNMENT.match(shell_words.literal_head(parts))
        if name == "export" and any(part.kind == "command" for part in parts) and match is None and _may_set([parts]):
            state.leave_unseen(line)
        if name in _OF_FUNCTION:
            state.make_local(match.group("name") if match else shell_words.literal_head(parts))
        if match:
            state.assign(match.group("name"), _assigned(parts, match, state))
        words = [match.group("name")] if match else [word.text for word in shell_words.expanded(parts, state) if word.is_decided]
        if is_exported:
            state.exported.update(words)


def _is_option(parts):
    return shell_words.literal_head(parts).startswith("-")
