"""/etc/services, the names of ports."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import services

TEXT = """
# imaps 1/tcp
pop3\t110/tcp\tpop-3\t# POP version 3
imap2 143/tcp imap   # IMAP
imaps 993/tcp
imaps 994/tcp
pop3s 995/udp
broken 99999/tcp
empty /tcp
nothing
"""


@pytest.mark.parametrize(
    ("name", "port"),
    [("pop3", 110), ("pop-3", 110), ("imap", 143), ("imaps", 993), ("pop3s", None), ("broken", None), ("empty", None), ("#", None)],
)
def test_the_port_of_a_name(name, port):
    assert services.tcp_ports(TEXT).get(name) == port


@pytest.mark.parametrize(
    ("number", "port"),
    [("993", 993), ("0993", 993), ("0", None), ("65536", None), ("-1", None), ("", None), ("²", None), ("9" * 5000, None)],
)
def test_a_port_in_digits(number, port):
    assert services.port(number) == port
