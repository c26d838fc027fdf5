# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""himalaya: the IMAP accounts of its users' configurations, in the words of its releases 0.x, 1.x and 2.x (config.sample.toml of each)."""

import functools
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import services, toml
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import linked

NAME = "himalaya"

_AFFECTS = "client:" + NAME
_FILES = ("/himalaya/config.toml",)
_HOME_FILES = ("/.himalayarc", "/.himalaya.toml")
_TABLE = Table(
    "c:a:o:A:f:m:hV",
    {"config": REQUIRED, "account": REQUIRED, "output": REQUIRED, "folder": REQUIRED, "help": "", "version": "", "debug": "", "trace": ""},
    dict({"c": "file", "config": "file"}, **dict.fromkeys(("V", "version", "h", "help"), "ends")),
)
# What is kept of an account, as it is called here: the words of all releases, joined by dots.
_KEYS = {
    "host": ("backend.host", "imap.host", "imap-host"),
    "port": ("backend.port", "imap.port", "imap-port"),
    "server": ("imap.server",),
    "kind": ("backend.type", "backend", "imap.backend"),
    "security": ("backend.encryption.type", "backend.encryption", "imap.encryption.type", "imap.encryption"),
    "provider": ("backend.encryption.provider.type", "imap.encryption.provider.type", "imap.tls.provider", "imap.tls.provider.type"),
    "starttls": ("imap.starttls", "imap-starttls"),
    "ssl": ("imap-ssl",),
}
_CALLED = {name: key for key, names in _KEYS.items() for name in names}
_WORDS = {"tls": "implicit", "true": "implicit", "start-tls": "starttls", "starttls": "starttls", "none": "none", "false": "none"}
# A server alone is one of implicit TLS.
_SERVER = re.compile(
    r"(?:(?P<scheme>imaps?)://)?(?:[^/@]*@)?(?P<host>\[[^\]]+\]|[^:/@\s]+)(?::(?P<port>\d{1,5}))?(?:/.*)?\Z", re.IGNORECASE
)
_PROVIDERS = {"rustls": "rustls", "native-tls": "openssl"}


def read(host):
    """Return the evidence of himalaya on *host*, or None when nothing of it is there."""
    installs = base.installs(host, (NAME,), (NAME,))
    for copy in installs:
        contained = linked.find(host, copy["program"])
        copy["stacks"] = [host.stacks.add_linked(item.kind, item.version, copy["program"]) for item in contained] + copy["stacks"]
    files = {}
    for user in host.users:
        for path in [user.home + "/.config" + name for name in _FILES] + [user.home + name for name in _HOME_FILES]:
            files[path] = functools.partial(_accounts, host, user.name, path)
    accounts = launched.accounts(host, installs, (NAME,), functools.partial(_of_launch, host), files)
    for account in accounts:
        _choose_stacks(account, installs)
    return base.evidence(NAME, installs, accounts)


def _of_launch(host, launch):
    """Return the files that a command may read, and their accounts."""
    options = launched.Options(launch, _TABLE)
    if "ends" in options:
        return None
    home = launch.known("HOME", host.home_of(launch.user))
    config_home = launch.known("XDG_CONFIG_HOME", home and home + "/.config")
    named = options.text("file")
    path = (named and launch.path(named.split(":")[0])) if "file" in options else config_home and config_home + _FILES[0]
    if path is None:
        note = options.note("server", "which file it reads is known only when the command runs")
        return (), [base.account(launch.user or "", launch.file, launch.line, protocol="imap", undecided=[note])]
    accounts = _accounts(host, launch.user or "", path)
    for account in accounts if ":" in (named or "") else ():
        account["undecided"].append(options.note("options", "further files that the command line names may change it"))
    return [path], accounts


def _called(path):
    """The (account, key) that a *path* of the file is about, or None. Before 1.0 an account was a table of the top."""
    account, rest = (path[1:2], path[2:]) if path[0] == "accounts" else (path[:1], path[1:])
    key = _CALLED.get(".".join(rest))
    return (account[0], key) if account and key else None


def _accounts(host, user, path):
    try:
        values = toml.parse(host.text(path, _AFFECTS) or "", lambda found: bool(found) and _called(found) is not None)
    except GrammarError as error:
        host.gap(path, f"{error}; himalaya refuses the whole file", _AFFECTS)
        return []
    accounts = {}
    for value in values:
        name, key = _called(value.path)
        accounts.setdefault(name, {})[key] = value
    found = [_account(user, path, name, keys) for name, keys in accounts.items() if "host" in keys or "server" in keys]
    return base.bounded(host, [account for account in found if account], path, _AFFECTS)


def _account(user, path, name, keys):
    """The account of these *keys*, or None where its mail is on no server of IMAP."""
    texts = {key: value.text for key, value in keys.items()}
    if texts.get("kind", "imap") != "imap":
        return None
    named, where = keys.get("server") or keys["host"], _SERVER.match(texts.get("server", ""))
    security, server, port = _security(texts), texts.get("host"), texts.get("port", "")
    if where:
        server, port = where.group("host").strip("[]"), where.group("port") or ""
        security = security if (where.group("scheme") or "").lower() == "imap" else "implicit"
    undecided = [] if security else [base.undecided("security", "himalaya knows no such word", path, named.line)]
    settings = [base.setting("host", server, path, named.line)] if server else []
    if "provider" in keys:
        settings.append(base.setting("provider", texts["provider"], path, keys["provider"].line))
    return base.account(
        user,
        path,
        named.line,
        name=name,
        server=server,
        port=services.port(port) or endpoints.default_port("imap", security or "implicit"),
        protocol="imap",
        security=security,
        settings=settings,
        undecided=undecided,
    )


def _security(texts):
    """Of 0.x imap-ssl (on by default) and imap-starttls; of 1.x a word; of 2.x the scheme and starttls."""
    if "security" in texts:
        return _WORDS.get(texts["security"].lower())
    if texts.get("starttls") == "true":
        return "starttls"
    return "none" if texts.get("ssl") == "false" or texts.get("server", "").lower().startswith("imap:") else "implicit"


def _choose_stacks(account, installs):
    """The provider that the account names decides between the libraries of a program that has two."""
    provider = next((setting["value"] for setting in account["settings"] if setting["key"] == "provider"), None)
    kind = _PROVIDERS.get(provider or "rustls")
    stacks = [stack for found in installs for stack in found["stacks"]]
    chosen = [stack for stack in stacks if stack.endswith(f"({kind})") or (kind == "openssl" and "libssl" in stack)]
    if chosen and len(chosen) < len(stacks) and "stacks" not in account:
        account["stacks"] = chosen
