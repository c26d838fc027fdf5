"""What is fuzzed: each parser of text that a host or a person wrote, with the exceptions that it documents."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.mailtls.fleet.plugins.module_utils import client_hello, mailbox_url
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import node, perl, php, python, ruby
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import ScriptError
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import (
    c_client,
    crontab,
    fetchmailrc,
    gnutls_config,
    ini,
    java_properties,
    lua_calls,
    mbsyncrc,
    mpoprc,
    muttrc_tokens,
    nagios_objects,
    nss_policy,
    perdition_conf,
    shell_commands,
    shell_lexer,
    systemd_unit,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import base, frame
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import registry, transcript


class Target(NamedTuple):
    """A parser of one text.

    seed: a text that it takes. errors: the exceptions that it documents.
    """

    parse: Callable[[str], Any]
    seed: str
    errors: tuple[type[Exception], ...] = ()


def _all(result: Any) -> None:
    if hasattr(result, "__next__"):
        list(result)


def _evidence(text: str) -> None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = text
    evidence.load(document)


_POLL = 'poll outlook.office365.com protocol imap user "u" password "p" sslproto "TLS1" ssl # c\n'
_SCRIPT = "box = imaplib.IMAP4_SSL('outlook.office365.com', 993)\n"
TARGETS = {
    "c_client": Target(c_client.parse, "{outlook.office365.com:993/imap/ssl/user=u}INBOX"),
    "client_hello": Target(
        lambda text: client_hello.parse(text.encode("latin-1", "replace")),
        "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" + "\0" * 32 + "\x00\x00\x04\xc0\x30\xc0\x2f\x01\x00",
        (client_hello.HelloError,),
    ),
    "crontab": Target(crontab.parse, "A=b\n*/5 * * * * fetchmail -s % x\n@reboot getmail\n"),
    "evidence": Target(_evidence, '{"schema": "mailtls.evidence/1", "stacks": [], "clients": []}', (evidence.EvidenceError,)),
    "fetchmailrc": Target(fetchmailrc.parse, _POLL, (GrammarError,)),
    "frame": Target(
        lambda text: frame.records(text.encode("utf-8", "replace"), "n0"), "mailtls-start n0\n2 4 2\npathxy\n1 3\nend\n", (base.ReachError,)
    ),
    "gnutls_config": Target(gnutls_config.parse, "[overrides]\ndisabled-version = tls1.3\n", (GrammarError,)),
    "ini": Target(ini.parse, "[a]\nb = c\n; d\n", (GrammarError,)),
    "java_properties": Target(java_properties.parse, "jdk.tls.disabledAlgorithms=SSLv3, \\\n  TLSv1\\u0041\n", (GrammarError,)),
    "lua_calls": Target(lambda text: lua_calls.tokens(text), "a = IMAP { server = 'x', ssl = [[y]] } -- z\n", (GrammarError,)),
    "mailbox_url": Target(mailbox_url.parse, "imaps://u:p@outlook.office365.com:993/INBOX"),
    "mbsyncrc": Target(mbsyncrc.parse, 'IMAPAccount a\nHost "h"\nSSLVersions TLSv1\n\n', (GrammarError,)),
    "mpoprc": Target(mpoprc.parse, "defaults\ntls on\naccount a : b\nhost h\n", (GrammarError,)),
    "muttrc": Target(muttrc_tokens.lines, "set a=\"b\" c='d'; source `e` # f\n", (GrammarError,)),
    "nagios": Target(nagios_objects.parse, "define command {\n command_line check_imap -H h\n}\n", (GrammarError,)),
    "node": Target(node.connections, "const b = new ImapFlow({host: 'h', port: 993, secure: true});\n", (ScriptError,)),
    "nss_policy": Target(nss_policy.parse, 'library=\nname=Policy\nconfig="disallow=ALL allow=tls-version-min=tls1.2"\n', (GrammarError,)),
    "perdition": Target(perdition_conf.parse, "outgoing_server h\nssl_mode ssl_outgoing\n", (GrammarError,)),
    "perl": Target(perl.connections, "my $i = Mail::IMAPClient->new(Server => 'h', Ssl => 1);\n", (ScriptError,)),
    "php": Target(php.connections, "<?php $b = imap_open('{h:993/imap/ssl}INBOX', 'u', 'p');\n", (ScriptError,)),
    "python": Target(python.connections, "import imaplib, ssl\n" + _SCRIPT, (ScriptError,)),
    "registry": Target(
        lambda text: registry.parse(text.splitlines(), r"HKLM\SOFTWARE\A"), "HKEY_LOCAL_MACHINE\\SOFTWARE\\A\n    B    REG_DWORD    0x1\n"
    ),
    "ruby": Target(ruby.connections, "i = Net::IMAP.new('h', port: 993, ssl: true)\n", (ScriptError,)),
    "shell": Target(shell_commands.parse, "A=b c \"$d\" | e 'f' && { g; } # h\n", (shell_lexer.ShellError,)),
    "systemd_unit": Target(systemd_unit.parse, "[Service]\nExecStart=/bin/a \\\n  b\n", (systemd_unit.QuoteError,)),
    "systemd_words": Target(systemd_unit.words, "a \"b\" 'c' \\x41", (systemd_unit.QuoteError,)),
    "transcript": Target(lambda text: transcript.read(text, "00000000"), "@00000000 env\r\nAMD64\r\n@00000000+\r\n@00000000 end\r\n"),
}


def run(name: str, text: str) -> None:
    """Hand *text* to a target; whatever it does not document comes through."""
    target = TARGETS[name]
    with contextlib.suppress(*target.errors):
        _all(target.parse(text))
