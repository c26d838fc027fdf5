# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file in which ldconfig(8) notes where libraries lie, /etc/ld.so.cache, in both of its formats (glibc, dl-cache.h)."""

import struct

_OLD_MAGIC = b"ld.so-1.7.0\0"
_NEW_MAGIC = b"glibc-ld.so.cache1.1"
_OLD_HEADER, _OLD_ENTRY = "I", "iII"
_NEW_HEADER, _NEW_ENTRY = "II5I", "iIIIQ"
_MAX_NAME = 4096


class CacheError(Exception):
    """The text is no such cache; it says what was expected."""


def parse(content):
    """Return {soname: [path, ...]} of the cache's bytes, those for every processor of the kind before those for particular ones.

    Raises CacheError.
    """
    entries = _new(content, 0) if content.startswith(_NEW_MAGIC) else _old(content)
    libraries = {}
    for _wants_more, soname, path in sorted(entries, key=lambda entry: entry[0]):
        libraries.setdefault(soname, []).append(path)
    return libraries


def _old(content):
    """The format before glibc 2.2; ldconfig wrote the new one behind it until 2.32."""
    if not content.startswith(_OLD_MAGIC):
        raise CacheError("expected a cache of ldconfig in one of its two formats")
    start = len(_OLD_MAGIC)
    for order in "<>":
        table = start + struct.calcsize(order + _OLD_HEADER)
        (count,) = _unpack(order + _OLD_HEADER, content, start)
        names = table + count * struct.calcsize(order + _OLD_ENTRY)
        if names <= len(content):
            behind = (names + 7) // 8 * 8
            if content.startswith(_NEW_MAGIC, behind):
                return _new(content, behind)
            return [(False, *pair) for pair in _pairs(content, order + _OLD_ENTRY, table, names, names)]
    raise CacheError("expected as many entries as its header announces")


def _new(content, base):
    """The format of glibc 2.2 and later; its offsets count from *base*, where its header begins."""
    start = base + len(_NEW_MAGIC)
    for order in "<>":
        table = start + struct.calcsize(order + _NEW_HEADER)
        count, strings = _unpack(order + _NEW_HEADER, content, start)[:2]
        end = table + count * struct.calcsize(order + _NEW_ENTRY)
        if end + strings <= len(content):
            hardware = [entry[4] != 0 for entry in struct.iter_unpack(order + _NEW_ENTRY, content[table:end])]
            pairs = _pairs(content, order + _NEW_ENTRY, table, end, base)
            return [(wants_more, *pair) for wants_more, pair in zip(hardware, pairs)]
    raise CacheError("expected as many entries as its header announces")


def _pairs(content, layout, table, end, names):
    return [
        (_name(content, names + entry[1]), _name(content, names + entry[2])) for entry in struct.iter_unpack(layout, content[table:end])
    ]


def _name(content, start):
    end = content.find(b"\0", start, start + _MAX_NAME)
    if end < 0:
        raise CacheError("expected a name where an entry points to")
    return content[start:end].decode("utf-8", "replace")


def _unpack(layout, content, start):
    try:
        return struct.unpack_from(layout, content, start)
    except struct.error:
        raise CacheError("expected a whole header") from None
