# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lines of an openssl.cnf and of the files that it includes, in the order in which OpenSSL reads them (crypto/conf/conf_def.c)."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

MAX_NESTED = 20
MAX_FILES = 1000
MAX_LINE = 1024 * 1024

_CONFIGURATION = re.compile(r".\.(cnf|conf)$", re.IGNORECASE)


class ConfigError(GrammarError):
    """The file can't be read as OpenSSL's configuration; `file` is the one that `line` counts in."""

    def __init__(self, file: str, line: int, expected: str):
        super().__init__(line, expected)
        self.file = file


class Lines:
    """Iterator over the logical lines: continued ones joined, and files included while the lines before are worked upon.

    Attributes:
        file, line: where the last line ended.
        directory: the included directory that `file` is one of, or None.
    """

    def __init__(self, text, file, include):
        self._include = include
        self._source = _Source(text, file, None)
        self._waiting = []
        self._rest_of_directory = None
        self._files = 0

    file = property(lambda self: self._source.file)
    line = property(lambda self: self._source.line)
    directory = property(lambda self: self._source.directory)

    def error(self, expected):
        """Return the ConfigError for the last line."""
        return ConfigError(self.file, self.line, expected)

    def __iter__(self):
        while True:
            line = self._logical_line()
            if line is not None:
                yield line
            elif not self._go_on():
                return

    def include(self, path):
        """Go on with the file *path*, or the .cnf and .conf files of that directory; what is not there is passed over."""
        included = self._include(path)
        if isinstance(included, str):
            self._begin(_Source(included, path, self.directory))
        # OpenSSL passes over a directory in one that is being included.
        elif included is not None and self._rest_of_directory is None:
            self._rest_of_directory = (path + "/" + name for name in included if _CONFIGURATION.search(name))
            source = self._next_of_directory(path)
            if source is not None:
                self._begin(source)

    def _begin(self, source):
        self._waiting.append(self._source)
        self._source = source
        if len(self._waiting) > MAX_NESTED:
            raise self.error(f"files that include each other no more than {MAX_NESTED} deep")

    def _logical_line(self):
        """A line with those that continue it, or None at the end of the file."""
        line = next(self._source, None)
        while line is not None and line.endswith("\\") and not line.endswith("\\\\"):
            line = line[:-1] + next(self._source, "")
            if len(line) > MAX_LINE:
                raise self.error("an end of the continued line")
        return line

    def _go_on(self):
        """After the end of a file comes the next one of the directory that is being included, and only then the file that included it."""
        source = self._next_of_directory(self.directory) if self._rest_of_directory is not None else None
        if source is None and self._waiting:
            source = self._waiting.pop()
        if source is None:
            return False
        self._source = source
        return True

    def _next_of_directory(self, directory):
        for file in self._rest_of_directory:
            text = self._include(file)
            if isinstance(text, str):
                self._files += 1
                if self._files > MAX_FILES:
                    raise self.error(f"no more than {MAX_FILES} included files")
                return _Source(text, file, directory)
        self._rest_of_directory = None
        return None


class _Source:
    """One file, and how far it was read."""

    def __init__(self, text, file, directory):
        self.file = file
        self.line = 0
        self.directory = directory
        self._lines = iter(text[1:].split("\n") if text.startswith("\ufeff") else text.split("\n"))

    def __iter__(self):
        return self

    def __next__(self):
        line = next(self._lines)
        self.line += 1
        return line.rstrip("\r\n")
