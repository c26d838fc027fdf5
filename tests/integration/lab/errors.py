"""What the lab raises when it cannot do its work."""

from __future__ import annotations


class LabError(Exception):
    """The lab could not be built or used; the message says which part and why."""
