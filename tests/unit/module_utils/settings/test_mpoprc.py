"""mpop's configuration file: what mpop refuses, we refuse, and what it makes of the rest, we make of it."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mpoprc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

SECRET = "hunter2"
A = "account a\nhost h\n"

# name: (text, [(name, line, {key: value})])
UNDERSTOOD = {
    "nothing": ("", []),
    "comments and empty lines": ("# account a\n\n \t # host h\n", []),
    "an account": (
        A + "port 995\ntls on\ntls_starttls off\n",
        [("a", 1, {"host": "h", "port": "995", "tls": "on", "tls_starttls": "off"})],
    ),
    "no line feed at the end": ("account a\nhost h", [("a", 1, {"host": "h"})]),
    "lines that end with CR LF": ("account a\r\nhost h\r\ntls on\r\n", [("a", 1, {"host": "h", "tls": "on"})]),
    "blanks": ("  account \t a  \n\thost\t h \n", [("a", 1, {"host": "h"})]),
    "no argument is on": (A + "tls\n", [("a", 1, {"host": "h", "tls": "on"})]),
    "quotes around the argument": ('account "a b"\nhost "h"\n', [("a b", 1, {"host": "h"})]),
    "quotes that are not around it": ('account a\nhost "h\nhost h"i"\n', [("a", 1, {"host": 'h"i"'})]),
    "the last of a command": (A + "host i\n", [("a", 1, {"host": "i"})]),
    "an octal port": (A + "port 010\n", [("a", 1, {"host": "h", "port": "8"})]),
    "a hexadecimal port": (A + "port 0x10\n", [("a", 1, {"host": "h", "port": "16"})]),
    "an argument that takes one back": (A + "tls_priorities NORMAL\ntls_priorities\n", [("a", 1, {"host": "h", "tls_priorities": ""})]),
    "defaults": ("defaults\ntls on\n" + A, [("a", 3, {"host": "h", "tls": "on"})]),
    "defaults that come later": (A + "defaults\ntls on\n", [("a", 1, {"host": "h"})]),
    "defaults add up": (
        "defaults\ntls on\ndefaults\ntls_starttls off\n" + A,
        [("a", 5, {"host": "h", "tls": "on", "tls_starttls": "off"})],
    ),
    "an account over its defaults": ("defaults\ntls on\n" + A + "tls off\n", [("a", 3, {"host": "h", "tls": "off"})]),
    "an heir": (A + "tls on\naccount b : a\n", [("a", 1, {"host": "h", "tls": "on"}), ("b", 4, {"host": "h", "tls": "on"})]),
    "an heir of two": (
        A + "account b\nhost i\ntls on\naccount c:a,b\naccount d : b , a\n",
        [
            ("a", 1, {"host": "h"}),
            ("b", 3, {"host": "i", "tls": "on"}),
            ("c", 6, {"host": "i", "tls": "on"}),
            ("d", 7, {"host": "h", "tls": "on"}),
        ],
    ),
    "an heir of an heir": (
        A + "tls on\naccount b : a\ndefaults\ntls off\naccount c : b\n",
        [("a", 1, {"host": "h", "tls": "on"}), ("b", 4, {"host": "h", "tls": "on"}), ("c", 7, {"host": "h", "tls": "on"})],
    ),
    "what the defaults gave is not handed on": (
        "defaults\ntls on\n" + A + "defaults\ntls off\naccount b : a\n",
        [("a", 3, {"host": "h", "tls": "on"}), ("b", 7, {"host": "h", "tls": "off"})],
    ),
    "what decides nothing": (A + "keep on\ntimeout off\ndelivery mbox ~/m\nuser u\n", [("a", 1, {"host": "h"})]),
}

COMPUTED = {
    "eval of a known command": (A + "eval echo tls on\n", {"host": "h", "tls": None}),
    "eval in quotes": (A + 'eval "echo tls on"\n', {"host": "h", "tls": None}),
    "eval by printf": (A + "eval printf 'host %s' \"$(hostname)\"\n", {"host": None}),
    "eval of a command that decides nothing": (A + f"eval echo password $(cat {SECRET})\n", {"host": "h"}),
    "eval of what nobody knows": (A + f"eval gpg -d {SECRET}\n", {"host": "h", "eval": None}),
    "eval of a word that only begins": (A + "eval echo tls$X on\n", {"host": "h", "eval": None}),
    "a literal after it": (A + "eval echo tls on\ntls off\n", {"host": "h", "tls": "off"}),
    "a command of another release": (A + "tls_of_tomorrow on\n", {"host": "h", "eval": None}),
}

# name: (text, line)
REFUSED = {
    "a command before the first account": ("tls on\n", 1),
    "an account without a name": ("account\n", 1),
    "an account without a name before the colon": (A + "account : a\n", 3),
    "an account with a colon alone": ("account a :\n", 1),
    "a base that is not there": (A + "account b : c\n", 3),
    "a base that comes later": ("account a : b\nhost h\naccount b\n", 1),
    "two accounts of one name": (A + A, 3),
    "no host": ("account a\nhost\n", 2),
    "an empty host": ('account a\nhost ""\n', 2),
    "neither on nor off": (A + "tls ON\n", 3),
    "a comment behind an argument": (A + "tls on # yes\n", 3),
    "no port": (A + "port\n", 3),
    "a port by name": (A + "port pop3s\n", 3),
    "a port that is none": (A + "port 65536\n", 3),
    "port 0": (A + "port 0\n", 3),
    "a negative port": (A + "port -3\n", 3),
    "eval of nothing": (A + "eval\n", 3),
    "a line that is too long": (A + "user " + "x" * 495 + "\n", 3),
}


def values(account: mpoprc.Account) -> dict[str, str | None]:
    return {key: option.value for key, option in account.options.items()}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_understood(name):
    text, expected = UNDERSTOOD[name]
    assert [(account.name, account.line, values(account)) for account in mpoprc.parse(text)] == expected


@pytest.mark.parametrize("name", COMPUTED)
def test_what_a_command_prints_has_no_value(name):
    text, expected = COMPUTED[name]
    [account] = mpoprc.parse(text)
    assert values(account) == expected
    assert SECRET not in repr(account)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    text, line = REFUSED[name]
    with pytest.raises(GrammarError) as caught:
        mpoprc.parse(text)
    assert caught.value.line == line


def test_each_option_knows_its_line():
    accounts = mpoprc.parse("defaults\ntls on\naccount a\nhost h\naccount b : a\n")
    assert [{key: option.line for key, option in account.options.items()} for account in accounts] == [{"tls": 2, "host": 4}] * 2


_WORDS = ("account", "defaults", "host", "tls", "port", "eval", "echo", "a", ":", ",", '"', "#", " ", "\n", "on", "off", "995", "\\", "\0")


@given(st.one_of(st.text(), st.lists(st.sampled_from(_WORDS)).map("".join)))
def test_no_text_raises_anything_but_a_grammar_error(text):
    try:
        accounts = mpoprc.parse(text)
    except GrammarError as error:
        assert 1 <= error.line <= text.count("\n") + 1
    else:
        assert all(1 <= account.line <= text.count("\n") + 1 for account in accounts)


@pytest.mark.parametrize("line", ["account a{0} : a{1}\n", "eval x\n", "defaults\neval x\naccount a{0}\n", '"', "account a{0}\ntls\n"])
def test_a_mebibyte_of_anything_is_read_to_its_end(line):
    """Accounts that inherit from each other must not copy what they inherit again and again; that would show as a hang."""
    text = "account a0\n" + "".join(line.format(number, number - 1) for number in range(1, 1024 * 1024 // (len(line) + 8)))
    try:
        mpoprc.parse(text)
    except GrammarError as error:
        assert error.line == 2


def _of_mpop(text: str, directory) -> list[tuple[str, str, str, str, str]] | int:
    """What mpop itself makes of a file: its accounts, or the line that it refuses."""
    file = directory / "rc"
    file.write_bytes(text.encode())
    file.chmod(0o600)
    done = subprocess.run(
        ["mpop", "--pretend", "--all-accounts", f"--file={file}", "--delivery=mbox,/dev/null"],
        env={"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    refused = re.search(r": line (\d+): ", done.stderr)
    if refused:
        return int(refused.group(1))
    fields = ("using account", "host", "tls", "tls_starttls", "tls_priorities")
    found = [re.findall(rf"^{field}(?: =)? (.*?)(?: from .*)?$", done.stdout, re.MULTILINE) for field in fields]
    return list(zip(*found, strict=True))


@pytest.mark.requires_program("mpop")
@pytest.mark.parametrize("name", [name for name, (text, _expected) in UNDERSTOOD.items() if text and "# account" not in text])
def test_mpop_understands_it_as_we_do(name, tmp_path):
    def shown(account: mpoprc.Account) -> tuple[str, str, str, str, str]:
        known = {"tls": "off", "tls_starttls": "on", **values(account)}
        return account.name, known["host"], known["tls"], known["tls_starttls"], known.get("tls_priorities") or "(not set)"

    text = UNDERSTOOD[name][0]
    assert _of_mpop(text, tmp_path) == [shown(account) for account in mpoprc.parse(text)]


@pytest.mark.requires_program("mpop")
@pytest.mark.parametrize("name", [name for name in REFUSED if name != "a line that is too long"])
def test_mpop_refuses_it_as_we_do(name, tmp_path):
    text, line = REFUSED[name]
    assert _of_mpop(text, tmp_path) == line
