# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration file of mpop: its accounts, with what they inherit.

The grammar is that of mpop(1) 1.0 to 1.4, section USAGE, and what `mpop --pretend` makes of a file. Only the arguments
of the commands in _KEPT leave this module; every other one is dropped where it is read, because passwords stand among them.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Option = collections.namedtuple("Option", "key value line")
Account = collections.namedtuple("Account", "name line options")

UNKNOWN = "eval"

_SWITCHES = ("tls", "tls_starttls", "tls_force_sslv3")
_NEEDED = ("host", "port")
_KEPT = _NEEDED + _SWITCHES + ("tls_priorities", "socket")
# What may be read in full, and what not.
PLAIN = frozenset(_KEPT) | {"account", "defaults"}
OTHERS = frozenset(
    (
        "apop_secret",
        "auth",
        "connect_timeout",
        "delivery",
        "filter",
        "keep",
        "killsize",
        "ntlmdomain",
        "only_new",
        "password",
        "passwordeval",
        "pipelining",
        "proxy_host",
        "proxy_port",
        "received_header",
        "skipsize",
        "source_ip",
        "timeout",
        "tls_cert_file",
        "tls_certcheck",
        "tls_crl_file",
        "tls_fingerprint",
        "tls_host_override",
        "tls_key_file",
        "tls_min_dh_prime_bits",
        "tls_nocertcheck",
        "tls_nostarttls",
        "tls_trust_file",
        "uidls_file",
        "user",
    )
)
_BLANKS = " \t"
_LONGEST = 500
_NUMBER = re.compile(r"[+]?(?:0[xX][0-9a-fA-F]+|[0-9]+)\Z", re.ASCII)
# The beginning of what a command will print, where its own text leaves no doubt.
_PRINTED = re.compile(r"(?:/bin/|/usr/bin/)?(?:echo|printf)[ \t]+(?:--[ \t]+)?[\"']?([a-z_0-9]+)(?=[ \t\"'\\]|\Z)", re.ASCII)


def parse(text):
    """Return the accounts of a configuration file in their order, as Account, with what they inherit filled in.

    `options` maps each command to the Option in force; its value is None where only the output of a command tells it.
    UNKNOWN among them is the last line of which not even the command is known.

    Raises:
        GrammarError: mpop itself would refuse the file here.
    """
    return _Parser().accounts(text)


class _Section:
    """What one section sets, apart from the defaults: mpop hands on to heirs only what was set on purpose."""

    def __init__(self, *bases):
        self.options = {}
        for base in bases:
            self.options.update(base.options)


class _Parser:
    def __init__(self):
        self._defaults = _Section()
        self._section = None
        self._sections = {}
        self._found = []

    def accounts(self, text):
        for number, line in enumerate(text.split("\n"), 1):
            line = line.strip(_BLANKS + "\r")
            if line and not line.startswith("#"):
                self._line(number, line)
        return [Account(name, number, _Section(defaults, section).options) for name, number, defaults, section in self._found]

    def _line(self, number, line):
        if len(line) >= _LONGEST:
            raise GrammarError(number, "a line of 500 characters at the most")
        command, argument = _split(line)
        if command == "defaults":
            self._section = self._defaults
        elif command == "account":
            self._account(number, argument)
        elif self._section is None:
            raise GrammarError(number, "the command account or defaults to be the first")
        elif command == "eval":
            self._eval(number, argument)
        elif command in _KEPT:
            self._section.options[command] = Option(command, _value(number, command, argument), number)
        elif command not in OTHERS:
            self._section.options[UNKNOWN] = Option(UNKNOWN, None, number)

    def _account(self, number, argument):
        name, colon, bases = argument.partition(":")
        name = name.strip(_BLANKS)
        names = [base.strip(_BLANKS) for base in bases.split(",")] if colon else []
        if not name or not all(names):
            raise GrammarError(number, "the name of an account")
        if name in self._sections:
            raise GrammarError(number, "an account that was not defined before")
        if not all(base in self._sections for base in names):
            raise GrammarError(number, "the names of accounts that were defined before")
        self._section = self._sections[name] = _Section(*(self._sections[base] for base in names))
        # What the defaults are at this point counts; those that follow are for later accounts.
        self._found.append((name, number, _Section(self._defaults), self._section))

    def _eval(self, number, argument):
        if not argument:
            raise GrammarError(number, "a command behind eval")
        printed = _PRINTED.match(argument)
        command = printed.group(1) if printed else ""
        if command in _KEPT:
            self._section.options[command] = Option(command, None, number)
        elif command not in OTHERS:
            self._section.options[UNKNOWN] = Option(UNKNOWN, None, number)


def _split(line):
    """Return the command of a line and its argument, without the quotes around it."""
    command = re.split("[ \t]", line, maxsplit=1)[0]
    argument = line[len(command) :].strip(_BLANKS)
    if len(argument) >= 2 and argument[0] == argument[-1] == '"':
        argument = argument[1:-1]
    return command, argument


def _value(number, command, argument):
    """Return the argument of a command that is kept, with its meaning where it has none, and ports as decimal numbers."""
    if command in _NEEDED and not argument:
        raise GrammarError(number, "an argument behind " + command)
    if command in _SWITCHES:
        if argument not in ("", "on", "off"):
            raise GrammarError(number, "on or off behind " + command)
        return argument or "on"
    return str(_port(number, argument)) if command == "port" else argument


def _port(number, argument):
    """A number as strtol(3) reads it: hexadecimal behind 0x, octal behind 0."""
    if _NUMBER.match(argument):
        digits = argument.lstrip("+").lower()
        base = 16 if digits.startswith("0x") else 8 if digits.startswith("0") and len(digits) > 1 else 10
        try:
            port = int(digits, base)
        except ValueError:
            port = 0
        if 1 <= port <= 65535:
            return port
    raise GrammarError(number, "the number of a port")
