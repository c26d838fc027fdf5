# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every reach is: one function that obtains a host's evidence.

    obtain(action, arguments, task_vars) -> evidence

Args:
    action: the ActionBase of the running task, whose connection leads to the host.
    arguments: the arguments of the tls_audit task.
    task_vars: the variables of the host.

Returns:
    The evidence document, mailtls.evidence/1, as the host gave it: not yet checked.

Raises:
    ReachError: the host was reached, and gave no evidence.
    ansible.errors.AnsibleConnectionFailure: the host was not reached. Ansible itself makes UNREACHABLE of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Evidence = dict[str, Any]
Obtain = Callable[[Any, Mapping[str, Any], dict[str, Any]], Evidence]


class ReachError(Exception):
    """The host was reached, but its evidence could not be had; the text says why, in the host's words where it has some."""


def note(evidence: Evidence, why: str) -> Evidence:
    """Return the evidence with *why* it was obtained this way, as a gap that affects nothing."""
    if not isinstance(evidence, dict) or not isinstance(evidence.get("gaps"), list):
        return evidence  # what is not of the agreed form is for its reader to refuse
    return {**evidence, "gaps": [*evidence["gaps"], {"what": "reach", "why": why, "affects": None}]}
