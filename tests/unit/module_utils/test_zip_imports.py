"""Modules out of the zip file in which Ansible sends them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ansible_collections.mailtls.fleet.plugins import module_utils

PACKAGE = "ansible_collections/mailtls/fleet/plugins/module_utils"
PROGRAM = f"""
import json, sys
compiled = []
sys.addaudithook(lambda event, arguments: compiled.append(str(arguments[1])) if event == "compile" else None)
sys.path.insert(0, sys.argv[1])
from {PACKAGE.replace("/", ".")} import zip_imports
zip_imports.compile_once()
del compiled[:]
from {PACKAGE.replace("/", ".")} import collect
evidence = collect.collect()
print(json.dumps([evidence, [path for path in compiled if path.startswith(sys.argv[1])]]))
"""


@pytest.fixture(scope="module")
def audit(tmp_path_factory) -> tuple[dict, list[str]]:
    """The evidence of this machine, and the files of the zip file that were compiled for it."""
    archive = tmp_path_factory.mktemp("zip") / "payload.zip"
    source = Path(module_utils.__path__[0])
    with zipfile.ZipFile(archive, "w") as packed:
        for directory in [*Path(PACKAGE).parents][:-1]:
            packed.writestr(f"{directory}/__init__.py", "")
        packed.writestr(f"{PACKAGE}/__init__.py", "")
        for path in source.rglob("*.py"):
            packed.write(path, f"{PACKAGE}/{path.relative_to(source)}")
        for directory in {path.parent for path in source.rglob("*.py")} - {source}:
            if not (directory / "__init__.py").exists():
                packed.writestr(f"{PACKAGE}/{directory.relative_to(source)}/__init__.py", "")
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(archive)], stdout=subprocess.PIPE, check=True, cwd="/")
    evidence, compiled = json.loads(done.stdout)
    return evidence, [path.removeprefix(str(archive)) for path in compiled]


def test_each_module_is_compiled_once(audit):
    _evidence, compiled = audit
    assert f"/{PACKAGE}/collect.py" in compiled
    assert f"/{PACKAGE}/stacks/find.py" in compiled
    assert sorted(compiled) == sorted(set(compiled))


def test_an_audit_out_of_a_zip_file_is_whole(audit):
    evidence, _compiled = audit
    assert [gap for gap in evidence["gaps"] if "collector failed" in gap["why"]] == []
    assert any(stack["hellos"] for stack in evidence["stacks"])


def test_what_only_some_hosts_need_is_not_compiled(audit):
    _evidence, compiled = audit
    assert [path for path in compiled if path.endswith(("/probe.py", "/java_probe.py", "/asker.py"))] == []
