# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks TLS libraries for the ClientHello that they would send: this side of asker/, which runs as a process of its own.

A library is code of the host. It is loaded apart from this process, without its environment, and never with more rights
than whoever can change it has anyway: root asks a user's copy as that user.
"""

import os
import select
import signal
import stat
import subprocess
import sys
import time
from importlib import util

from ansible_collections.mailtls.fleet.plugins.module_utils import client_hello, paths

KINDS = {"gnutls", "nss", "openssl"}
ASKER = "ansible_collections.mailtls.fleet.plugins.module_utils.stacks.asker"
TYPE_CHECKING = False  # as in typing, which takes each host 3 ms to import
if TYPE_CHECKING:  # never imported, as it runs as text; but Ansible sends to a host only what it sees imported
    import typing

    from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.asker import gnutls, library, main, nss, openssl  # noqa: F401

NOBODY = 65534
TEXT_LIMIT = 4096  # characters; compiler flags are long
# One argument of a program may have 128 KiB (execve(2), MAX_ARG_STRLEN); the rest is the asker's own text.
QUESTIONS_LIMIT = 64 * 1024
OUTPUT_LIMIT = 128 * 1024  # bytes from one question
# What a Python may need in order to start, and what names of files mean. Nothing else is handed on.
KEPT_VARIABLES = ("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH")

DEFAULTS: "dict[str, typing.Any]" = {
    "preload": [],
    "searched": [],
    "env": {},
    "server_name": None,
    "case": "system",
    "priority": None,
    "cipher_list": None,
    "descriptor": None,
    "seconds": 2.0,
    "min": None,
    "max": None,
    "is_only_found": False,
}
TOLD = ("library_version", "build", "directory", "config", "negotiated", "failed", "alert", "error")
TOLD_RANGES = ("supported_range", "default_range")


def ask(questions, timeout=10.0, python=sys.executable):
    """Let libraries write the ClientHello that they would send, and return what they said.

    Args:
        questions: dictionaries {id, kind, path} with, where they matter,
            kind: "openssl" (LibreSSL too), "gnutls" or "nss"; path: the library's absolute path (libssl3.so for NSS).
            preload: absolute paths of the libraries that it needs, in the order in which to load them. What is left out
                comes from where the loader finds it by itself, or else from beside the library.
            searched: absolute paths at which these libraries have others looked for, whether or not something is there.
            env: environment variables to set (or, None, to unset). The library sees these and no others.
            server_name: name of the server, for the extension of that name.
            case: "system"; "bare": also the configuration file that is compiled in is left unread, while what `env`
                can turn off is the caller's part (OPENSSL_CONF="", GNUTLS_SYSTEM_PRIORITY_FILE=/dev/null,
                NSS_IGNORE_SYSTEM_POLICY=1); "priority": GnuTLS with the string `priority`.
            min, max: protocols that the program sets through the library's functions.
            cipher_list: cipher list that the program sets through OpenSSL's function.
            is_only_found: whether no program is known to load it. Then root asks as nobody, and others what root alone can change.
            descriptor: of a connected socket that waits (OpenSSL and GnuTLS): the library shakes hands over it, under the name
                `server_name`, verifies no certificate, and sends nothing else.
            seconds: for this question.
        timeout: seconds for all of them together.
        python: the Python to run.

    Returns:
        {id: {id, case, priority, hello, error, library_version, build, directory, config, supported_range, default_range,
        negotiated, failed, alert}}.
        Either `hello` (hexadecimal, the records as they would be sent) or `error` (one line) is set. The others are None
        where the library does not tell: config is GnuTLS's system file, build is OpenSSL's `compiler:` line, directory its OPENSSLDIR, the
        ranges [lowest, highest] are NSS's.
        Of a handshake there is no hello: either `negotiated`, the version as the library names it, or `error` is set, and beside this
        `failed` where the library ended the handshake, with `alert`, the number of the one that the server sent, if it sent one.
    """
    deadline = time.monotonic() + timeout
    answers = {}
    asked = []
    for question in questions:
        whole = dict(DEFAULTS, **question)
        try:
            whole["uid"] = _run_as(whole)
        except OSError as error:
            answers[whole["id"]] = _answer(whole, {"error": f"{error.filename}: {error.strerror}"})
        except ValueError as error:
            answers[whole["id"]] = _answer(whole, {"error": str(error)})
        else:
            asked.append(whole)
    for batch in _batches(asked):
        told, why = _run(batch, deadline, python)
        for number, question in enumerate(batch):
            answers[question["id"]] = _answer(question, told.get(number, {"error": why}))
    return answers


def hello_of(answer):
    """Return an answer of `ask` as a hello of the evidence: {case, priority, versions, legacy_version, ciphers,
    groups, signature_algorithms, error}."""
    hello = {"case": answer["case"], "priority": answer["priority"], "error": answer["error"]}
    offer = {"versions": [], "legacy_version": None, "ciphers": [], "groups": None, "signature_algorithms": None}
    if hello["error"] is None:
        try:
            parsed = client_hello.parse(bytes.fromhex(answer["hello"]))
            offer = {key: parsed[key] for key in offer}
        except client_hello.HelloError as error:
            hello["error"] = str(error)
    return dict(hello, **offer)


# Whom a library may run as


def _run_as(question):
    """Return the user to become for a question, or None to stay who we are.

    That is whoever could change what will be loaded: nobody but root (or us), one other user, or, as "nobody", several.

    Raises:
        OSError: a library is not there.
        ValueError: we are not root, so that we can't become that user; or a path is not absolute; or that user can't read the settings.
    """
    libraries = [question["path"], *question["preload"]]
    for path in libraries:
        if not os.path.isabs(path):
            raise ValueError(f"{path} is no absolute path")
    settings = [value for value in question["env"].values() if value and os.path.isabs(value)]
    for path in libraries:
        os.stat(path)
    others = {user for path in libraries + list(question["searched"]) for user in writers(path, is_library=True)}
    others.update(user for path in settings for user in writers(path))
    user = _one_of(others, question)
    for path in settings if user is not None else ():
        # Without them it would say something else than to the program that reads them.
        if not may_read(path, user):
            raise ValueError(f"not asked: whoever could change what it reads can't read {path}")
    return user


def _one_of(others, question):
    ourselves = os.geteuid()
    if question["is_only_found"]:
        if ourselves != 0 and others != {0}:
            raise ValueError(f"not asked: no program is known to load {question['path']}, and not only root can change it")
        return NOBODY if ourselves == 0 else None
    others -= {0, ourselves}
    if not others:
        return None
    if ourselves != 0:
        raise ValueError(f"not asked: another user than root can change {question['path']} or what it reads")
    return others.pop() if len(others) == 1 else NOBODY


def may_read(path, user):
    """Tell whether the *user* without groups may read what the absolute *path* leads to, as modes tell; what is not there has none."""
    for _place, status in paths.steps(path):
        if status is None:
            return True
        wanted = stat.S_IXUSR if stat.S_ISDIR(status.st_mode) else stat.S_IRUSR
        given = status.st_mode if status.st_uid == user else status.st_mode << 6
        if not stat.S_ISLNK(status.st_mode) and not given & wanted:
            return False
    return True


def writers(path, is_library=False):
    """Return the users who can change what the absolute *path* leads to, or put something in its place, now or in a moment.

    So the owners of all directories and links on the way count, and of what is not there whoever could make it. Of a library so does who
    can put something beside it, where it may look for others. NOBODY stands for a group, or for everyone.

    Raises:
        OSError: the way there can't be looked at, or its links loop.
    """
    found, is_shared, is_there = set(), False, True
    for _place, status in paths.steps(path):
        if status is None:
            is_there = False
            break
        found.add(status.st_uid)
        if stat.S_ISDIR(status.st_mode):
            is_shared = _is_for_others(status)
        # In a directory like /tmp nobody can replace what is another's, but anybody can put something beside it.
        replaceable = stat.S_ISREG(status.st_mode) or (stat.S_ISDIR(status.st_mode) and not status.st_mode & stat.S_ISVTX)
        if replaceable and _is_for_others(status):
            found.add(NOBODY)
    return found | {NOBODY} if is_shared and (is_library or not is_there) else found


def _is_for_others(status):
    return bool(status.st_mode & (stat.S_IWGRP if status.st_gid else 0) or status.st_mode & stat.S_IWOTH)


# The process


def _batches(questions):
    """As many questions at a time as fit into the argument of a program."""
    batch, size = [], 0
    for question in questions:
        length = len(ascii(question))
        if batch and size + length > QUESTIONS_LIMIT:
            yield batch
            batch, size = [], 0
        batch.append(question)
        size += length
    if batch:
        yield batch


def _run(questions, deadline, python):
    """Return what the asker told, {number of the question: {name: value}}, and why there may be no more of it."""
    if not python:
        return {}, "this Python does not know its own program, so none can be started"
    try:
        command = [python, "-I", "-S", "-E", "-B", "-c", f"{_source(questions)}\nmain({ascii(questions)}, {os.getpid()})\n"]
        # A session of its own, so that it can be ended with all that a library may have started.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
            cwd="/",
            start_new_session=True,
            pass_fds=[question["descriptor"] for question in questions if question["descriptor"] is not None],
        )
    except (OSError, ImportError, ValueError) as error:
        return {}, f"{python} could not be started: {error}"
    try:
        output, why = read(process.stdout.fileno(), deadline, OUTPUT_LIMIT * len(questions))
    finally:
        process.stdout.close()
        end(process)
    return _told(output, why or f"{python} ended without an answer")


def end(process):
    """End the asker, and what a library may have left running."""
    try:
        # As it was not waited for yet, its number still stands for it and for its group.
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        process.kill()
    process.wait()


def _source(questions):
    """The asker's text, as far as the *questions* need it, wherever this collection was imported from, be it a directory or a zip file."""
    return "\n".join(map(_text, ("library", *sorted(KINDS & {question["kind"] for question in questions}), "main")))


def _text(name):
    source = util.find_spec(f"{ASKER}.{name}").loader.get_source(f"{ASKER}.{name}")
    if source is None:
        raise ImportError(f"no source of {ASKER}.{name}")
    return source


def read(pipe, deadline, limit, late="the time for all libraries together was over"):
    """Return what comes out of the *pipe* until its end, and None or why that was not waited for."""
    output = bytearray()
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while len(output) < limit:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            return bytes(output), late
        part = os.read(pipe, 65536)
        if not part:
            return bytes(output), None
        output += part
    return bytes(output), f"more than {limit} bytes were told"


def _told(output, why):
    """Take the lines that are answers apart; any other is what a Python says that could not run the asker."""
    told = {}
    for line in output.split(b"\n")[:-1]:
        number, *fields = line.split(b"\0")
        if fields and number.isdigit():
            texts = [field.decode("utf-8", "replace") for field in fields]
            told[int(number)] = dict(zip(texts[::2], texts[1::2]))
        elif line:
            why = f"the Python that was to ask says: {line.decode('utf-8', 'replace')}"
    return told, why


def _answer(question, told):
    """The answer to a question, out of what was *told*: by a library, so it may be anything."""
    answer = {"id": question["id"], "case": question["case"], "priority": question["priority"], "hello": None}
    for name in TOLD:
        answer[name] = _printable(told[name]) if told.get(name) else None
    for name in TOLD_RANGES:
        answer[name] = _printable(told[name]).split() if told.get(name) else None
    if answer["error"] is None and answer["negotiated"] is None:
        try:
            answer["hello"] = bytes.fromhex(told["hello"]).hex()
        except (KeyError, ValueError):
            answer["error"] = "it ended without an answer"
    return answer


def _printable(text):
    """The beginning of a text, on one line and without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:TEXT_LIMIT]).strip()
