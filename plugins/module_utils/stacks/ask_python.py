# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks the Pythons of the host for the ClientHello that their ssl modules would send: this side of python_asker.py.

A Python may bring a lowest version and cipher suites of its own, as it was built, so its libssl alone does not tell what a
program in Python offers. Only an interpreter that nobody but root can change is asked, apart from its user's modules.
"""

import os
import re
import stat
import subprocess
import typing
from importlib import util

from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask

ASKER = "ansible_collections.mailtls.fleet.plugins.module_utils.stacks.python_asker"
if typing.TYPE_CHECKING:  # never imported, as it runs as text; but Ansible sends to a host only what it sees imported
    from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import python_asker  # noqa: F401

# The empty name stands for no file at all: config(5ssl), OPENSSL_CONF.
_BARE = {"OPENSSL_CONF": ""}
_HELLO = re.compile(r"(?:[0-9a-f]{2})+$")
_SECONDS = 3  # for one answer; it takes a twentieth of that


def may_be_asked(host, interpreter):
    """Tell whether the Python at *interpreter*, a real path, runs on this host, and nobody but root can change what it is."""
    return host.live and _is_roots_own(interpreter)


def facts(host, interpreter, env):
    """Return {version, build, config, hellos} of the Python *interpreter*, as the evidence has them of a stack.

    Args:
        host: the Host; what the interpreter says of no hello becomes a gap.
        interpreter: its real path; `may_be_asked` was true of it.
        env: environment variables that the system gives every program.

    The hello of the case "system" is that of a program which sets nothing; "bare" leaves out the system's file and takes every
    version that the module can be made to offer.
    """
    version, found = None, []
    for case, bare in (("system", {}), ("bare", _BARE)):
        told = _ask(interpreter, case == "bare", dict(env, **bare))
        version = version or told.get("version")
        error = told.get("error") or (None if _HELLO.match(told.get("hello", "")) else "it ended without an answer")
        found.append(ask.hello_of({"case": case, "priority": None, "hello": told.get("hello"), "error": error}))
    if found[0]["error"]:
        host.gap(interpreter, f"wrote no ClientHello: {found[0]['error']}")
    return {"version": version, "build": [], "config": None, "hellos": found}


def _ask(interpreter, any_version, env):
    """Return what the interpreter told, {name: value}; with an "error" where it told no hello."""
    source = util.find_spec(ASKER).loader.get_source(ASKER)
    isolated = ["-E", "-s", "-S", "-B"]  # no variables, no user's modules, no site's; Python 2 knows no -I
    command = [interpreter, *isolated, "-c", f"{source}\nmain({any_version})\n"]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict({"LANG": "C"}, **env),
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        return {"error": f"it could not be started: {error.strerror}"}
    try:
        output = process.communicate(timeout=_SECONDS)[0]
    except subprocess.TimeoutExpired:
        return {"error": "the time for its answer was over"}
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    lines = output[: ask.OUTPUT_LIMIT].decode("utf-8", "replace").splitlines()
    return {name: _printable(value) for name, _space, value in (line.partition(" ") for line in lines)}


def _is_roots_own(path):
    """Whether only root can change the file *path*, or put another in its place."""
    while True:
        try:
            status = os.stat(path)
        except OSError:
            return False
        if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return False
        above = os.path.dirname(path)
        if above == path:
            return True
        path = above


def _printable(text):
    return "".join(letter for letter in text[: ask.OUTPUT_LIMIT] if letter.isprintable())
