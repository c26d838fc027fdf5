"""Scripts in Python that something starts: their connections, the pins on their contexts, and what their text does not tell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import python_script
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import python
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import ScriptError

TABLE = "/var/spool/cron/crontabs/alice"
FILE = "/home/alice/poll.py"
SECRET = "hunter2"
IMPORTS = "import imaplib, poplib, ssl\n"


@pytest.fixture
def read(tree):
    def read_script(text: str, command: str = "python3 poll.py", path: str = FILE):
        tree.write("/usr/bin/python3.11", "")
        tree.link("/usr/bin/python3", "python3.11")
        tree.write(path, text)
        tree.write(TABLE, f"* * * * * {command}\n")
        host = tree.host()
        evidence = python_script.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_script


# name: (text, [(protocol, security, server, port)])
CONNECTIONS = {
    "IMAP over TLS": ("m = imaplib.IMAP4_SSL('h')", [("imap", "implicit", "h", 993)]),
    "a port": ("m = imaplib.IMAP4_SSL('h', 1993)", [("imap", "implicit", "h", 1993)]),
    "names": ("m = imaplib.IMAP4_SSL(port=1993, host='h')", [("imap", "implicit", "h", 1993)]),
    "POP3 over TLS": ("m = poplib.POP3_SSL('h')", [("pop3", "implicit", "h", 995)]),
    "STARTTLS": ("m = imaplib.IMAP4('h')\nm.starttls()", [("imap", "starttls", "h", 143)]),
    "STLS": ("m = poplib.POP3('h')\nm.stls()", [("pop3", "starttls", "h", 110)]),
    "no TLS": ("m = poplib.POP3('h')", [("pop3", "none", "h", 110)]),
    "STARTTLS of SMTP is another matter": (
        "import smtplib\nm = imaplib.IMAP4('h')\ns = smtplib.SMTP('h')\ns.starttls()",
        [("imap", "none", "h", 143)],
    ),
    "with": ("with imaplib.IMAP4('h') as m:\n    m.starttls()", [("imap", "starttls", "h", 143)]),
    "another name": ("from imaplib import IMAP4_SSL as S\nS('h')", [("imap", "implicit", "h", 993)]),
    "a variable": ("H = 'h'\ndef f():\n    return imaplib.IMAP4_SSL(H)", [("imap", "implicit", "h", 993)]),
    "two": ("imaplib.IMAP4_SSL('a')\npoplib.POP3_SSL('b')", [("imap", "implicit", "a", 993), ("pop3", "implicit", "b", 995)]),
    "a class that is only looked at": (
        "m: imaplib.IMAP4 = imaplib.IMAP4_SSL('h')\nisinstance(m, imaplib.IMAP4)\nimaplib.IMAP4.error",
        [("imap", "implicit", "h", 993)],
    ),
}


@pytest.mark.parametrize("name", CONNECTIONS)
def test_connections(name, read):
    text, expected = CONNECTIONS[name]
    accounts, gaps = read(IMPORTS + text)
    assert [(entry["protocol"], entry["security"], entry["server"], entry["port"]) for entry in accounts] == expected
    assert ([entry["undecided"] for entry in accounts], gaps) == ([[] for _entry in accounts], [])
    assert {(entry["user"], entry["config"]) for entry in accounts} == {("alice", FILE)}


# what stands before a connection that is given `c`: [(key, value, line)]
PINS = {
    "c = ssl.create_default_context()": [],
    "c = None": [],
    "c = ssl.SSLContext(ssl.PROTOCOL_TLSv1)": [("protocol", "PROTOCOL_TLSv1", 2)],
    "c = ssl.SSLContext(protocol=ssl.PROTOCOL_TLSv1_1)": [("protocol", "PROTOCOL_TLSv1_1", 2)],
    "def make():\n    return ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)\nc = make()": [("protocol", "PROTOCOL_TLSv1_2", 3)],
    "c = ssl.SSLContext()\nc.maximum_version = ssl.TLSVersion.TLSv1_1": [("maximum_version", "TLSv1_1", 3)],
    "c = ssl.SSLContext()\nc.minimum_version = ssl.TLSVersion.TLSv1": [("minimum_version", "TLSv1", 3)],
    "c = ssl.SSLContext()\nc.set_ciphers('ALL:@SECLEVEL=0')": [("ciphers", "ALL:@SECLEVEL=0", 3)],
    "c = ssl.SSLContext()\nc.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3": [
        ("options", "OP_NO_TLSv1_2", 3),
        ("options", "OP_NO_TLSv1_3", 3),
    ],
    "c = ssl.SSLContext()\nc.options = c.options | ssl.Options.OP_NO_TLSv1_2": [("options", "OP_NO_TLSv1_2", 3)],
}


@pytest.mark.parametrize("text", PINS)
@pytest.mark.parametrize(
    "connection", ["imaplib.IMAP4_SSL('h', ssl_context=c)", "poplib.POP3_SSL('h', context=c)", "m = poplib.POP3('h')\nm.stls(c)"]
)
def test_pins(text, connection, read):
    (account,), gaps = read(f"{IMPORTS}{text}\n{connection}\n")
    assert [(item["key"], item["value"], item["line"]) for item in account["settings"]] == PINS[text]
    assert {item["file"] for item in account["settings"]} <= {FILE}
    assert (account["undecided"], gaps) == ([], [])


# text: [(what, line)] of which nobody can tell
UNDECIDED = {
    "imaplib.IMAP4_SSL(input())": [("server", 2)],
    "for h in ('a', 'b'): imaplib.IMAP4_SSL(h)": [("server", 2)],
    "H = 'a'\nH += 'b'\nimaplib.IMAP4_SSL(H)": [("server", 4)],
    "imaplib.IMAP4_SSL('h', port=int(x))": [("port", 2)],
    "imaplib.IMAP4_SSL('h', **x)": [("options", 2)],
    "imaplib.IMAP4_SSL('h', ssl_context=make())": [("context", 2)],
    "c = ssl.SSLContext(getattr(ssl, x))\nimaplib.IMAP4_SSL('h', ssl_context=c)": [("protocol", 2)],
    "c = ssl.SSLContext()\nc.maximum_version = x\nimaplib.IMAP4_SSL('h', ssl_context=c)": [("maximum_version", 3)],
    "c = ssl.SSLContext()\nif x: c.maximum_version = ssl.TLSVersion.TLSv1\nimaplib.IMAP4_SSL('h', ssl_context=c)": [("maximum_version", 3)],
    "c = ssl.SSLContext()\nc.options |= x\nimaplib.IMAP4_SSL('h', ssl_context=c)": [("options", 3)],
    "c = ssl.SSLContext()\nexec('c.x = 1')\nimaplib.IMAP4_SSL('h', ssl_context=c)": [("exec", 3)],
    "c = ssl.SSLContext()\nc.set_ecdh_curve('secp521r1')\nimaplib.IMAP4_SSL('h', ssl_context=c)": [("set_ecdh_curve", 3)],
    "c = ssl.SSLContext()\nc.set_ciphers(x)\nimaplib.IMAP4_SSL('h', ssl_context=c)": [("ciphers", 3)],
    "def weaken(c):\n    c.maximum_version = 769\nimaplib.IMAP4_SSL('h')": [("maximum_version", 3)],
    "def weaken(c):\n    c.options |= 1 << 27\nimaplib.IMAP4_SSL('h')": [("options", 3)],
    "ssl.PROTOCOL_TLS = x\nimaplib.IMAP4_SSL('h')": [("ssl", 2)],
    "S = imaplib.IMAP4_SSL if x else imaplib.IMAP4\nS('h')": [("server", 2)],
    "m = imaplib.IMAP4('h')\nif x: m.starttls()": [("security", 3)],
    "m = imaplib.IMAP4('h')\nn(m).starttls()": [("security", 3)],
    "class C(imaplib.IMAP4_SSL):\n    def open(self, *a): pass\nC('h')": [("options", 4)],
    "import imapclient\nimapclient.IMAPClient('h')": [("imapclient", 3)],
    "getattr(imaplib, x)('h')": [("server", 1)],
    "print 'Python 2'\nimaplib.IMAP4_SSL('h')": [("server", 2)],
    "imaplib.IMAP4_SSL('h'": [("server", 2)],
}


@pytest.mark.parametrize("text", UNDECIDED)
def test_what_the_text_does_not_tell_is_undecided(text, read):
    accounts, gaps = read(IMPORTS + text)
    assert [(item["what"], item["line"]) for entry in accounts for item in entry["undecided"]] == UNDECIDED[text]
    assert {item["file"] for entry in accounts for item in entry["undecided"]} == {FILE}
    assert gaps == []


@pytest.mark.parametrize("command", ["./poll.py", "venv/bin/python poll.py", "/usr/bin/env python3 poll.py", "cd /home/alice && ./poll.py"])
def test_the_interpreter_of_a_virtual_environment_is_the_one_that_it_links_to(command, tree, read):
    tree.link("/home/alice/venv/bin/python", "/usr/bin/python3")
    accounts, _gaps = read("#!/home/alice/venv/bin/python\nimport imaplib\nimaplib.IMAP4_SSL('h')", command)
    assert [(entry["server"], entry["line"]) for entry in accounts] == [("h", 3)]
    (copy,) = python_script.read(tree.host())["installs"]
    assert copy["program"] == "/usr/bin/python3.11"


@pytest.mark.parametrize("command", ["python3 other.py", "sh poll.py", "#python3 poll.py"])
def test_what_nothing_runs_is_no_client(command, read):
    assert read("import imaplib\nimaplib.IMAP4_SSL('h')", command) == ([], [])


def test_a_script_without_mail_is_no_client(read):
    assert read("import ssl\nprint('mail')") == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        f"m = imaplib.IMAP4_SSL('h')\nm.login('{SECRET}', '{SECRET}')",
        f"P = '{SECRET}'\nm = imaplib.IMAP4_SSL('h', password=P)",
        f"imaplib.IMAP4_SSL('h {SECRET}')",
        f"imaplib.IMAP4_SSL('h', '{SECRET}')",
        f"m.login('{SECRET}'",
        f"print '{SECRET}'",
    ],
)
def test_a_secret_is_in_no_account_and_no_gap(text, read):
    accounts, gaps = read(IMPORTS + text)
    assert len(accounts) == 1
    assert SECRET not in repr((accounts, gaps))


_WORDS = st.sampled_from(
    [
        "imaplib",
        "ssl",
        ".",
        "IMAP4_SSL",
        "IMAP4",
        "(",
        ")",
        "'h'",
        ",",
        "=",
        "c",
        "context=",
        "\n",
        "def f",
        ":",
        "\n    ",
        "|",
        "if x: ",
        "class C",
        "*",
    ]
)


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.text(), st.lists(_WORDS, max_size=30).map(" ".join), st.lists(st.sampled_from(list(PINS) + list(UNDECIDED))).map("\n".join)
    )
)
def test_any_text_gives_connections_or_says_why_not(text):
    try:
        found = python.connections(text)
    except ScriptError as error:
        assert error.line >= 1
    else:
        assert all(item.line >= 1 for item in found)


@pytest.mark.parametrize("text", ["(" * 100_000, "-" * 100_000 + "1", "a" + ".a" * 100_000, "1" + "+1" * 100_000, "a\0b", "\ufeff\ud800"])
def test_hostile_text(text):
    with pytest.raises(ScriptError):
        python.connections("import imaplib\n" + text)
