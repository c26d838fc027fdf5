"""What Ansible's own tools say of playbooks, roles, inventories and YAML."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

Run = Callable[..., str]
ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
INVENTORIES = sorted((ROOT / "inventory").glob("*"))


def test_yamllint_finds_no_mistake(tool: Run) -> None:
    tool([sys.executable, "-m", "yamllint", "--strict", "."])


def test_ansible_lint_passes_the_production_profile(tool: Run) -> None:
    tool(["ansible-lint"])


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_playbook_is_understood(playbook: Path, ansible: Path, tool: Run) -> None:
    tool([ansible / "ansible-playbook", "--syntax-check", playbook], path=ansible)


@pytest.mark.parametrize("inventory", INVENTORIES, ids=lambda path: path.name)
def test_inventory_has_hosts(inventory: Path, ansible: Path, tool: Run) -> None:
    listing = tool([ansible / "ansible-inventory", "-i", inventory, "--list"], path=ansible)
    assert json.loads(listing)["_meta"]["hostvars"]


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_role_has_its_papers(role: Path) -> None:
    """README, argument specification, and in both every variable that the role has a default for."""
    readme = (role / "README.md").read_text(encoding="utf-8")
    specification = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    described = specification["argument_specs"]["main"].get("options", {})
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text(encoding="utf-8")) or {}
    assert sorted(set(defaults) - set(described)) == []
    assert [name for name in described if f"`{name}`" not in readme] == []


def test_action_group_names_modules_that_are_there(root: Path) -> None:
    groups = yaml.safe_load((root / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    modules = {path.stem for path in (root / "plugins" / "modules").glob("*.py")}
    assert [name for group in groups.values() for name in group if name not in modules] == []
