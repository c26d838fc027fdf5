# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an ELF file says about itself in its headers and dynamic segment, and strings that stand inside any file.

Layout: System V ABI, chapters 4 and 5 (elf(5)). Only these parts are read, and no number in them is believed beyond its bounds.
"""

import collections
import os
import re
import struct

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable

Elf = collections.namedtuple("Elf", "machine bits interpreter soname needed rpath runpath")
Elf.__doc__ = (
    (Elf.__doc__ or "")
    + """

Attributes:
    machine: processor as `uname -m` spells it, or "elf-NUMBER-BITS-ORDER"; two files fit together when it is the same.
    bits: 32 or 64.
    interpreter: path of the dynamic loader that the program asks for, or None.
    soname: name by which others need this library, or None.
    needed: tuple of the sonames (or paths) that it needs, in load order.
    rpath, runpath: DT_RPATH and DT_RUNPATH as written, or None.
"""
)

_MAX_PROGRAM_HEADERS = 512
_MAX_DYNAMIC = 128 * 1024
_MAX_STRING = 4096
_MAX_NEEDED = 400
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 0, 1, 5, 10, 14, 15, 29
_BITS = {1: 32, 2: 64}
_ORDER = {1: "<", 2: ">"}
_ORDER_WORD = {"<": "little", ">": "big"}

# e_machine numbers: registry of the generic ABI (elf.h).
_MACHINES = {
    (3, 32, "<"): "i386",
    (8, 32, ">"): "mips",
    (8, 32, "<"): "mipsel",
    (8, 64, "<"): "mips64el",
    (20, 32, ">"): "ppc",
    (21, 64, ">"): "ppc64",
    (21, 64, "<"): "ppc64le",
    (22, 64, ">"): "s390x",
    (40, 32, "<"): "arm",
    (43, 64, ">"): "sparc64",
    (62, 64, "<"): "x86_64",
    (62, 32, "<"): "x32",
    (183, 64, "<"): "aarch64",
    (243, 64, "<"): "riscv64",
    (258, 64, "<"): "loongarch64",
}

_CHUNK = 1024 * 1024
_OVERLAP = 4096


class ElfError(Exception):
    """The file can't be read as ELF; the text says why."""


class NotElf(ElfError):
    """There is no such file, or it is none of the ELF kind: a script, say."""


def read(host, path):
    """Return the Elf of *path* as Host *host* sees it. Raises ElfError or NotElf, nothing else."""
    try:
        with host.opened(path) as descriptor:
            return _File(descriptor).elf()
    except Absent:
        raise NotElf("there is no such file") from None
    except Unreadable as error:
        raise ElfError(str(error)) from None


def find_bytes(host, path, patterns, limit):
    """Look for strings in a file without reading it into memory as a whole.

    Args:
        host: the Host.
        path: the file.
        patterns: regular expressions on bytes, each with at most one group; no match may be longer than 4096 bytes.
        limit: bytes of the file, from its beginning, that are searched.

    Returns:
        A list with one entry for each pattern: bytes of its first match (of its group, where it has one), or None. All None when the
        file is absent or, with a gap, when it can't be read.
    """
    found = [None] * len(patterns)
    try:
        with host.opened(path) as descriptor:
            _search(descriptor, [re.compile(pattern) for pattern in patterns], limit, found)
    except Absent:
        pass
    except Unreadable as error:
        host.gap(path, str(error))
    return found


def _search(descriptor, patterns, limit, found):
    tail, position = b"", 0
    while position < limit and None in found:
        chunk = os.pread(descriptor, min(_CHUNK, limit - position), position)
        position += len(chunk)
        window = tail + chunk
        # What begins in the last bytes of a window may go on in the next one, where it stands whole.
        border = len(window) - _OVERLAP if position < limit and len(chunk) == _CHUNK else len(window)
        for index, pattern in enumerate(patterns):
            match = pattern.search(window) if found[index] is None else None
            if match is not None and match.start() < border:
                found[index] = match.group(match.re.groups)
        if not chunk:
            return
        tail = window[-_OVERLAP:]


class _File:
    """One open ELF file."""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        identification = os.pread(descriptor, 16, 0)
        if identification[:4] != b"\x7fELF":
            raise NotElf("is no ELF file")
        try:
            self._bits, self._order = _BITS[identification[4]], _ORDER[identification[5]]
        except (KeyError, IndexError):
            raise ElfError("is an ELF file of an unknown class or byte order") from None

    def elf(self):
        self._machine, segments = self._headers()
        self._loads = [segment for segment in segments if segment.kind == _PT_LOAD]
        entries = self._dynamic(segments)
        strings = self._strings(entries)
        return Elf(
            machine=self._machine,
            bits=self._bits,
            interpreter=self._interpreter(segments),
            soname=next(strings(_DT_SONAME), None),
            needed=tuple(strings(_DT_NEEDED)),
            rpath=next(strings(_DT_RPATH), None),
            runpath=next(strings(_DT_RUNPATH), None),
        )

    def _at(self, offset, size):
        try:
            content = os.pread(self._descriptor, size, offset)
        except (OverflowError, OSError):
            raise ElfError(f"is damaged: a part is said to lie at offset {offset}") from None
        if len(content) < size:
            raise ElfError(f"is cut off: {size} bytes were expected at offset {offset}")
        return content

    def _unpack(self, layout, offset):
        layout = self._order + layout
        return struct.unpack(layout, self._at(offset, struct.calcsize(layout)))

    def _headers(self):
        word = "Q" if self._bits == 64 else "I"
        fields = self._unpack("HHI" + 3 * word + "IHHH", 16)
        number, table, entry_size, count = fields[1], fields[4], fields[8], fields[9]
        if count > _MAX_PROGRAM_HEADERS:
            raise ElfError(f"has {count} program headers: more than {_MAX_PROGRAM_HEADERS} are not read")
        machine = _MACHINES.get((number, self._bits, self._order))
        segments = [self._segment(table + index * entry_size) for index in range(count)]
        return machine or f"elf-{number}-{self._bits}-{_ORDER_WORD[self._order]}", segments

    def _segment(self, offset):
        if self._bits == 64:
            kind, _flags, start, address, _physical, size = self._unpack("IIQQQQ", offset)
        else:
            kind, start, address, _physical, size = self._unpack("IIIII", offset)
        return _Segment(kind, start, address, size)

    def _interpreter(self, segments):
        for segment in segments:
            if segment.kind == _PT_INTERP:
                return _text(self._at(segment.offset, min(segment.size, _MAX_STRING)))
        return None

    def _dynamic(self, segments):
        """Return the dynamic section as a list of (tag, value); empty for a static program."""
        for segment in segments:
            if segment.kind == _PT_DYNAMIC:
                return self._entries(self._at(segment.offset, min(segment.size, _MAX_DYNAMIC)))
        return []

    def _entries(self, content):
        layout = struct.Struct(self._order + ("qQ" if self._bits == 64 else "iI"))
        entries = []
        for tag, value in layout.iter_unpack(content[: len(content) // layout.size * layout.size]):
            if tag == _DT_NULL:
                break
            entries.append((tag, value))
        return entries

    def _strings(self, entries):
        """Return a function that yields the strings of all entries with a given tag."""
        tags = dict(entries)
        if _DT_STRTAB not in tags:
            return lambda tag: iter(())
        table, size = self._offset(tags[_DT_STRTAB]), tags.get(_DT_STRSZ, 0)

        def strings(wanted):
            values = [value for tag, value in entries if tag == wanted]
            return (self._string(table, size, value) for value in values[:_MAX_NEEDED])

        return strings

    def _string(self, table, size, start):
        if start >= size:
            raise ElfError("is damaged: a name is said to lie outside its string table")
        return _text(self._at(table + start, min(size - start, _MAX_STRING)))

    def _offset(self, address):
        for segment in self._loads:
            if segment.address <= address < segment.address + segment.size:
                return segment.offset + address - segment.address
        raise ElfError("is damaged: its string table lies in no loaded segment")


_Segment = collections.namedtuple("_Segment", "kind offset address size")


def _text(content):
    return content.split(b"\0", 1)[0].decode("utf-8", "replace")
