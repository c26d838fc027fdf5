"""The program that is sent to a host's Python, run by a real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import python, python_program
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import ReachError

ARGUMENTS = {"root": "/", "timeout": 10, "watch": "0", "bundled": False, "probe": [], "probe_jitter": 0}
PACKAGE = "ansible_collections/mailtls/fleet/plugins/module_utils"
# Before the program: what is compiled from now on is told at the end, which os._exit would not wait for.
NOTES = """
import os, sys
compiled = []
sys.addaudithook(lambda event, told: compiled.append(str(told[1])) if event == "compile" else None)
end = os._exit
os._exit = lambda status: (print(*compiled, sep="\\n", file=sys.stderr, flush=True), end(status))
"""


@pytest.fixture(autouse=True)
def run_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary directory of an Ansible run of the test's own."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def run(program: bytes, cwd: Path | str = "/") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, *python_program.OPTIONS.split()], input=program, capture_output=True, check=False, cwd=cwd)


def action(python_command: str) -> Any:
    """Stands for the action plugin: its connection is a shell of this machine."""

    def execute(command: str, in_data: bytes) -> dict[str, Any]:
        done = subprocess.run(command, shell=True, input=in_data, capture_output=True, check=False)
        return {"rc": done.returncode, "stdout": done.stdout.decode(), "stderr": done.stderr.decode()}

    return SimpleNamespace(
        _low_level_execute_command=execute,
        _is_pipelining_enabled=lambda _style, _asynchronous: True,
        _compute_environment_string=lambda: "",
        _task=SimpleNamespace(delegate_to=None),
        _templar=SimpleNamespace(template=lambda _text: python_command),
    )


def test_an_audit_is_whole_and_compiles_each_module_once() -> None:
    done = run(NOTES.encode() + python_program.build(ARGUMENTS))
    evidence = json.loads(done.stdout)["evidence"]
    assert [gap for gap in evidence["gaps"] if "collector failed" in gap["why"]] == []
    assert any(hello["versions"] for stack in evidence["stacks"] for hello in stack["hellos"])
    compiled = [line for line in done.stderr.decode().splitlines() if line.startswith(PACKAGE)]
    assert f"{PACKAGE}/stacks/find.py" in compiled
    assert sorted(compiled) == sorted(set(compiled))
    assert [
        path
        for path in compiled
        if path.endswith(
            ("/probe.py", "/java_probe.py", "/asker/main.py", "/scripts/python.py", "/scripts/lexer.py", "/rpm.py", "/backup.py")
        )
    ] == []


def test_a_module_in_the_directory_where_it_runs_is_not_taken_for_one_of_python(tmp_path: Path) -> None:
    (tmp_path / "zlib.py").write_text("raise SystemExit('taken')")
    (tmp_path / "json.py").write_text("raise SystemExit('taken')")
    assert run(python_program.build(ARGUMENTS), tmp_path).returncode == 0


def test_a_collector_that_fails_is_named_by_its_file_and_line() -> None:
    program = python_program.build(ARGUMENTS).replace(
        b"audit.main(", f"from {PACKAGE.replace('/', '.')} import collect\ncollect.platform = None\naudit.main(".encode()
    )
    [gap] = [gap for gap in json.loads(run(program).stdout)["evidence"]["gaps"] if gap["what"] == "platform"]
    assert gap["why"].startswith("the collector failed: AttributeError in collect.py, line ")


def test_it_is_made_once_for_all_hosts_of_a_run(tmp_path: Path) -> None:
    first = python_program.build(ARGUMENTS)
    [made] = [path for path in tmp_path.iterdir() if path.stat().st_size]
    before = os.stat(made)
    second = python_program.build({**ARGUMENTS, "root": "/mnt/ü'\n"})
    assert os.stat(made).st_ino == before.st_ino
    assert first.splitlines()[:-2] == second.splitlines()[:-2]
    assert json.loads(run(second).stdout) == {"failed": True, "msg": "root: expected a directory of this host, found none at /mnt/ü'\n"}


def test_where_it_can_not_be_kept_each_makes_its_own(tmp_path: Path) -> None:
    (tmp_path / f"{python_program._CACHE}.lock").mkdir()
    assert python_program.build(ARGUMENTS) == python_program.build(ARGUMENTS)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.requires_program("localedef", package="libc-bin")
@pytest.mark.skipif(not Path("/usr/share/i18n/locales/en_US").exists(), reason="needs the sources of locales (Debian package locales)")
def test_names_of_files_are_no_text_of_the_logins_locale(tmp_path: Path) -> None:
    locale = "en_US.ISO-8859-1"
    subprocess.run(["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(tmp_path / locale)], check=True)
    home = tmp_path / "tree/srv/müller"
    home.mkdir(parents=True)
    (tmp_path / "tree/etc").mkdir()
    (tmp_path / "tree/etc/passwd").write_text("müller:x:0:0::/srv/müller:/bin/sh\n")
    (home / ".fetchmailrc").write_text('poll a.example protocol imap user "u" password "p" ssl\n')
    program = python_program.build({**ARGUMENTS, "root": str(tmp_path / "tree")})
    environment = {**os.environ, "LOCPATH": str(tmp_path), "LC_ALL": locale}
    command = [sys.executable, *python_program.OPTIONS.split()]
    done = subprocess.run(command, input=program, env=environment, capture_output=True, check=True)
    [client] = json.loads(done.stdout)["evidence"]["clients"]
    assert [account["config"] for account in client["accounts"]] == ["/srv/müller/.fetchmailrc"]


@pytest.mark.parametrize("change", [{"watch": "soon"}, {"probe": ["server"]}, {"root": "/etc/passwd"}], ids=str)
def test_an_argument_that_cannot_be_used_is_named(change: dict[str, Any]) -> None:
    with pytest.raises(ReachError, match=f"^{next(iter(change))}: expected "):
        python.obtain(action(sys.executable), {**ARGUMENTS, **change}, {})


def test_what_a_login_prints_does_not_matter(tmp_path: Path) -> None:
    talking = tmp_path / "python3"
    talking.write_text(f'#!/bin/sh\necho "Welcome! {{ }}"\n{sys.executable} "$@"\necho Goodbye.\n')
    talking.chmod(0o755)
    assert python.obtain(action(str(talking)), ARGUMENTS, {})["schema"] == "mailtls.evidence/1"


@pytest.mark.parametrize("is_reachable", [True, False])
def test_a_python_that_ends_before_it_has_the_program_is_told_from_a_lost_connection(is_reachable: bool) -> None:
    """Ansible-core up to 2.18 lets the error of the pipe through; later ones wrap it."""
    broken = action("/nowhere/python3")

    def execute(command: str, in_data: bytes = b"", sudoable: bool = True) -> dict[str, Any]:
        if in_data:
            raise BrokenPipeError(32, "Broken pipe")
        if not is_reachable:
            raise AnsibleConnectionFailure("no route to host")
        return {}

    broken._low_level_execute_command = execute
    expected = pytest.raises(ReachError, match="^/nowhere/python3 did not take the program: Broken pipe$")
    with expected if is_reachable else pytest.raises(AnsibleConnectionFailure, match="no route"):
        python.obtain(broken, ARGUMENTS, {})


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("/nowhere/python3", "not found"),
        ("exit 3; ", "the host sent no evidence"),
        ("echo 'no space left' >&2; false", "no space left"),
        ("echo '[1, 2]'; false", r"\[1, 2\]"),
        ("echo '{\"evidence\"'; false", "evidence"),
    ],
)
def test_a_python_that_does_not_serve_is_an_error_in_its_own_words(command: str, why: str) -> None:
    with pytest.raises(ReachError, match=why):
        python.obtain(action(command), ARGUMENTS, {})
