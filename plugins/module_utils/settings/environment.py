# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every session of a user begins with: /etc/environment and the rules of pam_env, of which those variables that bear on TLS.

pam_env(8), and modules/pam_env/pam_env.c of Linux-PAM for the order: first the rules, then the files of assignments.
Debian has pam_env read the one of its locale as well, in /etc/pam.d.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import pam_env_conf

_AFFECTS = "accounts"
FILES = ("/etc/environment", "/etc/default/locale")
RULES = "/etc/security/pam_env.conf"
RULE_DIRECTORY = "/etc/security/pam_env.conf.d"
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
# value: None where only the session knows it.
Variable = collections.namedtuple("Variable", "name value file line")

_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*)$")


def parse(text, names=NAMES, file=FILES[0]):
    """Return the Variables of *names* that *text*, that of the *file*, sets, each with its last value, by name."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _ASSIGNMENT.match(line.partition("#")[0].rstrip())
        if match and match.group("name") in names:
            found[match.group("name")] = Variable(match.group("name"), _unquoted(match.group("value")), file, number)
    return found


def variables(host, names=NAMES, home=None):
    """Return {name: Variable} of those of *names* that every session of *host* begins with.

    Args:
        host: the Host.
        names: of variables.
        home: directory of the session's user; None: of any session, so that what lies in a home is not known.
    """
    found = {}
    own = [RULE_DIRECTORY + "/" + name for name in host.names(RULE_DIRECTORY, _AFFECTS) if name.endswith(".conf")]
    for path in [RULES, *own]:
        take(found, host.text(path, _AFFECTS) or "", path, names, home)
    for path in FILES:
        found.update(parse(host.text(path, _AFFECTS) or "", names, path))
    return found


def take(found, text, file, names, home):
    """Apply the rules of pam_env in *text*, that of the *file*, to the Variables *found* by name."""
    for rule in pam_env_conf.parse(text, names, home):
        found.pop(rule.name, None)
        if rule.is_set:
            found[rule.name] = Variable(rule.name, rule.value, file, rule.line)


def read(host, names=NAMES, home=None):
    """Return {name: value} of what `variables` returns."""
    return {name: variable.value for name, variable in variables(host, names, home).items()}


def _unquoted(value):
    """pam_env takes one pair of quotes away, whether or not they match (pam_env.c, _parse_env_file)."""
    value = value[1:] if value[:1] in ("'", '"') else value
    return value[:-1] if value[-1:] in ("'", '"') else value
