"""ansible-test sanity on the collection as it ships, with no ignore file.

ansible-test keeps its environments under ~/.ansible/test, so that only the first run builds them.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., str]
CONTROLLER = f"{sys.version_info.major}.{sys.version_info.minor}"

# The Pythons of hosts: the oldest that each ansible-core drives, and the newest that ansible-test knows.
HOST_PYTHONS = (("oldest", "3.6"), ("newest", "3.8"), ("newest", "3.13"))

# ansible-test makes its environments without pip, and downloads a script that brings it. Ours has no need of a download.
BOOTSTRAP = "import ensurepip\n\nensurepip.bootstrap()\n"
BOOTSTRAPPED_VERSIONS = ("24.2", "23.1.2", "21.3.1")


@pytest.fixture(scope="module", autouse=True)
def bootstrap() -> Iterator[None]:
    """Put the bootstrap script where ansible-test looks for a downloaded one, for the length of these tests."""
    if importlib.util.find_spec("ensurepip") is None:
        pytest.skip("needs ensurepip (Debian package python3-venv)")
    cache = Path.home() / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    scripts = [cache / f"get_pip_{version.replace('.', '_')}.py" for version in BOOTSTRAPPED_VERSIONS]
    ours = [script for script in scripts if not script.exists()]
    for script in ours:
        script.write_text(BOOTSTRAP, encoding="utf-8")
    yield
    for script in ours:
        script.unlink()


@pytest.fixture(scope="module")
def interpreters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with links to the Pythons of this machine that really run: a shim of pyenv may not."""
    directory = tmp_path_factory.mktemp("interpreters")
    for version in {version for _, version in HOST_PYTHONS} | {CONTROLLER}:
        program = _interpreter(version)
        if program:
            (directory / f"python{version}").symlink_to(program)
    return directory


def _interpreter(version: str) -> str | None:
    """The path of that Python, from PATH or from pyenv, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (f"python{version}", *sorted(pyenv.glob(f"{version}.*/bin/python{version}"))):
        try:
            command = [str(candidate), "-c", "import sys; print(sys.executable)"]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            continue
    return None


@pytest.fixture
def sanity(installed: Path, interpreters: Path, tool: Run) -> Run:
    """Run ansible-test sanity on the installed collection, with the programs of an ansible-core, on one Python."""

    def run(programs: Path, python: str, *tests: str) -> None:
        if not (interpreters / f"python{python}").exists():
            pytest.skip(f"needs the program python{python}")
        command = [programs / "ansible-test", "sanity", "--python", python]
        command += [part for test in tests for part in ("--test", test)]
        output = tool(command, cwd=installed, path=f"{programs}:{interpreters}")
        assert re.findall(r"^WARNING: (?:Skipping|Required).*", output, re.MULTILINE) == []

    return run


def test_no_test_is_told_to_ignore_anything(installed: Path) -> None:
    assert not (installed / "tests" / "sanity").exists()


def test_sanity(ansible: Path, sanity: Run) -> None:
    sanity(ansible, CONTROLLER)


@pytest.mark.parametrize(("core", "python"), HOST_PYTHONS, indirect=["core"])
def test_code_for_hosts_imports_on_their_python(python: str, ansible: Path, sanity: Run) -> None:
    sanity(ansible, python, "compile", "import")
