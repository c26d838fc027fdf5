"""What interpreters really send when a script pins its versions: what the facts of the scripts' settings rest on."""

from __future__ import annotations

import shutil

import pytest

PERL = "use IO::Socket::SSL; IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $ARGV[0], SSL_verify_mode => 0, PIN);"
NODE = "require('tls').connect({ host: '127.0.0.1', port: process.argv[2], rejectUnauthorized: false, PIN }).on('error', () => 0);"
RUBY = "require 'net/imap'\nNet::IMAP.new('127.0.0.1', port: ARGV[0].to_i, ssl: { verify_mode: 0, PIN })"
PHP = "<?php stream_socket_client('PIN://127.0.0.1:' . $argv[1], $e, $t, 2);"
PHP_METHOD = (
    "<?php $c = stream_context_create(['ssl' => ['crypto_method' => PIN, 'ciphers' => 'ALL:@SECLEVEL=0']]);"
    "stream_socket_client('ssl://127.0.0.1:' . $argv[1], $e, $t, 2, STREAM_CLIENT_CONNECT, $c);"
)
ALL = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
WEAK = "SSL_cipher_list => 'ALL:@SECLEVEL=0'"

CASES = [
    ("perl", PERL, "SSL_version => 'SSLv23'", ALL),
    ("perl", PERL, f"SSL_version => 'TLSv1', {WEAK}", ["TLSv1"]),
    ("perl", PERL, f"SSL_version => 'TLSv1_1', {WEAK}", ["TLSv1.1"]),
    ("perl", PERL, "SSL_version => 'TLSv12'", ["TLSv1.2"]),
    ("perl", PERL, "SSL_version => 'SSLv23:!TLSv1_3'", ["TLSv1.2"]),
    ("node", NODE, "minVersion: 'TLSv1'", ALL),
    ("node", NODE, "minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0'", ["TLSv1.1"]),
    ("node", NODE, "secureProtocol: 'TLSv1_method', ciphers: 'DEFAULT@SECLEVEL=0'", ["TLSv1"]),
    ("node", NODE, "secureProtocol: 'SSLv23_method'", None),
    ("node", NODE, "secureProtocol: 'TLS_method'", None),
    ("ruby", RUBY, "ssl_version: :TLSv1_2", ["TLSv1.2"]),
    ("ruby", RUBY, "ssl_version: :TLSv1, ciphers: 'ALL:@SECLEVEL=0'", ["TLSv1"]),
    ("ruby", RUBY, "min_version: :TLS1, max_version: OpenSSL::SSL::TLS1_1_VERSION, ciphers: 'ALL:@SECLEVEL=0'", ["TLSv1.1"]),
    ("ruby", RUBY, "min_version: :TLS1_3", ["TLSv1.3"]),
    ("php", PHP, "ssl", None),
    ("php", PHP, "tls", None),
    ("php", PHP, "tlsv1.2", ["TLSv1.2"]),
    ("php", PHP_METHOD, "STREAM_CRYPTO_METHOD_TLSv1_0_CLIENT", ["TLSv1"]),
    ("php", PHP_METHOD, "STREAM_CRYPTO_METHOD_TLSv1_1_CLIENT", ["TLSv1.1"]),
    ("php", PHP_METHOD, "STREAM_CRYPTO_METHOD_TLS_CLIENT", None),
]


@pytest.mark.parametrize(("interpreter", "text", "pin", "versions"), CASES)
def test_a_pin_leaves_what_the_facts_say(interpreter, text, pin, versions, tmp_path, sent_by):
    """`versions` None: what matters is that TLS 1.2 is among them. A hello without TLS 1.3 names its highest alone."""
    if shutil.which(interpreter) is None:
        pytest.skip(f"needs {interpreter}")
    script = tmp_path / "script"
    script.write_text(text.replace("PIN", pin))
    hello = sent_by([interpreter, str(script), "{port}"], OPENSSL_CONF="")
    if versions is None:
        assert "TLSv1.2" in hello["versions"]
    else:
        assert sorted(hello["versions"]) == versions
