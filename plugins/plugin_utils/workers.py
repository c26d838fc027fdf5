# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps Ansible's worker processes cheap in a large fleet."""

from __future__ import annotations

import functools
import gc
import os


@functools.cache
def share_memory() -> None:
    """Let processes that are forked from this one leave alone what they inherit.

    A collection writes to the header of every object that it looks at, so in a worker it copies all of the leading process, which grows
    with the fleet. Frozen objects aren't looked at; a worker lives for one task, and what it makes itself is collected as ever.
    Freezing takes the same time for any number of objects (https://docs.python.org/3/library/gc.html#gc.freeze). It happens in the
    child only: frozen in the leading process, its own garbage of each host would stay for ever.
    """
    os.register_at_fork(after_in_child=gc.freeze)
