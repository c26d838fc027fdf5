# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a document that a host sent comes to, whatever is in it: that host's record, in a time that is bounded."""

from __future__ import annotations

import datetime
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import bounds
from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence as evidence_model
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.host_record import of_error
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Policy

# The evidence of a large mail server takes less than a second.
SECONDS = 60


def of_document(host: str, document: Any, policy: Policy, today: datetime.date, name: str, seconds: int = SECONDS) -> dict[str, Any]:
    """Return the record of *host*, of which *document* should be evidence; where it can't be judged, the host is ERROR.

    Args:
        host: its name in the inventory.
        document: what it sent.
        policy, today: as of `assess`.
        name: what the document is called in words.
        seconds: that this may take.
    """
    try:
        with bounds.bounded(seconds):
            return {"host": host, **assess(evidence_model.load(document), policy, today)}
    except evidence_model.EvidenceError as error:
        return of_error(host, f"{name} is not evidence: {error}")
    except bounds.OutOfBounds:
        return of_error(host, f"{name} is too large: it took more than {seconds} seconds or too much memory to judge it")
    except Exception as error:  # pylint: disable=broad-except
        # A fault of ours, which one host must not have the others pay for. Its text may quote what the host sent.
        return of_error(host, f"{name} could not be judged: {type(error).__name__}")
