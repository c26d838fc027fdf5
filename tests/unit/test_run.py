"""What failed in the lab is tried once more, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[1] / "run.py"
LATE = """
from pathlib import Path

def test_late():
    with Path("runs").open("a") as runs:
        runs.write("x")
    assert len(Path("runs").read_text()) >= {needed}
"""


def run(directory: Path, where: str, needed: int, *others: str) -> tuple[int, str, int]:
    """Return the exit code, the output, and how often a test ran that passes when it runs the *needed*th time."""
    file = directory / where / "test_late.py"
    file.parent.mkdir(parents=True)
    file.write_text(LATE.format(needed=needed) + "\n".join(others))
    (directory / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run([sys.executable, RUN, where], cwd=directory, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, len((directory / "runs").read_text())


def test_a_test_of_the_lab_that_fails_once_is_named(tmp_path: Path) -> None:
    code, output, runs = run(tmp_path, "tests/integration", 2)
    assert (code, runs) == (0, 2)
    assert "Failed once, and tried again by itself:\n  tests/integration/test_late.py::test_late\n" in output


def test_what_passes_runs_once(tmp_path: Path) -> None:
    code, output, runs = run(tmp_path, "tests/integration", 1)
    assert (code, runs) == (0, 1)
    assert "Failed once" not in output


def test_what_fails_twice_has_failed(tmp_path: Path) -> None:
    code, _output, runs = run(tmp_path, "tests/integration", 3)
    assert (code, runs) == (1, 2)


@pytest.mark.parametrize(
    ("where", "others"),
    [
        pytest.param("tests/unit", (), id="outside of the lab"),
        pytest.param("tests/integration", [f"def test_{number}(): assert False" for number in range(5)], id="too many"),
    ],
)
def test_what_is_no_late_host_has_failed(tmp_path: Path, where: str, others: list[str]) -> None:
    code, output, runs = run(tmp_path, where, 2, *others)
    assert (code, runs) == (1, 1)
    assert "Failed once" not in output
