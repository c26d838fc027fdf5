"""What is asked of a host's libraries besides their defaults."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host


def test_an_accounts_cipher_list_is_put_to_the_openssl_of_its_client_and_to_nothing_else():
    host = Host()
    installs = [{"stacks": host.stacks.of_interpreter("/usr/bin/python3")}]
    settings = [base.setting("ssl_ciphers", text, "/f", 2) for text in ("AES128-SHA", "NONE-SUCH")]
    base.want_ciphers(host, installs, [base.account("alice", "/f", 1, settings=settings)], "ssl_ciphers")
    host.stacks.ask()
    answers = [(stack["kind"], hello) for stack in host.stacks.all() for hello in stack["hellos"] if hello["case"] == "ciphers"]
    assert [(kind, hello["priority"]) for kind, hello in answers] == [("openssl", "AES128-SHA"), ("openssl", "NONE-SUCH")]
    assert {code for code in answers[0][1]["ciphers"] if not code.startswith("13")} == {"002F"}
    assert "no cipher match" in answers[1][1]["error"]


@pytest.mark.parametrize("is_readable", [True, False])
def test_a_library_is_not_asked_without_a_file_that_only_its_program_may_read(is_readable, tmp_path, monkeypatch):
    """Root may read everything, and tests may run as root: that the file is closed to us is what is made up here."""
    config = tmp_path / "openssl.cnf"
    config.write_text("")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: access(path, mode) and (is_readable or path != str(config)))
    host = Host()
    references = host.stacks.under(host.stacks.of_interpreter("/usr/bin/python3"), {"OPENSSL_CONF": str(config)})
    host.stacks.ask()
    own = [stack for stack in host.stacks.all() if stack["path"] in references and stack["config"] == str(config)]
    assert own
    assert [bool(stack["hellos"]) for stack in own] == [is_readable] * len(own)


@pytest.mark.requires_program("gcc")
@pytest.mark.parametrize(
    ("kind", "package", "needed"), [("wolfssl", "libwolfssl-dev", "wolfssl"), ("mbedtls", "libmbedtls-dev", "mbedtls mbedx509 mbedcrypto")]
)
def test_a_library_that_nobody_can_ask_is_told_with_its_release(kind, package, needed, tmp_path):
    """With Debian's own libraries, as a program loads them."""
    source, program = tmp_path / "client.c", tmp_path / "client"
    source.write_text("int main(void) { return 0; }\n")
    command = ["gcc", "-o", str(program), str(source), "-Wl,--no-as-needed", *(f"-l{name}" for name in needed.split())]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip(f"needs the Debian package {package}")
    host = Host()
    (reference,) = host.stacks.of_binary(str(program))
    assert host.stacks.of_binary(str(program)) == [reference]
    (stack,) = [stack for stack in host.stacks.all() if stack["path"] == reference]
    release = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], check=True, capture_output=True, text=True).stdout
    assert (stack["kind"], stack["version"]) == (kind, release.partition("-")[0])
    assert stack["hellos"] == []
