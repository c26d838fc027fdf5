"""Mozilla's preference files: read as Mozilla's own reader does, broken lines included."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import prefs_js
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# name: (text, [(name, value, line)])
UNDERSTOOD = {
    "nothing": ("", []),
    "the three kinds of value": (
        'user_pref("a", "x");\nuser_pref("b", 3);\nuser_pref("c", true);user_pref("d", false);',
        [("a", "x", 1), ("b", 3, 2), ("c", True, 3), ("d", False, 3)],
    ),
    "signs": ('user_pref("a", -1);\nuser_pref("b", + 2);', [("a", -1, 1), ("b", 2, 2)]),
    "the bounds of a number": (
        'user_pref("a", 2147483647);user_pref("b", -2147483648);user_pref("c", 000000000000007);',
        [("a", 2147483647, 1), ("b", -2147483648, 1), ("c", 7, 1)],
    ),
    "single quotes": ("user_pref('a', 'it is \"x\"');", [("a", 'it is "x"', 1)]),
    "escapes": (r'user_pref("\x61\u0062", "\"\'\\\n\r\xe9\u20ac");', [("ab", "\"'\\\n\ré€", 1)]),
    "a pair of surrogates": (r'user_pref("a", "\ud83d\ude00");', [("a", "\U0001f600", 1)]),
    "a text over two lines": ('user_pref("a", "x\ny");\nuser_pref("b", 1);', [("a", "x\ny", 1), ("b", 1, 3)]),
    "comments": (
        '# one\n// two\n/* user_pref("no", 1);\n*/ user_pref(/**/"a"/*,*/, // x\n 1) # y\n ;',
        [("a", 1, 4)],
    ),
    "comment marks inside a text": ('user_pref("a", "/* # // */");', [("a", "/* # // */", 1)]),
    "all line ends": (
        'user_pref("a", 1);\r\nuser_pref("b", 1);\ruser_pref("c", 1);\n\ruser_pref("d", 1);',
        [("a", 1, 1), ("b", 1, 2), ("c", 1, 3), ("d", 1, 5)],
    ),
    "a NUL ends the file": ('user_pref("a", 1);\0user_pref("b", 1);', [("a", 1, 1)]),
    "twice the same": ('user_pref("a", 1);user_pref("a", 2);', [("a", 1, 1), ("a", 2, 1)]),
}
# name: (text, names that are read all the same, line of the first error, word of what was expected)
BROKEN = {
    "no comma": ('user_pref("a" 1);\nuser_pref("b", 1);', ["b"], 1, "','"),
    "no value": ('user_pref("a", );user_pref("b", 1);', ["b"], 1, "a value"),
    "no name": ('\nuser_pref(a, 1);user_pref("b", 1);', ["b"], 2, "a name"),
    "a missing semicolon takes the next statement along": ('user_pref("a", 1)\nuser_pref("b", 1);\nuser_pref("c", 1);', ["c"], 2, "';'"),
    "another function": ('lockPref("a", 1);user_pref("b", 1);', ["b"], 1, "user_pref"),
    "an attribute": ('user_pref("a", 1, locked);user_pref("b", 1);', ["b"], 1, "')'"),
    "letters behind a number": ('user_pref("a", 12x);user_pref("b", 1);', ["b"], 1, "a value"),
    "a number beyond 32 bits": ('user_pref("a", 2147483648);user_pref("b", 1);', ["b"], 1, "32 bits"),
    "a number of very many digits": ('user_pref("a", ' + "9" * 100_000 + ');user_pref("b", 1);', ["b"], 1, "32 bits"),
    "an unknown escape": (r'user_pref("a", "\q");user_pref("b", 1);', ["b"], 1, "escapes"),
    "half a pair of surrogates": (r'user_pref("a", "\ud83d");user_pref("b", 1);', ["b"], 1, "escapes"),
    "an escaped NUL": (r'user_pref("a", "\x00");user_pref("b", 1);', ["b"], 1, "escapes"),
    "an open text": ('user_pref("b", 1);\nuser_pref("a", "x);\n', ["b"], 2, "a value"),
    "an open comment": ('user_pref("b", 1);\n/* x\nuser_pref("a", 1);', ["b"], 2, "user_pref"),
    "a lone slash takes a character along": ('user_pref("b", 1);/;user_pref("a", 1);user_pref("c", 1);', ["b", "c"], 1, "user_pref"),
    "JavaScript": ('if (x) { user_pref("a", 1); }\nuser_pref("b", 1);', [], 1, "user_pref"),
}


def everything(_name: str) -> bool:
    return True


@pytest.mark.parametrize(("text", "expected"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_what_is_understood(text, expected):
    prefs, errors = prefs_js.parse(text, everything)
    assert [(pref.name, pref.value, pref.line) for pref in prefs] == expected
    assert errors == []


@pytest.mark.parametrize(("text", "names", "line", "expected"), BROKEN.values(), ids=BROKEN)
def test_behind_a_broken_statement_reading_goes_on(text, names, line, expected):
    prefs, errors = prefs_js.parse(text, everything)
    assert [pref.name for pref in prefs] == names
    assert errors[0].line == line
    assert expected in errors[0].expected


def test_default_files_have_attributes_and_locks():
    text = (
        'pref("a", 1);\npref("b", 1, locked);\nsticky_pref("c", 1);\nlock_pref("d", 1);\npref("e", 1, sticky, locked);\nuser_pref("f", 1);'
    )
    prefs, errors = prefs_js.parse(text, everything, attributes=True)
    assert errors == []
    assert [(pref.name, pref.branch, pref.locked) for pref in prefs] == [
        ("a", "default", False),
        ("b", "default", True),
        ("c", "default", False),
        ("d", "default", True),
        ("e", "default", True),
        ("f", "user", False),
    ]


def test_only_what_is_wanted_is_kept():
    prefs, _errors = prefs_js.parse('user_pref("a.b", "hunter2");user_pref("c.d", "x");', lambda name: name == "c.d")
    assert [(pref.name, pref.value) for pref in prefs] == [("c.d", "x")]


@pytest.mark.parametrize("name", ["mail.password", "x.Passwd", "mail.server.server1.clientid", "oauth.refresh_TOKEN", "client_secret"])
def test_what_may_hold_a_secret_is_never_kept(name):
    asked = []
    prefs, _errors = prefs_js.parse(f'user_pref("{name}", "hunter2");', lambda name: asked.append(name) or True)
    assert (prefs, asked) == ([], [])


def test_no_error_quotes_the_file():
    _prefs, errors = prefs_js.parse('user_pref("a", "\\q hunter2");hunter2;user_pref(hunter2);user_pref("a", hunter2)', everything)
    assert len(errors) == 4
    assert "hunter2" not in " ".join(map(str, errors))


@pytest.mark.parametrize("piece", ["user_pref(", '"', "/*", ";", "\\", "9", '"\\', "/", 'user_pref("a", "'])
def test_a_large_hostile_file_costs_no_more_than_its_length(piece):
    prefs, errors = prefs_js.parse(piece * (1_000_000 // len(piece)), everything)
    assert prefs == []
    assert len(errors) <= prefs_js.MAX_ERRORS


@given(st.text())
def test_any_text_is_read(text):
    prefs, errors = prefs_js.parse(text, everything)
    assert all(isinstance(error, GrammarError) for error in errors)
    assert all(1 <= item.line <= len(text) + 1 for item in [*prefs, *errors])


@given(
    st.lists(
        st.sampled_from(
            [
                'user_pref("a", 1);',
                "user_pref",
                "(",
                '"a"',
                ",",
                "'b'",
                "-",
                "7",
                "true",
                ")",
                ";",
                "/*",
                "*/",
                "//",
                "#",
                "\n",
                " ",
                '"',
                "\\",
            ]
        )
    )
)
def test_any_order_of_tokens_is_read(pieces):
    prefs, _errors = prefs_js.parse("".join(pieces), everything)
    assert all(pref.name in ("a", "b") or '"' in "".join(pieces) for pref in prefs)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.booleans() | st.integers(-(2**31), 2**31 - 1),
    )
)
def test_what_is_written_is_read_again(values):
    def quoted(text):
        return json.dumps(text, ensure_ascii=False).replace("\\t", "\t").replace("\\b", "\b").replace("\\f", "\f")

    def written(value):
        return quoted(value) if isinstance(value, str) else json.dumps(value)

    # json.dumps writes \t for a tab, but a backslash before a t is written as two.
    values = {name: value for name, value in values.items() if "\\" not in name and "\\" not in str(value)}
    text = "".join(f"user_pref({quoted(name)}, {written(value)});\n" for name, value in values.items())
    prefs, errors = prefs_js.parse(text, everything)
    kept = {name: value for name, value in values.items() if not prefs_js.is_secret(name)}
    assert {pref.name: pref.value for pref in prefs} == kept
    assert errors == []
