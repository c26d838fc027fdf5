# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dovecot's password databases, as far as they lead a login to another server."""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import dovecot_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# setting: the dovecot_conf.Value in which it stands.
Field = collections.namedtuple("Field", "key value setting")

# What a database gives for each login (a query of SQL, attributes of LDAP), in a file of its own before 2.4.
_QUERIES = ("password_query", "pass_attrs", "query", "passdb_sql_query")
_PROXIES = re.compile(r"\bproxy(?:_maybe)?\b", re.IGNORECASE)
_DATABASES = ("sql", "ldap")
# The names of settings that are looked at here.
WANTED = (
    *("args", "default_fields", "driver", "host", "override_fields", "passdb_driver", "proxy", "proxy_maybe", "ssl", "starttls"),
    *("query", "passdb_sql_query"),
)


def driver(block):
    """The driver of a passdb; since 2.4 its name where there is no other word of it."""
    found = block.values.get("driver") or block.values.get("passdb_driver")
    return found.value if found else block.name


def fields(block):
    """{name: Field} of a passdb, by its lines of fields, or by the block of them that 2.4 has."""
    found = {}
    for key in ("default_fields", "args", "override_fields"):
        if key in block.values and (key != "args" or driver(block) in ("imap", "static")):
            found.update({name: Field(name, value, block.values[key]) for name, value in _fields(block.values[key].value or "")})
    for inner in block.blocks:
        if inner.kind in ("fields", "passdb_fields"):
            found.update({name: Field(name, value.value, value) for name, value in inner.values.items()})
    return found


def is_queried(host, block, affects):
    """Tell whether a database is asked for the proxy of each login; a file that can't be read is a gap that *affects* the client."""
    if driver(block) not in _DATABASES:
        return False
    queries = [block.values[key].value for key in _QUERIES if key in block.values]
    file = (block.values["args"].value or "").rpartition(" ")[2] if "args" in block.values else ""
    if file.startswith("/"):
        try:
            root = dovecot_conf.parse(host.text(file, affects) or "", file, _QUERIES.__contains__)
            queries += [value.value for value in root.values.values()]
        except GrammarError as error:
            host.gap(file, f"{error}; Dovecot refuses the whole file", affects)
    return any(query is not None and _PROXIES.search(query) for query in queries)


def _fields(text):
    """The fields of a passdb: `key=value` or `key`, with blanks between them."""
    return [(word.partition("=")[0], word.partition("=")[2]) for word in text.split()]
