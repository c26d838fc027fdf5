"""Mailboxes on servers, as URLs and as the older form in braces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils import mailbox_url

SECRET = "hunter2"

# text: (protocol, server, port, implicit, url)
MAILBOXES = {
    "imaps://h/INBOX": ("imap", "h", 993, True, "imaps://h/"),
    "IMAP://h": ("imap", "h", 143, False, "imap://h/"),
    "pops://u@h:1995": ("pop3", "h", 1995, True, "pops://u@h:1995/"),
    "pop://h/": ("pop3", "h", 110, False, "pop://h/"),
    f"imaps://u:{SECRET}@h/x": ("imap", "h", 993, True, "imaps://u@h/"),
    f"imaps://u@a.b:{SECRET}@x@h": ("imap", "h", 993, True, "imaps://u@a.b@h/"),
    "imaps://[::1]:99/x": ("imap", "::1", 99, True, "imaps://[::1]:99/"),
    "imaps://h:0/": ("imap", "h", 993, True, "imaps://h/"),
    "imaps://h:/": ("imap", "h", 993, True, "imaps://h/"),
    "{h}INBOX": ("imap", "h", 143, False, "imap://h/"),
    "{h/ssl}": ("imap", "h", 993, True, "imaps://h/"),
    "{u@h:99/ssl}x": ("imap", "h", 99, True, "imaps://u@h:99/"),
}


@pytest.mark.parametrize("text", MAILBOXES)
def test_what_a_mailbox_is_on(text):
    assert mailbox_url.parse(text) == MAILBOXES[text]


@pytest.mark.parametrize(
    "text", ["", "/var/mail/x", "~/Mail", "imaps://", "imaps:///x", "http://h/", "{h", "{h/pop3}x", "{}", "smtps://h", "imaps://h:x/"]
)
def test_what_is_on_no_server(text):
    assert mailbox_url.parse(text) is None


def test_a_bare_name_is_a_server_of_pop3_where_the_caller_says_so():
    assert mailbox_url.parse("u:p@h", bare_pop=True) == ("pop3", "h", 110, False, "pop://u@h/")
    assert mailbox_url.parse("pops://h", bare_pop=True).port == 995


@given(st.text(max_size=40), st.booleans())
def test_nothing_raises(text, bare_pop):
    mailbox_url.parse("imaps://" + text, bare_pop)
    mailbox_url.parse("{" + text, bare_pop)
