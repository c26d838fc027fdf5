# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands of an openssl.cnf that act on every TLS connection: config(5ssl), "SSL Configuration"; SSL_CONF_cmd(3)."""

import collections

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import openssl_cnf

Command = collections.namedtuple("Command", "key value file line section doubt")

# As SSL_CONF_cmd(3) spells them. The names that they have on a command line ("-max_protocol") do not count in a file.
COMMANDS = {
    name.lower(): name
    for name in (
        "MinProtocol",
        "MaxProtocol",
        "Protocol",
        "CipherString",
        "Ciphersuites",
        "Options",
        "Groups",
        "Curves",
        "SignatureAlgorithms",
    )
}
_SSL_MODULE = "ssl_conf"
# The modules of libcrypto in the order in which it compares them: a name in the file is taken for the first that begins with it.
_MODULES = ("oid_section", "stbl_section", "engines", "alg_section", _SSL_MODULE, "providers", "random")


def commands(document):
    """Return the commands for every connection as a list of Command, in the order in which OpenSSL carries them out.

    Of a command given twice under different prefixes ("TLS.MinProtocol", "DTLS.MinProtocol") both are there; the later one is carried
    out last. Empty where the chain of sections does not lead to any. Whether the modules before `ssl_conf` (engines, providers) load,
    without which OpenSSL does not come to it, is not in the file.

    Args:
        document: an openssl_cnf.Document.
    """
    section = _chain(document)[-1].value if _chain(document) else None
    found = [_command(value, section) for value in document.section(section) or ()]
    return [command for command in found if command]


def doubts(document):
    """Return a list of (file, line, why): what could change the commands, and only a running program knows."""
    doubted = [value for value in _chain(document) + commands(document) if value.doubt]
    return document.doubts + [(value.file, value.line, value.doubt) for value in doubted]


def _chain(document):
    """The values that lead to the section with the commands, as far as they lead."""
    start = document.find(openssl_cnf.DEFAULT, "openssl_conf")
    module = _module(document, start) if start else None
    # Every name of that section must lead to commands, else OpenSSL takes none.
    entries = document.section(module.value) if module else []
    system = next((entry for entry in entries if entry.name == "system_default"), None)
    if system and all(document.section(entry.value) for entry in entries):
        return [start, module, system]
    return [value for value in (start, module, system) if value and value.doubt]


def _module(document, start):
    """The last entry that leads to the section of `ssl_conf`; an unknown module or an empty section before it ends the search."""
    found = None
    for entry in document.section(start.value) or ():
        module = _module_name(entry.name)
        if module is None:
            break
        if module == _SSL_MODULE:
            found = entry
            if not document.section(entry.value):
                return None
    return found


def _module_name(name):
    """A module may be named with a suffix, "ssl_conf.1", or by its beginning alone."""
    beginning = name.rpartition(".")[0] if "." in name else name
    return next((module for module in _MODULES if module.startswith(beginning)), None)


def _command(value, section):
    key = COMMANDS.get(value.name.partition(".")[2].lower() if "." in value.name else value.name.lower())
    return Command(key, value.value, value.file, value.line, section, value.doubt) if key else None
