# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""stunnel's configuration: its services, with what they take over from the part before the first of them.

The grammar is that of stunnel(8) 5.68 and its source, src/options.c. Only the options in _SINGLE and _LISTS leave this module.
"""

import collections

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.included import Included

Option = collections.namedtuple("Option", "key value file line")
Service = collections.namedtuple("Service", "name file line options lists")
Service.__doc__ = (
    (Service.__doc__ or "")
    + """

Attributes:
    name: as it stands in the header; None for the part before the first header, which is the only service where there is no other.
    options: {key in lower case: Option} of those that are there once, the last one.
    lists: {key in lower case: [Option]} of those that add up.
"""
)

MAX_DEPTH = 8
MAX_SERVICES = 1000
_SINGLE = (
    "client", "protocol", "protocolhost", "ciphers", "ciphersuites", "curve", "curves", "sslversion", "sslversionmin", "sslversionmax",
    "securitylevel", "fips", "engine", "enginedefault",
)  # fmt: skip
_LISTS = ("accept", "connect", "options", "config")
# What may be read in full.
PLAIN = (*_SINGLE, *_LISTS, "include")
_SPACE = " \t\r\v\f"
_LONGEST = 16384


def parse(text, file, include=None):
    """Return the services of a configuration, those that are their own servers among them.

    Args:
        text: the main file.
        file: its path.
        include: function of a directory that returns the (path, text) of its regular files in the order of their names.

    Raises:
        GrammarError: stunnel would not start with it.
    """
    reader = _Reader(include or (lambda _directory: ()))
    reader.file(text, file, 0)
    services = reader.services
    return services[1:] if len(services) > 1 else services


class _Reader:
    def __init__(self, include):
        self._include = include
        self.services = []
        self._included = Included()

    def file(self, text, file, depth):
        if not self.services:
            self.services.append(Service(None, file, 1, {}, {}))
        # A byte order mark counts in the first line alone.
        for number, line in enumerate((text[1:] if text.startswith("\ufeff") else text).split("\n"), 1):
            if len(line) >= _LONGEST:
                raise GrammarError(number, "a shorter line")
            line = line.replace("\r", "").strip(_SPACE)
            if not line or line[0] in "#;":
                continue
            if line[0] == "[" and line[-1] == "]":
                self._section(line[1:-1], file, number)
            else:
                self._option(line, file, number, depth)

    def _section(self, name, file, number):
        if len(self.services) > MAX_SERVICES:
            raise GrammarError(number, "fewer services")
        common = self.services[0]
        lists = {key: list(options) for key, options in common.lists.items()}
        self.services.append(Service(name, file, number, dict(common.options), lists))

    def _option(self, line, file, number, depth):
        key, equals, value = line.partition("=")
        if not equals:
            raise GrammarError(number, "'=' behind the name of an option")
        key, value = key.rstrip(_SPACE).lower(), value.lstrip(_SPACE)
        service = self.services[-1]
        if key == "include":
            self._files_of(value, number, depth)
        elif key in _LISTS:
            service.lists.setdefault(key, []).append(Option(key, value, file, number))
        elif key in _SINGLE:
            if key == "client" and value.lower() not in ("yes", "no"):
                raise GrammarError(number, "yes or no")
            service.options[key] = Option(key, value, file, number)
            if key == "sslversion":
                # It sets both bounds, each of which a later line may set again.
                service.options.update({"sslversionmin": service.options[key], "sslversionmax": service.options[key]})

    def _files_of(self, directory, number, depth):
        if depth >= MAX_DEPTH:
            raise GrammarError(number, "fewer directories that include each other")
        for path, text in self._included.counted(self._include(directory), number):
            self.file(text, path, depth + 1)
