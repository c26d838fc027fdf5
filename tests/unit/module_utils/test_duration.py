"""Durations as people write them."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import duration


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("90", 90), ("90s", 90), ("10m", 600), (" 1h ", 3600)])
def test_seconds(text, seconds):
    assert duration.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "-1", "1.5m", "1d", "10 m", "1m30s", "9999999", "1\n2"])
def test_what_is_no_duration(text):
    assert duration.seconds(text) is None
