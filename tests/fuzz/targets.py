"""What is fuzzed: each parser of text that a host or a person wrote, with the exceptions that it documents."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fleet_generator
from fuzz import grammars
from fuzz.target import Target

from ansible_collections.mailtls.fleet.plugins.module_utils import client_hello, duration, elf, ld_cache, mailbox_url
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import node, perl, php, python, ruby
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import ScriptError
from ansible_collections.mailtls.fleet.plugins.plugin_utils import artifact, cipher_string, evidence, priority_string, waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import yaml_lines
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import base, frame
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import registry, transcript


class _OneFile:
    """A host with one file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @contextmanager
    def opened(self, _path: str) -> Iterator[int]:
        descriptor = os.memfd_create("fuzz")
        try:
            os.write(descriptor, self._content)
            yield descriptor
        finally:
            os.close(descriptor)


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


@functools.cache
def _shipped() -> tuple[yaml_lines.Node, ...]:
    return tuple(yaml_lines.load(file) for file in policy_load.shipped_files())


def _policy(text: str) -> None:
    policy_load.of_documents((*_shipped(), yaml_lines.parse(text, "policy.yml")))


def _waivers(text: str) -> None:
    waivers.of_document(yaml_lines.parse(text, "waivers.yml"), policy_load.load().deadline)


_SCRIPT = "box = imaplib.IMAP4_SSL('outlook.office365.com', 993)\n"
_PRIORITY = frozenset(("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"))
_ELF = "\x7fELF\2\1\1" + "\0" * 9 + "\3\0>\0\1" + "\0" * 107
_CACHE = "glibc-ld.so.cache1.1\1\0\0\0\4\0\0\0" + "\0" * 20 + "\3\0\0\0H\0\0\0J\0\0\0" + "\0" * 12 + "a\0/\0"
_POLICY = """\
schema: mailtls.policy/1
sources:
  a: b, read 2026-11-24
endpoints:
  h.example.org: {status: stays, source: a}
"""
_ARTIFACT = json.dumps(artifact.pack(fleet_generator.fleet(1), 2000))
_EVIDENCE = fleet_generator.evidence_of_kinds()["fetchmail_pinned"]
TARGETS = {
    **grammars.TARGETS,
    "artifact": Target(lambda text: artifact.unpack(_json(text)), _ARTIFACT, (artifact.ArtifactError,)),
    "cipher_string": Target(lambda text: cipher_string.shares(text, {"ECDHE-RSA-AES128-GCM-SHA256"}), "DEFAULT:!RC4@SECLEVEL=1:RC4-SHA"),
    "client_hello": Target(
        lambda text: client_hello.parse(_bytes(text)),
        "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" + "\0" * 32 + "\x00\x00\x04\xc0\x30\xc0\x2f\x01\x00",
        (client_hello.HelloError,),
    ),
    "duration": Target(duration.seconds, " 10m "),
    "elf": Target(lambda text: elf.read(_OneFile(_bytes(text)), "/lib"), _ELF, (elf.ElfError,)),
    "evidence": Target(
        lambda text: evidence.load(_json(text)), json.dumps(_EVIDENCE), (evidence.EvidenceError,)
    ),
    "frame": Target(
        lambda text: frame.split(text.encode("utf-8", "replace"), "n0"), "mailtls-frame n0\n2 4 2\npathxy\n1 3\nend\n", (base.ReachError,)
    ),
    "ld_cache": Target(
        lambda text: ld_cache.parse(_bytes(text)), _CACHE, (ld_cache.CacheError,)
    ),
    "mailbox_url": Target(mailbox_url.parse, "imaps://u:p@outlook.office365.com:993/INBOX"),
    "node": Target(node.connections, "const b = new ImapFlow({host: 'h', port: 993, secure: true});\n", (ScriptError,)),
    "perl": Target(perl.connections, "my $i = Mail::IMAPClient->new(Server => 'h', Ssl => 1);\n", (ScriptError,)),
    "php": Target(php.connections, "<?php $b = imap_open('{h:993/imap/ssl}INBOX', 'u', 'p');\n", (ScriptError,)),
    "policy": Target(
        _policy,
        _POLICY,
        (policy_load.PolicyError,),
    ),
    "priority_string": Target(lambda text: priority_string.read(text, _PRIORITY), "NORMAL:-VERS-ALL:+VERS-TLS1.2:%COMPAT"),
    "python": Target(python.connections, "import imaplib, ssl\n" + _SCRIPT, (ScriptError,)),
    "registry": Target(
        lambda text: registry.parse(text.splitlines(), r"HKLM\SOFTWARE\A"), "HKEY_LOCAL_MACHINE\\SOFTWARE\\A\n    B    REG_DWORD    0x1\n"
    ),
    "ruby": Target(ruby.connections, "i = Net::IMAP.new('h', port: 993, ssl: true)\n", (ScriptError,)),
    "transcript": Target(lambda text: transcript.read(text, "00000000"), "@00000000 env\r\nAMD64\r\n@00000000+\r\n@00000000 end\r\n"),
    "waivers": Target(
        _waivers, 'schema: mailtls.waivers/1\nwaivers:\n  - {host: "a*", reason: b, owner: c, until: 2026-12-15}\n', (waivers.PolicyError,)
    ),
}  # fmt: skip


def run(name: str, text: str) -> None:
    """Hand *text* to a target; whatever it does not document comes through."""
    TARGETS[name].take(text)
