# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where backup sets are, unless a remediation is told otherwise."""

import os
import pwd

_ROOT_BACKUPS = "/var/lib/mailtls/backups"
_USER_BACKUPS = "/.local/share/mailtls/backups"


def default_directory():
    """Return the directory for backup sets of this process's user."""
    user = os.geteuid()
    return _ROOT_BACKUPS if user == 0 else pwd.getpwuid(user).pw_dir + _USER_BACKUPS
