"""What all tests share: the marks for what a test needs of the machine that it runs on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import postgres
import pytest
from hypothesis import settings

MARKERS = (
    "requires_root: the test needs root (namespaces, chroot, mounts).",
    "requires_program(name, package=name): the test runs that program; `package` is the Debian package that has it.",
)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL of one file's tests."""
    if not postgres.is_here():
        pytest.skip("needs root and PostgreSQL's server (Debian package postgresql)")
    with postgres.running() as running:
        yield running


def pytest_configure(config: pytest.Config) -> None:
    """Register our markers, and what holds for all property tests."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    # How long an example takes says more about what else the machine does than about the code.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose needs this machine does not meet, saying which."""
    if item.get_closest_marker("requires_root") and os.geteuid() != 0:
        pytest.skip("needs root")
    for marker in item.iter_markers("requires_program"):
        name = marker.args[0]
        if shutil.which(name) is None:
            pytest.skip(f"needs the program {name} (Debian package {marker.kwargs.get('package', name)})")
