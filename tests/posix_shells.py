"""The shells in which the program of the reach `shell` has to run, and its functions."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import program

SHELLS = [
    pytest.param(["dash"], marks=pytest.mark.requires_program("dash"), id="dash"),
    pytest.param(["busybox", "ash"], marks=pytest.mark.requires_program("busybox", package="busybox-static"), id="busybox ash"),
    pytest.param(["bash", "--posix"], marks=pytest.mark.requires_program("bash"), id="bash"),
]


def functions() -> str:
    """The functions of the program, without the calls."""
    return "".join(part.read_text() for part in program.PARTS)
