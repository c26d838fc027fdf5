"""Which of the system's files count for which copy of a library, and what they say: on a tree with real libraries of this machine."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import system_settings
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.loader import Loader

BACK_ENDS = "/etc/crypto-policies/back-ends"
NSS_POLICY = f"{BACK_ENDS}/nss.config"
OPENSSL_CNF = f"""
openssl_conf = init
[init]
ssl_conf = modules
[modules]
system_default = policy
[policy]
.include = {BACK_ENDS}/opensslcnf.config
"""
NSS_MODULE = 'library=\nname=Policy\nNSS=flags=policyOnly,moduleDB\nconfig="disallow=ALL allow=tls-version-max=tls1.1"\n\n'
# What a build with a policy file has in libnss3 (lib/nss/nssinit.c); Debian's is built without.
BUILT_WITH_POLICY = f"\0parameters=\"configdir='sql:{BACK_ENDS}' secmod='nss.config' flags=readOnly\"\0".encode()


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    """An empty tree with the directories of these files; `put_library` brings libraries in."""
    for directory in (
        "etc/gnutls",
        "etc/crypto-policies/back-ends",
        "etc/crypto-policies/state",
        "usr/lib/ssl",
        "usr/lib/x86_64-linux-gnu",
        "usr/share",
    ):
        (tmp_path / directory).mkdir(parents=True)
    return tmp_path


def put_library(tree: pathlib.Path, name: str, change=lambda content: content) -> None:
    """Copy a library of this machine into the tree, with its content changed."""
    found = sorted(Loader(Host()).libraries(re.escape(name)))
    if not found:
        pytest.skip(f"needs {name} on this machine")
    (tree / "usr/lib/x86_64-linux-gnu" / name).write_bytes(change(pathlib.Path(found[0]).read_bytes()))


def put_nss(tree: pathlib.Path, built_with: bytes) -> None:
    put_library(tree, "libssl3.so")
    put_library(tree, "libnss3.so", lambda content: content + built_with)


def put(tree: pathlib.Path, path: str, text: str) -> None:
    target = tree / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def read(tree: pathlib.Path) -> tuple[Host, list[tuple[str | None, ...]]]:
    """The host, and of each setting: stack, config, file, line, key and value."""
    host = Host(str(tree))
    host.stacks.ask()
    found = system_settings.read(host)
    return host, [tuple(item[key] for key in ("stack", "config", "file", "line", "key", "value")) for item in found]


def test_a_crypto_policy_is_followed_from_openssl_cnf_into_the_file_that_it_wrote(tree):
    for name in ("libcrypto.so.3", "libssl.so.3"):
        put_library(tree, name)
    put(tree, "usr/lib/ssl/openssl.cnf", OPENSSL_CNF)
    (tree / "etc/crypto-policies/back-ends/opensslcnf.config").symlink_to("/usr/share/opensslcnf.txt")
    put(tree, "usr/share/opensslcnf.txt", "CipherString = @SECLEVEL=2:kEECDH\nTLS.MinProtocol = TLSv1\nTLS.MaxProtocol = TLSv1.1\n")
    host, settings = read(tree)
    config = "/usr/lib/ssl/openssl.cnf"
    file = f"{BACK_ENDS}/opensslcnf.config"
    assert settings == [
        ("openssl", config, file, 1, "CipherString", "@SECLEVEL=2:kEECDH"),
        ("openssl", config, file, 2, "MinProtocol", "TLSv1"),
        ("openssl", config, file, 3, "MaxProtocol", "TLSv1.1"),
    ]
    assert host.gaps == []


def test_the_policy_that_is_asked_for_and_the_one_that_is_in_force_are_both_read(tree):
    put(tree, "etc/crypto-policies/config", "# comment\nLEGACY:OLD-MAIL\n")
    put(tree, "etc/crypto-policies/state/current", "DEFAULT\n")
    _host, settings = read(tree)
    assert settings == [
        ("crypto-policies", None, "/etc/crypto-policies/config", 2, "policy", "LEGACY:OLD-MAIL"),
        ("crypto-policies", None, "/etc/crypto-policies/state/current", 1, "applied", "DEFAULT"),
    ]


def test_the_policy_file_of_nss_is_read_where_nss_was_built_with_one(tree):
    put_nss(tree, BUILT_WITH_POLICY)
    put(tree, NSS_POLICY, NSS_MODULE)
    host, settings = read(tree)
    assert settings == [("nss", NSS_POLICY, NSS_POLICY, 4, "tls-version-max", "tls1.1")]
    assert [stack["config"] for stack in host.stacks.all()] == [NSS_POLICY]


def test_nss_without_a_policy_file_reads_none(tree):
    put_nss(tree, b"")
    put(tree, NSS_POLICY, NSS_MODULE)
    host, settings = read(tree)
    assert settings == []
    assert [stack["config"] for stack in host.stacks.all()] == [""]


@pytest.mark.parametrize(("value", "is_read"), [("1", False), ("0", True), ("", True), ("11", True)])
def test_the_variable_that_switches_the_policy_of_nss_off(tree, value, is_read):
    put_nss(tree, BUILT_WITH_POLICY)
    put(tree, NSS_POLICY, NSS_MODULE)
    put(tree, "etc/environment", f"NSS_IGNORE_SYSTEM_POLICY={value}\n")
    _host, settings = read(tree)
    assert ("nss" in [item[0] for item in settings]) == is_read


def test_a_policy_of_nss_that_can_not_be_read_is_a_gap(tree):
    put_nss(tree, BUILT_WITH_POLICY)
    put(tree, NSS_POLICY, "library=" + "x" * 3000 + "\n")
    host, settings = read(tree)
    assert settings == []
    [gap] = host.gaps
    assert (gap["what"], gap["affects"]) == (NSS_POLICY, "stack:nss")
    assert "line 1" in gap["why"]


@pytest.mark.parametrize("file", ["/etc/gnutls/config", "/opt/gnutls.config"])
def test_the_file_of_gnutls_is_the_one_that_it_was_built_with(tree, file):
    put_library(tree, "libgnutls.so.30", lambda content: content.replace(b"/etc/gnutls/config", file.encode()))
    (tree / "opt").mkdir()
    put(tree, file, "[overrides]\ndisabled-version = tls1.2\n")
    _host, settings = read(tree)
    assert settings == [("gnutls", file, file, 2, "disabled-version", "tls1.2")]


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("etc/environment", "GNUTLS_SYSTEM_PRIORITY_FILE=/etc/ours"),
        ("etc/default/locale", "GNUTLS_SYSTEM_PRIORITY_FILE=/etc/ours"),
        ("etc/security/pam_env.conf", "GNUTLS_SYSTEM_PRIORITY_FILE DEFAULT=/etc/ours"),
    ],
)
def test_a_variable_names_one_file_for_every_copy(file, rule, tree):
    put_library(tree, "libgnutls.so.30")
    put(tree, file, rule + "\n")
    put(tree, "etc/ours", "[overrides]\ndisabled-version = tls1.3\n")
    _host, settings = read(tree)
    assert settings[0] == ("environment", None, "/" + file, 1, "GNUTLS_SYSTEM_PRIORITY_FILE", "/etc/ours")
    assert settings[1:] == [("gnutls", None, "/etc/ours", 2, "disabled-version", "tls1.3")]
