# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""openssl.cnf, read as OpenSSL reads it: config(5ssl), and OpenSSL 3.0 itself where that page is silent.

A section that occurs twice is continued; a name that occurs twice in a section has its last value, and stands where that was written.
A line that OpenSSL can't read costs the whole file: programs then run as if there were none.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.openssl_cnf_lines import Lines

Value = collections.namedtuple("Value", "name value file line doubt")
Value.__doc__ = (
    (Value.__doc__ or "")
    + """

Attributes:
    doubt: None, or why the value is known only to the program that reads the file.
"""
)

DEFAULT = "default"
MAX_VALUE = 65536  # characters; OpenSSL's own limit, for what variables are replaced by

_SPACE = " \t\r\n"
_NAME = re.compile(r"(?:\\.?|[A-Za-z0-9_!%&*+,\-./;?@^|~])*", re.DOTALL)
_NAME_WITH_DOLLAR = re.compile(r"(?:\\.?|[A-Za-z0-9_!%&*+,\-./;?@^|~$])*", re.DOTALL)
_UNCOMMENTED = re.compile(r"""(?:[^#"'`\\]+|\\.?|"(?:[^"\\]|\\.?)*"?|'(?:[^'\\]|\\.?)*'?|`(?:[^`\\]|\\.?)*`?)*""", re.DOTALL)
_PLAIN = re.compile(r"[^\"'`\\$]+", re.DOTALL)
_WORD, _WORD_WITH_DOLLAR = re.compile(r"[A-Za-z0-9_]*"), re.compile(r"[A-Za-z0-9_$]*")
_ESCAPES = {"r": "\r", "n": "\n", "b": "\b", "t": "\t"}
_TRUE, _FALSE = ("on", "true"), ("off", "false")
_CLOSING = {"{": "}", "(": ")"}


class Document:
    """A configuration with all that it includes.

    Attributes:
        doubts: list of (file, line, why) about lines that only a running program could follow.
    """

    def __init__(self):
        self.doubts = []
        self._sections = {DEFAULT: collections.OrderedDict()}

    def section(self, name):
        """Return the list of Value of a section, in order, or None when there is no such section."""
        return list(self._sections[name].values()) if name in self._sections else None

    def find(self, section, name):
        """Return the Value of *name* in *section*, or None."""
        return self._sections.get(section, {}).get(name)

    def open(self, section):
        """Begin or continue a section."""
        self._sections.setdefault(section, collections.OrderedDict())

    def set(self, section, value):
        """Put a Value in a section, in the place of one with its name."""
        self.open(section)
        self._sections[section].pop(value.name, None)
        self._sections[section][value.name] = value


def parse(text, file, include, include_directory=None):
    """Read a configuration.

    Args:
        text: the main file.
        file: its path.
        include: function of a path that returns the text of that file, the list of the names in that directory, or None when it is
            absent or can't be read (which OpenSSL passes over).
        include_directory: the value of OPENSSL_CONF_INCLUDE, which relative paths of files to include are relative to.

    Returns:
        The Document.

    Raises:
        openssl_cnf_lines.ConfigError: OpenSSL would refuse the file.
    """
    return _Parser(Lines(text, file, include), include_directory).document()


class _Parser:
    def __init__(self, lines, include_directory):
        self._lines = lines
        self._include_directory = include_directory
        self._document = Document()
        self._section = DEFAULT
        self._dollar_is_a_letter = False
        self._absolute_only = False

    def document(self):
        for line in self._lines:
            self._read(line)
        return self._document

    def _read(self, line):
        line = _UNCOMMENTED.match(line).group().lstrip(_SPACE)
        if not line:
            return
        if line[0] == "[":
            self._section = self._header(line)
            self._document.open(self._section)
        else:
            self._assignment(line)

    def _names(self, line, start):
        """The position behind the name that begins at *start*."""
        return (_NAME_WITH_DOLLAR if self._dollar_is_a_letter else _NAME).match(line, start).end()

    def _header(self, line):
        start = _skip_space(line, 1)
        end = self._names(line, start)
        while not line.startswith("]", _skip_space(line, end)):
            position = _skip_space(line, end)
            end = self._names(line, position)
            if end == position:
                raise self._lines.error("']' after the name of a section")
        return self._expand(line[start:end], None)[0]

    def _assignment(self, line):
        section, start, end = self._section, 0, self._names(line, 0)
        if line.startswith("::", end):
            section, start = line[:end], end + 2
            end = self._names(line, start)
        position = _skip_space(line, end)
        has_sign = line.startswith("=", position)
        for directive, follow in ((".pragma", self._pragma), (".include", self._follow_include)):
            # OpenSSL compares the beginning only, so that ".includes = x" is one, too.
            if line.startswith(directive, start) and (position != start + len(directive) or has_sign):
                follow(line[_skip_space(line, position + 1) if has_sign else position :].rstrip(_SPACE), section)
                return
        if not has_sign:
            raise self._lines.error("'=' after a name")
        value, doubt = self._expand(line[position + 1 :].strip(_SPACE), section)
        self._set(section, line[start:end], value, doubt)

    def _set(self, section, name, value, doubt):
        file, directory, before = self._lines.file, self._lines.directory, self._document.find(section, name)
        if before and directory and before.file != file and before.file.startswith(directory + "/"):
            doubt = doubt or f"two files in {directory} set it, and in which order they are read, only the file system knows"
        self._document.set(section, Value(name, value, file, self._lines.line, doubt))

    def _pragma(self, text, _section):
        name, colon, value = text.partition(":")
        if not (name and colon and value):
            raise self._lines.error("a pragma of the form NAME:VALUE")
        name, value = name.rstrip(_SPACE), value.lstrip(_SPACE)
        if name == "dollarid":
            self._dollar_is_a_letter = self._switch(value)
        elif name == "abspath":
            self._absolute_only = self._switch(value)
        elif name == "includedir":
            self._include_directory = self._include_directory or value

    def _switch(self, value):
        if value.lower() not in _TRUE + _FALSE:
            raise self._lines.error("on or off as the value of a pragma")
        return value.lower() in _TRUE

    def _follow_include(self, text, section):
        path, doubt = self._expand(text, section)
        if self._include_directory and not path.startswith("/"):
            path = self._include_directory.rstrip("/") + "/" + path
        if not path.startswith("/"):
            if self._absolute_only:
                raise self._lines.error("an absolute path of a file to include")
            doubt = doubt or "a relative path leads to another file for each program"
        if doubt:
            self._document.doubts.append((self._lines.file, self._lines.line, doubt))
        else:
            self._lines.include(path)

    # Values

    def _expand(self, text, section):
        """Return a value without its quotes and escapes and with its variables replaced, and a doubt or None."""
        parts, length, doubt, position = [], 0, None, 0
        while position < len(text):
            sign = text[position]
            if sign in "\"'`":
                part, position = _quoted(text, position)
            elif sign == "\\":
                part = _ESCAPES.get(text[position + 1 : position + 2], text[position + 1 : position + 2])
                position += 2
            elif sign == "$" and not (self._dollar_is_a_letter and text[position + 1 : position + 2] not in _CLOSING):
                part, position, doubted = self._variable(text, position + 1, section)
                doubt = doubt or doubted
            else:
                plain = _PLAIN.match(text, position)
                part, position = (plain.group(), plain.end()) if plain else (sign, position + 1)
            parts.append(part)
            length += len(part)
            if length > MAX_VALUE:
                raise self._lines.error(f"a value of at most {MAX_VALUE} characters")
        return "".join(parts), doubt

    def _variable(self, text, position, section):
        closing = _CLOSING.get(text[position : position + 1])
        position += 1 if closing else 0
        word = _WORD_WITH_DOLLAR if self._dollar_is_a_letter else _WORD
        name = word.match(text, position)
        if text.startswith("::", name.end()):
            section, name = name.group(), word.match(text, name.end() + 2)
        position = name.end()
        if closing and not text.startswith(closing, position):
            raise self._lines.error(f"'{closing}' after the name of a variable")
        value, doubt = self._value_of(section, name.group())
        return value, position + (1 if closing else 0), doubt

    def _value_of(self, section, name):
        found = self._document.find(section, name)
        if found is None and section == "ENV":
            return "", f"it depends on the environment variable {name} of each program"
        found = found or self._document.find(DEFAULT, name)
        if found is None:
            raise self._lines.error("a variable that was given a value before")
        return found.value, found.doubt


def _skip_space(line, position):
    while position < len(line) and line[position] in _SPACE:
        position += 1
    return position


def _quoted(text, position):
    """The text between a quotation mark and the next one like it, and the position behind; escapes stand for the sign after them."""
    mark, letters = text[position], []
    position += 1
    while position < len(text) and text[position] != mark:
        if text[position] == "\\":
            position += 1
        letters.append(text[position : position + 1])
        position += 1
    return "".join(letters), position + 1
