# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which package manager a host has."""

import os

from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.package_managers import apt, dnf

_MANAGERS = (apt, dnf)


def of_host():
    """Return the module of this host's package manager, or None where it has none that is known here."""
    return next((manager for manager in _MANAGERS if os.path.exists(manager.PROGRAM)), None)
