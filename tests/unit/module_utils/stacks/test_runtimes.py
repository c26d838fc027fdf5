"""Runtimes: which they are, what brings TLS to them, and that their answer is what a program in them sends."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import foreign_libraries
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask_runtime
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import node, registry

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
SCRIPTS = {
    "perl": 'use IO::Socket::SSL; IO::Socket::SSL->new(PeerAddr => "127.0.0.1:{port}", SSL_verify_mode => 0)',
    "ruby": 'require "net/imap"; Net::IMAP.new("127.0.0.1", port: {port}, ssl: {{verify_mode: OpenSSL::SSL::VERIFY_NONE}})',
    "php": '$c = stream_context_create(["ssl" => ["verify_peer" => false]]);'
    'stream_socket_client("ssl://127.0.0.1:{port}", $n, $t, 5, STREAM_CLIENT_CONNECT, $c);',
    "node": 'require("tls").connect({{host: "127.0.0.1", port: {port}, rejectUnauthorized: false}}).on("error", function () {{}})',
}
OPTIONS = {"php": "-r"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/usr/bin/perl", "perl"),
        ("/usr/bin/perl5.36.0", "perl"),
        ("/usr/bin/php8.2", "php"),
        ("/usr/sbin/php-fpm7.4", "php"),
        ("/usr/bin/ruby3.1", "ruby"),
        ("/opt/node/bin/node", "node"),
        ("/usr/bin/nodejs", "node"),
        ("/usr/bin/python3.11", "python"),
        ("/usr/bin/perldoc", None),
        ("/usr/bin/phpize", None),
        ("/usr/bin/nodeenv", None),
        ("/usr/bin/fetchmail", None),
    ],
)
def test_a_runtime_is_known_by_the_name_of_its_interpreter(path: str, kind: str | None) -> None:
    runtime = registry.of_program(path)
    assert (runtime.KIND if runtime else None) == kind


@pytest.mark.parametrize(
    ("interpreter", "module"),
    [
        ("usr/bin/perl", "usr/lib/x86_64-linux-gnu/perl5/5.36/auto/Net/SSLeay/SSLeay.so"),
        ("usr/bin/perl", "usr/lib64/perl5/vendor_perl/auto/Net/SSLeay/SSLeay.so"),
        ("usr/bin/ruby2.7", "usr/lib/x86_64-linux-gnu/ruby/2.7.0/openssl.so"),
        ("usr/local/bin/ruby", "usr/local/lib/ruby/3.2.0/x86_64-linux/openssl.so"),
        ("usr/bin/php7.4", "usr/lib/php/20190902/openssl.so"),
        ("usr/bin/php", "usr/lib64/php/modules/imap.so"),
        ("usr/bin/php8.2", "usr/bin/php8.2"),
        ("usr/bin/python3.9", "usr/lib/python3.9/lib-dynload/_ssl.cpython-39-x86_64-linux-gnu.so"),
    ],
)
def test_in_a_mounted_tree_the_libssl_below_stands_for_it(tree: Any, write_elf: Any, interpreter: str, module: str) -> None:
    write_elf(tree.root / interpreter)
    write_elf(tree.root / module, needed=["libssl.so.1.1"])
    write_elf(tree.root / (LIBRARIES + "/libssl.so.1.1").lstrip("/"), soname="libssl.so.1.1")
    host = tree.host()
    assert host.stacks.of_interpreter("/" + interpreter) == [LIBRARIES + "/libssl.so.1.1"]


def test_node_has_its_version_inside(tree: Any, write_elf: Any) -> None:
    write_elf(tree.root / "opt/node/bin/node")
    with (tree.root / "opt/node/bin/node").open("ab") as program:
        program.write(b"\0node v10.12.0 started\0https://nodejs.org/download/release/v8.17.0/node-v8.17.0.tar.gz\0")
    host = tree.host()
    assert host.stacks.of_interpreter("/opt/node/bin/node") == ["/opt/node/bin/node"]
    host.stacks.ask()
    [stack] = host.stacks.all()
    assert (stack["kind"], stack["version"], stack["hellos"]) == ("node", "8.17.0", [])


@pytest.mark.parametrize("kind", sorted(SCRIPTS))
def test_its_answer_is_what_a_program_in_it_sends(kind: str, sent_by: Callable[..., dict[str, Any]]) -> None:
    path = shutil.which(kind)
    if path is None:
        pytest.skip(f"needs {kind} (Debian package {kind})")
    runtime = registry.of_kind(kind)
    host = Host()
    facts = ask_runtime.facts(host, runtime, host.realpath(path), {})
    sent = sent_by([path, OPTIONS.get(kind, "-e"), SCRIPTS[kind]])
    assert [hello["error"] for hello in facts["hellos"]] == [None, None]
    assert facts["hellos"][0]["versions"] == sent["versions"]
    assert facts["hellos"][0]["ciphers"] == sent["ciphers"]
    assert set(facts["hellos"][1]["versions"]) >= set(sent["versions"])


@pytest.mark.requires_program("node", package="nodejs")
def test_variables_make_it_a_stack_of_its_own() -> None:
    host = Host()
    plain = host.stacks.of_interpreter("/usr/bin/node")
    capped = host.stacks.of_interpreter("/usr/bin/node", {"NODE_OPTIONS": "--tls-max-v1.2 --require /tmp/x.js", "HOME": "/root"})
    assert capped[0] == plain[0] + " (NODE_OPTIONS=--tls-max-v1.2)"
    host.stacks.ask()
    newest = {stack["path"]: stack["hellos"][0]["versions"][-1] for stack in host.stacks.all() if stack["kind"] == "node"}
    assert newest == {plain[0]: "TLSv1.3", capped[0]: "TLSv1.2"}


def test_variables_that_do_not_act_make_none(tree: Any, write_elf: Any) -> None:
    write_elf(tree.root / "usr/bin/perl", needed=["libssl.so.3"])
    write_elf(tree.root / "usr/bin/fetchmail", needed=["libssl.so.3"])
    write_elf(tree.root / (LIBRARIES + "/libssl.so.3").lstrip("/"), soname="libssl.so.3")
    host = tree.host()
    assert host.stacks.of_interpreter("/usr/bin/fetchmail", {"HOME": "/", "NODE_OPTIONS": "x"}) == [LIBRARIES + "/libssl.so.3"]
    assert host.stacks.under([LIBRARIES + "/libssl.so.3"], {"OPENSSL_CONF": "/etc/old.cnf"}) == [
        LIBRARIES + "/libssl.so.3 (OPENSSL_CONF=/etc/old.cnf)"
    ]


@given(st.dictionaries(st.sampled_from(["NODE_OPTIONS", "OPENSSL_CONF", "PATH"]), st.text()))
def test_no_option_reaches_node_that_could_run_code(variables: dict[str, str]) -> None:
    kept = node.environment(variables)
    assert set(kept) <= set(node.VARIABLES)
    assert all(word.startswith(("--tls-", "--openssl-")) or word.endswith("-fips") for word in kept.get("NODE_OPTIONS", "").split())


@pytest.mark.parametrize(
    ("given", "words", "expected", "loads"),
    [
        ("", ["--tls-max-v1.2"], "--tls-max-v1.2", False),
        ("--tls-min-v1.0", ["--tls_max_v1.1", "--no-warnings"], "--tls-min-v1.0 --tls-max-v1.1", False),
        ("--tls-cipher-list DEFAULT", [], "--tls-cipher-list=DEFAULT", False),
        ("", ["--tls-cipher-list", "A:B", "--openssl-config=/srv/x"], "--tls-cipher-list=A:B --openssl-config=/srv/x", False),
        ('"--tls-cipher-list=A B"', [], "", False),
        ("--require=/srv/x.js", [], "", True),
        ("", ["-r", "/srv/x.js"], "", True),
        ("", ["--import", "x", "--title=y"], "", True),
    ],
)
def test_options_of_node(given, words, expected, loads):
    variables = {"NODE_OPTIONS": given} if given else {}
    assert node.environment(node.with_options(variables, words)).get("NODE_OPTIONS", "") == expected
    assert node.loads_more(variables, words) is loads


@pytest.mark.requires_program("npm")
@pytest.mark.parametrize(
    ("version", "newest"),
    [("0.8.28", "TLSv1"), ("0.10.48", "TLSv1.2"), ("4.9.1", "TLSv1.2"), ("8.17.0", "TLSv1.2"), ("10.24.1", "TLSv1.2")],
)
def test_old_builds_of_node(version: str, newest: str) -> None:
    try:
        interpreter = str(foreign_libraries.node(version))
    except foreign_libraries.Unavailable as error:
        pytest.skip(str(error))
    facts = ask_runtime.facts(Host(), node, interpreter, {})
    assert (facts["version"], node.version(Host(), interpreter)) == (version, version)
    assert [hello["error"] for hello in facts["hellos"]] == [None, None]
    assert facts["hellos"][0]["versions"][-1] == newest
