"""The configuration files of curl."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import curlrc

# text: [(key, value, line)]
OPTIONS = {
    "": [],
    "url = imaps://h/\n": [("url", "imaps://h/", 1)],
    "\n  url: imaps://h/ rest\r\n": [("url", "imaps://h/", 2)],
    'url="imaps://h/a b"': [("url", "imaps://h/a b", 1)],
    r'url = "a\"b\\\tc\x"': [("url", 'a"b\\\tcx', 1)],
    '--url "x" # remark': [("url", "x", 1)],
    "--tls-max 1.1": [("tls-max", "1.1", 1)],
    "--tls-max=1.1": [],
    "tls-max = = : 1.1": [("tls-max", "1.1", 1)],
    "tls-max": [],
    "-1\n-2\n-3": [("tlsv1", None, 1), ("sslv2", None, 2), ("sslv3", None, 3)],
    "-K other": [("config", "other", 1)],
    "-Kother": [("config", "other", 1)],
    "tlsv1.2": [("tlsv1.2", None, 1)],
    "ftp-ssl-reqd\nno-ssl\nno-ftp-ssl": [("ssl-reqd", None, 1), ("no-ssl", None, 2), ("no-ssl", None, 3)],
    "no-tlsv1.2": [],
    "# url = x\n/ url = x\n* url = x": [],
    "user = a:secret\nheader = x\n-u a:secret\n": [],
    "url = \x1e": [("url", "\x1e", 1)],  # a blank to Python alone
    "url = a\u00a0b\fc": [("url", "a\u00a0b", 1)],
    "next\n-q": [("next", None, 1), ("disable", None, 2)],
}


@pytest.mark.parametrize("text", OPTIONS)
def test_options(text):
    assert [(option.key, option.value, option.line) for option in curlrc.parse(text, "f")] == OPTIONS[text]


@given(
    st.lists(st.sampled_from(["url", "-", "=", ":", '"', "\\", " ", "\n", "tls-max", "1"]) | st.text(max_size=4), max_size=20).map("".join)
)
def test_nothing_raises(text):
    curlrc.parse(text, "f")
