# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One finding: its form, and the identity that it keeps from run to run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any


def stable_id(check: str, *parts: str) -> str:
    """Return the identity of what is judged: the same *parts* give the same id in every run."""
    digest = hashlib.sha256("\0".join((check, *parts)).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{check}-{digest[:12]}"


def why_of(findings: Iterable[Mapping[str, Any]], verdict: str) -> str:
    """Return why a host with these *findings* has this *verdict*: the first reason, and how many more there are."""
    reasons = [item["why"] for item in findings if item["verdict"] == verdict]
    return str(reasons[0]) if len(reasons) == 1 else f"{reasons[0]} (and {len(reasons) - 1} more)"


def finding(
    identity: str,
    check: str,
    cause: str,
    verdict: str,
    confidence: str,
    why: str,
    fix: dict[str, Any],
    source: str,
    **known: Any,
) -> dict[str, Any]:
    """Return a finding as results.json holds it.

    Args:
        identity: from `stable_id`.
        check: what was judged: account, client, stack, coverage, probe or audit.
        cause: the word that findings with one reason share.
        verdict: from verdicts.
        confidence: observed, configured or inferred.
        why: the reason, one sentence.
        fix: {text, remedy?, change?}.
        source: where the decisive fact comes from.
        known: client, account, offered, stack, settings, as far as they apply.
    """
    return {
        "id": identity,
        "check": check,
        "cause": cause,
        "verdict": verdict,
        "confidence": confidence,
        "why": why,
        "fix": fix,
        "source": source,
        "settings": known.pop("settings", []),
        **known,
    }
