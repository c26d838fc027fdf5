"""What holds for each reader of a client: it is small, it has facts, and tests of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import registry
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load

CLIENTS = Path(registry.__file__ or "").parent
# These hold what many readers share; the traces are written by a program.
SHARED = {"launched.py", "traces.py", "registry.py", "base.py"}


@pytest.mark.parametrize("path", sorted(CLIENTS.glob("*.py")), ids=lambda path: path.stem)
def test_a_client_has_less_than_200_lines(path):
    assert path.name in SHARED or len(path.read_text().splitlines()) < 200


@pytest.mark.parametrize("reader", registry.READERS, ids=lambda reader: reader.NAME)
def test_a_client_has_facts(reader):
    assert reader.NAME in load().clients
