"""Which package a file belongs to, by the databases of dpkg, apk and rpm."""

from __future__ import annotations

import gzip
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.package_databases import rpm
from ansible_collections.mailtls.fleet.plugins.module_utils.packages import Package, Packages

DATA = pathlib.Path(__file__).parent / "data"

STATUS = """\
Package: libc6
Status: install ok installed
Section: libs
Architecture: amd64
Multi-Arch: same
Version: 2.36-9
Description: GNU C Library
 Package: not-a-package

Package: libssl3
Status: install ok installed
Section: libs
Architecture: amd64
Multi-Arch: same
Version: 3.0.19-1

Package: isync
Status: install ok installed
Section: mail
Architecture: amd64
Version: 1.4.4-5

Package: mount
Status: hold ok installed
Architecture: amd64
Version: 2.38.1-5

Package: fetchmail
Status: deinstall ok config-files
Section: mail
Architecture: amd64
Version: 6.4.37-1

Package: ../../etc/evil
Status: install ok installed
Architecture: amd64
Version: 1
"""
LISTS = {
    "libssl3:amd64": "/.\n/usr\n/usr/lib/libssl.so.3\n",
    "isync": "/.\n/usr/bin/mbsync\n",
    "mount": "/.\n/bin/mount\n",
    "fetchmail": "/etc/fetchmailrc\n",
}

APK = """\
C:Q1abc=
P:musl
V:1.2.5-r0
A:x86_64
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755

P:libssl3
V:3.3.2-r4
A:x86_64
F:usr
F:usr/lib
R:libssl.so.3
a:0:0:755
Z:Q1def=

P:other
V:1-r0
A:x86_64
F:usr/lib
R:libother.so
F:usr/lib/ossl-modules
R:legacy.so
"""


def write(tree: pathlib.Path, files: dict[str, str]) -> Packages:
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    return Packages(Host(str(tree)))


@pytest.fixture
def dpkg(tmp_path):
    lists = {f"var/lib/dpkg/info/{name}.list": text for name, text in LISTS.items()}
    return write(tmp_path, {"var/lib/dpkg/status": STATUS, **lists})


def test_dpkg_knows_packages_by_name(dpkg):
    assert dpkg.package("isync") == Package("isync", "1.4.4-5", "amd64")
    assert dpkg.package("sync") is None
    assert dpkg.package("not-a-package") is None


def test_a_removed_package_whose_configuration_stays_is_not_installed(dpkg):
    assert dpkg.package("fetchmail") is None
    assert dpkg.package_of("/etc/fetchmailrc") is None


def test_dpkg_knows_owners_whatever_the_package_is_called(dpkg):
    found = dpkg.owners(["/usr/lib/libssl.so.3", "/usr/bin/mbsync", "/usr/bin/mbsyn", "/usr"])
    assert {path: package.name for path, package in found.items()} == {
        "/usr/lib/libssl.so.3": "libssl3",
        "/usr/bin/mbsync": "isync",
        "/usr": "libssl3",
    }


def test_a_package_may_have_shipped_the_file_under_the_name_before_usr_was_merged(tmp_path, dpkg):
    assert dpkg.package_of("/usr/bin/mount") is None
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    assert Packages(Host(str(tmp_path))).package_of("/usr/bin/mount").name == "mount"


def test_a_packages_name_leads_nowhere_else(tmp_path, dpkg):
    (tmp_path / "var/lib/dpkg/etc").mkdir()
    (tmp_path / "var/lib/dpkg/etc/evil.list").write_text("/opt/x\n")
    assert dpkg.package_of("/opt/x") is None
    assert dpkg.package("../../etc/evil") is None


@pytest.mark.requires_program("dpkg-query", package="dpkg")
def test_this_machines_programs_belong_where_dpkg_says():
    packages = Packages(Host())
    for program in ("/usr/bin/dpkg", "/usr/bin/env", "/usr/bin/perl"):
        query = ["dpkg-query", "-S", program]
        shown = subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
        if shown:
            assert packages.package_of(os.path.realpath(program)).name == shown.split(":")[0]


def test_apk_knows_packages_and_owners(tmp_path):
    packages = write(tmp_path, {"lib/apk/db/installed": APK})
    assert packages.package("musl") == Package("musl", "1.2.5-r0", "x86_64")
    assert packages.package("usl") is None
    assert packages.package_of("/usr/lib/libssl.so.3") == Package("libssl3", "3.3.2-r4", "x86_64")
    assert packages.package_of("/usr/lib/libother.so") == Package("other", "1-r0", "x86_64")
    assert packages.package_of("/usr/lib/ossl-modules/legacy.so").name == "other"
    assert packages.package_of("/usr/lib/legacy.so") is None
    assert packages.package_of("/lib/libssl.so.3") is None


@pytest.fixture
def rpm_tree(tmp_path):
    """A tree with a database that rpm 4.18 wrote, of two packages made for this test."""
    directory = tmp_path / "var/lib/rpm"
    directory.mkdir(parents=True)
    (directory / "rpmdb.sqlite").write_bytes(gzip.decompress((DATA / "rpmdb.sqlite.gz").read_bytes()))
    return tmp_path


def test_rpms_sqlite_database_is_read_and_stays_as_it_is(rpm_tree):
    before = [(path.name, path.stat().st_mtime_ns) for path in (rpm_tree / "var/lib/rpm").iterdir()]
    host = Host(str(rpm_tree))
    packages = Packages(host)
    assert packages.package("mailer") == Package("mailer", "2:1.5.0-3.el9", "x86_64")
    assert packages.package("mail") is None
    assert packages.package_of("/usr/bin/mailer").name == "mailer"
    assert packages.package_of("/usr/lib64/libmail.so.4") == Package("libmail", "4-1", "x86_64")
    assert packages.package_of("/usr/lib/libmail.so.4") is None
    assert packages.package_of("/usr/share/mail/words").name in ("mailer", "libmail")
    assert [(path.name, path.stat().st_mtime_ns) for path in (rpm_tree / "var/lib/rpm").iterdir()] == before
    assert host.gaps == []


def test_a_damaged_rpm_database_is_a_gap(rpm_tree):
    database = rpm_tree / "var/lib/rpm/rpmdb.sqlite"
    content = bytearray(database.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    database.write_bytes(content)
    host = Host(str(rpm_tree))
    assert Packages(host).package_of("/usr/bin/mailer") is None
    assert [gap["what"] for gap in host.gaps] == ["/var/lib/rpm/rpmdb.sqlite"]


def test_an_older_rpm_database_of_a_mounted_tree_is_a_gap(tmp_path):
    packages = write(tmp_path, {"var/lib/rpm/Packages": "Berkeley"})
    host = packages._database._host
    assert packages.package("mailer") is None
    assert packages.package_of("/usr/bin/mailer") is None
    assert [gap["what"] for gap in host.gaps] == ["/var/lib/rpm/Packages"]


@pytest.fixture
def older_rpm(tmp_path, monkeypatch):
    """An rpm that answers as rpm 4.18 did. Debian's rpm has no such database any more, so this one is played: the last resort."""
    with tempfile.TemporaryDirectory() as directory:
        # It is run as nobody, who can't enter tmp_path.
        os.chmod(directory, 0o755)
        program = pathlib.Path(directory, "rpm")
        monkeypatch.setattr(rpm, "_PROGRAMS", (str(program),))
        monkeypatch.setattr(rpm, "_DIRECTORIES", (str(tmp_path),))
        (tmp_path / "Packages").write_text("Berkeley")

        def plays(script):
            program.write_text(f"#!/bin/sh\n{script}")
            program.chmod(0o755)
            host = Host()
            return host, rpm.Rpm(host)

        yield plays


def test_rpm_is_asked_once_for_all_files(older_rpm):
    host, database = older_rpm(r"""
printf 'mailer\t2:1.5.0-3.el7\tx86_64\n'
echo "file $6 is not owned by any package"
""")
    assert database.owners(["/bin/sh", "/etc/passwd", "/nonexistent"]) == {"/bin/sh": Package("mailer", "2:1.5.0-3.el7", "x86_64")}
    assert host.gaps == []


def test_files_that_two_packages_share_are_asked_for_one_by_one(older_rpm):
    _host, database = older_rpm(r"""
for path; do
    case $path in
    /bin/sh) printf 'a\t1-1\tx86_64\nb\t1-1\ti686\n' ;;
    /etc/passwd) printf 'setup\t2-1\tnoarch\n' ;;
    esac
done
""")
    assert {path: package.name for path, package in database.owners(["/bin/sh", "/etc/passwd"]).items()} == {
        "/bin/sh": "a",
        "/etc/passwd": "setup",
    }


def test_an_rpm_that_fails_is_a_gap_and_not_asked_again(older_rpm, tmp_path):
    host, database = older_rpm(
        "echo 'error: cannot open Packages database in /var/lib/rpm' >&2; echo 'file /bin/sh is not owned by any package'"
    )
    assert database.owners(["/bin/sh"]) == {}
    assert database.package("mailer") is None
    assert [(gap["what"], gap["why"].split(":")[0]) for gap in host.gaps] == [(f"{tmp_path}/Packages", "rpm can't read it")]


@pytest.mark.requires_root
def test_rpm_never_runs_as_root(older_rpm):
    _host, database = older_rpm(r"printf 'uid\t%s\tx\n' $(id -u)")
    assert database.package("any").version == "65534"


def test_a_host_without_a_database_has_no_packages(tmp_path):
    host = Host(str(tmp_path))
    assert Packages(host).package("mailer") is None
    assert Packages(host).package_of(sys.executable) is None
    assert host.gaps == []
