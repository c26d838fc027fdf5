"""A host of which no interpreter is known: one call finds its Python and has that do the audit. The login is a shell of this machine."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from posix_shells import SHELLS

from ansible_collections.mailtls.fleet.plugins.module_utils.audit import ARGUMENT_SPEC
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import choose, interpreter, python_program
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.program import FINDER

ARGUMENTS = {**{name: spec["default"] for name, spec in ARGUMENT_SPEC.items()}, "bundled": False}


class Login:
    """Stands for the action plugin of a host; counts the calls."""

    def __init__(self, sh: list[str], pipelined: bool = True) -> None:
        self.calls: list[str] = []
        self._pipelined = pipelined
        self._play_context = SimpleNamespace(executable=" ".join(sh))
        self._sh = sh
        self.wrap: Callable[[str], str] = str
        self._connection = SimpleNamespace(transport="ssh", _shell=SimpleNamespace(SHELL_FAMILY="sh"), become=None)
        self._task = SimpleNamespace(delegate_to=None)
        self._templar = SimpleNamespace(template=lambda text: text)

    def _is_pipelining_enabled(self, _style: str, _asynchronous: bool) -> bool:
        return self._pipelined

    def _compute_environment_string(self) -> str:
        return ""

    def _low_level_execute_command(self, command: str, in_data: bytes | None = None, sudoable: bool = True) -> dict[str, Any]:
        self.calls.append(command)
        done = subprocess.run([*self._sh, "-c", self.wrap(command)], input=in_data or None, capture_output=True, check=False)
        return {"rc": done.returncode, "stdout": done.stdout.decode("utf-8", "surrogateescape"), "stderr": done.stderr.decode()}


@pytest.fixture(autouse=True)
def run_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary directory of an Ansible run of the test's own."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def audited(login: Login, *pythons: str) -> tuple[str, list[str]]:
    """The way by which the host was audited, and what is noted of it."""
    variables = {"ansible_python_interpreter": "auto_silent", "ansible_interpreter_python_fallback": list(pythons)}
    evidence = choose.obtain(login, ARGUMENTS, variables)
    return evidence["reach"], [gap["why"] for gap in evidence["gaps"] if gap["what"] == "reach"]


def fake(path: Path, answer: str) -> str:
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("sh", SHELLS)
def test_a_host_with_python_takes_one_call(sh: list[str]) -> None:
    login = Login(sh)
    assert audited(login, "/nowhere/python3", sys.executable) == ("python", [])
    assert len(login.calls) == 1


@pytest.mark.requires_program("tcsh")
def test_a_login_shell_of_another_kind_hands_it_on() -> None:
    """Ansible has the login shell start sh for each command."""
    login = Login(["tcsh"])
    login.wrap = lambda command: f"/bin/sh -c {shlex.quote(command)}"
    assert audited(login, sys.executable) == ("python", [])


def test_nothing_waits_for_input_where_none_can_be_sent() -> None:
    """Standard input is that of this process, which may be a terminal: whoever read it would wait."""
    login = Login(["sh"], pipelined=False)
    with pytest.raises(AttributeError, match="_execute_module"):  # what comes next, and is no part of this host
        audited(login, sys.executable)
    assert len(login.calls) == 1


def test_a_host_without_python_takes_two_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    login = Login(["sh"])
    monkeypatch.setattr(interpreter, "candidates", lambda _variables: ["/nowhere/python3"])
    reach, [note] = audited(login)
    assert (reach, len(login.calls)) == ("shell", 2)
    assert note.startswith("audited by shell, because there is no Python of 3.6 or later: ")


@pytest.mark.parametrize("sh", SHELLS)
def test_a_python_that_tells_its_version_and_does_nothing_else_leaves_it_to_the_shell(sh: list[str], tmp_path: Path) -> None:
    login = Login(sh)
    reach, [note] = audited(login, fake(tmp_path / "python3", "cat >/dev/null; echo 311"))
    assert (reach, len(login.calls)) == ("shell", 3)
    assert note.startswith("audited by shell, because Python did not do it: the host's answer is no result")


def test_an_incomplete_python_is_passed_over(tmp_path: Path) -> None:
    incomplete = fake(tmp_path / "python3", "echo 311; exit 1")
    assert audited(Login(["sh"]), incomplete, sys.executable) == ("python", [])


def test_both_ways_to_a_python_are_the_same() -> None:
    assert f'"$python" {python_program.OPTIONS}\n' in FINDER[-1].read_text()
