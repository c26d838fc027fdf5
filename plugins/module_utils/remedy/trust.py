# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose file a change is of: root makes none that a user leads it to in what is not that user's."""

import os
import stat

from ansible_collections.mailtls.fleet.plugins.module_utils import paths
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import files

_ROOT = 0
_LED = "a user leads to it who does not own it, by a link or a directory of that user's: follow the written fix"
_UNREADABLE = "the users whose clients name it may not read it: follow the written fix"
_OTHER = "another file stands there than when it was looked at: audit again"


def forbids(host, file_plan):
    """Return why the file of *file_plan* is not to be changed, or None.

    Args:
        host: the Host.
        file_plan: plan.FilePlan.
    """
    try:
        status = files.status_of(file_plan.target)
        on_the_way = {step.st_uid for _place, step in paths.steps(file_plan.path) if step is not None}
    except (files.FileError, OSError):
        return _OTHER
    if not stat.S_ISREG(status.st_mode) or os.path.realpath(file_plan.path) != file_plan.target:
        return _OTHER
    if status.st_nlink > 1:
        return "it has several names (hard links), of which one alone would change: follow the written fix"
    user = next((user for user in host.users if paths.lies_in(file_plan.path, user.home)), None)
    if user and status.st_uid != user.uid:
        return f"it stands in the home of {user.name} but belongs to another user: follow the written fix"
    # Whoever is not root can be led only to what is that user's to change anyway.
    if os.geteuid() == _ROOT and not on_the_way <= {_ROOT, status.st_uid}:
        return _LED
    return None if _is_for_one_of(host, file_plan.changes, status) else _UNREADABLE


def _is_for_one_of(host, changes, status):
    """Whether one of the users whose accounts the *changes* are for may read the file, as far as its mode tells."""
    if status.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return True
    names = {account["user"] for change in changes for account in change.get("accounts", ())}
    numbers = {user.uid for user in host.users if user.name in names}
    # A service's account has no user, and a service reads its settings as root.
    return not names or not names.isdisjoint({"", "root"}) or status.st_uid in numbers
