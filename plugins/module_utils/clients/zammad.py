# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Zammad: its channels fetch by Ruby, and are records of its database."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import kept_in_database

NAME = "zammad"

_PACKAGES = ("zammad",)
_FILES = ("/opt/zammad/config/database.yml", "/opt/zammad/VERSION")
_INTERPRETERS = ("ruby",)


def read(host):
    """Return the evidence of Zammad on *host*, or None when nothing of it is there."""
    return kept_in_database.read(host, NAME, _PACKAGES, _FILES, _INTERPRETERS)
