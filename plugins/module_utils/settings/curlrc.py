# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of curl, as they stand in .curlrc and other configuration files of its (curl(1), --config; tool_parsecfg.c of 7.88).

Only the options in KEPT leave this module: user names, passwords and headers stand among the others.
"""

import collections
import re

# key: the long name; value: None for one that takes none.
Option = collections.namedtuple("Option", "key value file line")

VERSIONS = ("tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "sslv2", "sslv3")
WITH_VALUE = ("url", "tls-max", "ciphers", "tls13-ciphers", "curves", "config", "proto-default")
SWITCHES = ("ssl", "ssl-reqd")
KEPT = VERSIONS + WITH_VALUE + SWITCHES + ("next", "disable")
SHORT = {"1": "tlsv1", "2": "sslv2", "3": "sslv3", "K": "config", "q": "disable", ":": "next"}
ALIASES = {"ftp-ssl": "ssl", "ftp-ssl-reqd": "ssl-reqd"}

_BLANKS = " \t\v\f"
_WORD = re.compile(r"[^ \t\v\f\r]*")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "v": "\v"}


def parse(text, file):
    """Return the Options of a configuration file that are kept, in their order. A switch that is off has a name with no- in front."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip(_BLANKS + "\r")
        # The file's own remarks, and what old documentation allowed besides.
        if not line or line[0] in "#/*":
            continue
        name, value = _split(line)
        key, attached = _key(name)
        if key in WITH_VALUE:
            value = attached or value
            found += [Option(key, value, file, number)] if value else []
        elif key is not None:
            found.append(Option(key, None, file, number))
    return found


def known(name):
    """Return the option that the long *name* stands for: one of KEPT, with no- in front where it is switched off, or None."""
    negated = name.startswith("no-")
    base = ALIASES.get(name[3:] if negated else name, name[3:] if negated else name)
    if negated:
        return "no-" + base if base in SWITCHES else None
    return base if base in KEPT else None


def _key(name):
    if name.startswith("--") or not name.startswith("-"):
        return known(name.lstrip("-") if name.startswith("--") else name), None
    # Letters may stand together, and a value directly behind its letter: what is in front of one that is kept has none.
    key = SHORT.get(name[1:2])
    return (key, name[2:]) if key in WITH_VALUE or len(name) == 2 else (None, None)


def _split(line):
    """Return an option's name and its parameter; between a dash's option and its parameter stands nothing but blanks."""
    separators = _BLANKS if line.startswith("-") else _BLANKS + "=:"
    end = next((at for at, char in enumerate(line) if char in separators), len(line))
    value = line[end:].lstrip(separators)
    return line[:end], _quoted(value) if value.startswith('"') else _WORD.match(value).group()


def _quoted(text):
    value, at = [], 1
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
            value.append(_ESCAPES.get(text[at], text[at]))
        else:
            value.append(text[at])
        at += 1
    return "".join(value)
