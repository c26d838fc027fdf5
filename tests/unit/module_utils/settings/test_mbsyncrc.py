"""mbsync's configuration file: what mbsync refuses, we refuse, and of what it takes we know the connections."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mbsyncrc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

ACCOUNT = "IMAPAccount a\nHost h\n"

# name: (text, [(name, line, {key: value})])
UNDERSTOOD = {
    "nothing": ("", []),
    "comments and empty lines": ("# IMAPAccount a\n\n   # Host h\n \t\n", []),
    "an account": (
        "IMAPAccount work\nHost mx.example\nPort 993\nSSLType IMAPS\n",
        [
            ("work", 1, {"host": "mx.example", "port": "993", "ssltype": "IMAPS"}),
        ],
    ),
    "no line feed at the end": ("IMAPAccount a\nHost h", [("a", 1, {"host": "h"})]),
    "keywords in any case": ("imapaccount a\nhOST h\nPORT 1\nSSLtype imaps\n", [("a", 1, {"host": "h", "port": "1", "ssltype": "imaps"})]),
    "lines that end with CR LF": ("IMAPAccount a\r\nHost h\r\n\r\n", [("a", 1, {"host": "h"})]),
    "quotes": ('IMAPAccount "a b"\nHost "h"\n', [("a b", 1, {"host": "h"})]),
    "quotes within a word": ('IMAPAccount a"b c"d\nHost h"\\""\n', [("ab cd", 1, {"host": 'h"'})]),
    "backslashes": ("IMAPAccount a\\ b\nHost \\h\\\\\n", [("a b", 1, {"host": "h\\"})]),
    "a comment behind the argument": ("IMAPAccount a # b\nHost h # i\n", [("a", 1, {"host": "h"})]),
    "a hash within a word": ("IMAPAccount a#b\nHost h#i\n", [("a#b", 1, {"host": "h#i"})]),
    "a comment does not end a section": ("IMAPAccount a\n# b\nHost h\n", [("a", 1, {"host": "h"})]),
    "the last of a keyword": ("IMAPAccount a\nHost g\nHost h\nPort 1\nPort 2\n", [("a", 1, {"host": "h", "port": "2"})]),
    "one account for many stores": (ACCOUNT + "\nIMAPStore s\nAccount a\nPath x\n\nIMAPStore t\nAccount a\n", [("a", 1, {"host": "h"})]),
    "a store with a connection of its own": ("IMAPStore s\nHost h\nUseNamespace no\n", [("s", 1, {"host": "h"})]),
    "a tunnel": ('IMAPAccount a\nTunnel "ssh -q h imapd"\n', [("a", 1, {"tunnel": None})]),
    "a whole file": (
        'SyncState *\nFSync no\nCreate Both\n\nIMAPAccount a\nHost h\nUser u\nPassCmd "pass a | head"\nAuthMechs LOGIN PLAIN\n'
        "CertificateFile /etc/passwd\nTimeout 5\nPipelineDepth 1\n\nIMAPStore far\nAccount a\nMaxSize 5m\n\nMaildirStore near\n"
        "Path ~/m/\nInbox ~/m/i\nAltMap no\nSubFolders Verbatim\n\nChannel c\nMaster :far:\nSlave :near:\nPatterns * !x\n\n"
        "Channel d\nMaster :far:\nSlave :near:\n\nGroup g c d\nChannels c\n",
        [("a", 5, {"host": "h"})],
    ),
    "a line as long as mbsync reads": (f"{ACCOUNT}Pass {'x' * 1016}\nPort 1\n", [("a", 1, {"host": "h", "port": "1"})]),
}

# name: (text, line)
REFUSED = {
    "an unknown keyword": (ACCOUNT + "Hots i\n", 3),
    "an unknown section": (ACCOUNT + "\nPOPAccount b\n", 4),
    "a keyword outside of sections": ("Host h\n", 1),
    "a keyword behind an empty line": (ACCOUNT + "\nPort 5\n", 4),
    "a section without an empty line before": (ACCOUNT + "IMAPStore s\nAccount a\n", 3),
    "a keyword of another section": (ACCOUNT + "Account a\n", 3),
    "a section without a name": (ACCOUNT + "\nIMAPAccount\n", 4),
    "no argument": (ACCOUNT + "Port\n", 3),
    "a comment instead of the argument": (ACCOUNT + "Pass #x\n", 3),
    "two arguments": (ACCOUNT + "Port 5 6\n", 3),
    "two names": ("IMAPAccount a b\nHost h\n", 1),
    "an unterminated quote": (ACCOUNT + 'Pass "x\nPort 5\n', 3),
    "a backslash at the end of a line": (ACCOUNT + "Pass x\\\nPort 5\n", 3),
    "a port by name": (ACCOUNT + "Port imaps\n", 3),
    "a security that is none": (ACCOUNT + "SSLType TLS\n", 3),
    "a version that is none": (ACCOUNT + "SSLVersions TLSv1.2 TLSv2\n", 3),
    "neither host nor tunnel": ("\nIMAPAccount a\nPort 5\n", 2),
    "a store with neither": ("IMAPStore s\nPath x\n", 1),
    "an account that stands nowhere": (ACCOUNT + "\nIMAPStore s\nAccount b\n", 5),
    "an account in another case": (ACCOUNT + "\nIMAPStore s\nAccount A\n", 5),
    "an account that stands behind": ("IMAPStore s\nAccount a\n\n" + ACCOUNT, 2),
    "account and connection": (ACCOUNT + "\nIMAPStore s\nAccount a\nUser u\n", 4),
    "password and command": (ACCOUNT + "Pass x\nPassCmd y\n", 1),
    "a number that is none": (ACCOUNT + "Timeout long\n", 3),
    "a line too long for mbsync": (f"{ACCOUNT}#{'x' * 1022}\n", 3),
}

# name: (text, the releases that refuse it)
BY_RELEASE = {
    "legacy words": (ACCOUNT + "RequireSSL yes\nUseTLSv1 yes\nUseTLSv1.2 yes\n", ["1.5"]),
    "UseIMAPS": (ACCOUNT + "UseIMAPS yes\n", ["1.5"]),
    "UseTLSv1.3": (ACCOUNT + "UseTLSv1.3 yes\n", ["1.1", "1.2", "1.3", "1.5"]),
    "SSLType": (ACCOUNT + "SSLType STARTTLS\nSSLVersions TLSv1 TLSv1.1 TLSv1.2\n", ["1.1"]),
    "SSLVersions with TLS 1.3": (ACCOUNT + "SSLVersion TLSv1.3\n", ["1.1", "1.2", "1.3"]),
    "TLSType": (ACCOUNT + "TLSType STARTTLS\n", ["1.1", "1.2", "1.3", "1.4"]),
    "TLSVersions": (ACCOUNT + "TLSVersions +1.1 -1.3\n", ["1.1", "1.2", "1.3", "1.4"]),
    "TLSVersions without a sign": (ACCOUNT + "TLSVersions 1.2\n", ["1.1", "1.2", "1.3", "1.4", "1.5"]),
    "legacy words and SSLType": (ACCOUNT + "UseIMAPS no\nSSLType None\n", ["1.1", "1.2", "1.3", "1.4", "1.5"]),
    "legacy words and the host as a URL": ("IMAPAccount a\nHost imaps:h\nUseIMAPS yes\n", ["1.2", "1.3", "1.4", "1.5"]),
    "TLS is required, but none of its versions": (ACCOUNT + "UseTLSv1 no\n", ["1.1", "1.2", "1.3", "1.4", "1.5"]),
    "no TLS at all": (ACCOUNT + "UseTLSv1 no\nRequireSSL no\n", ["1.5"]),
    "global keywords behind a section": (ACCOUNT + "\nFSync yes\n", ["1.4", "1.5"]),
}
RELEASES = ["1.1", "1.2", "1.3", "1.4", "1.5"]
TEXTS = {name: entry[0] for table in (UNDERSTOOD, REFUSED, BY_RELEASE) for name, entry in table.items()}
SECRET = "hunter2"


def numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


def refusal(text: str, release: tuple[int, ...] | None = None) -> int | None:
    """Return the line that is refused, None when the text is taken."""
    try:
        mbsyncrc.parse(text, release)
    except GrammarError as error:
        return error.line
    return None


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_understood(name):
    text, expected = UNDERSTOOD[name]
    found = mbsyncrc.parse(text)
    assert [(account.name, account.line, {setting.key: setting.value for setting in account.settings}) for account in found] == expected


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    text, line = REFUSED[name]
    assert refusal(text) == line


@pytest.mark.parametrize("name", BY_RELEASE)
def test_each_release_knows_other_keywords(name):
    text, refusing = BY_RELEASE[name]
    assert [release for release in RELEASES if refusal(text, numbers(release))] == refusing


@pytest.mark.requires_program("mbsync", package="isync")
@pytest.mark.parametrize("name", TEXTS)
def test_mbsync_refuses_the_same(name, tmp_path):
    """mbsync reads the file and, before any connection, misses the channel that it is asked for."""
    path = tmp_path / "mbsyncrc"
    path.write_text(TEXTS[name], newline="")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C"}
    version, answer = (
        subprocess.run(
            ["mbsync", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
        ).stdout
        for arguments in (["--version"], ["-c", str(path), "none"])
    )
    release = re.search(r"isync ([\d.]+)", version)
    assert release, version
    taken = "No channels defined" in answer or "No channel or group named" in answer
    refused = refusal(TEXTS[name], numbers(release[1]))
    assert taken == (refused is None), answer
    # mbsync counts the rest of a line that is too long as a line.
    if refused and "too long" not in name and (line := re.search(r"mbsyncrc:(\d+): (?!Notice)", answer)):
        assert refused == int(line[1])


def test_each_setting_has_its_line():
    (account,) = mbsyncrc.parse("# x\n\nIMAPAccount a\n\tHost h\n# y\n SSLVersions TLSv1\n")
    assert account.line == 3
    assert [(setting.key, setting.line) for setting in account.settings] == [("host", 4), ("sslversions", 6)]


def test_what_tlsversions_changes_adds_up_from_the_last_sslversions_on():
    text = ACCOUNT + "TLSVersions +1.0\nSSLVersions TLSv1.1\nSSLVersion TLSv1.2\nTLSVersions +1.1\nTLSVersions -1.2 +1.3\n"
    (account,) = mbsyncrc.parse(text)
    assert [(setting.key, setting.value) for setting in account.settings[1:]] == [
        ("sslversion", "TLSv1.2"),
        ("tlsversions", "+1.1"),
        ("tlsversions", "-1.2 +1.3"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        ACCOUNT + "Pass {}\n",
        ACCOUNT + 'Pass "x {}\n',
        ACCOUNT + "Pass x {}\n",
        ACCOUNT + "Pass {}\\\n",
        ACCOUNT + "Pass\n{}\n",
        ACCOUNT + "Password {}\n",
        ACCOUNT + 'PassCmd "echo {}"\nUser {}\n',
        ACCOUNT + "PassCmd echo {}\n",
        ACCOUNT + "UserCmd +{}\nClientKey {}\n",
        ACCOUNT + 'Tunnel "x {}"\n',
        ACCOUNT + "Port {}\n",
        ACCOUNT + "SSLType {}\n",
        ACCOUNT + "SSLVersions TLSv1 {}\n",
        ACCOUNT + "AuthMechs {} DisableExtension {}\n",
        ACCOUNT + "# {}\nHost h # {}\n",
        ACCOUNT + "\nIMAPStore s\nAccount {}\n",
        ACCOUNT + "\n{} {}\n",
        "{}\n",
        "MaildirStore m\nPath {}\n\nChannel c\nPatterns {} {}\n\nGroup {} {}\n",
    ],
)
def test_a_secret_leaves_neither_with_the_result_nor_with_the_refusal(text):
    try:
        result = repr(mbsyncrc.parse(text.replace("{}", SECRET)))
    except GrammarError as error:
        result = repr((error, error.__dict__, error.__cause__, error.__context__))
    assert SECRET not in result


_FRAGMENTS = st.sampled_from(
    [*'"\\# \n\tx5', "IMAPAccount ", "IMAPStore ", "Channel ", "Group ", "Host ", "Port ", "Account ", "Pass ", "SSLVersions ", "TLSv1 "]
    + ["TLSVersions ", "+1.2 ", "UseIMAPS ", "yes ", "SSLType ", "imaps ", "Tunnel ", "\n\n", "FSync "]
)


@given(st.one_of(st.text(), st.lists(_FRAGMENTS).map("".join)), st.sampled_from([None, (1, 1), (1, 4, 4), (1, 5)]))
def test_no_text_raises_anything_but_a_grammar_error(text, release):
    line = refusal(text, release)
    assert line is None or 1 <= line <= text.count("\n") + 1


@pytest.mark.parametrize(
    "piece", ['"', "\\", "#", " ", "\n", "x ", '"a"b ', "IMAPAccount a\nHost h\n\n", "IMAPStore s\nAccount a\n\n", "Host h\n"]
)
def test_a_mebibyte_of_anything_is_read_to_its_end(piece):
    """Each piece is one that a careless reader would go over again and again: that takes hours, and shows as a hang."""
    for prefix in ("", ACCOUNT, ACCOUNT + "\n"):
        line = refusal(prefix + piece * (1024 * 1024 // len(piece)))
        assert line is None or line >= 1
