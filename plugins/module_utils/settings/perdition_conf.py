# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""perdition.conf: an option in a line, with its value behind it.

The grammar is that of the comment at the top of that file, and of vanessa_config_file_read, which reads it.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Option = collections.namedtuple("Option", "key value line")

KEPT = (
    "bind_address listen_port outgoing_port outgoing_server ssl_mode ssl_outgoing_ciphers"
    " ssl_outgoing_min_proto_version ssl_outgoing_max_proto_version"
)
_SHORT = {"b": "bind_address", "l": "listen_port", "p": "outgoing_port", "s": "outgoing_server"}
_PIECE = re.compile(r"""'(?P<single>[^']*)'|"(?P<double>[^"]*)"|\\(?P<escaped>.)|(?P<plain>[^'"\\#]+)|(?P<open>['"\\])""", re.DOTALL)


def parse(text):
    """Return the Options of a file that are in KEPT, in their order; keys by their long names.

    Raises:
        GrammarError: a quote is not closed.
    """
    kept, found = KEPT.split(), []
    for number, line in _logical(text):
        key, _blank, value = line.partition(" ")
        key = _SHORT.get(key, key).lstrip("-")
        if key in kept:
            found.append(Option(key, value.strip(), number))
    return found


def _logical(text):
    """Yield (number, line) without comments and quotes; a backslash joins a line to the next."""
    joined, first = "", None
    for number, line in enumerate(text.split("\n"), 1):
        first = first or number
        if line.endswith("\\"):
            joined += line[:-1]
            continue
        line, start, joined, first = _plain(joined + line, first), first, "", None
        if line:
            yield start, line


def _plain(line, number):
    parts, position = [], 0
    while position < len(line) and line[position] != "#":
        match = _PIECE.match(line, position)
        if match.group("open"):
            raise GrammarError(number, "a closing quote")
        parts.append(next(group for group in match.groups() if group is not None))
        position = match.end()
    return re.sub(r"[ \t\r]+", " ", "".join(parts)).strip()
