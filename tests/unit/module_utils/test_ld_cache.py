"""The cache of ldconfig, in the formats that its releases wrote."""

from __future__ import annotations

import pathlib
import re
import struct
import subprocess

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import ld_cache

LIBRARIES = [("libssl.so.3", "/opt/lib/libssl.so.3"), ("libc.so.6", "/lib/libc.so.6"), ("libssl.so.3", "/lib/libssl.so.3")]


def new_format(libraries, order="<", hardware=()):
    names = b"".join(soname.encode() + b"\0" + path.encode() + b"\0" for soname, path in libraries)
    entries, start = b"", 48 + 24 * len(libraries)
    for soname, path in libraries:
        behind = start + len(soname) + 1
        entries += struct.pack(order + "iIIIQ", 3, start, behind, 0, 1 << 62 if path in hardware else 0)
        start = behind + len(path) + 1
    return b"glibc-ld.so.cache1.1" + struct.pack(order + "II5I", len(libraries), len(names), 0, 0, 0, 0, 0) + entries + names


def old_format(libraries, order="<"):
    entries, start, names = b"", 0, b""
    for soname, path in libraries:
        entries += struct.pack(order + "iII", 3, start, start + len(soname) + 1)
        names += soname.encode() + b"\0" + path.encode() + b"\0"
        start = len(names)
    return b"ld.so-1.7.0\0" + struct.pack(order + "I", len(libraries)) + entries, names


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_formats_in_both_byte_orders_hold_the_libraries_in_order(order):
    expected = {"libssl.so.3": ["/opt/lib/libssl.so.3", "/lib/libssl.so.3"], "libc.so.6": ["/lib/libc.so.6"]}
    assert ld_cache.parse(new_format(LIBRARIES, order)) == expected
    assert ld_cache.parse(b"".join(old_format(LIBRARIES, order))) == expected


def test_the_new_format_behind_the_old_one_counts():
    old, _names = old_format(LIBRARIES[:1])
    old += bytes(-len(old) % 8)
    assert ld_cache.parse(old + new_format(LIBRARIES[1:2])) == {"libc.so.6": ["/lib/libc.so.6"]}


def test_what_only_some_processors_take_comes_last():
    found = ld_cache.parse(new_format(LIBRARIES, hardware=["/opt/lib/libssl.so.3"]))
    assert found["libssl.so.3"] == ["/lib/libssl.so.3", "/opt/lib/libssl.so.3"]


def test_a_cut_cache_is_refused():
    content = new_format(LIBRARIES)
    for length in range(len(content)):
        with pytest.raises(ld_cache.CacheError):
            ld_cache.parse(content[:length])


@pytest.mark.skipif(not pathlib.Path("/sbin/ldconfig").exists(), reason="needs glibc's ldconfig")
def test_this_machines_cache_is_read_as_ldconfig_prints_it():
    printed = subprocess.run(["/sbin/ldconfig", "-p"], stdout=subprocess.PIPE, text=True, check=True).stdout
    expected = {tuple(line) for line in re.findall(r"^\t(\S+) \(.*\) => (\S+)$", printed, re.MULTILINE)}
    found = ld_cache.parse(pathlib.Path("/etc/ld.so.cache").read_bytes())
    assert {(soname, path) for soname, paths in found.items() for path in paths} == expected
