"""What is asked of a host's libraries besides their defaults."""

from __future__ import annotations

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
