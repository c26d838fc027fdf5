"""fetchmail's run control file: what we make of a text is what fetchmail itself makes of it."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import fetchmailrc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# name: (text, [(name, via, protocol, service, polled, ssl, sslproto)])
Expected = tuple[str, str | None, str | None, str | None, bool, bool, str | None]
UNDERSTOOD: dict[str, tuple[str, list[Expected]]] = {
    "nothing": ("", []),
    "only comments and global options": ('# poll x\nset daemon 300\nset idfile="/x"\nset no syslog\nset bouncemail\n', []),
    "a bare poll": ("poll mx.example", [("mx.example", None, None, None, True, False, None)]),
    "server is an old word for poll": ("server mx proto imap", [("mx", None, "imap", None, True, False, None)]),
    "skip": ("skip mx proto pop3 user a", [("mx", None, "pop3", None, False, False, None)]),
    "via names the server": ("poll label via mx.example", [("label", "mx.example", None, None, True, False, None)]),
    "port by number": ("poll mx port 993", [("mx", None, None, "993", True, False, None)]),
    "service by number": ("poll mx service 995", [("mx", None, None, "995", True, False, None)]),
    "service by name": ("poll mx service imaps", [("mx", None, None, "imaps", True, False, None)]),
    "the later of port and service": ("poll mx service imaps port 143", [("mx", None, None, "143", True, False, None)]),
    "protocol in upper case": ("poll mx protocol POP3", [("mx", None, "pop3", None, True, False, None)]),
    "APOP": ("poll mx proto apop", [("mx", None, "apop", None, True, False, None)]),
    "KPOP brings its port": ("poll mx port 99 proto kpop", [("mx", None, "kpop", "kpop", True, False, None)]),
    "a port behind KPOP": ("poll mx proto kpop port 99", [("mx", None, "kpop", "99", True, False, None)]),
    "ETRN": ("poll mx proto etrn fetchdomains a b", [("mx", None, "etrn", None, True, False, None)]),
    "user options without a user": (
        "poll mx proto imap pass x ssl sslproto tls1",
        [("mx", None, "imap", None, True, True, "tls1")],
    ),
    "each user has options of its own": (
        "poll mx proto imap\n user a pass x ssl\n user b pass y sslproto 'tls1.2+'\n username c",
        [
            ("mx", None, "imap", None, True, True, None),
            ("mx", None, "imap", None, True, False, "tls1.2+"),
            ("mx", None, "imap", None, True, False, None),
        ],
    ),
    "server options hold for all its users": (
        "poll label via mx proto imap port 143 user a user b ssl poll other",
        [
            ("label", "mx", "imap", "143", True, False, None),
            ("label", "mx", "imap", "143", True, True, None),
            ("other", None, None, None, True, False, None),
        ],
    ),
    "defaults fill in what an entry has not": (
        "defaults proto imap ssl sslproto tls1 poll a poll b proto pop3 user u no ssl user v sslproto ''",
        [
            ("a", None, "imap", None, True, True, "tls1"),
            ("b", None, "pop3", None, True, False, "tls1"),
            ("b", None, "pop3", None, True, True, ""),
        ],
    ),
    "defaults may name the server": (
        "defaults via mx port 993 poll a poll b via my port 143",
        [("a", "mx", None, "993", True, False, None), ("b", "my", None, "143", True, False, None)],
    ),
    "a first entry with the name defaults": (
        'skip "defaults" proto imap poll a',
        [("a", None, "imap", None, False, False, None)],
    ),
    "the last of an option counts": (
        "poll a via b via c user u ssl no ssl sslproto x sslproto y",
        [("a", "c", None, None, True, False, "y")],
    ),
    "noise and punctuation": (
        "poll a: with proto imap, and has port 99; user b is c here wants options ssl",
        [("a", None, "imap", "99", True, True, None)],
    ),
    "maps of names": (
        "poll a user eric there is esr here ssl user esr here is eric there user 'x y' to a=b c * here ssl",
        [("a", None, None, None, True, ssl, None) for ssl in (True, False, True)],
    ),
    "words of the grammar as names": (
        "poll a user poll is with pass ssl to skip is user = password",
        [("a", None, None, None, True, False, None)],
    ),
    "a number as a name": ("poll 10.0.0.1 user 5 pass 12345 is 7", [("10.0.0.1", None, None, None, True, False, None)]),
    "no may be written together": (
        "poll a nodns nouidl noenvelope user b nokeep nomimedec nopass8",
        [("a", None, None, None, True, False, None)],
    ),
    "lists end at the next word": (
        "poll a aka b c, d localdomains e f user g folders h i ssl smtp j k antispam 1 2 fetchdomains l sslproto m",
        [("a", None, None, None, True, True, "m")],
    ),
    "arguments of their own kind": (
        "poll a auth password bad-header accept envelope 2 Received timeout 9 interval 3 user b expunge 4 limit -1 lmtp smtp x/24",
        [("a", None, None, None, True, False, None)],
    ),
    "strings in single quotes": ("poll 'a' via 'b c'", [("a", "b c", None, None, True, False, None)]),
    "a string over lines": (
        'poll a user b password "x\n#y\n" ssl\npoll c',
        [("a", None, None, None, True, True, None), ("c", None, None, None, True, False, None)],
    ),
    "escapes": (
        r'poll \x41\66\067\x via "b\tc\\d\"',
        [("AB7", "b\tc\\d", None, None, True, False, None)],
    ),
    "a line joined inside quotes": ('poll "a\\\nb"', [("ab", None, None, None, True, False, None)]),
    "a line joined outside of quotes": ("poll a \\\n via b", [("a", "b", None, None, True, False, None)]),
    "a quote inside a word": ('poll "a"b via c"d', [('"a"b', 'c"d', None, None, True, False, None)]),
    "a hash inside a word": ("poll a#b#c\n", [("a#b#c", None, None, None, True, False, None)]),
    "lines that end with CR LF": ("poll a\r\nproto imap # x\r\n", [("a", None, "imap", None, True, False, None)]),
    "a quote in a comment": ("# don't\npoll a # isn't\n", [("a", None, None, None, True, False, None)]),
}

# name: (text, line)
REFUSED = {
    "an unknown word": ("poll a\n proto imap\n usr b\n", 3),
    "an unknown word at the beginning": ("pool a", 1),
    "an option in upper case": ("poll a\nPROTO imap\n", 2),
    "a protocol in mixed case": ("poll a proto Imap", 1),
    "a protocol in quotes": ('poll a proto "imap"', 1),
    "auto without quotes, which is a protocol": ("poll a user b\n sslproto auto", 2),
    "a service that has the name of a protocol, without quotes": ("poll a service imap", 1),
    "an unknown kind of authentication": ("poll a auth magic", 1),
    "a server option behind a user": ("poll a user b pass c\n proto imap\n", 2),
    "a negated server option behind a user": ("poll a user b\n no dns\n", 2),
    "a user behind user options": ("poll a ssl\n user b\n", 2),
    "a number as the server": ("poll\n10\n", 2),
    "a word of the grammar as the server": ("poll imap", 1),
    "no server": ("poll", 1),
    "no argument": ("poll a via", 1),
    "a name where a number is due": ("poll a port imaps", 1),
    "a quoted number where a number is due": ('poll a port "993"', 1),
    "a number behind an equals sign": ("set daemon=300", 1),
    "nossl is no word": ("poll a nossl", 1),
    "no before what can't be switched off": ("poll a user b\nno lmtp", 2),
    "no at the end": ("poll a user b no", 1),
    "no before a global value": ("set no daemon 5", 1),
    "an unknown global option": ("set\nwarnings 5", 2),
    "local names without here": ("poll a user b c", 1),
    "a map without here": ("poll a user b=c ssl", 1),
    "there behind two names": ("poll a user b is c d there", 1),
    "there behind to": ("poll a to b there", 1),
    "an equals sign in between": ("poll a via = b", 1),
    "a comment that no line feed ends": ("poll a\n#comment", 2),
    "an unterminated quote": ('poll a user b\npassword "x y\n', 2),
    "defaults behind an entry": ("poll a\ndefaults proto imap\n", 2),
    "defaults of two users": ("poll a poll b\ndefaults user c user d", 2),
}
PROTOCOLS = {"apop": "APOP", "etrn": "ETRN", "imap": "IMAP", "kpop": "POP3", "pop3": "POP3", None: "auto"}
SECRET = "hunter2"


def understood(text: str) -> list[Expected]:
    found = []
    for mailbox in fetchmailrc.mailboxes(fetchmailrc.parse(text)):
        value = {slot: option.value for slot, option in mailbox.options.items()}.get
        ssl = value("ssl") == "on"
        found.append((mailbox.entry.name, value("via"), value("protocol"), value("service"), not mailbox.skip, ssl, value("sslproto")))
    return found


def ask_fetchmail(text: str, directory: pathlib.Path) -> subprocess.CompletedProcess:
    """What fetchmail itself makes of the text, without any network: it prints its settings in Python."""
    path = directory / "fetchmailrc"
    path.write_text(text, newline="")
    path.chmod(0o600)
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C"}
    return subprocess.run(
        ["fetchmail", "--configdump", "-f", str(path)], env=environment, capture_output=True, encoding="latin-1", timeout=60
    )


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_understood(name):
    text, expected = UNDERSTOOD[name]
    assert understood(text) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    text, line = REFUSED[name]
    with pytest.raises(GrammarError) as refusal:
        understood(text)
    assert refusal.value.line == line


@pytest.mark.requires_program("fetchmail")
@pytest.mark.parametrize("name", UNDERSTOOD)
def test_fetchmail_understands_the_same(name, tmp_path):
    text, expected = UNDERSTOOD[name]
    answer = ask_fetchmail(text, tmp_path)
    assert answer.returncode == 0, answer.stderr
    variables: dict = {}
    exec(answer.stdout, variables)
    assert [
        (server["pollname"], server["via"], server["protocol"], server["service"], server["active"], user["ssl"], user["sslproto"])
        for server in variables["fetchmailrc"]["servers"]
        for user in server["users"]
    ] == [(name, via, PROTOCOLS[protocol], *rest) for name, via, protocol, *rest in expected]


@pytest.mark.requires_program("fetchmail")
@pytest.mark.parametrize("name", REFUSED)
def test_fetchmail_refuses_the_same(name, tmp_path):
    answer = ask_fetchmail(REFUSED[name][0], tmp_path)
    assert answer.returncode == 5, "fetchmail(1): 5 is an error in the syntax of its arguments or run control file"
    assert re.search(r"fetchmailrc:\d+: |multiple \"defaults\"", answer.stderr)


def test_each_value_has_its_line():
    entries = fetchmailrc.parse('defaults\n sslproto\n tls1\n\npoll\n a user "x\ny" ssl\n user z\n')
    assert [(entry.key, entry.line) for entry in entries] == [("defaults", 1), ("poll", 5)]
    assert [user.line for user in entries[1].users] == [6, 8]
    first, second = fetchmailrc.mailboxes(entries)
    assert {key: option.line for key, option in first.options.items()} == {"sslproto": 2, "ssl": 7}
    assert {key: option.line for key, option in second.options.items()} == {"sslproto": 2}


def test_of_a_command_only_that_it_is_there():
    (mailbox,) = fetchmailrc.mailboxes(fetchmailrc.parse(f'poll a plugin "nc {SECRET}"'))
    assert mailbox.options["plugin"].value is None


@pytest.mark.parametrize(
    "text",
    [
        "poll a user b pass {}",
        "poll a user b password '{}' ssl",
        'poll a user b password "x\n{}\ny" sslproto tls1',
        'poll a user b password "un {}\n',
        'poll a user b password "x"{} y',
        "poll a user b pass {} {}",
        "poll a user b pass x {}",
        "poll a user b pass = {}",
        "poll a user b passwd {}",
        "poll a user b {} here",
        "poll a user b {} pass",
        "poll a user b is {} here",
        "poll a user b={} here",
        "poll a user {}",
        "poll a esmtppassword {} user b",
        "poll a esmtpname {} principal {} user b",
        "poll a plugin 'x {}' plugout {} user b",
        "poll a user b preconnect 'x {}' postconnect 'y {}' mda 'z {}'",
        "poll a user b properties {} sslkey {} sslcert {} folder {}",
        "set properties {} set logfile {} poll a",
        "set {}",
        "poll a proto {}",
        "poll a auth {}",
        "poll a port {}",
        "# {}\npoll a #{}\n",
        "poll a\n# {}",
        "{}",
    ],
)
def test_a_secret_leaves_neither_with_the_result_nor_with_the_refusal(text):
    try:
        result = repr(fetchmailrc.mailboxes(fetchmailrc.parse(text.replace("{}", SECRET))))
    except GrammarError as error:
        result = repr((error, error.__dict__, error.__cause__, error.__context__))
    assert SECRET not in result


_FRAGMENTS = st.sampled_from(
    [*"=,;:#'\"\\", "\n", "a", "7", "poll ", "skip ", "defaults ", "user ", "is ", "to ", "here ", "there ", "no ", "ssl ", "via "]
    + ["sslproto ", "proto ", "imap ", "port ", "pass ", "set ", "daemon ", "auth ", "password ", "folder ", "envelope ", "and ", " "]
)


@given(st.one_of(st.text(), st.lists(_FRAGMENTS).map("".join)))
def test_no_text_raises_anything_but_a_grammar_error(text):
    try:
        understood(text)
    except GrammarError as error:
        assert 1 <= error.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    "piece", ['"', "'", "#a ", '"a" ', '"a"b ', "a\\\n", "#\\", "poll a ", "user a b ", "= ", "no ", "\\x", "\r", "a" * 99 + " "]
)
def test_a_mebibyte_of_anything_is_read_to_its_end(piece):
    """Each piece is one that a careless expression would scan for again and again: that takes hours, and shows as a hang."""
    for prefix in ("", "poll a user b folder c "):
        text = prefix + piece * (1024 * 1024 // len(piece))
        try:
            understood(text)
        except GrammarError as error:
            assert error.line >= 1
