# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GLPI: its mail collectors are records of its database, fetched by PHP."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import kept_in_database

NAME = "glpi"

_PACKAGES = ("glpi",)
_FILES = ("/etc/glpi/config_db.php", "/var/www/html/glpi/config/config_db.php", "/var/www/glpi/config/config_db.php")
_INTERPRETERS = ("php",)


def read(host):
    """Return the evidence of GLPI on *host*, or None when nothing of it is there."""
    return kept_in_database.read(host, NAME, _PACKAGES, _FILES, _INTERPRETERS)
