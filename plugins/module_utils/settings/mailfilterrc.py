# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of mailfilter: its accounts (mailfilterrc(5), and what mailfilter 0.8.9 takes).

Of the keywords of an account USER and PASS are looked at for their place alone.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Value = collections.namedtuple("Value", "text file line")
# server, protocol, port: each a Value.
Account = collections.namedtuple("Account", "server protocol port")

PROTOCOLS = ("pop3", "pop3/ssl", "apop", "apop/ssl")
# What may be read in full; of everything else the keyword alone.
PLAIN = ("include", "server", "protocol", "port")
# mailfilterrc(5): these stand together, in this order.
_ACCOUNT = ("server", "user", "pass", "protocol", "port")
# fmt: off
_OTHERS = (
    "allow", "del_duplicates", "deny", "deny_case", "deny_nocase", "highscore", "logfile", "maxlength", "maxsize_allow",
    "maxsize_deny", "maxsize_score", "normal", "reg_case", "reg_type", "score", "score_case", "score_nocase", "show_headers",
    "test", "timeout", "verbose",
)
# fmt: on
KEYWORDS = ("include",) + _ACCOUNT + _OTHERS
_LINE = re.compile(r"(?P<keyword>\w+)\b[^=<]*(?:=|<>)[ \t]*(?P<value>.*)\Z", re.DOTALL)
_QUOTED = re.compile(r'"([^"]*)"\Z')


def parse(text, file, include):
    """Return the Accounts of a file, with those of the files that it includes.

    Args:
        text: the file.
        file: its path.
        include: function from a Value, the path as it is written, to (path, text) of that file, or to None.

    Raises:
        GrammarError: mailfilter ends with an error here, or it is written in a way that was not tried.
    """
    found, block = [], []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        keyword = match.group("keyword").lower() if match else ""
        expected = _ACCOUNT[len(block)]
        if keyword == expected:
            block.append(Value(_text(keyword, match.group("value"), number), file, number))
        elif block:
            raise GrammarError(number, expected.upper() + ", as the lines of an account have their order")
        elif keyword == "include" and include is not None:
            included = include(Value(_text(keyword, match.group("value"), number), file, number))
            found.extend(parse(included[1], included[0], None) if included else ())
        elif keyword not in _OTHERS:
            raise GrammarError(number, "a keyword of mailfilter, and its value behind an equals sign in the same line")
        if len(block) == len(_ACCOUNT):
            found.append(Account(block[0], block[3], block[4]))
            block = []
    if block:
        raise GrammarError(number, _ACCOUNT[len(block)].upper() + ", as the lines of an account have their order")
    return found


def _text(keyword, value, number):
    """The text of a value; of one that is or may be a secret nothing."""
    if keyword == "port":
        if not (value.isdigit() and len(value) <= 5):
            raise GrammarError(number, "the number of a port")
        return value
    if keyword in ("user", "pass"):
        return None
    match = _QUOTED.match(value)
    if match is None:
        raise GrammarError(number, "a value in double quotes, and nothing behind it")
    if keyword == "protocol" and match.group(1).lower() not in PROTOCOLS:
        raise GrammarError(number, "one of " + ", ".join(PROTOCOLS))
    return match.group(1)
