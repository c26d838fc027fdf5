# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The system's policy of NSS: of its modules' `config` the versions of TLS that it sets.

Sources: NSS, lib/util/utilmod.c (lines and modules), lib/util/utilpars.c (parameters and their quotes), lib/pk11wrap/pk11pars.c (what is
applied, in which order); NSS 3.87 itself where these are not plain.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Setting = collections.namedtuple("Setting", "key value line")

MAX_LINE = 2046  # bytes; NSS takes the rest for another line

_VERSION_KEYS = ("tls-version-min", "tls-version-max")
_OPTIONS = (*_VERSION_KEYS, "dtls-version-min", "dtls-version-max", "rsa-min", "dh-min", "dsa-min")
_VALUE = re.compile(r"[+-]?\d|(?:ssl2\.0|ssl3\.[01]|d?tls1\.[0123])$", re.IGNORECASE)
# Carried out in this order, whatever theirs in the file.
_OPERATIONS = ("disallow", "allow", "disable", "enable")
_LABEL = re.compile(r"\s*([^\s=]+)(=?)")
_UNQUOTED = re.compile(r"(?:[^\s\\]|\\.?)*", re.DOTALL)
_CLOSING = {'"': '"', "'": "'", "(": ")", "[": "]", "{": "}", "<": ">"}


def parse(text):
    """Return what the policy sets as a list of Setting: keys tls-version-min and tls-version-max, each once, values as written.

    Raises:
        GrammarError: a line is longer than NSS can read.
    """
    settings, config = {}, None
    # NSS leaves a last line alone that has no line feed.
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        if len(line.encode("utf-8", "surrogateescape")) > MAX_LINE:
            raise GrammarError(number, f"a line of at most {MAX_LINE} bytes")
        if not line:
            _apply(config, settings)
            config = None
        elif line[0] != "#":
            # Of several in one module the last counts.
            config = next(((value, number) for value in reversed(_configs(line))), config)
    _apply(config, settings)
    return [settings[key] for key in _VERSION_KEYS if key in settings]


def _configs(line):
    """The values of the parameters called `config` in a line: of several when they are quoted, else of one that takes the whole line."""
    label, sign, value = line.partition("=")
    if value.startswith('"'):
        return [value for name, value in _parameters(line) if name == "config"]
    return [value] if sign and label.split()[-1:] and label.split()[-1].lower() == "config" else []


def _parameters(text):
    """The parameters `name=value` of a text as pairs, names in lower case."""
    found, position = [], 0
    label = _LABEL.match(text)
    while label:
        position = label.end()
        if label.group(2):
            value, position = _value(text, position)
            found.append((label.group(1).lower(), value))
        label = _LABEL.match(text, position) if position < len(text) else None
    return found


def _value(text, position):
    closing = _CLOSING.get(text[position : position + 1])
    if closing is None:
        end = _UNQUOTED.match(text, position).end()
        return text[position:end], end
    end = position + 1
    while end < len(text) and text[end] != closing:
        end += 2 if text[end] == "\\" else 1
    return re.sub(r"\\(.)", r"\1", text[position + 1 : end]), end + 1


def _apply(config, settings):
    if config is None:
        return
    text, line = config
    operations = {}
    for name, value in _parameters(text):
        operations.setdefault(name, value)
    for operation in _OPERATIONS:
        for token in operations.get(operation, "").split(":"):
            key, _sign, value = token.partition("=")
            if key.lower() not in _OPTIONS or not value:
                continue
            if not _VALUE.match(value):
                # An unknown value ends the policy there; what came before it stays.
                return
            settings[key.lower()] = Setting(key.lower(), value, line)
