# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Znuny and OTRS: their mail accounts are records of their database, fetched by Perl."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import kept_in_database

NAME = "znuny"

_PACKAGES = ("znuny", "otrs2", "otrs")
_FILES = ("/opt/znuny/Kernel/Config.pm", "/opt/otrs/Kernel/Config.pm", "/etc/otrs/Kernel/Config.pm")
_INTERPRETERS = ("perl",)


def read(host):
    """Return the evidence of Znuny (OTRS) on *host*, or None when nothing of it is there."""
    return kept_in_database.read(host, NAME, _PACKAGES, _FILES, _INTERPRETERS)
