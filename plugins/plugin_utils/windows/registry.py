# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `reg query` prints, and what can be concluded from it: a key is there, is absent, or could not be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ROOTS = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS"}
# Four blanks, the name (blanks allowed), the type, the data; reg.exe drops the blanks behind a type without data.
_VALUE = re.compile(r"^ {4}(?P<name>.*?) {4}(?P<type>REG_[A-Z_]+)(?: {4}(?P<data>.*))?\Z")
_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,16}\Z")
MAX_DATA = 4096


@dataclass(frozen=True)
class Value:
    """One registry value: its type as reg.exe names it, and its data as reg.exe prints it."""

    type: str
    data: str

    @property
    def number(self) -> int | None:
        """The data of a REG_DWORD, unsigned; None for another type or data that is no number."""
        if self.type != "REG_DWORD" or not _NUMBER.match(self.data):
            return None
        return int(self.data, 16) & 0xFFFFFFFF

    @property
    def text(self) -> str | None:
        """The text of a string, also of one that is kept as UTF-16 in a REG_BINARY; None for another type."""
        if self.type in ("REG_SZ", "REG_EXPAND_SZ"):
            return self.data
        if self.type != "REG_BINARY":
            return None
        try:
            return bytes.fromhex(self.data).decode("utf-16-le").split("\0", 1)[0]
        except ValueError:
            return None

    @property
    def texts(self) -> list[str]:
        """The strings of a REG_MULTI_SZ, or of a REG_SZ that lists them with commas between."""
        separator = "\\0" if self.type == "REG_MULTI_SZ" else ","
        return [word.strip() for word in self.data.split(separator) if word.strip()]


@dataclass
class Answer:
    """The output of one `reg query`, read.

    Attributes:
        values: by key as it was printed, and name.
        keys: all keys that were printed.
        doubts: keys whose output can be read in more than one way, because a value holds line breaks.
    """

    values: dict[str, dict[str, Value]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def full(key: str) -> str:
    """Return *key* with its root written out, as reg.exe prints it."""
    root, separator, rest = key.partition("\\")
    return _ROOTS.get(root.upper(), root.upper()) + separator + rest


def parse(lines: list[str], asked: str) -> Answer:
    """Return what a query of the key *asked* printed.

    A line that names a key outside of it is no heading but data of a value with line breaks. Nothing here depends on the
    language of the host: messages are neither heading nor value, and are left out before the first heading.
    """
    answer = Answer()
    root = full(asked).lower()
    key: str | None = None
    last: str | None = None
    for line in lines:
        found = _VALUE.match(line)
        if _is_within(line.rstrip().lower(), root) and line[:1] != " ":
            key, last = line.rstrip(), None
            answer.keys.append(key)
        elif key is not None and found:
            last = found["name"]
            _add(answer, key, last, Value(found["type"], (found["data"] or "")[:MAX_DATA]))
        elif not line.strip():
            # What follows a blank line and is neither is the sentence with which a search ends.
            last = None
        elif key is not None and last is not None:
            _continue(answer, key, last, line)
    return answer


def _is_within(line: str, root: str) -> bool:
    return line == root or line.startswith(root + "\\")


def _add(answer: Answer, key: str, name: str, value: Value) -> None:
    values = answer.values.setdefault(key, {})
    if name.lower() in (known.lower() for known in values):
        _doubt(answer, key)
        return
    values[name] = value


def _continue(answer: Answer, key: str, name: str, line: str) -> None:
    """A value with line breaks may also have written any line behind it, so the whole key is in doubt."""
    value = answer.values[key].get(name)
    if value is not None and value.type in ("REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ"):
        answer.values[key][name] = Value(value.type, f"{value.data}\n{line}"[:MAX_DATA])
        _doubt(answer, key)


def _doubt(answer: Answer, key: str) -> None:
    if key not in answer.doubts:
        answer.doubts.append(key)
