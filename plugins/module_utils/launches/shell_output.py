# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What commands print that only take a path apart, or say their words again: by these a script finds the directory where it lies itself.

Sources: POSIX.1-2017, XCU dirname, basename, pwd, echo, printf and test; readlink(1) and realpath(1) of GNU coreutils.
"""

import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import shell_state
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import SESSION_VARIABLES
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import shell_commands, shell_lexer

# The options with which each command prints what it does without, but readlink, which resolves all links only with one of these.
_OPTIONS = {
    "pwd": ("-L", "-P"),
    "cd": ("-L", "-P", "--"),
    "dirname": ("--",),
    "basename": ("--",),
    "readlink": ("-f", "-e", "-m", "--"),
    "realpath": ("-e", "-m", "--"),
}
_VARIABLE = re.compile(r"\$\{?(\w+)")
_SAY = ("echo", "printf")
# Commands that depend on a test, and none that does not.
_IS_CHAIN = re.compile(r"\s*(?:\[|test)\s(?:[^;&\n(]|&&)*\Z")
# What is said there need not be what the shell takes.
_SAYS_ELSEWHERE = re.compile(r"\b(?:echo|printf)\b[^|]*>")


def printed(text, state, expanded):
    """Return what the shell *text* prints, without the line feeds at its end, or None when that is not known.

    Args:
        text: of a command substitution.
        state: the shell_state.State of the shell that has it run, which stays as it is.
        expanded: function from the parts of a word and a State to the Words that it becomes.
    """
    if state.depth >= shell_state.MAX_DEPTH or _SAYS_ELSEWHERE.search(text):
        return None
    state.depth += 1
    try:
        sides = [_commands(side, state, expanded) for side in text.split("||")]
        if _IS_CHAIN.match(text) and len(sides) <= 2 and sides[0]:
            # Others may well be in the environment that the shell begins with, where only those that bear on mail clients are kept.
            if not set(_VARIABLE.findall(text.partition("&&")[0])) <= {*state.variables, *SESSION_VARIABLES}:
                return None
            return _of_chain(*sides, state=state)
        # Which side of an "or" runs is up to the running shell.
        return _of_commands(sides[0], state) if len(sides) == 1 else None
    except shell_lexer.ShellError:
        return None
    finally:
        state.depth -= 1


def _commands(text, state, expanded):
    commands = [item for item in shell_commands.parse(text) if isinstance(item, shell_commands.Command)]
    return [[word for parts in command.words for word in expanded(parts, state)] for command in commands]


def _of_chain(first, second=(), *, state):
    """What is printed by "TEST && COMMAND", the *first* commands, or behind "||" by the *second* ones, where the test is false."""
    is_true = _tested(first[0])
    said = [words[0].text in _SAY for words in first[1:] if words]
    # What may fail has the other side printed as well.
    if is_true is None or (is_true and second and not all(said)):
        return None
    commands = first[1:] if is_true else second
    return _of_commands(commands, state) if commands else ""


def _tested(words):
    """Whether the test of these Words is true; None where it is none, or only the running shell knows."""
    if len(words) < 3 or words[0].text not in ("[", "test") or not all(word.is_decided for word in words):
        return None
    texts = [word.text for word in words[1:]]
    operands = texts[:-1] if words[0].text == "[" else texts
    if len(operands) != 2 or operands[0] not in ("-n", "-z"):
        return None
    return bool(operands[1]) == (operands[0] == "-n")


def _said(name, texts):
    """What echo or printf prints of these words; None where it is not that they stand there as they are."""
    if any("\\" in text for text in texts[name == "printf" :]):
        return None
    if name == "echo":
        return " ".join(texts).rstrip("\n") if not texts[:1] or not texts[0].startswith("-") else None
    return texts[1].rstrip("\n") if len(texts) == 2 and texts[0] in ("%s", "%s\\n") else None


def _of_commands(commands, state):
    directory, found = state.directory, None
    for words in commands:
        if found is not None or not words or not all(word.is_decided for word in words):
            return None
        name, texts = posixpath.basename(words[0].text), [word.text for word in words[1:]]
        if name in _SAY:
            found = _said(name, texts)
            if found is None:
                return None
            continue
        options = [text for text in texts if text.startswith("-")]
        operands = [text for text in texts if not text.startswith("-")]
        if name not in _OPTIONS or not set(options) <= set(_OPTIONS[name]) or (name == "readlink" and not options):
            return None
        if name == "pwd":
            found = directory
        elif not operands or (len(operands) > 1 and name != "basename"):
            return None
        elif name == "cd":
            directory = _from(directory, operands[0])
        elif name == "dirname":
            found = posixpath.dirname(operands[0].rstrip("/")) or "."
        elif name == "basename":
            found = _last(*operands[:2])
        else:
            path = _from(directory, operands[0])
            found = state.realpath(path) if path else None
        if found is None and name != "cd":
            return None
    return found


def _from(directory, path):
    if path.startswith("/"):
        return posixpath.normpath(path)
    return posixpath.normpath(directory + "/" + path) if directory else None


def _last(path, suffix=""):
    name = posixpath.basename(path.rstrip("/"))
    return name[: -len(suffix)] if suffix and name.endswith(suffix) and name != suffix else name
