"""The execution environments: what ansible-builder makes of their definitions, and that the project works with what they install.

No image is built here: that takes a container engine. What an image would install with pip goes into a virtual environment.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BUILDER = Path(sys.executable).parent / "ansible-builder"
DEFINITIONS = {"newest": ROOT / "execution-environment.yml", "oldest": ROOT / "execution-environment-2.16.yml"}
CORES = {"newest": ROOT / "requirements/controller.in", "oldest": ROOT / "requirements/core-2.16.in"}
REQUIREMENTS = ROOT / "meta/ee-requirements.txt"

variants = pytest.mark.parametrize("variant", DEFINITIONS)


@variants
def test_ansible_builder_takes_the_definition(variant: str, tmp_path: Path) -> None:
    definition = DEFINITIONS[variant]
    run([BUILDER, "create", "-f", definition, "-c", tmp_path, "--output-filename", "Containerfile"])
    container, build = (tmp_path / "Containerfile").read_text(), tmp_path / "_build"
    assert f'ANSIBLE_INSTALL_REFS="{core(variant)} ' in container.replace("'", '"')
    assert requirements(build / "requirements.txt") == requirements(REQUIREMENTS)
    assert yaml.safe_load((build / "requirements.yml").read_text())["collections"] == [{"name": "awx.awx", "version": ">=24.6.1"}]
    assert (build / "bindep.txt").read_text() == (ROOT / "meta/ee-bindep.txt").read_text()


@variants
def test_ansible_core_is_the_one_that_is_tested(variant: str) -> None:
    assert core(variant) in {line.partition(" ;")[0] for line in CORES[variant].read_text().splitlines()}


def test_requirements_hold_what_our_code_imports() -> None:
    assert requirements(ROOT / "requirements/common.in") - requirements(REQUIREMENTS) == set()


def test_collection_names_the_same_requirements() -> None:
    """ansible-builder finds this file in an installed collection, and reads paths from the collection's directory."""
    dependencies = yaml.safe_load((ROOT / "meta/execution-environment.yml").read_text())["dependencies"]
    for definition in DEFINITIONS.values():
        wanted = yaml.safe_load(definition.read_text())["dependencies"]
        assert {kind: wanted[kind] for kind in dependencies} == dependencies


@variants
def test_project_audits_with_what_is_installed(variant: str, tmp_path: Path) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("the definitions are for Python 3.11, and this one is too new for their ansible-core")
    environment = tmp_path / "venv"
    wanted = yaml.safe_load(DEFINITIONS[variant].read_text())["dependencies"]
    run([sys.executable, "-m", "venv", environment])
    pip = [environment / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "install"]
    run([*pip, core(variant), wanted["ansible_runner"]["package_pip"], "-r", REQUIREMENTS])
    reports = tmp_path / "reports"
    run([environment / "bin/ansible-playbook", "playbooks/audit.yml", "-e", "mailtls_become=false"], MAILTLS_REPORTS=str(reports))
    document = json.loads((reports / "latest/results.json").read_text())
    assert [host["host"] for host in document["hosts"]] == ["localhost"]
    assert document["hosts"][0]["verdict"] not in ("ERROR", "UNREACHABLE")
    assert (reports / "history.sqlite").exists()


def core(variant: str) -> str:
    """The requirement of ansible-core in a definition."""
    return yaml.safe_load(DEFINITIONS[variant].read_text())["dependencies"]["ansible_core"]["package_pip"]


def requirements(path: Path) -> set[str]:
    """The lines of a requirements file that name something."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in path.read_text().splitlines())
    return {line for line in lines if line}


def run(command: Sequence[str | Path], **variables: str) -> None:
    """Run a command in the checkout; the test fails with its output when the command does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAILTLS_"))}
    environment = {**kept, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), **variables}
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
