# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jira: its mail servers are records of its database, fetched by Java."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import kept_in_database

NAME = "jira"

_PACKAGES = ("jira",)
_FILES = (
    "/opt/atlassian/jira/atlassian-jira/WEB-INF/classes/jira-application.properties",
    "/var/atlassian/application-data/jira/dbconfig.xml",
)
_INTERPRETERS = ("java",)


def read(host):
    """Return the evidence of Jira on *host*, or None when nothing of it is there."""
    return kept_in_database.read(host, NAME, _PACKAGES, _FILES, _INTERPRETERS)
