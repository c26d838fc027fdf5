# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""aerc: the accounts of its users that lie on a server (aerc-accounts(5), aerc-imap(5)). Its TLS is that of the Go that built it."""

import functools
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import ini
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import linked

NAME = "aerc"

_AFFECTS = "client:" + NAME
_FILE = "/aerc/accounts.conf"
_TABLE = Table(
    "hva:C:A:B:I",
    dict(dict.fromkeys(("account", "aerc-conf", "accounts-conf", "binds-conf"), REQUIRED), help="", version="", **{"no-ipc": ""}),
    {
        "a": "account",
        "account": "account",
        "A": "file",
        "accounts-conf": "file",
        "h": "ends",
        "help": "ends",
        "v": "ends",
        "version": "ends",
    },
)
# Of the switches of Go's library those that bear on a client's handshake (crypto/tls and its page on GODEBUG).
_SWITCH = re.compile(r"(?P<name>tls\w+|fips140)=\w+$", re.ASCII)
# A user and a password stand before the last at sign. Behind the scheme, whose case does not count, there may be several words.
_SOURCE = re.compile(
    r"(?P<scheme>imaps?)(?P<how>(?:\+\w+)*)://(?:[^/?]*@)?(?P<server>\[[^\]/]*\]|[^:/?@]*)(?::(?P<port>\d{1,5}))?", re.IGNORECASE
)
_COMMENT = re.compile(r"[#;].*", re.DOTALL)


def read(host):
    """Return the evidence of aerc on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,))
    for copy in installs:
        contained = linked.find(host, copy["program"])
        copy["stacks"] = [host.stacks.add_linked(item.kind, item.version, copy["program"]) for item in contained]
    files = {}
    for user in host.users:
        path = user.home + "/.config" + _FILE
        files[path] = functools.partial(_of_session, host, user.name, path)
    of_rest = functools.partial(_of_session, host)
    accounts = launched.accounts(host, installs, (NAME,), functools.partial(_of_launch, host), files, of_rest)
    return base.evidence(NAME, installs, accounts)


def _of_launch(host, launch):
    """Return the file that a command reads, and the accounts of it that it opens."""
    options = launched.Options(launch, _TABLE)
    if "ends" in options:
        return None
    home = launch.known("HOME", host.home_of(launch.user))
    config_home = launch.known("XDG_CONFIG_HOME", home and home + "/.config")
    path = options.path("file") if "file" in options else config_home and config_home + _FILE
    if path is None:
        note = options.note("server", "which file it reads is known only when the command runs")
        return (), [base.account(launch.user or "", launch.file, launch.line, protocol="imap", undecided=[note])]
    wanted = options.text("account").split(",") if options.text("account") else None
    accounts = [account for account in _accounts(host, launch.user or "", path) if wanted is None or account["name"] in wanted]
    switches, undecided = _switches(host, launch, launch.user)
    for account in accounts:
        account["settings"].extend(switches)
        account["undecided"].extend(undecided + options.undecided({"account": "account"}))
    return [path], accounts


def _of_session(host, user, path):
    accounts = _accounts(host, user, path)
    switches, undecided = _switches(host, None, user) if accounts else ([], [])
    for account in accounts:
        account["settings"].extend(switches)
        account["undecided"].extend(undecided)
    return accounts


def _switches(host, launch, user):
    """Return each switch of GODEBUG as a setting of its own, the last of a name, and what is undecided."""
    variables, undecided = launched.own_variables(host, launch, ("GODEBUG",), user)
    found = {}
    for variable in variables:
        for word in variable["value"].split(","):
            match = _SWITCH.match(word.strip())
            if match:
                found[match.group("name")] = dict(variable, value=match.group())
    return list(found.values()), undecided


def _accounts(host, user, path):
    sections, errors = ini.parse(host.text(path, _AFFECTS) or "")
    if errors:
        host.gap(path, f"{errors[0]}; aerc refuses the whole file", _AFFECTS)
        return []
    names = dict.fromkeys(section.name for section in sections if section.name not in (None, "DEFAULT"))
    sources = [(name, ini.last(sections, name, "source")) for name in names]
    found = [_account(user, path, name, source) for name, source in sources if source]
    return base.bounded(host, [account for account in found if account], path, _AFFECTS)


def _account(user, path, name, source):
    """The account of a section, or None where its mail is on no server of IMAP."""
    match = _SOURCE.match(_plain(source.value))
    if match is None:
        return None
    scheme, how = match.group("scheme").lower(), match.group("how").lower().split("+")
    security = "implicit" if scheme == "imaps" else "none" if "insecure" in how else "starttls"
    server = match.group("server").strip("[]") or None
    return base.account(
        user,
        path,
        source.line,
        name=name,
        server=server,
        port=int(match.group("port") or 0) or endpoints.default_port("imap", security),
        protocol="imap",
        security=security,
        settings=[base.setting("source", server, path, source.line)] if server else [],
    )


def _plain(value):
    """A value as the ini package of Go takes it: what is in quotes, or what stands before a comment, wherever that begins."""
    quote = value[:1]
    if quote in ("'", '"', "`") and quote and value.find(quote, 1) > 0:
        return value[1 : value.find(quote, 1)]
    return _COMMENT.sub("", value).strip()
