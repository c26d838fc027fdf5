# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks runtimes (Python, Perl, Node and so on) for the ClientHello that programs in them send, through the interpreter's own command.

Only an interpreter that nobody but root can change is asked, in an environment of our making, and without root's rights where
it can do without.
"""

import functools
import os
import re
import stat
import subprocess
import time

from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask

_HELLO = re.compile(r"(?:[0-9a-f]{2})+$")
_PATH = re.compile(r"/[^\s\"',;=]+")
_SECONDS = 10  # for one answer; most take a twentieth of that
_LATE = "the time for its answer was over"


def may_be_asked(host, interpreter):
    """Tell whether the program at *interpreter*, a real path, runs on this host, and nobody but root can change what it is."""
    return host.live and _is_roots_own(interpreter)


def facts(host, runtime, interpreter, env):
    """Return {version, hellos} of the *interpreter*, as the evidence has them of a stack.

    Args:
        host: the Host; what the interpreter says of no hello becomes a gap.
        runtime: the module of runtimes/ that knows it.
        interpreter: its real path; `may_be_asked` was true of it.
        env: environment variables that its programs get.

    The hello of the case "system" is that of a program which sets nothing; "bare" leaves out the system's settings and takes every
    version that the runtime can be made to offer.
    """
    given = runtime.standard_input() if hasattr(runtime, "standard_input") else b""
    told = _ask(runtime.command(interpreter, False), runtime.environment(env), given)
    bare = {"hello": told.get("bare"), "error": told.get("bare_error")}
    if not any(bare.values()):
        bare = _ask(runtime.command(interpreter, True), runtime.environment(dict(env, **runtime.BARE)), given)
    hellos = [_hello("system", told), _hello("bare", bare)]
    if hellos[0]["error"]:
        host.gap(interpreter, f"wrote no ClientHello: {hellos[0]['error']}")
    return {"version": told.get("version") or bare.get("version"), "hellos": hellos}


def _hello(case, told):
    hello = told.get("hello") or ""
    error = told.get("error") or (None if _HELLO.match(hello) else "it ended without an answer")
    return ask.hello_of({"case": case, "priority": None, "hello": hello, "error": error})


def _ask(command, env, given):
    """Return what the *command* told, {name: value}; with an "error" where it told no hello."""
    try:
        user = _run_as(command[0], env)
        with _standard_input(given) as stdin:
            process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict({"LANG": "C"}, **env),
                cwd="/",
                start_new_session=True,
                preexec_fn=functools.partial(_become, user) if user is not None else None,  # pylint: disable=subprocess-popen-preexec-fn
            )
    except ValueError as error:
        return {"error": str(error)}
    except (OSError, subprocess.SubprocessError) as error:
        return {"error": f"it could not be started: {getattr(error, 'strerror', None) or error}"}
    try:
        output, why = ask.read(process.stdout.fileno(), time.monotonic() + _SECONDS, ask.OUTPUT_LIMIT, _LATE)
    finally:
        process.stdout.close()
        ask.end(process)
    lines = output[: ask.OUTPUT_LIMIT].decode("utf-8", "replace").splitlines()
    told = {name: _printable(value) for name, _space, value in (line.partition(" ") for line in lines)}
    return dict(told, error=why) if why else told


def _standard_input(given):
    """Return a file that holds the bytes *given*; Java wants one that it can seek in."""
    if not given:
        return open(os.devnull, "rb")
    import tempfile

    # Without a name, so that nothing is left of it; and for everyone, since who reads it may be nobody.
    stdin = tempfile.TemporaryFile()  # noqa: SIM115
    stdin.write(given)
    stdin.seek(0)
    os.fchmod(stdin.fileno(), 0o444)
    return stdin


def _run_as(interpreter, env):
    """Return the user to become for an answer, or None to stay who we are.

    What root can do is more than an answer takes, but only the user who wrote a file that a variable names may read it, and what it
    loads is that user's code.

    Raises:
        ValueError: we can't become that user, or there are several, or that user can't read such a file.
    """
    named = [path for value in env.values() for path in _PATH.findall(value)]
    files = [path for path in named if os.path.exists(path)]
    others = {writer for path in named for writer in ask.writers(path)} - {0, os.geteuid()}
    if others and (os.geteuid() != 0 or len(others) > 1):
        raise ValueError("not asked: other users can change what its variables name")
    if others:
        [user] = others
        if not all(ask.may_read(path, user) for path in files):
            # Without it the interpreter would say something else than to the program that reads it.
            raise ValueError("not asked: whoever could change what its variables name can't read it")
        return user
    is_for_nobody = _is_for_everyone(interpreter) and all(ask.may_read(path, ask.NOBODY) for path in files)
    return ask.NOBODY if os.geteuid() == 0 and is_for_nobody else None


def _become(user):
    """Between fork and exec: give up root's rights."""
    os.setgroups([])
    os.setgid(ask.NOBODY)
    os.setuid(user)


def _is_roots_own(path):
    """Whether only root can change the file *path*, or put another in its place; the members of root's group are others here."""
    try:
        return ask.writers(path) == {0} and not any(map(_is_for_its_group, _with_directories(path)))
    except OSError:
        return False


def _is_for_its_group(path):
    mode = os.stat(path).st_mode
    return bool(mode & stat.S_IWGRP) and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX)


def _is_for_everyone(path):
    """Whether nobody can start the program *path*: what lies in root's own home only root can."""
    return all(os.path.exists(part) and os.stat(part).st_mode & stat.S_IXOTH for part in _with_directories(path))


def _with_directories(path):
    found = [path]
    while found[-1] != os.path.dirname(found[-1]):
        found.append(os.path.dirname(found[-1]))
    return found


def _printable(text):
    return "".join(letter for letter in text[: ask.OUTPUT_LIMIT] if letter.isprintable())
