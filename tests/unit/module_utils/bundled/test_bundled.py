"""Copies of TLS libraries that no mail client is known to use: real ones, in trees and in places of this machine."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import foreign_libraries
import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.bundled import find, mounts, places, walk
from ansible_collections.mailtls.fleet.plugins.module_utils.collect import collect
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host

SYSTEM = next((path for path in pathlib.Path("/usr/lib").glob("*/libssl.so.3")), None)
pytestmark = pytest.mark.skipif(SYSTEM is None, reason="needs libssl.so.3 (Debian package libssl3)")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts, and looking with the rights of others, need root")
PLAYBOOKS = pathlib.Path(__file__).parents[4] / "playbooks/collections"


def copy_to(directory: pathlib.Path) -> pathlib.Path:
    """Copy this machine's OpenSSL there; returns its libssl."""
    assert SYSTEM
    directory.mkdir(parents=True)
    shutil.copy(SYSTEM.with_name("libcrypto.so.3"), directory)
    return pathlib.Path(shutil.copy(SYSTEM, directory))


def found_in(root: pathlib.Path, **bounds: Any) -> tuple[dict[str, str], Host]:
    """What is found below *root*, {path: owner}, and the host."""
    host = Host(str(root))
    find.add(host, **bounds)
    return {stack["path"]: stack["owner"] for stack in host.stacks.all() if stack["origin"] == "found"}, host


def found_stacks(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [stack for stack in document["stacks"] if stack["origin"] == "found"]


OWNERS = {
    "/opt/app/lib": "/opt/app",
    "/usr/local/lib": "/usr/local/lib",
    "/srv/www/node_modules/mailer/build": "the Node.js package /srv/www/node_modules/mailer",
    "/srv/job/venv/lib/python3/site-packages/x.libs": "the virtual environment /srv/job/venv",
    "/snap/fetcher/12/usr/lib": "the snap fetcher",
    "/var/lib/flatpak/app/org.example.Mail/x86_64/stable/abc/files/lib": "the flatpak org.example.Mail",
    "/home/alice/.local/share/flatpak/runtime/org.example.Platform/x86_64/1/abc/files/lib": "the flatpak org.example.Platform",
    "/home/alice/env/lib/python3/site-packages/x.libs": "the virtual environment /home/alice/env",
    "/home/alice/.local/lib/python3/site-packages/x.libs": "/home/alice/.local/lib/python3/site-packages/x.libs",
}


@pytest.mark.parametrize("directory", OWNERS)
def test_each_place_is_searched_and_says_whose_a_copy_is(tree, directory: str):
    tree.write("/srv/job/venv/pyvenv.cfg", "")
    tree.write("/home/alice/env/pyvenv.cfg", "")
    copy_to(tree.root / directory[1:])
    found, host = found_in(tree.root)
    assert found == {f"{directory}/libssl.so.3": OWNERS[directory]}
    assert host.gaps == []


@pytest.mark.parametrize("directory", ["/home/alice/projects/lib", "/var/backups/lib", "/snap/fetcher/11/usr/lib"])
def test_what_is_elsewhere_or_no_more_in_use_is_not_searched(tree, directory: str):
    tree.write("/snap/fetcher/12/meta/snap.yaml", "")
    tree.link("/snap/fetcher/current", "12")
    copy_to(tree.root / directory[1:])
    assert found_in(tree.root)[0] == {}


def test_a_link_of_a_user_does_not_lead_the_search_elsewhere(tree):
    copy_to(tree.root / "var/others/lib")
    tree.link("/home/alice/.local/lib", "/var/others")
    assert found_in(tree.root)[0] == {}


def test_links_and_other_names_of_a_file_are_not_a_second_copy(tree):
    library = copy_to(tree.root / "opt/app/lib")
    tree.link("/opt/app/lib/libssl.so", "libssl.so.3")
    tree.link("/opt/other", "/opt/app")
    (tree.root / "srv").mkdir()
    os.link(library, tree.root / "srv/libssl.so.3")
    assert list(found_in(tree.root)[0]) == ["/srv/libssl.so.3"]


def test_what_the_system_or_a_client_has_brought_is_not_found_again(tree):
    copy_to(tree.root / "opt/app/lib")
    host = tree.host()
    host.stacks.add("openssl", "/opt/app/lib/libssl.so.3", "bundled", "/opt/app/fetch")
    find.add(host)
    assert [stack["origin"] for stack in host.stacks.all()] == ["bundled"]


def test_a_java_is_told_by_its_release_file_and_that_in_a_jdk_once(tree):
    for path in ("/opt/jdk/bin/java", "/opt/jdk/jre/bin/java", "/opt/appliance/jre/bin/java"):
        tree.write(path, "#!/bin/sh\ntouch /tmp/mailtls-java-was-run\n")
    tree.write("/opt/jdk/release", 'JAVA_VERSION="1.7.0_80"\n')
    tree.write("/opt/data/java", "")
    stacks = found_stacks(collect(str(tree.root)))
    assert [(stack["kind"], stack["path"], stack["version"]) for stack in stacks] == [
        ("java", "/opt/appliance/jre/bin/java", None),
        ("java", "/opt/jdk/bin/java", "7.0.80"),
    ]


# Bounds


def test_a_bound_of_entries_is_told_and_what_is_nearest_to_the_top_was_seen(tree):
    copy_to(tree.root / "opt/app/lib")
    copy_to(tree.root / "opt/app/a/b/c/lib")
    for number in range(50):
        tree.write(f"/opt/app/a/file{number}", "")
    found, host = found_in(tree.root, entries=20)
    assert list(found) == ["/opt/app/lib/libssl.so.3"]
    [gap] = host.gaps
    assert (gap["affects"], "too many entries" in gap["why"], "/opt/app" in gap["why"]) == (None, True, True)


def test_a_bound_of_time_is_told(tree):
    copy_to(tree.root / "opt/app/lib")
    found, host = found_in(tree.root, seconds=-0.5)
    assert found == {}
    assert "the time for it was over" in host.gaps[0]["why"]


def test_a_bound_of_depth_is_told(tree):
    deep = "/opt" + "/d" * walk.DEPTH
    copy_to(tree.root / f"{deep}/e"[1:])
    found, host = found_in(tree.root)
    assert found == {}
    assert [deep in gap["why"] for gap in host.gaps] == [True]


def test_a_bound_of_copies_is_told(tree, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(find, "MOST", 1)
    for name in ("a", "b"):
        copy_to(tree.root / f"opt/{name}/lib")
    found, host = found_in(tree.root)
    assert list(found) == ["/opt/a/lib/libssl.so.3"] or list(found) == ["/opt/b/lib/libssl.so.3"]
    assert host.gaps[0]["why"].startswith("2 were found")


def test_a_search_that_dies_is_told(tree, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(walk._Walk, "run", lambda _self: os._exit(9))
    assert "did not come to its end" in found_in(tree.root)[1].gaps[0]["why"]


# File systems


def table(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Mounts as the kernel would tell them: a server that does not answer is not to be had here."""
    file = tmp_path / "mountinfo"
    file.write_text("".join(f"36 1 8:1 / {line.split(' ', 1)[0]} rw - {line.split(' ', 1)[1]} rw\n" for line in lines))
    monkeypatch.setattr(mounts, "_FILE", str(file))


@pytest.mark.parametrize("type_", ["nfs4", "cifs", "fuse.sshfs", "autofs", "ceph", "9p"])
@pytest.mark.parametrize("place", ["/opt", "/opt/app"])
def test_a_file_system_that_may_ask_a_network_is_not_entered_and_told(
    tree, tmp_path, monkeypatch: pytest.MonkeyPatch, type_: str, place: str
):
    copy_to(tree.root / "opt/app/lib")
    table(tmp_path, monkeypatch, "/ ext4 /dev/sda1", f"{tree.root}{place} {type_} server:/x")
    found, host = found_in(tree.root)
    assert found == {}
    assert [(gap["what"], type_ in gap["why"]) for gap in host.gaps] == [(place, True)]


def test_homes_from_a_network_are_told(tree, tmp_path, monkeypatch: pytest.MonkeyPatch):
    copy_to(tree.root / "home/alice/.local/lib")
    table(tmp_path, monkeypatch, "/ ext4 /dev/sda1", f"{tree.root}/home nfs4 server:/home")
    found, host = found_in(tree.root)
    assert (found, [gap["what"] for gap in host.gaps]) == ({}, ["/home"])


def test_on_a_root_from_a_network_nothing_is_searched(tree, tmp_path, monkeypatch: pytest.MonkeyPatch):
    copy_to(tree.root / "opt/app/lib")
    table(tmp_path, monkeypatch, "/ nfs server:/root")
    found, host = found_in(tree.root)
    assert (found, [gap["what"] for gap in host.gaps]) == ({}, ["/"])


def test_the_places_of_mounts_are_those_that_the_audited_system_sees(tmp_path, monkeypatch: pytest.MonkeyPatch):
    table(tmp_path, monkeypatch, "/ ext4 a", "/mnt xfs b", "/mnt/image btrfs c", r"/mnt/image/opt/two\040words nfs4 d", "/mnt/imagex nfs e")
    found = mounts.Mounts("/mnt/image").all()
    assert [(mount.path, mount.type) for mount in found] == [("/", "btrfs"), ("/opt/two words", "nfs4")]


# In a mount namespace of its own: an image as an engine for containers mounts it, below a place that is searched.
CONTAINER = """
set -e
mount -t tmpfs none {root}/opt
mkdir -p {root}/opt/lower/usr/lib {root}/opt/upper {root}/opt/work {root}/opt/engine/merged
cp {libraries} {root}/opt/lower/usr/lib
mount -t overlay none -o lowerdir={root}/opt/lower,upperdir={root}/opt/upper,workdir={root}/opt/work {root}/opt/engine/merged
exec {python} -c '{program}' {root}
"""
PROGRAM = """
import json, sys
sys.path.insert(0, "%s")
from ansible_collections.mailtls.fleet.plugins.module_utils.bundled import find
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
host = Host(sys.argv[1])
find.add(host)
print(json.dumps([host.stacks.all(), sorted(host.stacks._foreign), host.gaps]))
"""


@needs_root
def test_the_root_of_a_container_is_searched_and_none_of_its_code_is_loaded(tree):
    (tree.root / "opt").mkdir()
    assert SYSTEM
    libraries = f"{SYSTEM} {SYSTEM.with_name('libcrypto.so.3')}"
    program = PROGRAM % PLAYBOOKS
    script = CONTAINER.format(root=tree.root, libraries=libraries, python=sys.executable, program=program.replace("'", '"'))
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    stacks, foreign, gaps = json.loads(done.stdout)
    inside = "/opt/engine/merged/usr/lib/libssl.so.3"
    assert {stack["path"]: stack["owner"] for stack in stacks} == {
        "/opt/lower/usr/lib/libssl.so.3": "/opt/lower",
        inside: "a container, whose root is mounted at /opt/engine/merged",
    }
    assert (foreign, gaps) == ([inside], [])


# Asking, on this machine


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """A directory that everybody may enter, in the place of /opt and the others."""
    with tempfile.TemporaryDirectory(prefix="mailtls-bundled-") as directory:
        path = pathlib.Path(directory)
        path.chmod(0o755)
        monkeypatch.setattr(places, "_DIRECTORIES", (directory,))
        monkeypatch.setattr(places, "_SNAPS", ())
        monkeypatch.setattr(places, "_FLATPAKS", ())
        yield path


def asked() -> list[dict[str, Any]]:
    host = Host()
    find.add(host)
    host.stacks.ask()
    return [stack for stack in host.stacks.all() if stack["origin"] == "found"]


@needs_root
def test_a_found_copy_is_asked_as_any_other(place: pathlib.Path):
    copy_to(place / "app/lib")
    [stack] = asked()
    assert [(hello["case"], hello["error"]) for hello in stack["hellos"]] == [("system", None), ("bare", None)]
    assert stack["hellos"][1]["versions"][-1] == "TLSv1.3"
    assert stack["owner"] == f"{place}/app"


@needs_root
@pytest.mark.parametrize("version", ["1.0.2n", "1.1.1g"])
def test_a_copy_in_a_wheel_of_python_is_known_by_its_name_with_a_hash(place: pathlib.Path, version: str):
    try:
        library = foreign_libraries.openssl(version)
    except foreign_libraries.Unavailable as error:
        pytest.skip(str(error))
    shutil.copytree(library.parent, place / "venv/lib/python3/site-packages/psycopg2.libs")
    (place / "venv/pyvenv.cfg").touch()
    [stack] = asked()
    assert (stack["version"], stack["owner"]) == (version, f"the virtual environment {place}/venv")
    assert "TLSv1.2" in stack["hellos"][1]["versions"]


# Its number of a release is that of the user with whose rights it runs.
TELLTALE = """
#include <stdio.h>
#include <unistd.h>
const char *SSLeay_version(int what) { static char text[99]; sprintf(text, "OpenSSL 1.0.%d", getuid()); return text; }
"""


@needs_root
@pytest.mark.requires_program("gcc")
@pytest.mark.parametrize("owner", [0, 1234])
def test_root_asks_as_nobody_whoever_owns_the_copy(place: pathlib.Path, owner: int):
    library = place / "app/libssl.so.3"
    library.parent.mkdir()
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-x", "c", "-"], input=TELLTALE, text=True, check=True)
    for path in (library, library.parent):
        os.chown(path, owner, owner)
    assert [stack["version"] for stack in asked()] == ["1.0.65534"]


@needs_root
def test_others_ask_only_what_root_alone_can_change(place: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    library = copy_to(place / "app")
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    os.chown(library, 1234, 1234)
    [stack] = asked()
    assert [hello["error"].partition(":")[0] for hello in stack["hellos"]] == ["not asked", "not asked"]
