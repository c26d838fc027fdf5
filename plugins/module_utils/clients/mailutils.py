# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GNU Mailutils: mailboxes on servers that commands name, movemail before all, and those of its configuration (mailutils, "Mailbox")."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils import mailbox_url
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, launched

NAME = "mailutils"

_AFFECTS = "client:" + NAME
_COMMANDS = ("movemail", "frm", "from", "readmsg", "messages", "mail", "sieve")
# Other packages have programs of these names.
_PROGRAMS = tuple(name + ".mailutils" for name in _COMMANDS) + _COMMANDS
_PACKAGES = ("mailutils", "mailutils-common")
_FILE = "/etc/mailutils.conf"
_SETTING = re.compile(r"^\s*(?P<key>mail-spool|mailbox-pattern|folder)\s+[\"']?(?P<url>(?:imap|pop)s?://[^\"';\s]+)", re.MULTILINE)
_URL = re.compile(r"(?:imap|pop)s?://", re.IGNORECASE)
# It hands this to GnuTLS, whatever the system's default is; measured with 3.15.
_PRIORITY = "NORMAL"


def read(host):
    """Return the evidence of Mailutils on *host*, or None where nothing shows that it reads mail from a server."""
    accounts = _of_file(host)
    installs = [found for found in base.installs(host, _PROGRAMS) if found["package"] and found["package"]["name"] in _PACKAGES]
    for launch in host.launches.of(*_PROGRAMS):
        accounts += launched.under_environment(host, installs, launch, _of_launch(launch))
    for stack in {stack for used in installs + accounts for stack in used.get("stacks", ())} if accounts else ():
        host.stacks.want_priority(stack, _PRIORITY)
    return base.relay_evidence(host, NAME, installs, base.bounded(host, launched.each_once(accounts), _FILE, _AFFECTS))


def _of_file(host):
    text = host.text(_FILE, _AFFECTS) or ""
    found = [(match.group("url"), text.count("\n", 0, match.start("key")) + 1) for match in _SETTING.finditer(text)]
    return [_account("", _FILE, line, url, True) for url, line in found if mailbox_url.parse(url)]


def _of_launch(launch):
    """The mailboxes that a command names, as operands or behind an option; movemail's second one is written to in the same way."""
    is_movemail = (launch.program or "").rpartition("/")[2].startswith("movemail")
    found = []
    for word in launch.argv[1:]:
        url = word.text[word.text.find("=") + 1 :] if word.text.startswith("--") else word.text
        if _URL.match(url) and (word.is_decided or "/" in url.partition("://")[2]):
            found.append(_account(launch.user or "", launch.file, launch.line, url, launch.is_active))
        elif is_movemail and not word.is_decided and (not word.text or _URL.match(url)):
            why = "which mailbox it reads is known only when the command runs"
            note = base.undecided("server", why, launch.file, launch.line)
            found.append(base.account(launch.user or "", launch.file, launch.line, enabled=launch.is_active, undecided=[note]))
    return found


def _account(user, file, line, url, is_enabled):
    # Parameters stand behind semicolons: notls asks for no TLS where it is not implicit.
    place, *parameters = url.split(";")
    mailbox = mailbox_url.parse(place.lower() if _URL.match(place) is None else place)
    if mailbox is None:
        return base.account(user, file, line, undecided=[base.undecided("server", "the URL names none", file, line)])
    return base.account(
        user,
        file,
        line,
        name="url",
        server=mailbox.server,
        port=mailbox.port,
        protocol=mailbox.protocol,
        security="implicit" if mailbox.implicit else "none" if "notls" in parameters else "starttls",
        enabled=is_enabled,
        settings=[base.setting("url", mailbox.server, file, line)],
    )
