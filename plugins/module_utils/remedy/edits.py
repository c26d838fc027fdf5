# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways in which one setting in a text could be changed: pure guesses, each of which a reader of the file has to confirm."""

import re

# A value may go on in the lines that follow the one where its setting begins.
_MAX_LINES = 4
_QUOTES = "\"'"
_OFF = ("no", "off", "false", "0")
_BETWEEN = r"[\"']?\s+[\"']?"


def replacements(text, line, key, value, new):
    """Yield texts in which the *value* of the setting *key* that begins in *line* is *new*, the likeliest first.

    Args:
        text: the whole file.
        line: line of the setting, counted from 1.
        key, value: as the reader of the file gave them.
        new: the value that it is to have.
    """
    start, end = _region(text, line)
    for first, last in _places(text, start, end, key, value):
        quoted = text[first - 1 : first] in tuple(_QUOTES) and text[last : last + 1] == text[first - 1 : first]
        for spelling in [new] if quoted else [new, '"' + new + '"', "'" + new + "'"]:
            yield text[:first] + spelling + text[last:]
        behind = _end_of_key(text, start, first, key)
        if "\n" in text[behind:first]:
            # The value begins in a later line, and that may be a part of it.
            yield text[:behind] + text[behind:first].partition("\n")[0].rstrip() + " " + new + text[last:]
    if value.lower() in _OFF:
        yield from _switched_on(text, start, end, key)


def removals(text, line, key, value):
    """Yield texts without the setting *key* of that *value* that begins in *line*, the likeliest first.

    A line that holds nothing else goes as a whole; where that would change more, it stays as an empty one.
    """
    start, end = _region(text, line)
    for first, last in _places(text, start, end, key, value):
        begin = _begin_of_key(text, start, first, key)
        if begin is None:
            continue
        finish = _past_quote(text, first, last)
        yield from _without(text, begin, finish)
    for begin, finish in _words(text, start, end, key):
        # A key that stands alone is a switch, whose value no text has.
        yield from _without(text, begin, finish)


def _without(text, begin, finish):
    line_start, line_end = text.rfind("\n", 0, begin) + 1, _line_end(text, finish)
    if not (text[line_start:begin] + text[finish:line_end]).strip(" \t\r;,"):
        yield text[:line_start] + text[line_end + 1 :]
        yield text[:line_start] + text[line_end:]
    yield text[:begin].rstrip(" \t") + text[finish:]
    yield text[:begin] + text[finish:].lstrip(" \t")


def _switched_on(text, start, end, key):
    """A switch may be off by the word no before it, as one word with it, or by another word for setting it."""
    for first, _last in _words(text, start, end, "no" + key):
        yield text[:first] + text[first + len("no") :]
    for first, _last in _words(text, start, end, "unset"):
        yield text[:first] + text[first + len("un") :]


def _words(text, start, end, word):
    """Return where *word* stands by itself, the dashes of an option included."""
    pattern = re.compile(r"(?<![\w.])-{0,2}" + re.escape(word) + r"(?![\w.])", re.IGNORECASE)
    return [match.span() for match in pattern.finditer(text, start, end)]


def _region(text, line):
    start = 0
    for _number in range(line - 1):
        start = text.find("\n", start) + 1
        if not start:
            return len(text), len(text)
    end = start
    for _number in range(_MAX_LINES):
        end = _line_end(text, end) + 1
    return start, min(end, len(text))


def _line_end(text, position):
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _places(text, start, end, key, value):
    """Return where *value* stands, (first, last), those behind the key before others, the nearest first."""
    words = value.split()
    if not words:
        return []
    pattern = re.compile(r"(?<!\w)" * words[0][0].isalnum() + _BETWEEN.join(re.escape(word) for word in words) + r"(?!\w)")
    found = [match.span() for match in pattern.finditer(text, start, end)]
    behind = _end_of_key(text, start, end, key)
    return sorted(found, key=lambda span: (span[0] < behind, span[0]))


def _end_of_key(text, start, end, key):
    match = re.compile(re.escape(key), re.IGNORECASE).search(text, start, end)
    return match.end() if match else start


def _begin_of_key(text, start, before, key):
    found = list(re.compile(re.escape(key), re.IGNORECASE).finditer(text, start, before))
    if not found:
        return None
    begin = found[-1].start()
    # A quote or the dashes of an option belong to the key.
    while begin > start and text[begin - 1] in _QUOTES + "-":
        begin -= 1
    return begin


def _past_quote(text, first, last):
    is_quoted = text[first - 1 : first] in tuple(_QUOTES) and text[last : last + 1] == text[first - 1 : first]
    return last + 1 if is_quoted else last
