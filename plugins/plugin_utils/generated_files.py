# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings in files that a program of the system writes: the reason names what they were made from, the fix what makes them anew."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Evidence, Stack, spot
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import SYSTEM, Constraint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Generated, Policy

# The policy that the files were made from says more than the one that was asked for.
_KEYS = ("applied", "policy")


def explained(constraints: Iterable[Constraint], evidence: Evidence, policy: Policy, stack: Stack) -> list[Constraint]:
    """Return *constraints*, those from generated files with their origin, and with the advice that mends them."""
    return [_explained(item, evidence, policy, stack) for item in constraints]


def _explained(item: Constraint, evidence: Evidence, policy: Policy, stack: Stack) -> Constraint:
    if item.layer != SYSTEM:
        return item
    # What was not found in any setting stands in the file that the library reads, if anywhere.
    file = item.setting.file if item.setting else stack.config
    kind = next((kind for kind in policy.generated if kind.holds(file)), None)
    return dataclasses.replace(item, origin=_origin(kind, evidence), advice=kind.advice) if kind else item


def _origin(kind: Generated, evidence: Evidence) -> str:
    named = {setting.key: setting for setting in evidence.settings if setting.stack == kind.name}
    made_from = next((named[key] for key in _KEYS if key in named), None)
    return f"{kind.by} wrote" + (f" for {made_from.value} ({spot(made_from.file, made_from.line)})" if made_from else "")
