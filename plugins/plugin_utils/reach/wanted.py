# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the reach `shell` takes from a host: for the system and for each client the files, each with its filter, and the programs.

A filter is a function of sh/filters.sh. Its word lists are those of the grammar that reads the file afterwards, so that what may be
a secret is told by one list on both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import accountrc, claws_mail, mailfilter, present, sylpheed
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import fetchmail as fetchmail_reader
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mbsync as mbsync_reader
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mpop as mpop_reader
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import stunnel as stunnel_reader
from ansible_collections.mailtls.fleet.plugins.module_utils.launches import launch, manager_environment, mentions, sessions
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import (
    environment,
    fetchmailrc,
    mailfilterrc,
    mbsyncrc,
    mpoprc,
    openssl_ssl_conf,
    stunnel_conf,
)


@dataclass(frozen=True)
class Filter:
    """A function of sh/filters.sh, and the word lists that it asks for. `including`: what the file includes is taken as well."""

    function: str
    lists: Mapping[str, str] = field(default_factory=dict)
    including: bool = False


@dataclass(frozen=True)
class Wanted:
    """What one client's reader, or the audit of the system, asks for. Paths are patterns: "~" stands for each home, "*" for a name.

    Attributes:
        files: the files whose text is taken, each with its filter.
        status: paths of which it is told whether they are there.
        names: directories whose entries are told, each with the pattern of the entries.
        programs: names of programs.
        strings: regular expressions of what is looked for inside of them, as base.installs and base.note_backport take them.
        packages: names of packages that tell the version.
        harmless: options of a command line that change nothing of an account.
        operands: whether further words of a command line may.
    """

    files: tuple[tuple[str, Filter], ...] = ()
    status: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    programs: tuple[str, ...] = ()
    strings: tuple[bytes, ...] = ()
    packages: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    operands: bool = False


def _words(words: Iterable[str]) -> str:
    """Between spaces, as awk looks for one with index()."""
    return f" {' '.join(sorted(words))} "


UNCOMMENTED = Filter("uncommented")
# Of other variables the value may hold a password.
_SESSION_VARIABLES = "\\(" + "\\|".join((*launch.LIBRARY_VARIABLES, *sessions.PLACES)) + "\\)"
_OF_CLIENTS = (*launch.TLS_VARIABLES, *launch.OWN_VARIABLES, *sessions.PLACES)
_ASKS_A_MAIL_SERVER = "s_client.*(:(99[35]|143|110|[$])|imap|pop3).*"
# In what starts a client, in what sessions read by way of another file, and in what reads mail itself: extended expressions. These texts
# do not leave the host.
IN_TABLES = Filter(
    "",
    {
        "changing": "|".join((*_OF_CLIENTS, "HOME")),
        "exporting": "|".join(_OF_CLIENTS),
        "starts_nothing": f"^(/(usr/(local/)?)?s?bin/)?({mentions.OF_PACKAGES_AND_SERVICES})$",
        "mailboxes": f"{mentions.MAIL_LIBRARIES}|{_ASKS_A_MAIL_SERVER}",
    },
)
_PROFILE = Filter("session_variables", {"variables": _SESSION_VARIABLES, "exported": "export "})
_MANAGERS = Filter("session_variables", {"variables": _SESSION_VARIABLES, "exported": ""})
_PAM_RULES = Filter("pam_rules", {"variables": _SESSION_VARIABLES})
_OTHER_SHELLS = Filter("exported_names", {"variables": _SESSION_VARIABLES})
_SESSION_FILES = (
    *sessions.SYSTEM_PROFILES,
    *sessions.X_PROFILES,
    *sessions.SYSTEM_INTERACTIVE,
    *(f"~{name}" for name in sessions.OWN_PROFILES + sessions.OTHER_PROFILES + sessions.OWN_INTERACTIVE),
)
_SESSION_DIRECTORIES = (
    *((directory, "*" + ending, _PROFILE) for directory, ending in sessions.DIRECTORIES),
    *(("~" + directory, "*" + ending, _PROFILE) for directory, ending in sessions.OWN_DIRECTORIES),
    *((directory, "*" + ending, _OTHER_SHELLS) for directory, ending in sessions.OTHER_DIRECTORIES),
    *(("~" + directory, "*" + ending, _OTHER_SHELLS) for directory, ending in sessions.OWN_OTHER_DIRECTORIES),
    (environment.RULE_DIRECTORY, "*.conf", _PAM_RULES),
    *((directory, "*.conf", _MANAGERS) for directory in manager_environment.DIRECTORIES),
    (f"~{manager_environment.OWN_DIRECTORY}", "*.conf", _MANAGERS),
)
_FETCHMAIL_SHORT = ("-s", "-v", "-a", "-k", "-K", "-d", "-N", "-q", "-B", "-F", "-c", "-e", "-b", "-l", "-w", "-t", "-L", "-i")
_FETCHMAIL_LONG = ("--silent", "--verbose", "--all", "--keep", "--nokeep", "--daemon", "--nodetach", "--quit", "--syslog", "--pidfile")

SYSTEM = Wanted(
    files=(
        ("/etc/passwd", Filter("passwd")),
        ("/etc/services", Filter("mail_ports")),
        *((path, Filter("tls_variables")) for path in environment.FILES),
        *((path, _PAM_RULES) for path in (environment.RULES, "~" + sessions.OWN_RULES)),
        ("/etc/gnutls/config", UNCOMMENTED),
        ("/etc/crypto-policies/config", UNCOMMENTED),
        ("/etc/crypto-policies/state/current", UNCOMMENTED),
        ("/etc/os-release", UNCOMMENTED),
        ("/usr/lib/os-release", UNCOMMENTED),
        ("/etc/redhat-release", UNCOMMENTED),
        ("/etc/SuSE-release", UNCOMMENTED),
        ("/etc/alpine-release", UNCOMMENTED),
        ("/etc/debian_version", UNCOMMENTED),
        ("/System/Library/CoreServices/SystemVersion.plist", UNCOMMENTED),
        *((path, _PROFILE) for path in _SESSION_FILES),
        *((path, _OTHER_SHELLS) for path in (*sessions.SYSTEM_OTHERS, *(f"~{name}" for name in sessions.OWN_OTHERS))),
        *((f"{directory}/{names}", chosen) for directory, names, chosen in _SESSION_DIRECTORIES),
    ),
    names=tuple((directory, names) for directory, names, _filter in _SESSION_DIRECTORIES),
)

ACCOUNTRC = Filter("assignments", {"keep": _words(accountrc.PLAIN), "known": ""})
_MAILFILTERRC = Filter("assignments", {"keep": _words(mailfilterrc.PLAIN), "known": _words(mailfilterrc.KEYWORDS)}, including=True)
OPENSSL = Filter("openssl_cnf", {"commands": _words(("openssl_conf", "ssl_conf", "system_default", *openssl_ssl_conf.COMMANDS))})

CLIENTS: Mapping[str, Wanted] = {
    fetchmail_reader.NAME: Wanted(
        files=(
            ("~/.fetchmailrc", Filter("fetchmailrc", {name: _words(words) for name, words in fetchmailrc.WORDS.items()})),
            ("/etc/fetchmailrc", Filter("fetchmailrc", {name: _words(words) for name, words in fetchmailrc.WORDS.items()})),
            ("/etc/default/fetchmail", Filter("daemon_defaults")),
        ),
        status=(
            "/etc/init.d/fetchmail",
            "/etc/systemd/system/fetchmail.service",
            "/usr/lib/systemd/system/fetchmail.service",
            "/lib/systemd/system/fetchmail.service",
            "/etc/systemd/system/*.wants/fetchmail.service",
        ),
        names=(("/etc/systemd/system", "*.wants"),),
        programs=("fetchmail",),
        strings=(fetchmail_reader.VERSION, fetchmail_reader.BACKPORT),
        packages=("fetchmail",),
        harmless=(*_FETCHMAIL_SHORT, *_FETCHMAIL_LONG),
        operands=True,
    ),
    mbsync_reader.NAME: Wanted(
        files=tuple(
            (path, Filter("words", {"keep": _words(mbsyncrc.PLAIN), "known": _words(mbsyncrc.TEXTS), "comment": "#"}))
            for path in ("~/.mbsyncrc", "~/.config/isyncrc")
        ),
        programs=("mbsync",),
        strings=(mbsync_reader.VERSION,),
        packages=("isync",),
        harmless=("-a", "--all", "-q", "-qq", "--quiet", "-V", "--verbose", "-l"),
    ),
    mpop_reader.NAME: Wanted(
        files=tuple(
            (path, Filter("words", {"keep": _words(mpoprc.PLAIN), "known": _words(mpoprc.OTHERS), "comment": ""}))
            for path in ("~/.mpoprc", "~/.config/mpop/config")
        ),
        programs=("mpop",),
        strings=(mpop_reader.VERSION,),
        packages=("mpop",),
        harmless=("-a", "-q", "-d"),
    ),
    stunnel_reader.NAME: Wanted(
        files=tuple(
            (path, Filter("assignments", {"keep": _words(stunnel_conf.PLAIN), "known": ""}, including=True))
            for path in ("/etc/stunnel/*.conf", "/usr/local/etc/stunnel/*.conf", "~/.config/stunnel/*.conf")
        ),
        names=(("/etc/stunnel", "*"), ("/usr/local/etc/stunnel", "*"), ("~/.config/stunnel", "*")),
        programs=stunnel_reader.PROGRAMS,
        strings=(stunnel_reader.VERSION,),
        packages=stunnel_reader.PACKAGES,
        operands=True,
    ),
    mailfilter.NAME: Wanted(
        files=(("~/.mailfilterrc", _MAILFILTERRC),),
        programs=("mailfilter",),
        packages=("mailfilter",),
        harmless=("-s", "-t", "-r", "-i", "--skip-ssl-verify", "--test", "--return-value", "--ignore-time-stamps"),
    ),
    sylpheed.NAME: Wanted(
        files=tuple((f"~{path}", ACCOUNTRC) for path in sylpheed.FILES),
        programs=("sylpheed",),
        strings=(sylpheed.VERSION,),
        packages=("sylpheed",),
    ),
    claws_mail.NAME: Wanted(
        files=((f"~{claws_mail.FILE}", ACCOUNTRC),),
        programs=("claws-mail",),
        strings=(claws_mail.VERSION,),
        packages=("claws-mail",),
    ),
}

# Of these readers not even the program is looked for: it is there for many purposes, or a script of a server.
NOT_LOOKED_FOR = frozenset(
    (
        "angie",
        "curl",
        "dovecot",
        "git imap-send",
        "glpi",
        "haproxy",
        "jira",
        "mailutils",
        "monitoring-plugins",
        "nginx",
        "openresty",
        "osticket",
        "redmine",
        "s-nail",
        "socat",
        "zammad",
        "znuny",
    )
)
_PROGRAMS = {"perdition": ("perdition", "perdition.imaps", "perdition.pop3s"), "kmail": ("kmail", "akonadi_imap_resource")}
# Any other is told of, where its program is there, and that its settings are not read.
ONLY_SEEN: Mapping[str, tuple[str, ...]] = {
    reader.NAME: _PROGRAMS.get(reader.NAME, (reader.NAME,))
    for reader in present.every_reader()
    if reader.NAME not in CLIENTS and reader.NAME not in NOT_LOOKED_FOR
}
