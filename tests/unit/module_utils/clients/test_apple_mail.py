"""Apple Mail: accounts of a file that can be read, and that there are some in one that can't."""

from __future__ import annotations

import plistlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import apple_mail

FILE = "/home/alice/Library/Mail/V2/MailData/Accounts.plist"
SECRET = "hunter2"
# entry: (server, port, protocol, security), or None
ENTRIES = [
    ({"AccountType": "IMAPAccount", "Hostname": "h", "PortNumber": "993", "SSLEnabled": "YES"}, ("h", 993, "imap", "implicit")),
    ({"AccountType": "IMAPAccount", "Hostname": "h", "PortNumber": 143, "SSLEnabled": True}, ("h", 143, "imap", "starttls")),
    ({"AccountType": "POPAccount", "Hostname": "h", "Password": SECRET}, ("h", 110, "pop3", "none")),
    ({"AccountType": "POPAccount", "Hostname": "h", "SSLEnabled": True}, ("h", 995, "pop3", "implicit")),
    ({"AccountType": "LocalAccount", "AccountPath": SECRET}, None),
    ({"AccountType": ["IMAPAccount"], "Hostname": 1}, None),
]


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
@pytest.mark.parametrize(("entry", "expected"), ENTRIES)
def test_accounts(entry, expected, form, tree):
    tree.write(FILE, plistlib.dumps({"MailAccounts": [entry]}, fmt=form))
    evidence = apple_mail.read(tree.host())
    found = (
        [tuple(account[key] for key in ("server", "port", "protocol", "security")) for account in evidence["accounts"]] if evidence else []
    )
    assert found == ([expected] if expected else [])
    assert SECRET not in repr(evidence)


def test_accounts_of_a_database_are_only_seen(tree):
    tree.write("/home/alice/Library/Accounts/Accounts4.sqlite", SECRET)
    evidence = apple_mail.read(tree.host())
    assert [[item["what"] for item in account["undecided"]] for account in evidence["accounts"]] == [["server"]]
    assert SECRET not in repr(evidence)


def test_entities_are_not_followed(tree):
    key = "<key>MailAccounts</key><array/>"
    tree.write(
        FILE, f'<!DOCTYPE plist [<!ENTITY a "{SECRET}">]><plist version="1.0"><dict>{key}<key>x</key><string>&a;</string></dict></plist>'
    )
    assert apple_mail.read(tree.host()) is None


def test_a_broken_file_is_a_gap_without_its_text(tree):
    tree.write(FILE, f"<plist>{SECRET}")
    host = tree.host()
    assert apple_mail.read(host) is None
    assert [gap["affects"] for gap in host.gaps] == ["client:Apple Mail"]
    assert SECRET not in repr(host.gaps)


@given(st.recursive(st.none() | st.text(max_size=5) | st.integers(0, 9), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_no_list_of_properties_breaks_it(content):
    for entry in [content] if isinstance(content, dict) else []:
        apple_mail._account("alice", FILE, entry)
