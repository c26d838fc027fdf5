"""Layout, likely mistakes and types of the code, by the tools and settings of pyproject.toml."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]

HEADER = """\
# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
HOST_CODE = ("modules", "module_utils")


def test_ruff_finds_no_mistake(tool: Run) -> None:
    tool([sys.executable, "-m", "ruff", "check", "--no-fix"])


def test_ruff_would_lay_out_no_file_differently(tool: Run) -> None:
    tool([sys.executable, "-m", "ruff", "format", "--diff"])


def test_types_agree(tool: Run) -> None:
    tool([sys.executable, "-m", "mypy"])


def test_code_for_hosts_runs_on_python_3_6(tool: Run, root: Path) -> None:
    """Syntax and standard library; tests/quality/test_sanity.py runs a real 3.6 where there is one."""
    directories = [root / "plugins" / name for name in HOST_CODE]
    tool(["vermin", "--target=3.6-", "--eval-annotations", "--no-tips", "--violations", *directories])


@pytest.mark.requires_program("shellcheck")
def test_shellcheck_finds_no_mistake(tool: Run, tracked: list[Path]) -> None:
    scripts = [path for path in tracked if path.read_bytes().startswith((b"#!/bin/sh", b"#!/bin/bash"))]
    assert scripts
    tool(["shellcheck", *scripts])


def test_each_plugin_file_names_its_licence(root: Path) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in (root / "plugins").rglob("*.py")}
    assert [path for path, text in texts.items() if not re.sub(r"^#!.*\n", "", text).startswith(HEADER)] == []
