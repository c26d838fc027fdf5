# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that start another command: which words are theirs, and what they change for the other one (their manual pages)."""

import os
import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import wrapper_options
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import LIBRARY_VARIABLES, Launch, Word

MAX_WRAPPERS = 10
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)$", re.DOTALL)

# envdir(8), s6-envdir: the directory is the first operand.
_READS_ENVIRONMENT = ("envdir", "s6-envdir")
_SHELLS = ("sh", "bash", "dash", "ksh", "ash", "zsh", "mksh", "rbash", "ksh93")
_NODE_TAKES = (
    *("-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--tls-cipher-list", "--openssl-config"),
    *("--input-type", "--icu-data-dir", "--title", "--redirect-warnings", "--unhandled-rejections", "--dns-result-order", "--inspect-port"),
    *("--trace-event-categories", "--trace-event-file-pattern", "--disable-proto", "--max-http-header-size", "--secure-heap"),
)
# What interprets scripts: (options that take the next word; those that bring the program text itself, or run no file).
INTERPRETERS = (
    (re.compile(r"(?:platform-)?(?:python|pypy)\d*(?:\.\d+)?$"), ("-W", "-X", "-Q", "--check-hash-based-pycs"), ("-c", "-m", "-")),
    (re.compile(r"perl\d*(?:\.\d+)*$"), ("-I", "-M", "-m"), ("-e", "-E")),
    (re.compile(r"(?:j?ruby)\d*(?:\.\d+)*$"), ("-I", "-r", "-C", "-E", "-K"), ("-e",)),
    (re.compile(r"php\d*(?:\.\d+)?(?:-cli)?$"), ("-d", "-c", "-z"), ("-r", "-B", "-R", "-F", "-E", "-S")),
    (re.compile(r"node(?:js)?$"), _NODE_TAKES, ("-e", "--eval", "-p", "--print")),
    (re.compile(r"java$"), ("-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules"), ("-m", "--module")),
)
_FILE_OPTIONS = {"php": "-f", "java": "-jar"}


class Shell:
    """What a wrapper turned out to be: a shell with its text, or with the file that it reads."""

    def __init__(self, text, path, arguments, context):
        self.text = text
        self.path = path
        self.arguments = arguments
        self.context = context


def unwrapped(words, context):
    """Return what the command of these *words* comes to: a Launch, a Shell, or None where nothing is started.

    Of a Launch that only the running shell would know, the program is not decided; that of a shell has a shell as its program where it is
    not known what it reads.
    """
    for _wrapper in range(MAX_WRAPPERS):
        words = list(words)
        if not words:
            return None
        if not words[0].is_decided:
            return Launch(words, context)
        name = posixpath.basename(words[0].text)
        if name in _SHELLS:
            return _shell(words, context)
        if name in ("su", "runuser") and not (name == "runuser" and _has_option(words, "u", "user")):
            return _su(words, context)
        inner = _inner(name, words, context)
        if inner is None:
            return _launch(words, context)
        words, context = inner
        if isinstance(words, Shell):
            return words
    return Launch([Word("", False)], context)


def _inner(name, words, context):
    """The words and the context of the command that the wrapper *name* starts; None when it is none."""
    if name == "env":
        return _env(words[1:], context)
    if name == "xargs":
        _options, rest = _split(words[1:], "aEeILlnPsd", "arg-file delimiter max-args max-procs replace max-lines max-chars")
        return rest + [Word("", False, True)] if rest else rest, context
    if name == "flock":
        return _flock(words[1:], context)
    if name == "runuser":
        return _as_user(words[1:], context, "ugGs", "user group supp-group shell", "u", "user")
    if name in wrapper_options.SETS_USER:
        return _as_user(words[1:], context, *wrapper_options.SETS_USER[name], is_daemon=name == "start-stop-daemon")
    if name == "chpst":
        return _chpst(words[1:], context)
    if name in _READS_ENVIRONMENT:
        return words[2:], of_unread_environment(context)
    if name == "ip":
        return _ip(words[1:], context)
    if name == "script":
        return _typescript(words[1:], context)
    if name == "command" and not {"v", "V"}.isdisjoint(_split(words[1:], "", "")[0]):
        # It only tells where that is.
        return [], context
    if name in ("setuidgid", "s6-setuidgid"):
        return words[2:], context.but(user=_text(words[1:2]))
    if name in wrapper_options.PLAIN:
        short, long, operands = wrapper_options.PLAIN[name]
        return _split(words[1:], short, long)[1][operands:], context
    return None


def _ip(words, context):
    """ip-netns(8), ip-vrf(8): "exec" stands before the name of what the command runs in."""
    _options, rest = _split(words, "nfBl", "netns family batch loops")
    is_wrapper = [word.text for word in rest[:2]] in (["netns", "exec"], ["vrf", "exec"])
    return (rest[3:], context) if is_wrapper else None


def _typescript(words, context):
    """script(1): the command is a text for a shell."""
    options, _rest = _split(words, "cIOBTEmo", "command log-in log-out log-io log-timing echo logging-format output-limit")
    text = options.get("c") or options.get("command")
    shell = Shell(text, None, [], context) if text else None
    return (shell, context) if shell else None


def _chpst(words, context):
    """chpst(8): the groups behind a colon of its user do not matter here."""
    options, rest = _split(words, "uUbe/CnlLmdopfcrt", "")
    user = options.get("u")
    context = of_unread_environment(context) if "e" in options else context
    return rest, context.but(user=user.text.lstrip(":").split(":")[0] if user.is_decided else None) if user else context


def of_unread_environment(context):
    """Return the launch.Context *context* where what sets variables was not read: any of them may stand there."""
    return context.but(environment=dict(context.environment, **dict.fromkeys(LIBRARY_VARIABLES)))


def _split(words, short, long):
    """Return the options at the beginning of *words*, {name: Word or None}, and the words behind them."""
    found, at, long_names = {}, 0, long.split()
    while at < len(words) and words[at].is_decided and words[at].text.startswith("-") and words[at].text != "-":
        text = words[at].text
        at += 1
        if text == "--":
            break
        if text.startswith("--"):
            name, has_value, value = text[2:].partition("=")
            if has_value:
                found[name] = Word(value)
            elif name in long_names:
                found[name] = words[at] if at < len(words) else None
                at += 1
            else:
                found[name] = None
            continue
        for place, letter in enumerate(text[1:], 1):
            if letter not in short:
                found[letter] = None
                continue
            rest = text[place + 1 :]
            found[letter] = Word(rest) if rest else words[at] if at < len(words) else None
            at += 0 if rest else 1
            break
    return found, words[at:]


def _has_option(words, short, long):
    return any(word.text.startswith(("-" + short, "--" + long)) and word.text != "-" for word in words[1:])


def _env(words, context):
    options, rest = _split(words, "uCS", "unset chdir split-string")
    is_alone = rest[:1] and rest[0].text == "-"
    environment = {} if is_alone or "i" in options or "ignore-environment" in options else dict(context.environment)
    rest = rest[1:] if is_alone else rest
    for name in ("u", "unset"):
        if options.get(name):
            environment.pop(options[name].text, None)
    context = context.but(environment=environment)
    directory = options.get("C") or options.get("chdir")
    if directory:
        context = context.but(directory=directory.text if directory.is_decided else None)
    split = options.get("S") or options.get("split-string")
    if split:
        rest = [Word(text) for text in split.text.split()] + rest
    return _assignments(rest, context)


def _assignments(words, context):
    """Take the NAME=VALUE words at the beginning into the environment."""
    environment = dict(context.environment)
    while words:
        match = _ASSIGNMENT.match(words[0].text)
        if match:
            environment[match.group("name")] = match.group("value") if words[0].is_decided else None
        elif not words[0].is_decided and words[0].may_be_many and not words[0].text and len(words) > 1:
            # What a file has in it, mostly: "env $(cat FILE) COMMAND".
            environment.update(dict.fromkeys(LIBRARY_VARIABLES))
        else:
            break
        words = words[1:]
    return words, context.but(environment=environment)


def _flock(words, context):
    # The file that is locked may stand before options of the command that is -c.
    _options, rest = _split(words, "wE", "timeout wait conflict-exit-code")
    rest = rest[1:]
    if rest and rest[0].text in ("-c", "--command"):
        return Shell(rest[1] if len(rest) > 1 else None, None, [], context), context
    return rest, context


def _as_user(words, context, short, long, user_letter, user_name, is_daemon=False):
    daemon_names = "exec startas name pidfile user group chuid chroot chdir signal retry nicelevel iosched procsched umask"
    options, rest = _split(words, short, daemon_names if is_daemon else long)
    user = options.get(user_letter) or options.get(user_name)
    if user is not None:
        context = context.but(user=user.text.split(":")[0] if user.is_decided else None)
    elif not is_daemon and user_name == "user":
        context = context.but(user="root")
    if user_name == "user" and ("i" in options or "login" in options):
        context = context.but(environment={}, directory=None, is_login=True)
    if is_daemon:
        program = options.get("a") or options.get("startas") or options.get("x") or options.get("exec")
        return ([program] if program else []) + rest, context
    for name in ("E", "setenv"):
        if user_name == "uid" and options.get(name):
            context = _assignments([options[name]], context)[1]
    return _assignments(rest, context)


def _su(words, context):
    """su(1), runuser(1): the command is a text for the user's shell."""
    text, operands, at, words = None, [], 0, words[1:]
    while at < len(words):
        word = words[at]
        if word.text in ("-c", "--command", "--session-command"):
            text = words[at + 1] if at + 1 < len(words) else None
            at += 1
        elif word.text.startswith("--command="):
            text = Word(word.text.partition("=")[2], word.is_decided)
        elif word.text in ("-s", "--shell", "-g", "-G", "-w"):
            at += 1
        elif not word.text.startswith("-"):
            operands.append(word)
        at += 1
    user = _text(operands[:1]) if operands else "root"
    is_login = any(word.text in ("-", "-l", "--login", "-lc") for word in words)
    environment = {} if is_login else context.environment
    context = context.but(user=user, environment=environment, directory=None, is_login=is_login)
    return Shell(text, None, operands[1:], context) if text else _of_input([], context)


def _of_input(arguments, context):
    """The shell that reads its commands from its standard input; None where that is not known."""
    text = context.standard_input
    return Shell(text, None, [Word("")] + arguments, context.but(standard_input=None)) if text else None


def _shell(words, context):
    at, letters = 1, ""
    while at < len(words) and words[at].is_decided and words[at].text[:1] in ("-", "+") and len(words[at].text) > 1:
        text = words[at].text
        at += 1
        if text == "--":
            break
        if is_login(text):
            context = context.but(is_login=True)
        if text.startswith("--"):
            at += text in ("--rcfile", "--init-file")
        else:
            letters += text[1:]
            # The name of an option comes in the next word.
            at += "o" in text or "O" in text
    operands = words[at:]
    if is_zsh(words[0].text, letters):
        context = context.but(is_zsh=True)
    if "c" in letters:
        return Shell(operands[0], None, operands[1:], context) if operands else None
    if not operands or "s" in letters or operands[0].text in ("-", "/dev/stdin"):
        arguments = operands if "s" in letters else operands[1:]
        return _of_input(arguments, context) or Launch(words[:1], context)
    return Shell(None, operands[0], operands[1:], context)


def _launch(words, context):
    name = posixpath.basename(words[0].text)
    for pattern, takes_next, brings_text in INTERPRETERS:
        if pattern.match(name):
            argv, interpreter = _script(words, takes_next, brings_text, _FILE_OPTIONS.get(name.rstrip("0123456789.")))
            return Launch(argv, context, interpreter)
    return Launch(words, context)


def _script(words, takes_next, brings_text, file_option):
    """The words from the script on, and those of its interpreter; the interpreter alone where there is no file."""
    at = 1
    while at < len(words):
        text = words[at].text
        if text == file_option:
            at += 1
            break
        if words[at].may_be_many and not text and at + 1 < len(words):
            at += 1  # a variable of options
            continue
        if not words[at].is_decided or text in brings_text or not text.startswith("-"):
            break
        at += 2 if text in takes_next else 1
    is_file = at < len(words) and words[at].is_decided and words[at].text not in brings_text
    return (words[at:], words[:at]) if is_file else (words, ())


def _text(words):
    return words[0].text if words and words[0].is_decided else None


def is_interpreter(program):
    """Tell whether *program* runs scripts of another language than the shell's."""
    return any(pattern.match(os.path.basename(program)) for pattern, _takes_next, _brings_text in INTERPRETERS)


def is_login(option):
    """Tell whether a shell with this *option* reads the profiles of its user."""
    return option == "--login" or bool(re.match(r"-[a-zA-Z]*l", option))


def is_zsh(program, options=""):
    """Tell whether *program* is a zsh that reads its user's zshenv: without -f among its *options* (zsh(1), "Startup/shutdown files")."""
    return os.path.basename(program) == "zsh" and "f" not in options


def is_shell(program):
    """Tell whether *program* is one of the shells."""
    return os.path.basename(program) in _SHELLS
