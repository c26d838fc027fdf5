# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Ansible's own plays, tasks and results tell, of whichever core they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible.playbook.block import Block


def part(result: Any, name: str) -> Any:
    """Return an attribute of a task's result: ansible-core 2.19 made them public, and will drop the underscored names."""
    return getattr(result, name, None) or getattr(result, f"_{name}")


def action(task: Any) -> str:
    """Return the full name of a task's action, however the playbook wrote it."""
    return getattr(task, "resolved_action", None) or str(task.action)


def tasks(entries: list[Any]) -> Iterator[Any]:
    """Yield the tasks in *entries*, blocks of a play, those of nested blocks too."""
    for entry in entries:
        if isinstance(entry, Block):
            yield from tasks([*entry.block, *entry.rescue, *entry.always])
        else:
            yield entry
