"""A small tree to audit, and ELF files made to measure, for processors that this machine does not have."""

from __future__ import annotations

import pathlib
import struct

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host

_BASE = 0x10000
_TAGS = {"needed": 1, "soname": 14, "rpath": 15, "runpath": 29}


class Tree:
    """A root file system with one user, alice."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.write("/etc/passwd", "alice:x:0:0::/home/alice:/bin/sh\n")
        (root / "home/alice").mkdir(parents=True)

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file, below the directories that it needs."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link."""
        link = self.root / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)

    def host(self) -> Host:
        """Return a Host that looks at the tree for the first time."""
        return Host(str(self.root))


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> Tree:
    """Return a small tree to audit."""
    return Tree(tmp_path / "root")


@pytest.fixture
def write_elf():
    """Return write(path, **fields), which writes an ELF file with those fields of elf.Elf and returns its path."""

    def write(path: pathlib.Path, number: int = 62, bits: int = 64, order: str = "<", extra: bytes = b"", **fields) -> pathlib.Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(elf_bytes(number, bits, order, fields) + extra)
        return path

    return write


def elf_bytes(number: int, bits: int, order: str, fields: dict) -> bytes:
    """Headers, one string table and a dynamic section, laid out as the System V ABI says; all of it one loaded segment."""
    wide = bits == 64
    header_size, segment_size = (64, 56) if wide else (52, 32)
    strings, entries = b"\0", []
    for name, tag in _TAGS.items():
        values = fields.get(name) or ()
        for value in (values,) if isinstance(values, str) else values:
            entries.append((tag, len(strings)))
            strings += value.encode() + b"\0"
    interpreter = (fields.get("interpreter") or "").encode() + b"\0"
    start = header_size + 3 * segment_size
    table, inter = start, start + len(strings)
    dynamic = inter + len(interpreter)
    entries += [(5, _BASE + table), (10, len(strings)), (0, 0)]
    section = b"".join(struct.pack(order + ("qQ" if wide else "iI"), *entry) for entry in entries)
    segments = [(1, 0, dynamic + len(section)), (2, dynamic, len(section))]
    segments.append((3, inter, len(interpreter)) if fields.get("interpreter") else (0, 0, 0))
    word = "Q" if wide else "I"
    header = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    header += struct.pack(
        order + "HHI" + 3 * word + "IHHHHHH", 3, number, 1, 0, header_size, 0, 0, header_size, segment_size, len(segments), 0, 0, 0
    )
    return header + b"".join(_segment(order, wide, *segment) for segment in segments) + strings + interpreter + section


def _segment(order: str, wide: bool, kind: int, offset: int, size: int) -> bytes:
    address = _BASE + offset
    if wide:
        return struct.pack(order + "IIQQQQQQ", kind, 4, offset, address, address, size, size, 1)
    return struct.pack(order + "IIIIIIII", kind, offset, address, address, size, size, 4, 1)
