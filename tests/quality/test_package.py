"""The collection as it ships, and what no file of the project may hold."""

from __future__ import annotations

import os
import re
import tarfile
from pathlib import Path

import pytest
import yaml

SHIPPED = {"MANIFEST.json", "FILES.json", "CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md"}
SHIPPED_DIRECTORIES = {"docs", "meta", "playbooks", "plugins", "roles", "tests"}
LINK = "playbooks/collections/ansible_collections/mailtls/fleet"


@pytest.fixture(scope="module")
def members(tarball: Path) -> dict[str, tarfile.TarInfo]:
    """What is in the tarball, by path."""
    with tarfile.open(tarball) as archive:
        return {member.name.rstrip("/"): member for member in archive.getmembers()}


def test_tarball_holds_the_collection_and_nothing_else(members: dict[str, tarfile.TarInfo]) -> None:
    roots = {name.split("/")[0] for name in members}
    assert roots - SHIPPED - SHIPPED_DIRECTORIES == set()
    assert roots >= SHIPPED
    assert {name for name in members if name.startswith("tests/")} == {"tests/config.yml"}
    assert [name for name in members if name.startswith("playbooks/collections")] == []
    assert [name for name in members if re.search(r"(^|/)(__pycache__|\.[^/]+)(/|$)|\.pyc$", name)] == []


def test_tarball_holds_no_link(members: dict[str, tarfile.TarInfo]) -> None:
    assert [name for name, member in members.items() if not (member.isfile() or member.isdir())] == []


def test_tarball_holds_every_plugin_role_and_playbook(members: dict[str, tarfile.TarInfo], tracked: list[Path], root: Path) -> None:
    names = {str(path.relative_to(root)) for path in tracked}
    wanted = {name for name in names if name.startswith(("meta/", "playbooks/", "plugins/", "roles/"))}
    assert wanted - set(members) == set()


def test_link_stays_inside_the_checkout(root: Path) -> None:
    link = root / LINK
    assert not os.path.isabs(os.readlink(link))
    assert link.resolve() == root


def test_versions_agree(root: Path) -> None:
    version = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    newest = re.search(r"^## (\S+)", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert newest.group(1) == version


def test_no_file_names_a_place_on_the_machine_it_was_written_on(tracked: list[Path], root: Path) -> None:
    """What lies in root's home is fine in tests, whose hosts have one; the home itself is the same everywhere."""
    places = re.compile(rb"(?<![\w.})-])(%s|/work|/root)/[\w.]" % re.escape(bytes(root)))
    found = {}
    for path in tracked:
        name = path.relative_to(root)
        places_here = {match.group(1) for match in places.finditer(path.read_bytes())}
        if name.parts[0] == "tests":
            places_here -= {b"/root"}
        if places_here:
            found[str(name)] = sorted(places_here)
    assert found == {}


def test_requirements_name_no_place_to_get_them_from(root: Path) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in (root / "requirements").glob("*.[it]*")}
    assert [name for name, text in texts.items() if re.search(r"://|--(extra-)?index-url|--find-links", text)] == []
