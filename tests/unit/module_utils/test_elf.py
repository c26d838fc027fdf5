"""ELF files are read as the loader reads them, whatever their processor, and a hostile one costs no more than an error."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import elf
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host


@pytest.mark.parametrize(
    ("number", "bits", "order", "machine"),
    [
        (62, 64, "<", "x86_64"),
        (62, 32, "<", "x32"),
        (3, 32, "<", "i386"),
        (183, 64, "<", "aarch64"),
        (22, 64, ">", "s390x"),
        (20, 32, ">", "ppc"),
        (9999, 64, ">", "elf-9999-64-big"),
    ],
)
def test_every_class_and_byte_order_is_read(tmp_path, write_elf, number, bits, order, machine):
    fields = {
        "interpreter": "/lib/ld.so",
        "soname": "libme.so.1",
        "needed": ("libssl.so.3", "libc.so.6"),
        "rpath": "/old",
        "runpath": "$ORIGIN/../lib",
    }
    write_elf(tmp_path / "program", number, bits, order, **fields)
    assert elf.read(Host(str(tmp_path)), "/program") == elf.Elf(machine=machine, bits=bits, **fields)


@pytest.mark.requires_program("readelf", package="binutils")
def test_a_real_program_is_read_as_readelf_reads_it():
    program = os.path.realpath(sys.executable)
    shown = subprocess.run(["readelf", "-d", "-l", "-W", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    found = elf.read(Host(), program)
    assert list(found.needed) == re.findall(r"\(NEEDED\).*\[(.*)\]", shown)
    assert re.findall(r"\(RUNPATH\).*\[(.*)\]", shown) == ([found.runpath] if found.runpath else [])
    assert f"interpreter: {found.interpreter}]" in shown


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fEL"])
def test_what_is_no_elf_file_is_said_to_be_none(tmp_path, content):
    (tmp_path / "program").write_bytes(content)
    with pytest.raises(elf.NotElf):
        elf.read(Host(str(tmp_path)), "/program")


def test_an_absent_file_is_no_elf_file(tmp_path):
    with pytest.raises(elf.NotElf):
        elf.read(Host(str(tmp_path)), "/program")


def test_a_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "program")
    with pytest.raises(elf.ElfError, match="FIFO"):
        elf.read(Host(str(tmp_path)), "/program")


@pytest.mark.parametrize("bits", [32, 64])
def test_a_cut_file_is_an_error_at_every_length(tmp_path, write_elf, bits):
    path = write_elf(tmp_path / "program", bits=bits, soname="libme.so.1", needed=["libssl.so.3"])
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(elf.ElfError):
            elf.read(Host(str(tmp_path)), "/program")


def test_a_damaged_file_never_raises_anything_else(tmp_path, write_elf):
    path = write_elf(tmp_path / "program", interpreter="/lib/ld.so", soname="libme.so.1", needed=["libssl.so.3"], runpath="/x")
    content, chance, outcomes = path.read_bytes(), random.Random(1), set()
    for _ in range(3000):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(4, len(damaged))] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
        path.write_bytes(damaged)
        try:
            outcomes.add(type(elf.read(Host(str(tmp_path)), "/program")))
        except elf.ElfError as error:
            outcomes.add(type(error))
    assert outcomes == {elf.Elf, elf.ElfError}


def test_strings_are_found_wherever_the_chunks_end(tmp_path):
    host = Host(str(tmp_path))
    for start in (0, 1024 * 1024 - 7, 1024 * 1024, 2 * 1024 * 1024 - 4097, 3 * 1024 * 1024 - 1):
        (tmp_path / "library").write_bytes(b"\0" * start + b"OpenSSL 3.0.20 7 Apr 2026\0" + b"\0" * 1024 * 1024)
        assert elf.find_bytes(host, "/library", [rb"OpenSSL (\d[^\0]*)", rb"LibreSSL"], 1 << 25) == [b"3.0.20 7 Apr 2026", None]


def test_a_pattern_without_a_group_gives_the_whole_match(tmp_path):
    (tmp_path / "library").write_bytes(b"..abc..")
    assert elf.find_bytes(Host(str(tmp_path)), "/library", [rb"b."], 100) == [b"bc"]


def test_nothing_is_searched_beyond_the_limit(tmp_path):
    (tmp_path / "library").write_bytes(b"\0" * 100 + b"needle")
    assert elf.find_bytes(Host(str(tmp_path)), "/library", [rb"needle"], 103) == [None]


def test_an_unreadable_file_leaves_a_gap_and_an_absent_one_none(tmp_path):
    (tmp_path / "library").mkdir()
    host = Host(str(tmp_path))
    assert elf.find_bytes(host, "/nothing", [rb"x"], 10) == [None]
    assert host.gaps == []
    assert elf.find_bytes(host, "/library", [rb"x"], 10) == [None]
    assert [gap["what"] for gap in host.gaps] == ["/library"]
