# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Python: what its ssl module offers. Builds may bring a lowest version and suites of their own, which its libssl does not tell."""

import re
from importlib import util

PROGRAM = "ansible_collections.mailtls.fleet.plugins.module_utils.stacks.python_asker"
TYPE_CHECKING = False  # as in typing, which takes each host 3 ms to import
if TYPE_CHECKING:  # never imported, as it runs as text; but Ansible sends to a host only what it sees imported
    from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import python_asker  # noqa: F401

KIND = "python"
NAMES = re.compile(r"(?:platform-)?python(?P<version>\d(?:\.\d+)?)?m?$")
STANDS_ALONE = False
VARIABLES = ("OPENSSL_CONF", "OPENSSL_CONF_INCLUDE")
# The empty name stands for no file at all: config(5ssl), OPENSSL_CONF.
BARE = {"OPENSSL_CONF": ""}

_LIBRARY = re.compile(r"python(?P<version>\d\.\d+)$")
# An extension module has the build's name in its own (PEP 3149), or none.
_SSL_MODULE = re.compile(r"_ssl(?:\.[\w-]+|module)?\.so$")
_ISOLATED = ("-E", "-s", "-S", "-B")  # no variables, no user's modules, no site's; Python 2 knows no -I


def command(interpreter, is_bare):
    """Return the command by which the *interpreter* tells its hellos; bare: only that of every version that it can be made to offer."""
    source = util.find_spec(PROGRAM).loader.get_source(PROGRAM)
    return [interpreter, *_ISOLATED, "-c", f"{source}\nmain({is_bare}, {BARE})\n"]


def environment(variables):
    """Return what of the *variables* acts on TLS."""
    return {name: variables[name] for name in VARIABLES if name in variables}


def modules(host, interpreter):
    """Return the extension modules that bring OpenSSL to it; some builds have them inside, or inside the library that they consist of."""
    found = version(host, interpreter)
    directories = [directory for directory, name in libraries(host, interpreter) if name == found]
    places = [directory + "/lib-dynload" for directory in directories]
    return [place + "/" + name for place in places for name in host.names(place) if _SSL_MODULE.match(name)] or [interpreter]


def version(host, interpreter):
    """Return the version, "3.11", as the *interpreter*'s name or its library's directory tells, or None."""
    match = NAMES.match(interpreter.rpartition("/")[2])
    if match is None:
        return None
    named = match.group("version") or ""
    if "." in named:
        return named
    found = {name for _directory, name in libraries(host, interpreter) if name.startswith(named)}
    return found.pop() if len(found) == 1 else None


def libraries(host, interpreter):
    """Return the directories of Python's library that lie where *interpreter* looks for its own, as (directory, version)."""
    prefix = interpreter.rpartition("/")[0].rpartition("/")[0]
    found = []
    for parent in (prefix + "/lib", prefix + "/lib64"):
        matches = [_LIBRARY.match(name) for name in host.names(parent)]
        found.extend((parent + "/" + match.group(), match.group("version")) for match in matches if match)
    return found
