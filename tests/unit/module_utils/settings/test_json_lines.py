"""JSON with line numbers: the same values as Python's own reader, and the lines they stand on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import json_lines
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
# name: (text, line of the error)
BROKEN = {
    "nothing": ("\n", 2),
    "a comment": ('{\n// x\n"a": 1}', 2),
    "a comma too many": ('{"a": 1,\n}', 2),
    "a comma too many in a list": ("[1,\n]", 2),
    "no colon": ('{\n"a"\n1}', 3),
    "no comma": ("[1\n2]", 2),
    "single quotes": ("\n{'a': 1}", 2),
    "a bare word": ('{"a":\n yes}', 2),
    "an open text": ('{"a":\n "x}', 2),
    "a line end in a text": ('"x\ny"', 1),
    "an unknown escape": ('\n"\\q"', 2),
    "an open object": ('{"a": 1', 1),
    "more behind the end": ("{}\n{}", 2),
    "no number": ('\n{"a": 1-2}', 2),
    "a number of another form": ("\n01", 2),
    "too deep": ("[" * 100_000, 1),
    "a number without end": ("9" * 1_000_000, 1),
}


def plain(node: json_lines.Node):
    if isinstance(node.value, dict):
        return {key: plain(member) for key, member in node.value.items()}
    if isinstance(node.value, list):
        return [plain(element) for element in node.value]
    return node.value


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_values_are_those_of_pythons_own_reader(value, indent):
    text = json.dumps(value, indent=indent)
    assert plain(json_lines.parse(text)) == json.loads(text)


def test_a_member_stands_on_the_line_of_its_key():
    node = json_lines.parse('{\n"a":\n 1, "b": [\n2,\n{"c": null}], "d":\n{}}')
    assert {key: member.line for key, member in node.value.items()} == {"a": 2, "b": 3, "d": 5}
    assert [element.line for element in node.value["b"].value] == [4, 5]
    assert node.value["b"].value[1].value["c"].line == 5


def test_of_repeated_keys_the_last_one_counts():
    node = json_lines.parse('{"a": 1,\n"a": 2}').value["a"]
    assert (node.value, node.line) == (2, 2)


@pytest.mark.parametrize(("text", "line"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_json_is_an_error_with_its_line(text, line):
    with pytest.raises(GrammarError) as caught:
        json_lines.parse(text)
    assert caught.value.line == line


def test_no_error_quotes_the_file():
    for text in ("hunter2", '{"a" hunter2', '"\\q hunter2"', '["hunter2"'):
        with pytest.raises(GrammarError) as caught:
            json_lines.parse(text)
        assert "hunter2" not in str(caught.value)


@given(st.text() | st.lists(st.sampled_from(["{", "}", "[", "]", ":", ",", '"a"', "1", "true", "\n", '"', "-"])).map("".join))
def test_any_text_is_read_as_python_would_or_a_grammar_error(text):
    try:
        found = plain(json_lines.parse(text))
    except GrammarError:
        return
    assert found == json.loads(text)
