# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""osTicket: its mailboxes are records of its database, fetched by PHP."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import kept_in_database

NAME = "osticket"

_PACKAGES = ("osticket",)
_FILES = (
    "/var/www/html/osticket/include/ost-config.php",
    "/var/www/osticket/include/ost-config.php",
    "/var/www/html/include/ost-config.php",
)
_INTERPRETERS = ("php",)


def read(host):
    """Return the evidence of osTicket on *host*, or None when nothing of it is there."""
    return kept_in_database.read(host, NAME, _PACKAGES, _FILES, _INTERPRETERS)
