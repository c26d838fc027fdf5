# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""s-nail, and its ancestor heirloom mailx, where their files or commands name a mailbox on a server (s-nail(1), mailx(1))."""

import functools

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mailrc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "s-nail"

_AFFECTS = "client:" + NAME
_PROGRAMS = (NAME, "heirloom-mailx", "nail", "mailx", "mail")
# mailx may be another program of that name, which speaks no TLS.
_PACKAGES = (NAME, "heirloom-mailx", "nail", "mailx")
_SYSTEM_FILES = ("/etc/s-nail.rc", "/etc/nail.rc", "/etc/mail.rc")
_FILE = "/.mailrc"
_ALIASES = {"ssl-config-pairs": "tls-config-pairs", "ssl-config-file": "tls-config-file", "ssl-config-module": "tls-config-module"}
_ARGUMENTS = "A:a:b:C:c:M:m:O:q:r:S:s:T:u:X:Y:L:h:"
_TABLE = Table(
    _ARGUMENTS + ":DdEeFfHiNnRtVv~#.",
    {"account": REQUIRED, "set": REQUIRED, "file": "", "exists": "", "no-system-rc": "", "startup-cmd": REQUIRED, "cmd": REQUIRED},
    dict(
        {"A": "account", "account": "account", "S": "set", "set": "set", "f": "file", "file": "file", "V": "ends", "s": "sends"},
        **{
            "X": "command",
            "Y": "command",
            "startup-cmd": "command",
            "cmd": "command",
            "t": "sends",
            "M": "sends",
            "m": "sends",
            "q": "sends",
        },
    ),
)


def read(host):
    """Return the evidence of s-nail on *host*, or None where nothing shows that it reads mail from a server."""
    installs = [found for found in base.installs(host, _PROGRAMS) if not found["package"] or found["package"]["name"] in _PACKAGES]
    files = {user.home + _FILE: functools.partial(_of_user, host, user.name, user.home + _FILE) for user in host.users}
    accounts = launched.accounts(host, installs, (NAME, *_PROGRAMS), functools.partial(_of_launch, host), files)
    base.want_ciphers(host, installs, accounts, "ssl-cipher-list", "CipherString")
    return base.relay_evidence(host, NAME, installs, accounts)


def _of_user(host, user, path):
    return _accounts(user, _parsed(host, path), path)


def _parsed(host, path):
    """The variables of the system's file and of the user's behind it."""

    def include(name):
        target = path.rpartition("/")[0] + name[1:] if name and name.startswith("~/") else name
        if not target or not target.startswith("/") or not host.exists(target):
            host.gap(path, "reads a file that was not found", _AFFECTS)
            return None
        return target, host.text(target, _AFFECTS) or ""

    found = mailrc.Mailrc({}, {}, [])
    for file in [name for name in _SYSTEM_FILES if host.exists(name)][:1] + [path]:
        try:
            read_now = mailrc.parse(host.text(file, _AFFECTS) or "", file, include)
        except GrammarError as error:
            host.gap(file, str(error), _AFFECTS)
            continue
        found.variables.update(read_now.variables)
        found.accounts.update(read_now.accounts)
        found.shortcuts.extend(read_now.shortcuts)
    return found


def _of_launch(host, launch):
    """Return the file that a command reads, and the mailboxes that it opens; nothing of one that only sends."""
    options = launched.Options(launch, _TABLE)
    operands = options.operands()
    if "ends" in options or "sends" in options or (operands and "file" not in options):
        return None
    home = launch.known("HOME", host.home_of(launch.user))
    path = launch.known("MAILRC", home and home + _FILE)
    path = path and launch.path(path)
    if path is None:
        note = options.note("server", "which file it reads is known only when the command runs")
        return (), [base.account(launch.user or "", launch.file, launch.line, undecided=[note])]
    found = _parsed(host, path)
    own = dict(found.variables, **found.accounts.get(options.text("account") or "", {}))
    words = [(text or "", text is not None) for text in options.texts("set")]
    own.update((item.key, item) for item in mailrc.assigned(words, launch.file, launch.line))
    if operands:
        url = mailrc.mailbox(operands[0] or "")
        own = {key: item for key, item in own.items() if key not in mailrc.MAILBOXES}
        if url or operands[0] is None:
            own["folder"] = mailrc.Variable("folder", url, launch.file, launch.line, True)
    accounts = _accounts(launch.user or "", mailrc.Mailrc(own, {}, []), path)
    notes = options.undecided({"account": "account", "set": "options"})
    if "command" in options:
        notes.append(options.note("options", "a command that it is given may set others"))
    for account in accounts:
        account["undecided"].extend(notes)
    # Users start it by hand as well: no file is read by commands alone.
    return (), accounts


def _accounts(user, found, path):
    layers = [(None, found.variables)] + [(name, dict(found.variables, **own)) for name, own in found.accounts.items()]
    made = []
    for name, variables in layers:
        boxes = [variables[key] for key in mailrc.MAILBOXES if key in variables]
        boxes = boxes if name is None else [box for box in boxes if box.key in found.accounts[name]]
        made += [_account(user, name, box, variables) for box in boxes + (found.shortcuts if name is None else [])]
    return [account for account in launched.each_once(made) if account["config"]][: base.MAX_ACCOUNTS]


def _account(user, name, box, variables):
    mailbox = box.value
    account = base.account(user, box.file, box.line, name=name)
    if mailbox is None or not box.is_sure:
        account["undecided"].append(base.undecided("server", "the file computes it, or sets it under a condition", box.file, box.line))
    if mailbox is None:
        return account
    chosen, unsure = {}, []
    for key in mailrc.KEPT:
        item, is_open = _of_chain(variables, key, mailbox)
        unsure += [base.undecided(key, "which of its values counts is known only when it runs", box.file, box.line)] if is_open else []
        if item and (item.value is None or not item.is_sure):
            unsure.append(base.undecided(key, "the file computes it, or sets it under a condition", item.file, item.line))
        elif item:
            chosen[key] = item
    starttls = chosen.pop(mailbox.protocol + "-use-starttls", None)
    account.update(
        server=mailbox.server,
        port=mailbox.port,
        protocol=mailbox.protocol,
        security="implicit" if mailbox.implicit else "starttls" if starttls and starttls.value else "none",
        settings=[base.setting(box.key, mailbox.server, box.file, box.line)] + [pin for item in chosen.values() for pin in _pins(item)],
    )
    account["undecided"] += unsure
    return account


def _of_chain(variables, key, mailbox):
    """Return the Variable that counts of the chain of *key*, and whether the user, who is not known, could decide."""
    user, _at, place = mailbox.url.partition("://")[2].rstrip("/").rpartition("@")
    personal = [name for name in variables if name.startswith(key + "-") and name.endswith("@" + place)]
    names = [f"{key}-{user}@{place}"] if user else []
    found = next((variables[name] for name in [*names, f"{key}-{place}", key] if name in variables), None)
    return found, not user and bool(personal)


def _pins(item):
    """The settings of a variable: each pair of tls-config-pairs is one."""
    key = next((name for name in mailrc.PINS if item.key == name or item.key.startswith(name + "-")), item.key)
    key = _ALIASES.get(key, key)
    if key == "ssl-protocol":
        yield base.setting(key, ",".join(word.strip().lstrip("+") for word in item.value.split(",")), item.file, item.line)
    elif key != "tls-config-pairs":
        yield from [base.setting(key, item.value, item.file, item.line)] if key in mailrc.PINS else []
    for name, value in mailrc.pairs(item.value) if key == "tls-config-pairs" else ():
        is_list = name.lower() in ("cipherstring", "ciphersuites", "curves")
        spelled = next((known for known in ("CipherString", "Ciphersuites", "Curves") if known.lower() == name.lower()), key)
        yield base.setting(spelled if is_list else key, value if is_list else f"{name}={value}", item.file, item.line)
