# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DavMail: it serves POP3 and IMAP on this host, and fetches by Exchange's web services, so that no POP3 or IMAP leaves it."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import java_properties, services

NAME = "davmail"

_AFFECTS = "client:" + NAME
_SYSTEM_FILES = ("/etc/davmail.properties", "/etc/davmail/davmail.properties")
_USER_FILE = "/.davmail.properties"
_PORTS = ("davmail.imapPort", "davmail.popPort")


def read(host):
    """Return the services of DavMail on *host*, or None when it has none: it has no accounts."""
    installs = base.installs(host, (NAME,), (NAME,))
    places = [("", path) for path in _SYSTEM_FILES] + [(user.name, user.home + _USER_FILE) for user in host.users]
    relays = [relay for user, path in places for relay in _relay(host, user, path)]
    return base.relay_evidence(host, NAME, installs, [], relays)


def _relay(host, user, path):
    # The last of a key counts; an empty one switches the service off.
    values = {found.key: found.value for found in java_properties.parse(host.text(path, _AFFECTS) or "") if found.key in _PORTS}
    ports = [services.port(value.strip()) for value in values.values()]
    listens = [base.listener("", port, "nowhere") for port in ports if port]
    if listens:
        yield base.account(user, path, 1, listens=listens)
