"""Scripts: what interprets them, their version, and the TLS stack of their Python."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import interpreters
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import python as python_runtime

PYTHON = "/usr/bin/python3.11"


@pytest.fixture
def python_tree(tree):
    """Return a tree with a Python 3.11, its link, and an older one."""
    tree.write(PYTHON, "")
    tree.link("/usr/bin/python3", "python3.11")
    tree.write("/usr/bin/python2.7", "")
    tree.write("/usr/lib/python3.11/lib-dynload/_json.so", "")
    return tree


# name: (the script's text, the interpreter)
SCRIPTS = {
    "a path": ("#!/usr/bin/python3.11\n", PYTHON),
    "a link": ("#!/usr/bin/python3\nimport getmailcore\n", PYTHON),
    "options": ("#!/usr/bin/python3 -sEs\n", PYTHON),
    "a space": ("#! /usr/bin/python3\n", PYTHON),
    "env": ("#!/usr/bin/env python3\n", PYTHON),
    "env with options and variables": ("#!/usr/bin/env -S LANG=C python3 -u\n", PYTHON),
    "an older one": ("#!/usr/bin/python2.7", "/usr/bin/python2.7"),
    "a shell's wrapper": ('#!/bin/sh\nset -e\nexec /usr/bin/python3 /usr/share/x/x.py "$@"\n', PYTHON),
    "a shell's wrapper around a script": ('#!/bin/sh\nexec "/usr/share/x/run" "$@"\n', PYTHON),
    "a wrapper by env": ('#!/bin/sh\nexec env X=1 python3 /usr/share/x/x.py "$@"\n', PYTHON),
    "an interpreter that is not there": ("#!/usr/bin/python3.12\n", None),
    "env of what is not there": ("#!/usr/bin/env python\n", None),
    "env of nothing": ("#!/usr/bin/env\n", None),
    "env of a path from below": ("#!/usr/bin/env ../python3\n", None),
    "a wrapper with more than one end": ("#!/bin/sh\nexec python3 a\nexec python3 b\n", None),
    "a wrapper around itself": ("#!/bin/sh\nexec /usr/bin/script\n", None),
    "a wrapper that computes": ('#!/bin/sh\nexec "$PYTHON" x.py\n', None),
    "no script": ("\x7fELF", None),
    "nothing": ("", None),
    "a line without end": ("#!" + "/x" * 20_000, None),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_interpreter_of_a_script(name, python_tree):
    text, expected = SCRIPTS[name]
    python_tree.write("/bin/sh", "")
    python_tree.write("/usr/share/x/run", "#!/usr/bin/python3\n")
    python_tree.write("/usr/bin/script", text)
    found = interpreters.script(python_tree.host(), "/usr/bin/script")
    assert (found.interpreter if found else None) == expected


def test_versions_come_from_the_name_or_from_the_library_beside_it(python_tree):
    python_tree.write("/opt/own/bin/python3", "")
    python_tree.write("/opt/own/lib/python3.8/os.py", "")
    python_tree.write("/opt/two/bin/python3", "")
    for version in ("3.8", "3.9"):
        python_tree.write(f"/opt/two/lib/python{version}/os.py", "")
    host = python_tree.host()
    paths = (PYTHON, "/usr/libexec/platform-python3.6", "/opt/own/bin/python3", "/opt/two/bin/python3", "/usr/bin/perl")
    assert [python_runtime.version(host, path) for path in paths] == ["3.11", "3.6", "3.8", None, None]


@pytest.mark.parametrize(
    ("program", "metadata", "version"),
    [
        ("/usr/local/bin/getmail", "/usr/local/lib/python3.11/dist-packages/getmail6-6.19.07.dist-info/METADATA", "6.19.07"),
        ("/usr/local/bin/getmail", "/usr/lib/python3.11/site-packages/getmail6-6.18.11-py3.11.egg-info/PKG-INFO", "6.18.11"),
        ("/home/alice/.local/bin/getmail", "/home/alice/.local/lib/python3.11/site-packages/getmail6-6.20.2.dist-info/RECORD", "6.20.2"),
        ("/usr/local/bin/getmail", "/usr/local/lib/python3.11/dist-packages/getmail6_extras-1.0.dist-info/METADATA", None),
    ],
)
def test_the_version_of_what_pip_installed(program, metadata, version, python_tree):
    python_tree.write(program, "#!/usr/bin/python3\n")
    python_tree.write(metadata, "")
    [found] = interpreters.installs(python_tree.host(), ("getmail",), ("getmail6",))
    assert (found["program"], found["version"]) == (program, version)


def test_a_program_of_a_virtual_environment(python_tree):
    python_tree.link("/home/alice/venv/bin/python", "/usr/bin/python3")
    python_tree.write("/home/alice/venv/lib/python3.11/site-packages/getmail6-6.20.2.dist-info/METADATA", "")
    python_tree.write("/home/alice/venv/bin/getmail", "#!/home/alice/venv/bin/python\n")
    python_tree.link("/home/alice/.local/bin/getmail", "/home/alice/venv/bin/getmail")
    host = python_tree.host()
    [found] = interpreters.installs(host, ("getmail",), ("getmail6",))
    assert found["version"] == "6.20.2"
    assert interpreters.major_version(host, [found]) == 3


PYTHONS = sorted(
    {os.path.realpath(path) for path in ("/usr/bin/python3", "/usr/local/bin/python3", sys.executable) if os.path.exists(path)}
)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_libssl_of_a_python_is_the_one_that_it_loads(python):
    show = "import _ssl; print(open('/proc/self/maps').read())"
    maps = subprocess.run([python, "-I", "-c", show], capture_output=True, text=True, check=True).stdout
    loaded = {line.split()[-1] for line in maps.splitlines() if "/libssl" in line}
    stacks = Host().stacks.of_interpreter(python)
    assert {stack for stack in stacks if "/libssl" in stack} == loaded
