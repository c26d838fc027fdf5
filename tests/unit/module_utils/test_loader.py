"""What a program loads is what the real loader would load."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import elf
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.loader import Loader

GLIBC = "/lib64/ld-linux-x86-64.so.2"
MUSL = "/lib/ld-musl-x86_64.so.1"


@pytest.fixture
def tree(tmp_path, write_elf):
    """Return tree(path, **fields), which adds an ELF file; libraries get their file name as soname."""

    def add(path, **fields):
        if ".so" in path and "soname" not in fields:
            fields["soname"] = os.path.basename(path)
        write_elf(tmp_path / path.lstrip("/"), **fields)

    return add


def closure(tmp_path, program="/bin/program"):
    return list(Loader(Host(str(tmp_path))).closure(program))


@pytest.mark.parametrize("program", ["/usr/bin/openssl", "/usr/bin/git", "/usr/bin/curl", os.path.realpath(sys.executable)])
def test_a_real_program_loads_what_the_real_loader_says(program):
    if not os.path.exists(program):
        pytest.skip(f"needs {program}")
    environment = {"LD_TRACE_LOADED_OBJECTS": "1", "PATH": "/usr/bin:/bin"}
    shown = subprocess.run([program], env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    interpreter = elf.read(Host(), program).interpreter
    expected = {os.path.realpath(path) for path in re.findall(r"(/\S+) \(0x", shown)} - {os.path.realpath(interpreter)}
    assert set(Loader(Host()).closure(program)) - {os.path.realpath(interpreter)} == expected


def test_runpath_comes_before_default_directories(tmp_path, tree):
    tree("/bin/program", interpreter=GLIBC, needed=["libssl.so.3"], runpath="/opt/nothing:/opt/lib")
    tree("/opt/lib/libssl.so.3")
    tree("/usr/lib/libssl.so.3")
    assert closure(tmp_path) == ["/opt/lib/libssl.so.3"]


def test_runpath_is_not_handed_on_but_rpath_is(tmp_path, tree):
    for name, path in (("rpath", "/bin/old"), ("runpath", "/bin/program")):
        tree(path, interpreter=GLIBC, needed=["libmail.so.1"], **{name: "/opt/lib"})
    tree("/opt/lib/libmail.so.1", needed=["libssl.so.3"])
    tree("/opt/lib/libssl.so.3")
    tree("/usr/lib/libssl.so.3")
    assert closure(tmp_path) == ["/opt/lib/libmail.so.1", "/usr/lib/libssl.so.3"]
    assert closure(tmp_path, "/bin/old") == ["/opt/lib/libmail.so.1", "/opt/lib/libssl.so.3"]


def test_an_object_with_a_runpath_ignores_every_rpath(tmp_path, tree):
    tree("/bin/program", interpreter=GLIBC, needed=["libmail.so.1"], rpath="/opt/lib")
    tree("/opt/lib/libmail.so.1", needed=["libssl.so.3"], rpath="/opt/lib", runpath="/opt/nothing")
    tree("/opt/lib/libssl.so.3")
    tree("/usr/lib/libssl.so.3")
    assert closure(tmp_path) == ["/opt/lib/libmail.so.1", "/usr/lib/libssl.so.3"]


def test_musl_hands_its_runpath_on(tmp_path, tree):
    tree("/bin/program", interpreter=MUSL, needed=["libmail.so.1"], runpath="/opt/lib")
    tree("/opt/lib/libmail.so.1", needed=["libssl.so.3"])
    tree("/opt/lib/libssl.so.3")
    tree("/usr/lib/libssl.so.3")
    assert closure(tmp_path) == ["/opt/lib/libmail.so.1", "/opt/lib/libssl.so.3"]


def test_musl_reads_its_own_list_of_directories(tmp_path, tree):
    tree("/bin/program", interpreter=MUSL, needed=["libssl.so.3", "libother.so"])
    tree("/opt/musl/libssl.so.3")
    tree("/usr/lib/libother.so")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/ld-musl-x86_64.path").write_text("/opt/nothing:/opt/none\n/opt/musl\n")
    assert closure(tmp_path) == ["/opt/musl/libssl.so.3"]


@pytest.mark.parametrize("runpath", ["$ORIGIN/../lib/app", "${ORIGIN}/../lib/app", "/opt/$LIB/nothing:/usr/$LIB/app"])
def test_tokens_are_replaced(tmp_path, tree, runpath):
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    tree("/usr/bin/program", interpreter=GLIBC, needed=["libssl.so.3"], runpath=runpath)
    tree("/usr/lib/app/libssl.so.3")
    assert closure(tmp_path, "/usr/bin/program") == ["/usr/lib/app/libssl.so.3"]


def test_a_library_for_another_processor_is_passed_over(tmp_path, tree):
    tree("/bin/program", interpreter=GLIBC, needed=["libssl.so.3"])
    tree("/lib64/libssl.so.3", number=3, bits=32)
    tree("/usr/lib/x86_64-linux-gnu/libssl.so.3")
    assert closure(tmp_path) == ["/usr/lib/x86_64-linux-gnu/libssl.so.3"]


def test_each_soname_is_loaded_once_the_nearest_first(tmp_path, tree):
    tree("/bin/program", interpreter=GLIBC, needed=["liba.so", "libb.so"])
    tree("/lib/liba.so", needed=["libc.so", "libb.so"])
    tree("/lib/libb.so", needed=["liba.so", "libd.so"])
    tree("/lib/libc.so")
    tree("/lib/libd.so")
    assert closure(tmp_path) == ["/lib/liba.so", "/lib/libb.so", "/lib/libc.so", "/lib/libd.so"]


def test_what_is_missing_is_named(tmp_path, tree):
    tree("/bin/program", interpreter=GLIBC, needed=["libssl.so.1.1", "libmail.so"])
    tree("/lib/libmail.so", needed=["libcrypto.so.1.1"])
    loader = Loader(Host(str(tmp_path)))
    assert loader.missing("/bin/program") == ("libssl.so.1.1", "libcrypto.so.1.1")
    assert list(loader.closure("/bin/program")) == ["/lib/libmail.so"]


def test_too_many_libraries_leave_a_gap(tmp_path, tree):
    tree("/bin/program", interpreter=GLIBC, needed=[f"lib{number}.so" for number in range(5)])
    for number in range(5):
        tree(f"/lib/lib{number}.so")
    host = Host(str(tmp_path))
    assert len(Loader(host).closure("/bin/program", limit=3)) == 3
    assert [gap["what"] for gap in host.gaps] == ["/bin/program"]


def test_libraries_are_found_under_their_soname_alone_and_once(tmp_path, tree):
    tree("/usr/lib/libssl.so.1.0.2k", soname="libssl.so.10")
    (tmp_path / "usr/lib/libssl.so.10").symlink_to("libssl.so.1.0.2k")
    (tmp_path / "usr/lib/libssl.so").symlink_to("libssl.so.10")
    (tmp_path / "lib").symlink_to("usr/lib")
    tree("/usr/lib/libssl.so.9", soname="libssl.so.10")
    tree("/usr/lib64/libssl.so.3", number=183)
    (tmp_path / "usr/lib/libssl.so.8").write_text("GROUP ( /lib/libssl.so.10 )")
    found = Loader(Host(str(tmp_path))).libraries(r"libssl\.so(\.\w+)*")
    assert sorted(found) == ["/usr/lib/libssl.so.1.0.2k", "/usr/lib64/libssl.so.3"]


def test_a_damaged_library_is_a_gap_and_a_damaged_cache_too(tmp_path, tree):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/ld.so.cache").write_text("nonsense")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libssl.so.3").write_bytes(b"\x7fELF\x02\x01")
    host = Host(str(tmp_path))
    assert Loader(host).libraries(r"libssl\.so.*") == {}
    assert {gap["what"] for gap in host.gaps} == {"/etc/ld.so.cache", "/lib/libssl.so.3"}


def test_where_a_library_has_what_it_needs_looked_for(tmp_path, tree):
    tree(
        "/opt/app/lib/libssl.so.3",
        needed=("libcrypto.so.3", "/home/builder/libz.so"),
        rpath="/home/builder/lib:lib",
        runpath="$ORIGIN/../own",
    )
    found = Loader(Host(str(tmp_path))).searched("/opt/app/lib/libssl.so.3")
    assert found == ["/home/builder/libz.so", "/home/builder/lib", "/opt/app/lib/../own"]
