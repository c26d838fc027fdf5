"""Ini files of programs in Python: what we make of a text is what Python's own parsers make of it."""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import python_ini
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Content = dict[str, dict[str, str]]

TEXTS = {
    "nothing": "",
    "comments alone": "# a\n; b\n\n",
    "a section": "[a]\nkey = value\nOther:  value  \n",
    "keys lose their case, sections keep theirs": "[A b]\nKeY Two = vAlue\n",
    "values with marks of their own": "[a]\nx = b = c : d\ny : e = f\nz=100%\n",
    "no value": '[a]\nx =\ny:\nz = ""\n',
    "lines that go on": "[a]\nx = b\n  c\n\td = e\ny = f\n",
    "an empty line inside a value": "[a]\nx = b\n\n  c\n\ny = d\n",
    "an empty value that goes on": "[a]\nx =\n  b\n",
    "a comment inside a value": "[a]\nx = b\n# c\n  d\n  ; e\n  f\n",
    "an indented section": "  [a]\n  x = b\n    c\n  y = d\n",
    "an indented key behind the header": "[a]\n  x = b\n  y = c\n",
    "a semicolon behind a value": "[a]\nx = b ; c\ny = d;e\nz = ; f\n",
    "a semicolon behind a value without a space, then one with": "[a]\nx = b;c ; d\n",
    "a hash behind a value": "[a]\nx = b # c\n",
    "rem begins a comment in Python 2": "[a]\nrem x = b\nREM: y\nremote = c\n",
    "text behind a header": "[a] # b\nx = c\n",
    "a header with a bracket inside": "[a]b]\nx = c\n",
    "defaults": "[DEFAULT]\nx = b\n[a]\ny = c\n",
    "defaults in two places": "[DEFAULT]\nx = b\n[a]\ny = c\n[DEFAULT]\nz = d\n",
    "a section again": "[a]\nx = b\n[c]\n[a]\ny = d\n",
    "a key again": "[a]\nx = b\nX = c\n",
    "a key again, with lines that go on": "[a]\nx = b\n  c\nx = d\n  e\n",
    "a key before any section": "x = b\n[a]\n",
    "a line that is no entry": "[a]\nnonsense\nx = b\n",
    "a line without a key": "[a]\n= b\n",
    "an unfinished header": "[a\nx = b\n",
    "a header of nothing": "[]\nx = b\n",
    "lines that end with CR LF": "[a]\r\nx = b\r\n  c\r\n",
    "tabs and spaces": "[a]\n\tx\t=\tb\n \ty = c\n",
    "a byte order mark": "\ufeff[a]\nx = b\n",
}
LINES = [
    "[a]",
    "[b]",
    "[DEFAULT]",
    " [a]",
    "x = 1",
    "X: 2",
    "y=",
    "z",
    "  w = 3",
    "\tv",
    "# c",
    "  # c",
    "; c",
    "",
    "  ",
    "= 4",
    "[",
    "rem u = 5",
]

PYTHON_2 = """
import ConfigParser, json, StringIO, sys
answers = []
for text in json.load(sys.stdin):
    parser = ConfigParser.RawConfigParser()
    try:
        parser.readfp(StringIO.StringIO(text.encode("utf-8")))
    except ConfigParser.Error:
        answers.append(None)
    else:
        found = dict((name, dict(parser._sections[name])) for name in parser.sections())
        for entries in found.values():
            entries.pop("__name__", None)
        answers.append([found, dict(parser.defaults())])
json.dump(answers, sys.stdout)
"""


def ours(text: str, python: int) -> tuple[Content, dict[str, str]] | None:
    try:
        sections = python_ini.parse(text, python)
    except GrammarError:
        return None
    content = {name: {entry.key: entry.value for entry in section.entries.values()} for name, section in sections.items()}
    defaults = content.pop(python_ini.DEFAULT, {})
    return content, defaults


def theirs(text: str) -> tuple[Content, dict[str, str]] | None:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return {name: dict(parser._sections[name]) for name in parser.sections()}, dict(parser.defaults())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", TEXTS)
def test_python_3_reads_it_so(name: str):
    assert ours(TEXTS[name], 3) == theirs(TEXTS[name].replace("\r\n", "\n"))


@given(st.lists(st.sampled_from(LINES)))
@settings(max_examples=300)
def test_python_3_reads_any_file_so(lines: list[str]):
    text = "\n".join(lines)
    assert ours(text, 3) == theirs(text)


def has_python_2() -> bool:
    """A program of that name may be a stand-in that finds no Python behind it."""
    return shutil.which("python2.7") is not None and subprocess.run(["python2.7", "-c", ""], capture_output=True).returncode == 0


@pytest.mark.skipif(not has_python_2(), reason="needs a Python 2.7 (Debian 11's package python2.7)")
def test_python_2_reads_it_so():
    texts = [text.replace("\r\n", "\n") for text in TEXTS.values()]
    done = subprocess.run(["python2.7", "-c", PYTHON_2], input=json.dumps(texts), capture_output=True, text=True, check=True)
    for name, text, answer in zip(TEXTS, texts, json.loads(done.stdout), strict=True):
        found = ours(text, 2)
        assert (list(found) if found else None) == answer, name


@pytest.mark.parametrize(
    ("text", "python", "expected"),
    [
        ("[a]\nssl_version = tlsv1 ; old\n", 2, "tlsv1"),
        ("[a]\nssl_version = tlsv1 ; old\n", 3, "tlsv1 ; old"),
        ("[a]\nssl_version = tlsv1\nssl_version = sslv23\n", 2, "sslv23"),
        ("[a]\nssl_version = tlsv1\n  sslv23\n", 2, "tlsv1\nsslv23"),
        ("[a]\nrem = 1\nssl_version = tlsv1\n# ssl_version = sslv23\n", 2, "tlsv1"),
        ("[a]\nx = 1\n[b]\n[a]\nssl_version = tlsv1\n", 2, "tlsv1"),
    ],
)
def test_the_two_pythons_differ(text: str, python: int, expected: str):
    entry = python_ini.get(python_ini.parse(text, python), "a", "ssl_version")
    assert entry is not None
    assert entry.value == expected


def test_entries_know_their_lines():
    sections = python_ini.parse("# first\n\n[a]\nx = 1\n  2\ny = 3\n[DEFAULT]\nz = 4\n")
    assert [(entry.key, entry.line) for entry in sections["a"].entries.values()] == [("x", 4), ("y", 6)]
    assert python_ini.get(sections, "a", "z").line == 8
    assert sections["a"].line == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = hunter2\n", 1),
        ("[a]\nx = 1\n[a]\nhunter2 = 1\n", 3),
        ("[a]\nx = 1\nx = hunter2\n", 3),
        ("[a]\nhunter2\n", 2),
        ("[a]\n= hunter2\n", 2),
    ],
)
def test_a_refused_file_is_refused_by_line_and_without_its_text(text: str, line: int):
    with pytest.raises(GrammarError) as raised:
        python_ini.parse(text)
    assert raised.value.line == line
    assert "hunter2" not in str(raised.value)


@given(st.text(), st.sampled_from([2, 3]))
def test_any_text_is_read_or_refused(text: str, python: int):
    try:
        python_ini.parse(text, python)
    except GrammarError as error:
        assert 1 <= error.line <= text.count("\n") + text.count("\r") + 1


INTERPOLATED = """
[DEFAULT]
domain = example
loop = %(loop)s
[a]
host = imap.%(domain)s
nested = %(HOST)s:993
percent = 100%%
remotepass = hunter2
stolen = %(remotepass)s
lost = %(nothing)s
broken = 5%
circle = %(loop)s
"""


@pytest.mark.parametrize("key", ["host", "nested", "percent"])
def test_references_are_followed_as_python_does(key: str):
    sections = python_ini.parse(INTERPOLATED)
    parser = configparser.ConfigParser()
    parser.read_string(INTERPOLATED)
    assert python_ini.interpolated(sections, "a", sections["a"].entries[key].value) == parser.get("a", key)


@pytest.mark.parametrize("key", ["stolen", "lost", "broken", "circle"])
def test_references_that_lead_nowhere_or_to_a_secret_are_not_followed(key: str):
    sections = python_ini.parse(INTERPOLATED)
    with pytest.raises(python_ini.InterpolationError) as raised:
        python_ini.interpolated(sections, "a", sections["a"].entries[key].value)
    assert "hunter2" not in str(raised.value)
