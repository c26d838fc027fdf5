# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ini files as programs in Python read them: with the configparser of Python 3, or the ConfigParser of Python 2.

Source: Lib/configparser.py of CPython 3.6 to 3.13 and Lib/ConfigParser.py of 2.7, RawConfigParser._read. Both refuse a whole file
for one line that they do not understand.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Section = collections.namedtuple("Section", "name line entries")
Entry = collections.namedtuple("Entry", "key value line")

DEFAULT = "DEFAULT"
MAX_DEPTH = 10

_HEADER = re.compile(r"\[(?P<header>.+)\]")
_HEADER_2 = re.compile(r"\[(?P<header>[^]]+)\]")
_OPTION = re.compile(r"(?P<option>.*?)\s*[=:]\s*(?P<value>.*)$")
_OPTION_2 = re.compile(r"(?P<option>[^:=\s][^:=]*)\s*[=:]\s*(?P<value>.*)$")
_REFERENCE = re.compile(r"%(?:(?P<percent>%)|\((?P<key>[^)]+)\)s|(?P<wrong>))")


class InterpolationError(Exception):
    """A reference to another value can't be followed; the program itself would give up, or nobody can tell from here."""


def parse(text, python=3):
    """Return the sections of an ini file, {name: Section(name, line, entries)}; the one called DEFAULT holds for all others.

    Args:
        text: the file.
        python: the major version of the Python that reads it, 2 or 3.

    Returns:
        Ordered by first appearance. `entries` maps each key, in lower case, to Entry(key, value, line): the value with its continuation
        lines, each after a line feed, and the line where it begins. References to other values stand as written.

    Raises:
        GrammarError: the program refuses the file here.
    """
    reader = _Reader3() if python >= 3 else _Reader2()
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        reader.line(number, line)
    return reader.sections()


def get(sections, name, key):
    """Return the Entry in force for *key* in the section *name*, its own or the default one; None when there is neither."""
    for section in (name, DEFAULT):
        if section in sections and key in sections[section].entries:
            return sections[section].entries[key]
    return None


def interpolated(sections, name, value, depth=1):
    """Return *value* of the section *name* with its references `%(key)s` followed, as ConfigParser does (BasicInterpolation).

    Raises:
        InterpolationError: a reference leads nowhere, in a circle, or to what may be a secret.
    """

    def follow(match):
        if match.group("percent"):
            return "%"
        key = (match.group("key") or "").lower()
        entry = get(sections, name, key)
        if entry is None or depth > MAX_DEPTH:
            raise InterpolationError("a reference to another value leads nowhere")
        if re.search("pass|secret|token|oauth", key):
            raise InterpolationError("it refers to a secret, which is not read")
        return interpolated(sections, name, entry.value, depth + 1)

    return _REFERENCE.sub(follow, value)


class _Reader:
    """What both have in common: where they are, and what they have read."""

    def __init__(self):
        self._found = collections.OrderedDict()
        self._section = None
        self._entry = None

    def sections(self):
        """Return what was read, values joined."""
        return collections.OrderedDict((name, section._replace(entries=_joined(section))) for name, section in self._found.items())

    def _begin_section(self, name, number):
        self._section = self._found.setdefault(name, Section(name, number, collections.OrderedDict()))
        self._entry = None

    def _begin_entry(self, key, value, number):
        if self._section is None:
            raise GrammarError(number, "a section header, '[' name ']', before the first key")
        if not key:
            raise GrammarError(number, "a key, then '=' or ':' and a value")
        self._entry = Entry(key, [value], number)
        self._section.entries[key] = self._entry


class _Reader3(_Reader):
    """Python 3: deeper indented lines go on, empty ones among them; nothing may stand twice."""

    def __init__(self):
        super().__init__()
        self._indent = 0

    def line(self, number, line):
        """Read the next line."""
        value = line.strip()
        if value[:1] in ("#", ";"):
            return
        if not value:
            if self._entry is not None:
                self._entry.value.append("")
            return
        indent = len(line) - len(line.lstrip())
        if self._entry is not None and indent > self._indent:
            self._entry.value.append(value)
            return
        self._indent = indent
        header = _HEADER.match(value)
        if header:
            name = header.group("header")
            if name in self._found and name != DEFAULT:
                raise GrammarError(number, "no section of the same name again")
            self._begin_section(name, number)
            return
        option = _OPTION.match(value)
        key = option.group("option").rstrip().lower() if option else ""
        if self._section is not None and key in self._section.entries:
            raise GrammarError(number, "no key of the same name again")
        self._begin_entry(key, option.group("value").strip() if option else "", number)


class _Reader2(_Reader):
    """Python 2: any indented line goes on; a semicolon behind a space begins a comment; the last of several keys counts."""

    def line(self, number, line):
        """Read the next line."""
        if not line.strip() or line[0] in "#;" or (line[0] in "rR" and line.split(None, 1)[0].lower() == "rem"):
            return
        if line[0].isspace() and self._entry is not None:
            self._entry.value.append(line.strip())
            return
        header = _HEADER_2.match(line)
        if header:
            self._begin_section(header.group("header"), number)
            return
        option = _OPTION_2.match(line)
        value = option.group("value") if option else ""
        position = value.find(";")
        if position >= 0 and value[position - 1].isspace():
            value = value[:position]
        value = value.strip()
        self._begin_entry(option.group("option").rstrip().lower() if option else "", "" if value == '""' else value, number)


def _joined(section):
    return collections.OrderedDict((key, entry._replace(value="\n".join(entry.value).rstrip())) for key, entry in section.entries.items())
