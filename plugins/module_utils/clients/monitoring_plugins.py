# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""check_imap, check_pop and their kin, where Nagios, Icinga, NRPE or cron has them look at a mail server."""

import posixpath
import re
import shlex

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Word
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import nagios_objects
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "monitoring-plugins"

_AFFECTS = "client:" + NAME
_PACKAGES = ("monitoring-plugins-basic", "nagios-plugins-basic", "nagios-plugins-tcp", "monitoring-plugins")
_PLUGINS = [path + "/check_tcp" for path in ("/usr/lib/nagios/plugins", "/usr/lib64/nagios/plugins", "/usr/lib/monitoring-plugins")]
_PLUGINS += ["/usr/local/nagios/libexec/check_tcp"]
_DIRECTORIES = ["/etc/" + name for name in ("nagios", "nagios3", "nagios4", "icinga", "naemon", "nagios-plugins", "nrpe.d")]
_DIRECTORIES += ["/usr/local/nagios/etc"]
_ICINGA2 = "/etc/icinga2"
_MAX_DEPTH = 4
# Plugin: protocol, port, whether it speaks TLS by itself.
_CHECKS = {
    "check_imap": ("imap", 143, False),
    "check_simap": ("imap", 993, True),
    "check_pop": ("pop3", 110, False),
    "check_spop": ("pop3", 995, True),
    "check_tcp": (None, None, False),
}
_SHORT = "hVv46EAjSH:s:e:q:m:c:w:t:p:C:W:d:r:D:M:"
_ARGUMENTS = (
    "hostname port send expect quit maxbytes critical warning timeout critical-codes warning-codes delay refuse certificate mismatch"
)
_LONG = dict.fromkeys(_ARGUMENTS.split() + ["sni", "extra-opts"], REQUIRED)
_LONG.update(dict.fromkeys(("help", "version", "verbose", "use-ipv4", "use-ipv6", "escape", "all", "jail", "ssl"), ""))
# A look at the certificate is one over TLS.
_KEPT = {"H": "host", "hostname": "host", "p": "port", "port": "port", "S": "ssl", "ssl": "ssl", "D": "ssl", "certificate": "ssl"}
_TABLE = Table(_SHORT, _LONG, _KEPT)
_MACRO = re.compile(r"\$(?P<name>[A-Za-z0-9_:]*)\$")
_ICINGA2_CHECK = re.compile(r"^\s*check_command\s*=\s*\"(?P<name>simap|imap|spop|pop)\"", re.MULTILINE)
_UNKNOWN = "\0"


def read(host):
    """Return the evidence of the checks on *host*, or None when none of them looks at a mail server."""
    installs = [base.install(host, path, _PACKAGES) for path in _PLUGINS if host.is_file(path)]
    definitions = [(path, found) for directory in _DIRECTORIES for path, found in _definitions(host, directory, 0)]
    accounts = list(_of_definitions(host, definitions)) + list(_of_icinga2(host, _ICINGA2, 0))
    for launch in host.launches.of(*_CHECKS):
        started = list(_of_words(host, launch.argv, launch.user or "", launch.file, launch.line, launch.is_active))
        accounts += launched.under_environment(host, installs, launch, started)
    return base.relay_evidence(host, NAME, installs, base.bounded(host, accounts, "checks", _AFFECTS))


def _files(host, directory, depth, ending):
    for name in host.names(directory, _AFFECTS) if depth < _MAX_DEPTH else ():
        path = directory + "/" + name
        if name.endswith(ending):
            yield path
        elif host.is_dir(path):
            yield from _files(host, path, depth + 1, ending)


def _definitions(host, directory, depth):
    for path in _files(host, directory, depth, ".cfg"):
        try:
            for found in nagios_objects.parse(host.text(path, _AFFECTS) or ""):
                yield path, found
        except GrammarError as error:
            host.gap(path, str(error), _AFFECTS)


def _of_definitions(host, definitions):
    commands, addresses = {}, {}
    for _path, found in definitions:
        values = {key: value for key, (value, _line) in found.attributes.items()}
        if found.kind == "command":
            commands[values.get("command_name")] = values.get("command_line", "")
        elif found.kind == "host":
            addresses[values.get("host_name")] = values.get("address") or values.get("host_name")
    for path, found in definitions:
        if found.kind == "nrpe":
            yield from _of_line(host, found.attributes["command_line"][0], {}, path, found.line)
        elif found.kind == "service" and "check_command" in found.attributes:
            (call, line), (names, _line) = found.attributes["check_command"], found.attributes.get("host_name", (_UNKNOWN, 0))
            command, *arguments = call.split("!")
            for name in names.split(","):
                macros = {f"ARG{number}": argument for number, argument in enumerate(arguments, 1)}
                macros.update({"HOSTNAME": name.strip(), "HOSTADDRESS": addresses.get(name.strip()), "USER1": ""})
                yield from _of_line(host, commands.get(command, ""), macros, path, line)


def _of_line(host, text, macros, path, line):
    for name in _CHECKS:
        if name in text:
            break
    else:
        return
    # A macro that no argument fills is empty; one that is not known here is not.
    filled = _MACRO.sub(lambda match: _filled(match.group("name"), macros), text)
    try:
        words = shlex.split(filled)
    except ValueError:
        return
    yield from _of_words(host, [_word(word) for word in words if word], "", path, line, True)


def _filled(name, macros):
    if not name:
        return "$"
    value = macros.get(name, "" if name.startswith("ARG") and macros else None)
    return _UNKNOWN if value is None else value


def _word(text):
    before, marker, _after = text.partition(_UNKNOWN)
    return Word(before, not marker)


def _of_words(host, words, user, path, line, is_active):
    place = next((number for number, word in enumerate(words) if posixpath.basename(word.text) in _CHECKS), None)
    if place is None:
        return
    protocol, port, speaks_tls = _CHECKS[posixpath.basename(words[place].text)]
    options = {option.key: option.value for option in _TABLE.parse(words[place + 1 :]).options}
    given = options.get("port")
    if given is not None:
        port = endpoints.Ports(host).number(given.text) if given.is_decided else None
    protocol = protocol or endpoints.protocol(port)
    if protocol is None:
        return
    server = options.get("host")
    text = server.text if server is not None and server.is_decided else None
    undecided = [] if text else [base.undecided("server", "the server is put in when the check runs", path, line)]
    yield base.account(
        user,
        path,
        line,
        name=posixpath.basename(words[place].text),
        server=text,
        port=port,
        protocol=protocol,
        security="implicit" if speaks_tls or "ssl" in options else "none",
        enabled=is_active,
        settings=[base.setting("hostname", text, path, line)] if text else [],
        undecided=undecided,
    )


def _of_icinga2(host, directory, depth):
    """Icinga 2 has a language: what a check there looks at is known only when it runs."""
    for path in _files(host, directory, depth, ".conf"):
        text = host.text(path, _AFFECTS) or ""
        for match in _ICINGA2_CHECK.finditer(text):
            name = match.group("name")
            line = text.count("\n", 0, match.start("name")) + 1
            what = base.undecided("server", "it stands in the language of Icinga 2, which is not followed here", path, line)
            protocol = "imap" if name.endswith("imap") else "pop3"
            security = "implicit" if name.startswith("s") else None
            yield base.account("", path, line, name="check_" + name, protocol=protocol, security=security, undecided=[what])
