"""What every client's evidence goes through."""

from __future__ import annotations

import json

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import registry


@pytest.mark.parametrize(
    ("name", "place", "text"),
    [
        ("mbsync", "/home/alice/.mbsyncrc", "IMAPAccount a\nHost {}\nUser alice\n"),
        ("imapfilter", "/home/alice/.imapfilter/config.lua", 'IMAP {{ server = "{}", username = "a", ssl = "auto" }}\n'),
        ("getmail", "/home/alice/.getmail/getmailrc", "[retriever]\ntype = SimpleIMAPSSLRetriever\nserver = {}\nusername = a\n"),
    ],
)
def test_a_password_that_stands_by_mistake_before_a_servers_name_stays_where_it_is(tree, name, place, text):
    tree.write(place, text.format("alice:hunter2@mail.example"))
    evidence = next(reader for reader in registry.READERS if name == reader.NAME).read(tree.host())
    assert evidence["accounts"][0]["server"] == "***@mail.example"
    assert "hunter2" not in json.dumps(evidence)
