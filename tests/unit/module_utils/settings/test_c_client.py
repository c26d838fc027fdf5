"""Names of mailboxes as c-client reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import c_client

# name: (server, port, service, flags)
NAMES = {
    "{h}inbox": ("h", None, "imap", ()),
    "{h:993/imap/ssl}inbox": ("h", 993, "imap", ("ssl",)),
    "{h/ssl/user=u@contoso.example}inbox": ("h", None, "imap", ("ssl",)),
    "{h/POP3/TLS}": ("h", None, "pop3", ("tls",)),
    "{h/service=POP3}": ("h", None, "pop3", ()),
    "{h/nntp/ssl}": None,
    "{h/service=nntp/ssl}": ("h", None, "nntp", ("ssl",)),
    "{h/novalidate-cert/tls1_1/notls}x": ("h", None, "imap", ("tls1_1", "notls")),
    '{h/user="a/tls:1"/ssl}x': ("h", None, "imap", ("ssl",)),
    '{h/user="a\\"/tls"/ssl}x': ("h", None, "imap", ("ssl",)),
    "{[::1]:143/tls}x": ("::1", 143, "imap", ("tls",)),
    "{h/unheard-of}x": None,
    "{h/ssl=yes}x": None,
    "{h:port}x": None,
    "{h:1:2}x": None,
    "{/ssl}x": None,
    "{}x": None,
    "{h/ssl": None,
    "mail/box": None,
    "": None,
}
SECURITY = {
    (): "starttls",
    ("tryssl",): "starttls",
    ("tls",): "starttls",
    ("starttls",): "starttls",
    ("notls",): "none",
    ("ssl",): "implicit",
    ("tls1",): "implicit",
    ("tls1_2", "ssl"): "implicit",
    ("ssl", "tls"): None,
    ("notls", "tls"): None,
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    assert c_client.parse(name) == NAMES[name]


@pytest.mark.parametrize("flags", SECURITY)
def test_security(flags):
    assert c_client.security(flags) == SECURITY[flags]


@given(st.text(alphabet='{}[]/:="\\ashltuser1_\n\0', max_size=60))
def test_any_name_is_read_or_none(text):
    found = c_client.parse(text)
    assert found is None or (found.server and set(found.flags) <= set(c_client.TLS_FLAGS))
