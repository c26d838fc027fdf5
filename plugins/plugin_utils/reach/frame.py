# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the reach `shell` sends back: records whose fields are told apart by their lengths."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import ReachError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.program import START

NOT_AGREED = "the answer of the host's shell is not of the agreed form"
MAX_FIELDS = 8
MAX_OUTPUT = 64 * 1024 * 1024
# What want_host in sh/files.sh sends to try the line.
PROBE = b"tab\t line\n octets\303\244\377 ."

Record = tuple[str, ...]


def split(output: bytes, nonce: str) -> tuple[list[Record], bytes]:
    """Return the records in what a host sent, each the texts of its fields, and what comes behind them.

    Bytes that are no UTF-8 become surrogates.

    Raises:
        ReachError: there is no answer, it is cut off, or the connection changed it on its way.
    """
    start = f"{START} {nonce}".encode()
    position = output.find(start)
    if position < 0:
        raise ReachError("the host's shell gave no answer")
    content = output[position + len(start) :]
    if content.startswith(b"\r\n"):
        # A terminal on the way puts a carriage return before each line feed.
        content = content.replace(b"\r\n", b"\n")
    if len(content) > MAX_OUTPUT:
        raise ReachError(f"the host's shell sent more than {MAX_OUTPUT} bytes")
    found: list[Record] = []
    for record, position in _fields(content[1:]):
        if record == [b"end"]:
            return found, content[1 + position :]
        if record[0] == b"probe" and record[1:] != [PROBE]:
            raise ReachError("the connection changes what passes, so what the host's shell sends can't be read")
        found.append(tuple(field.decode("utf-8", "surrogateescape") for field in record))
    raise ReachError("the answer of the host's shell is cut off")


def _fields(content: bytes) -> Iterator[tuple[list[bytes], int]]:
    """Yield the fields of each record, and the place behind it."""
    position = 0
    while position < len(content):
        end = content.find(b"\n", position)
        try:
            count, *lengths = map(int, content[position:end].split(b" "))
        except ValueError:
            raise ReachError(NOT_AGREED) from None
        if end < 0 or count != len(lengths) or not 0 < count <= MAX_FIELDS or min(lengths) < 0:
            raise ReachError(NOT_AGREED)
        position, fields = end + 1, []
        for length in lengths:
            fields.append(content[position : position + length])
            position += length
        if content[position : position + 1] != b"\n":
            return
        position += 1
        yield fields, position
