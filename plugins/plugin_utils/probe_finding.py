# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The findings of the probe: what a library of the host and a server really came to.

They are a look at one server on one day, so none of them fails a host, and none takes back what another finding says.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS
from ansible_collections.mailtls.fleet.plugins.plugin_utils import wording
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Evidence, Probe
from ansible_collections.mailtls.fleet.plugins.plugin_utils.finding import finding, stable_id
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Policy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import AT_RISK, PASS

_ONE_SUCCESS = (
    "One success proves little while the change is rolled out: the next server of the service may answer otherwise,"
    " and a mail client may set what this handshake did not."
)
_TRY = "Look at the finding of this library, and at what stands between this host and {target}; then probe again."
_SOURCE = "a handshake of this host, made by the audit"


def of_host(evidence: Evidence, policy: Policy) -> list[dict[str, Any]]:
    """Return a finding for each handshake that the probe of this host came to."""
    return [_finding(evidence, policy, probe) for probe in evidence.probes]


def _finding(evidence: Evidence, policy: Policy, probe: Probe) -> dict[str, Any]:
    stack = evidence.stack(probe.stack)
    kind, version = (stack.kind, stack.version) if stack else ("", None)
    facts = policy.libraries.get(kind)
    subject = f"{facts.title if facts else kind or probe.stack} {version or ''}".strip()
    cause, verdict, why, fix = _judge(policy, probe, subject)
    return finding(
        stable_id("probe", probe.target, probe.stack),
        "probe",
        cause,
        verdict,
        "observed",
        why,
        {"text": fix},
        _SOURCE,
        stack={"kind": kind, "version": version, "path": probe.stack},
    )


def _judge(policy: Policy, probe: Probe, subject: str) -> tuple[str, str, str, str]:
    """Return cause, verdict, reason and fix."""
    required = wording.spoken(policy.protocol)
    if probe.version is None:
        alert = f"the server sent alert {probe.alert}: " if probe.alert is not None else ""
        why = f"The handshake of {subject} with {probe.target} failed: {alert}{probe.error}."
        return "handshake_failed", AT_RISK, why, _TRY.format(target=probe.target)
    agreed = f"{subject} and {probe.target} agreed on {wording.spoken(probe.version)}"
    if PROTOCOLS.index(probe.version) < PROTOCOLS.index(policy.protocol):
        why = f"{agreed}, which ends: one of the two goes no higher, and the service will take {required} or later only."
        return "old_handshake", AT_RISK, why, _TRY.format(target=probe.target)
    return "ok", PASS, f"{agreed}. {_ONE_SUCCESS}", ""
