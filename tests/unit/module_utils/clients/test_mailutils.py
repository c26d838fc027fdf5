"""GNU Mailutils: mailboxes on servers that commands and its configuration name."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import mailutils

SECRET = "hunter2"
# command: (server, port, protocol, security, what is undecided) of its mailbox, or None
COMMANDS = {
    f"movemail imaps://u:{SECRET}@h /var/mail/alice": ("h", 993, "imap", "implicit", []),
    f"movemail --owner=x 'pop://u:{SECRET}@h;notls' /var/mail/alice {SECRET}": ("h", 110, "pop3", "none", []),
    "movemail.mailutils pop://u@h:1110 box": ("h", 1110, "pop3", "starttls", []),
    "frm imap://u@h": ("h", 143, "imap", "starttls", []),
    "mail -e -f pops://u@h": ("h", 995, "pop3", "implicit", []),
    "mail --file=imaps://u@h": ("h", 993, "imap", "implicit", []),
    'movemail "$(cat box)" x': (None, None, None, None, ["server"]),
    "mail -s subject bob": None,
    "movemail a b": None,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command(command, tree):
    tree.write("/var/spool/cron/crontabs/alice", f"* * * * * {command}\n")
    accounts = (mailutils.read(tree.host()) or {"accounts": []})["accounts"]
    keys = ("server", "port", "protocol", "security")
    found = [(*(entry[key] for key in keys), [item["what"] for item in entry["undecided"]]) for entry in accounts]
    assert found == ([COMMANDS[command]] if COMMANDS[command] else [])
    assert SECRET not in repr(accounts)


def test_its_configuration(tree):
    tree.write("/etc/mailutils.conf", f'# x\nmailbox {{\n  mailbox-pattern "imaps://u:{SECRET}@h/INBOX";\n  folder mail;\n}};\n')
    evidence = mailutils.read(tree.host())
    assert [(entry["server"], entry["line"]) for entry in evidence["accounts"]] == [("h", 3)]
    assert SECRET not in repr(evidence)


def test_what_is_only_installed_is_no_client(tree, write_elf):
    write_elf(tree.root / "usr/bin/movemail.mailutils", needed=[])
    assert mailutils.read(tree.host()) is None
