# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What commands print that only take a path apart: by these a script finds the directory where it lies itself.

Sources: POSIX.1-2017, XCU dirname, basename and pwd; readlink(1) and realpath(1) of GNU coreutils.
"""

import posixpath

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import shell_state
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


def printed(text, state, expanded):
    """Return what the shell *text* prints, without the line feeds at its end, or None when that is not known.

    Args:
        text: of a command substitution.
        state: the shell_state.State of the shell that has it run, which stays as it is.
        expanded: function from the parts of a word and a State to the Words that it becomes.
    """
    # Which side of an "or" runs is up to the running shell.
    if state.depth >= shell_state.MAX_DEPTH or "||" in text:
        return None
    state.depth += 1
    try:
        commands = [item for item in shell_commands.parse(text) if isinstance(item, shell_commands.Command)]
        return _of_commands([[word for parts in command.words for word in expanded(parts, state)] for command in commands], state)
    except shell_lexer.ShellError:
        return None
    finally:
        state.depth -= 1


def _of_commands(commands, state):
    directory, found = state.directory, None
    for words in commands:
        if found is not None or not words or not all(word.is_decided for word in words):
            return None
        name, texts = posixpath.basename(words[0].text), [word.text for word in words[1:]]
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
