"""pam_env.conf, as Linux-PAM reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import pam_env_conf

NAMES = ("OPENSSL_CONF", "LD_PRELOAD")
# line: (value, whether it is set), or None for one that is refused or of another variable.
RULES = {
    "OPENSSL_CONF DEFAULT=/x": ("/x", True),
    "\tOPENSSL_CONF\tDEFAULT=/x\tOVERRIDE=/y # remark": ("/y", True),
    "OPENSSL_CONF OVERRIDE=/y DEFAULT=/x": ("/y", True),
    'OPENSSL_CONF DEFAULT="/a b"': ("/a b", True),
    'OPENSSL_CONF DEFAULT=""': ("", True),
    "OPENSSL_CONF DEFAULT=": ("", False),
    "OPENSSL_CONF": ("", False),
    "OPENSSL_CONF DEFAULT=/x OVERRIDE=": ("/x", True),
    'OPENSSL_CONF DEFAULT=/x OVERRIDE=""': ("/x", True),
    "OPENSSL_CONF DEFAULT=@{HOME}/x": ("/home/alice/x", True),
    "OPENSSL_CONF DEFAULT=${HOME}/x": (None, True),
    "OPENSSL_CONF DEFAULT=/x OVERRIDE=@{PAM_RHOST}": (None, True),
    "OPENSSL_CONF DEFAULT=\\${HOME}\\@": ("${HOME}@", True),
    "OPENSSL_CONF DEFAULT=$HOME": ("$HOME", True),
    "OPENSSL_CONF=/x": ("/x", True),
    "OPENSSL_CONF DEFAULT=/x \\\n  OVERRIDE=/y": ("/y", True),
    "OPENSSL_CONF DEFAULT=/x Y": None,
    'OPENSSL_CONF DEFAULT="/x': None,
    'OPENSSL_CONF DEFAULT="/x"y': None,
    "OPENSSL_CONF DEFAULT=${x": None,
    "# OPENSSL_CONF DEFAULT=/x": None,
    "TOKEN DEFAULT=hunter2": None,
}


@pytest.mark.parametrize("line", RULES)
def test_a_rule(line):
    expected = RULES[line]
    found = pam_env_conf.parse(f"# remark\n\n{line}\n", NAMES, "/home/alice")
    assert [(rule.value, rule.is_set, rule.line) for rule in found] == ([(*expected, 3)] if expected else [])


def test_of_no_certain_user_the_home_is_not_known():
    [rule] = pam_env_conf.parse("OPENSSL_CONF DEFAULT=@{HOME}/x", NAMES)
    assert rule.value is None


@given(st.text(alphabet="OPENSSL_CONF=DEFAULTVRI \t\n\\\"'$@{}#x"))
def test_no_text_is_too_much(text):
    for rule in pam_env_conf.parse(text, NAMES, "/home/alice"):
        assert rule.name in NAMES
