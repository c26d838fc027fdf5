# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""/etc/environment, which every session of a user begins with (pam_env(8)): the variables that bear on TLS, and no others."""

import collections
import re

FILE = "/etc/environment"
# config(5ssl), the GnuTLS manual (chapter 8), the NSS environment variables page; node(1), the tool page of java; fetchmail(1) of 6.5;
# Go's page on GODEBUG.
NAMES = (
    "OPENSSL_CONF",
    "OPENSSL_CONF_INCLUDE",
    "GNUTLS_SYSTEM_PRIORITY_FILE",
    "GNUTLS_SYSTEM_PRIORITY_FAIL_ON_INVALID",
    "NSS_IGNORE_SYSTEM_POLICY",
    "NODE_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "FETCHMAIL_SSL_CIPHERS",
    "FETCHMAIL_SSL_TLS13_CIPHERSUITES",
    "GODEBUG",
)
Variable = collections.namedtuple("Variable", "name value line")

_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*)$")


def parse(text, names=NAMES):
    """Return the Variables of *names* that *text* sets, each with its last value, by name."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _ASSIGNMENT.match(line.partition("#")[0].rstrip())
        if match and match.group("name") in names:
            found[match.group("name")] = Variable(match.group("name"), _unquoted(match.group("value")), number)
    return found


def read(host):
    """Return {name: value} of the variables that bear on TLS in every session of *host*."""
    return {name: variable.value for name, variable in parse(host.text(FILE) or "").items()}


def _unquoted(value):
    """pam_env takes one pair of quotes away, whether or not they match (pam_env.c, _parse_env_file)."""
    value = value[1:] if value[:1] in ("'", '"') else value
    return value[:-1] if value[-1:] in ("'", '"') else value
