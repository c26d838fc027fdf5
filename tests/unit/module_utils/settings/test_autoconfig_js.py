"""Mozilla's AutoConfig files: what surely runs is told from what only the running program would know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import autoconfig_js
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.autoconfig_js import Call, Computed
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

# name: (the file behind its first line, what is found)
FILES = {
    "nothing": ("", []),
    "the functions": (
        'pref("t.a", 1);\ndefaultPref("t.b", "x");\nlockPref("t.c", true);\nunlockPref("t.c");\nclearPref("t.d");',
        [
            Call("pref", "t.a", 1, 2),
            Call("defaultPref", "t.b", "x", 3),
            Call("lockPref", "t.c", True, 4),
            Call("unlockPref", "t.c", None, 5),
            Call("clearPref", "t.d", None, 6),
        ],
    ),
    "what is not wanted": ('lockPref("u.a", 1);\nlockPref("u.b", x);', []),
    "literals": (
        "lockPref('t.a', -1); lockPref('t.b', 'it\\'s \\x41\\u0042\\u{43}\\\n.'); lockPref(\"t.c\", 0);",
        [Call("lockPref", "t.a", -1, 2), Call("lockPref", "t.b", "it's ABC.", 2), Call("lockPref", "t.c", 0, 3)],
    ),
    "no semicolons": ('lockPref("t.a", 1)\nlockPref("t.b", 2)', [Call("lockPref", "t.a", 1, 2), Call("lockPref", "t.b", 2, 3)]),
    "comments": ('// lockPref("t.a", 1);\n/* lockPref("t.b", 1);\n */ lockPref(/**/"t.c", 1 // x\n);', [Call("lockPref", "t.c", 1, 4)]),
    "a try block": (
        'try {\n  lockPref("t.a", 1);\n  lockPref("t.b", 2);\n} catch (e) {\n  displayError("lockedPref", e);\n}\nlockPref("t.c", 3);',
        [Call("lockPref", "t.a", 1, 3), Call("lockPref", "t.b", 2, 4), Call("lockPref", "t.c", 3, 8)],
    ),
    "behind other code": (
        'var home = getenv("HOME");\nif (home) { home = home / 2; }\nlockPref("t.a", 1);',
        [Call("lockPref", "t.a", 1, 4)],
    ),
    "a condition": ('if (x) lockPref("t.a", 1);', [Computed("t.a", True, 2)]),
    "a condition on the line above": ('if (x)\n  lockPref("t.a", 1);', [Computed("t.a", True, 3)]),
    "a condition with a block": ('if (x) { lockPref("t.a", 1); }', [Computed("t.a", True, 2)]),
    "else": ('if (x) { y() } else lockPref("t.a", 1);', [Computed("t.a", True, 2)]),
    "a try block in a condition": ('if (x) { try { lockPref("t.a", 1); } catch (e) {} }', [Computed("t.a", True, 2)]),
    "a catch block": ('try { x() } catch (e) { lockPref("t.a", 1); }', [Computed("t.a", True, 2)]),
    "a function": ('function f() { lockPref("t.a", 1); }', [Computed("t.a", True, 2)]),
    "an arrow function": ('const f = () => { lockPref("t.a", 1); };', [Computed("t.a", True, 2)]),
    "a loop": ('for (i = 0; lockPref("t.a", 1); i++) {}', [Computed("t.a", True, 2)]),
    "half of an expression": ('x && lockPref("t.a", 1);', [Computed("t.a", True, 2)]),
    "a computed value": ('lockPref("t.a", 1 + 1);', [Computed("t.a", True, 2)]),
    "a value from the environment": ('lockPref("t.a", getenv("TLS"));', [Computed("t.a", True, 2)]),
    "a number of another form": ('lockPref("t.a", 0x2);', [Computed("t.a", True, 2)]),
    "a joined value": ('lockPref("t.a", "x" + y);', [Computed("t.a", True, 2)]),
    "a joined name": ('lockPref("t." + x, 1);', [Computed("t.", False, 2)]),
    "a template as name": ("lockPref(`t.${x}.y`, 1);", [Computed("t.", False, 2)]),
    "a variable as name": ("lockPref(name, 1);", [Computed("", False, 2)]),
    "the preference service": ('Services.prefs.setIntPref("t.a", 1);', [Computed("t.a", True, 2)]),
    "the preference service and a variable": ("branch.setIntPref(name, 1);", [Computed("", False, 2)]),
    "reading a preference": ('if (getPref("t.a") == 1) { x(); }\ny = prefs.getIntPref("t.a");', []),
    "a list of names": ('for (const name of ["t.a", "t.b"]) {\n x(name); }', [Computed("t.a", True, 2), Computed("t.b", True, 2)]),
    "a quote in a regular expression": ('x = /["\']/g.test(y);\nlockPref("t.a", 1);', [Call("lockPref", "t.a", 1, 3)]),
    "divisions are none": ("x = a / b; y = c / d; lockPref('t.a', 1)", [Call("lockPref", "t.a", 1, 2)]),
    "a template over two lines": ('x = `\n"`;\nlockPref("t.a", 1);', [Call("lockPref", "t.a", 1, 4)]),
    "Windows line ends": ('lockPref("t.a", 1);\r\nlockPref("t.b", 2);', [Call("lockPref", "t.a", 1, 2), Call("lockPref", "t.b", 2, 3)]),
}


def wanted(name: str) -> bool:
    return name.startswith("t.")


@pytest.mark.parametrize(("text", "expected"), FILES.values(), ids=FILES)
def test_what_is_found(text, expected):
    assert autoconfig_js.parse("// first line\n" + text, wanted) == expected


def test_the_first_line_is_skipped():
    assert autoconfig_js.parse('lockPref("t.a", 1);\r\nlockPref("t.b", 1);', wanted) == [Call("lockPref", "t.b", 1, 2)]
    assert autoconfig_js.parse('lockPref("t.a", 1);', wanted) == []


@pytest.mark.parametrize(
    "text", ['\nlockPref("t.a, 1);\n', "\nx = 'a\nb';", "\n/* x", "\nx = `a"], ids=["text", "line end", "comment", "template"]
)
def test_what_is_left_open_is_an_error(text):
    with pytest.raises(GrammarError) as caught:
        autoconfig_js.parse('lockPref("t.a", 1);' + text, wanted)
    assert caught.value.line == 2


def test_secrets_are_neither_kept_nor_noted():
    text = '//\nlockPref("t.password", "hunter2");\nif (x) lockPref("t.oauth.token", "hunter2");\nlockPref("u.x", "hunter2");'
    assert autoconfig_js.parse(text, wanted) == []


@pytest.mark.parametrize("piece", ["lockPref(x);", "{", "}", "(", '"a"', "/", "/[", "x=/", "`a`", "\\"])
def test_a_large_hostile_file_costs_no_more_than_its_length(piece):
    found = autoconfig_js.parse("\n" + piece * (200_000 // len(piece)), wanted)
    assert all(isinstance(item, Computed) for item in found)


@given(st.text())
def test_any_text_is_read_or_a_grammar_error(text):
    try:
        autoconfig_js.parse("\n" + text, wanted)
    except GrammarError as error:
        assert error.line >= 2


@given(
    st.lists(
        st.sampled_from(
            [
                'lockPref("t.a", 1)',
                ";",
                "\n",
                "{",
                "}",
                "(",
                ")",
                "try ",
                "catch (e) ",
                "if (x) ",
                "else ",
                "x",
                "=",
                "/",
                '"t.b"',
                "+",
                "`",
                "'",
                ",",
            ]
        )
    )
)
def test_a_call_is_sure_only_where_a_statement_begins(pieces):
    text = "\n" + "".join(pieces)
    try:
        found = autoconfig_js.parse(text, wanted)
    except GrammarError:
        return
    sure = [item for item in found if isinstance(item, Call)]
    assert len(sure) <= text.count("lockPref")
    for before, piece in zip(["\n", *pieces], pieces, strict=False):
        if piece.startswith("lockPref") and before in ("=", "x", "+", ",", "else ", "if (x) "):
            assert len(sure) < text.count("lockPref")
