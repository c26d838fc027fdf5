"""The checkout, the tools of its environments, and the collection as it ships: built and installed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEWEST = Path(sys.executable).parent
CORES = {"newest": NEWEST, "oldest": ROOT / ".venv-2.16" / "bin"}


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every file of the project, links left out: what git has, and what it would take."""
    if not (root / ".git").exists():
        pytest.skip("needs a git checkout")
    names = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]).split("\0")
    paths = [root / name for name in names if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


@pytest.fixture(scope="session")
def tool() -> Callable[..., str]:
    """Run a command and return its output; the test fails with that output when the command does."""
    return run


@pytest.fixture(params=["newest", "oldest"])
def core(request: pytest.FixtureRequest) -> str:
    """Which of the ansible-core versions that we support: the newest, then the oldest."""
    return request.param


@pytest.fixture
def ansible(core: str) -> Path:
    """The directory with the programs of that ansible-core."""
    programs = CORES[core]
    if not (programs / "ansible").exists():
        pytest.skip(f"no ansible-core in {programs.parent.name}: this Python is too new for it")
    return programs


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection, built from the checkout."""
    output = tmp_path_factory.mktemp("build")
    run([NEWEST / "ansible-galaxy", "collection", "build", "--output-path", output])
    return next(output.glob("mailtls-fleet-*.tar.gz"))


@pytest.fixture(scope="session")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the collection, installed from that tarball where ansible-test takes it."""
    collections = tmp_path_factory.mktemp("installed")
    # Searched alone: ansible-galaxy installs nothing when it finds the collection elsewhere, as in the checkout.
    variables = {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
    run([NEWEST / "ansible-galaxy", "collection", "install", tarball, "-p", collections], variables=variables)
    return collections / "ansible_collections" / "mailtls" / "fleet"


def run(
    command: Sequence[str | Path],
    cwd: Path = ROOT,
    path: Path | str = NEWEST,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run *command* in *cwd*, programs in *path* first, with those environment *variables*; return what it printed."""
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "PATH": f"{path}:{os.environ['PATH']}",
        "NO_COLOR": "1",
        **(variables or {}),
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stdout}", pytrace=False)
    return done.stdout
