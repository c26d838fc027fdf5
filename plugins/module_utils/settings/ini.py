# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of `[section]` and `key = value` lines, read in order, with nothing merged: keys and sections may repeat."""

import collections

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Entry = collections.namedtuple("Entry", "key value line")
Section = collections.namedtuple("Section", "name line entries")

MAX_ERRORS = 100


def parse(text: str, comments="#;", separators="="):
    """Read an ini file as its lines stand: no continuation, no quoting, no comment behind a value, no interpolation.

    Args:
        text: the file.
        comments: characters that begin a comment where they are the first in a line.
        separators: characters that end a key; the first one in the line counts.

    Returns:
        (sections, errors). A list of Section(name, line, entries) in file order, names and keys case as written, spaces
        around keys and values removed; the section before the first header, named None, is there when it has entries.
        A list of GrammarError, one for each line (the first hundred) that is neither header, entry nor comment. What
        follows a broken header belongs to no section, and is left out.
    """
    errors = []  # type: list
    sections = [Section(None, 1, [])]
    section = sections[0]
    for number, line in enumerate(_lines(text), start=1):
        line = line.strip(" \t")
        if not line or line[0] in comments:
            continue
        try:
            if line[0] == "[":
                # One of no name takes what follows a broken header, and is not in the list.
                section = Section(None, number, [])
                section = Section(_header(line, number), number, [])
                sections.append(section)
            else:
                section.entries.append(_entry(line, number, separators))
        except GrammarError as error:
            if len(errors) < MAX_ERRORS:
                errors.append(error)
    return [found for found in sections if found.name is not None or found.entries], errors


def last(sections, name, key):
    """Return the Entry that stands for *key* in the sections called *name* where a later one replaces an earlier, or None."""
    found = [entry for section in sections if section.name == name for entry in section.entries if entry.key == key]
    return found[-1] if found else None


def _lines(text):
    if text.startswith("\ufeff"):
        text = text[1:]
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _header(line, number):
    if line[-1] != "]":
        raise GrammarError(number, "']' at the end of a section header")
    return line[1:-1].strip(" \t")


def _entry(line, number, separators):
    position = min((line.find(mark) for mark in separators if mark in line), default=-1)
    if position < 0:
        raise GrammarError(number, f"a key, then '{separators[0]}' and a value")
    return Entry(line[:position].rstrip(" \t"), line[position + 1 :].lstrip(" \t"), number)
