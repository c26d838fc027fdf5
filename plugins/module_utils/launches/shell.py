# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a shell text would start: its simple commands with their words expanded as far as that can be told without running it."""

import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import shell_output, shell_state
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import OWN_VARIABLES, TLS_VARIABLES, Word
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import shell_commands, shell_lexer

_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)\+?=")
_DECLARE = ("export", "readonly", "local", "declare", "typeset")
_OF_FUNCTION = ("local", "declare", "typeset")
_READS = (".", "source", "eval")
_WITHOUT_EFFECT = (":", "true", "false", "exit", "return", "trap", "umask", "ulimit", "wait", "echo", "printf", "[", "[[", "test")
_PATTERN = re.compile(r"[*?\[]")
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
        match = _ASSIGNMENT.match(_literal_head(rest[0]))
        if match is None:
            break
        state.loops[match.group("name")] = rest[0][-1].default if rest[0][-1].kind == shell_commands.EACH else ()
        assigned[match.group("name")] = _assigned(rest.pop(0), match, state)
    words = [word for parts in rest for word in expanded(parts, state)]
    if not words:
        for name, value in assigned.items():
            state.assign(name, value)
        return
    context = state.context.but(environment=dict(state.environment(), **assigned), directory=state.directory, line=command.line)
    name = words[0].text if words[0].is_decided else ""
    if not words[0].is_decided:
        state.leave_unread(command.line)
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
    for parts in command.words:
        for part in parts:
            if part.kind == "command" and state.depth < shell_state.MAX_DEPTH:
                state.depth += 1
                state.enter()
                yield from commands(part.text, state, command.line)
                state.leave()
                state.depth -= 1


def _literal_head(parts):
    return parts[0].text if parts and parts[0].kind == "text" and not parts[0].quoted else ""


def _assigned(parts, match, state):
    """The value of an assignment; neither split nor taken for a pattern."""
    if "+=" in match.group():
        return None
    return _unsplit([parts[0]._replace(text=parts[0].text[match.end() :]), *parts[1:]], state)


def _unsplit(parts, state):
    """The text of a word as it is where it is neither split nor taken for a pattern; None where only the running shell would know it."""
    words = expanded([part._replace(quoted=True) for part in _tilde(parts, state)], state, splits=False)
    return "".join(word.text for word in words) if all(word.is_decided for word in words) else None


def expanded(parts, state, splits=True):
    """Return the Words that the word of these shell_lexer.Parts becomes."""
    fields = _Fields()
    for part in _tilde(parts, state):
        if part.kind == "text":
            is_pattern = splits and not part.quoted and _PATTERN.search(part.text)
            fields.add(part.text[: is_pattern.start()] if is_pattern else part.text, not is_pattern, bool(is_pattern))
        elif part.kind == "variable" and part.text in "@*":
            fields.add_all(state.arguments, part.quoted and part.text == "@")
        elif part.kind == "variable":
            fields.add_value(_value(part, state), part.quoted or not splits)
        elif part.kind == "command":
            fields.add_value(shell_output.printed(part.text, state, expanded), part.quoted or not splits)
        else:
            fields.add("", False, splits and not part.quoted)
    return fields.words()


def _value(part, state):
    value = state.value(part.text)
    if part.default is None or value:
        return value
    words = expanded(part.default, state, splits=False)
    default = "".join(word.text for word in words) if all(word.is_decided for word in words) else None
    return default if value == "" or value == default else None


def _tilde(parts, state):
    head = _literal_head(parts)
    match = re.match(r"~(?P<user>[\w.-]*)(?=/|$)", head)
    if match is None or (match.end() == len(head) and len(parts) > 1):
        return list(parts)
    home = state.home_of(match.group("user")) if match.group("user") else state.value("HOME")
    found = shell_lexer.text(home) if home else shell_lexer.Part("unknown", "", True, None)
    return [found, shell_lexer.text(head[match.end() :], False)] + list(parts[1:])


class _Fields:
    """Words in the making."""

    def __init__(self):
        self._done = []
        self._text = None
        self._is_decided = True
        self._may_be_many = False

    def add(self, text, is_decided=True, may_be_many=False):
        """Append to the word in hand."""
        self._text = (self._text or "") + (text if self._is_decided else "")
        self._is_decided = self._is_decided and is_decided
        self._may_be_many = self._may_be_many or may_be_many

    def add_value(self, value, is_quoted):
        """Append a variable's value, None when that is not known; unless it is quoted, blanks in it separate words."""
        if value is None:
            self.add("", False, not is_quoted)
        elif is_quoted:
            self.add(value)
        else:
            pieces = re.split(r"[ \t\n]+", value)
            for number, piece in enumerate(pieces):
                if number:
                    self._end()
                if piece:
                    self.add(piece)

    def add_all(self, arguments, is_quoted):
        """Append the positional parameters."""
        if arguments is None:
            self.add("", False, True)
            return
        for number, word in enumerate(arguments):
            if number:
                self._end()
            if word.is_decided:
                self.add_value(word.text, is_quoted)
            else:
                self.add(word.text, False, word.may_be_many or not is_quoted)

    def words(self):
        """Return what came of it."""
        self._end()
        return self._done

    def _end(self):
        if self._text is not None:
            self._done.append(Word(self._text, self._is_decided, self._may_be_many))
        self._text, self._is_decided, self._may_be_many = None, True, False


# The shell's own commands that bring commands


def _read(words, rest, state, line):
    """The commands of a text that is read in the same shell; *rest* is the operands as they stand there."""
    is_eval = words[0].text == "eval"
    is_deep = state.depth >= shell_state.MAX_DEPTH or state.texts >= shell_state.MAX_TEXTS
    if not is_deep and all(word.is_decided for word in words):
        path = None if is_eval else _sourced_path(words[1].text if len(words) > 1 else "", state)
        yield from _read_text(" ".join(word.text for word in words[1:]) if is_eval else _sourced(path, state), path, state, line)
        return
    paths = None if is_eval or is_deep else _of_loop(rest[:1], state)
    if paths is None:
        state.leave_unread(line)
        state.is_open = True
        if not (is_eval or _is_output(rest)) or _may_set(rest):
            state.leave_unseen(line)
    for path in paths or ():
        state.enter()
        yield from _read_text(_sourced(path, state), path, state, line)
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
        state.variables[name] = _unsplit(parts, state)
        text = _unsplit(operands[0], state)
        state.variables[name] = before
        matching = state.matching(_sourced_path(text, state)) if text else None
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


def _sourced(path, state):
    return state.sourced(path) if path and state.sourced else None


def _sourced_path(path, state):
    if path.startswith("/") or not path or not state.directory:
        return path
    return posixpath.normpath(state.directory + "/" + path)


def _declare(name, rest, state, line):
    for parts in rest:
        match = _ASSIGNMENT.match(_literal_head(parts))
        if name == "export" and any(part.kind == "command" for part in parts) and match is None and _may_set([parts]):
            state.leave_unseen(line)
        if name in _OF_FUNCTION:
            state.make_local(match.group("name") if match else _literal_head(parts))
        if match:
            state.assign(match.group("name"), _assigned(parts, match, state))
        words = [match.group("name")] if match else [word.text for word in expanded(parts, state) if word.is_decided]
        if name == "export":
            state.exported.update(words)
