# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dovecot's password databases, as far as they lead a login to another server."""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import includes
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import dovecot_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# setting: the dovecot_conf.Value in which it stands.
Field = collections.namedtuple("Field", "key value setting")

# What a database gives for each login (a query of SQL, attributes of LDAP), in a file of its own before 2.4.
_QUERIES = ("password_query", "pass_attrs", "query", "passdb_sql_query")
_PROXIES = re.compile(r"\bproxy(?:_maybe)?\b", re.IGNORECASE)
_DATABASES = ("sql", "ldap")
# Of a file of logins no other field leaves this module: any may be a secret.
_OF_PROXY = ("proxy", "proxy_maybe", "host", "port", "ssl", "starttls")
_EXTRA_FIELDS = 7
_OPTIONS = re.compile(r"^(?:(?:scheme|username_format)=\S+\s+)+")  # before its name
# %d, %1.2Lu, and %{domain} in the name of such a file, which each login has filled in.
_VARIABLE = re.compile(r"%(?:\{[^}]*\}|[-\d.]*[A-Z]*[a-z])")
# The names of settings that are looked at here.
WANTED = (
    *("args", "default_fields", "driver", "host", "override_fields", "passdb_driver", "proxy", "proxy_maybe", "ssl", "starttls"),
    *("query", "passdb_sql_query", "passwd_file_path"),
)


def driver(block):
    """The driver of a passdb; since 2.4 its name where there is no other word of it."""
    found = block.values.get("driver") or block.values.get("passdb_driver")
    return found.value if found else block.name


def logins(host, block, affects):
    """Yield {name: Field} of a passdb, once for each way in which it answers a login.

    Its lines of fields tell them, the block of fields that 2.4 has, and the file that the driver passwd-file reads, of which only
    fields of a proxy are taken. A file that can't be read is a gap that *affects* the client.
    """
    before, after = _of_lines(block, "default_fields", "args"), _of_lines(block, "override_fields")
    for inner in block.blocks:
        if inner.kind in ("fields", "passdb_fields"):
            after.update({name: Field(name, value.value, value) for name, value in inner.values.items()})
    for own in _of_file(host, block, affects) if driver(block) == "passwd-file" else [{}]:
        yield dict(before, **dict(own, **after))


def _of_lines(block, *keys):
    found = {}
    for key in keys:
        if key in block.values and (key != "args" or driver(block) in ("imap", "static")):
            found.update({name: Field(name, value, block.values[key]) for name, value in _fields(block.values[key].value or "")})
    return found


def _of_file(host, block, affects):
    """The fields of a proxy that the rows of a passwd-file have, each combination of them once.

    A row is user:password:uid:gid:(gecos):home:(shell):extra_fields, without the last where that begins with a colon (Dovecot's
    documentation, "Passwd-file", and its src/auth/db-passwd-file.c).
    """
    where = block.values.get("args") or block.find("passwd_file_path")
    path = _OPTIONS.sub("", (where.value if where else None) or "")
    if not path.startswith("/"):
        place = f"{block.file}, line {where.line if where else block.line}"
        host.gap(place, "has Dovecot read logins of a file that only Dovecot knows", affects)
    found = {}
    for file, text in includes.matching(host, _VARIABLE.sub("*", path), "/", affects) if path.startswith("/") else ():
        for number, row in enumerate(text.split("\n"), 1):
            parts = row.rstrip("\r").split(":", _EXTRA_FIELDS)
            is_login = row[:1] not in ("#", ":") and len(parts) > _EXTRA_FIELDS and parts[-1][:1] != ":"
            named = {name: value for name, value in _fields(parts[-1]) if name in _OF_PROXY} if is_login else {}
            fields = {name: Field(name, value, dovecot_conf.Value(name, value, file, number)) for name, value in named.items()}
            found.setdefault(tuple(sorted(named.items())), fields)
    return list(found.values())


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
