# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lets TLS libraries write the ClientHello that they would send, without a network, or shake hands over a connection that is there.

ask.py hands this program's text (library.py says what it consists of) to a fresh Python, which has loaded no TLS library yet, with a
call of main at the end. For every question it forks a process that loads the library, connects it to memory and tells what it wrote; a
library that crashes or hangs takes that process with it, and nothing else.

It imports little, and neither json nor signal: those two would double the time that this Python takes to start.
What it says, and the questions that it takes, is described in ask.py.
"""

import ctypes
import os
import resource
import select
import sys
import time

if "ASK" not in globals():  # where this runs, library.py's text stands before it; whoever imports it has the names from there
    from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.asker.library import ANSWER_LIMIT, ASK, Failure, Library

NICENESS = 10
SIGKILL, PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 9, 1, 4  # signal(7), linux/prctl.h: the same on every architecture
NOBODY = 65534


def main(questions, parent):
    """Print one line for each of the *questions*: its number, then names and values, each of them ended by NUL.

    *parent* is the number of the process that asks.
    """
    os.nice(max(0, NICENESS - os.nice(0)))
    _die_with_parent(parent)
    for number, question in enumerate(questions):
        # What is wrong comes first: of a process that was stopped, the last value may be cut off.
        told, wrong = _ask_apart(question)
        line = _field("error", wrong) + told.replace(b"\n", b" ")
        os.write(sys.stdout.fileno(), b"%d\0" % number + line + b"\n")


def _ask_apart(question):
    """Let a process of its own put the question; return what it told, and what was wrong with it or None."""
    reading, writing = os.pipe()
    ours = os.getpid()
    process = os.fork()
    if not process:
        _be_that_process(question, writing, ours)
    os.close(writing)
    told, wrong = _read(reading, question["seconds"])
    os.close(reading)
    os.kill(process, SIGKILL)
    status = os.waitpid(process, 0)[1]
    if not wrong and os.WIFSIGNALED(status) and os.WTERMSIG(status) != SIGKILL:
        wrong = f"it crashed with signal {os.WTERMSIG(status)}"
    return told, wrong


def _read(pipe, seconds):
    """Return what comes out of the *pipe* until its end, and None or why that was not waited for."""
    told, deadline = b"", time.monotonic() + seconds
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while len(told) < ANSWER_LIMIT:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            return told, f"no answer within {seconds:g} seconds"
        part = os.read(pipe, ANSWER_LIMIT - len(told))
        if not part:
            return told, None
        told += part
    return told, f"an answer of more than {ANSWER_LIMIT} bytes"


def _be_that_process(question, pipe, parent):
    """Put the question and end."""

    def tell(name, value):
        os.write(pipe, _field(name, value))

    try:
        _confine(question, parent)
        hello = _put(question, tell)
        if hello is not None:
            tell("hello", hello.hex())
    except Failure as failure:
        tell("error", str(failure))
    except Exception as error:
        tell("error", f"{type(error).__name__}: {error}")
    finally:
        os._exit(0)


def _confine(question, parent):
    """Take away what a foreign library does not need: our rights, the disk, the terminal, a life beyond ours."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))
    if question["uid"] is not None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(question["uid"])
    _die_with_parent(parent)
    ctypes.CDLL(None).alarm(int(question["seconds"]) + 1)
    for name, value in question["env"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _die_with_parent(parent):
    """As far as the system knows of it, end when the process above does, be it already; and leave no core file."""
    system = ctypes.CDLL(None)
    if hasattr(system, "prctl"):
        for option, value in ((PR_SET_PDEATHSIG, SIGKILL), (PR_SET_DUMPABLE, 0)):
            system.prctl(option, ctypes.c_ulong(value), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _put(question, tell):
    """Return the hello; None of a handshake, which tells by itself."""
    kind = question["kind"]
    if kind not in ASK:
        raise Failure(f"no library of kind {kind} can be asked")
    ask, exported = ASK[kind]
    # When Python itself came with such a library, it is that one which would answer, whatever we load.
    if hasattr(ctypes.CDLL(None), exported):
        raise Failure(f"{sys.executable} itself holds a library of kind {kind}, which would answer in its place")
    return ask(Library(question["path"], question["preload"]), question, tell)


def _field(name, value):
    return b"" if value is None else f"{name}\0{value}\0".encode("utf-8", "replace")
