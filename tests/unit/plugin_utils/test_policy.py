"""The policy: what ships loads whole, and a mistake in a user's file is refused with file, line and what was expected."""

from __future__ import annotations

import datetime
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import yaml_lines
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import PolicyError, load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.version_ranges import VersionRange, sort_key

HEAD = "---\nschema: mailtls.policy/1\n"


def refused(tmp_path: pathlib.Path, text: str) -> PolicyError:
    file = tmp_path / "ours.yml"
    file.write_text(text)
    with pytest.raises(PolicyError) as caught:
        load(str(file))
    assert str(caught.value).startswith(f"{file}, line {caught.value.line}: ")
    return caught.value


def test_the_shipped_policy_asks_for_what_microsoft_announced():
    policy = load()
    assert policy.protocol == "TLSv1.2"
    assert policy.deadline == datetime.date(2026, 12, 31)
    assert len(policy.cipher_suites) == 8
    retired = {name for name, endpoint in policy.endpoints.items() if endpoint.status == "retired"}
    assert retired == {
        "pop-legacy.office365.com",
        "imap-legacy.office365.com",
        "pop-legacy.partner.outlook.cn",
        "imap-legacy.partner.outlook.cn",
    }


def test_a_users_file_adds_an_endpoint_and_moves_the_deadline(tmp_path):
    file = tmp_path / "ours.yml"
    file.write_text(
        HEAD
        + "service:\n  deadline: {date: 2027-01-31, source: OURS}\n"
        + "endpoints:\n  mail.example.org: {status: retired, replacement: outlook.office365.com, source: OURS}\n"
        + "sources:\n  OURS: our migration plan\n"
    )
    policy = load(str(file))
    assert policy.deadline == datetime.date(2027, 1, 31)
    assert policy.endpoint("MAIL.example.org").status == "retired"
    assert policy.endpoint("outlook.office365.com").status == "stays"
    assert load().deadline == datetime.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        pytest.param("", 1, "expected a mapping", id="empty"),
        pytest.param("a: [\nb: c", 3, "not valid YAML", id="no YAML"),
        pytest.param("- a\n", 1, "expected a mapping, found a list", id="a list"),
        pytest.param(HEAD + "servise: {}\n", 3, "unknown key 'servise'", id="unknown section"),
        pytest.param("---\nschema: mailtls.policy/9\n", 2, "expected the schema", id="other schema"),
        pytest.param(HEAD + "sources: {A: x}\nsources: {B: y}\n", 4, "stands here twice", id="a key twice"),
        pytest.param(
            HEAD + "endpoints:\n  a.example: {status: stays}\n",
            4,
            "every fact names its source",
            id="fact without source",
        ),
        pytest.param(HEAD + "endpoints:\n  a.example: {status: stays, source: NOWHERE}\n", 4, "not listed", id="source unknown"),
        pytest.param(
            HEAD + "service:\n  protocol: {minimum: TLSv1.4, source: H1}\n",
            4,
            "expected one of SSLv3",
            id="no such protocol",
        ),
        pytest.param(HEAD + "service:\n  deadline: {date: soon, source: H1}\n", 4, "expected a date", id="no date"),
        pytest.param(
            HEAD + "endpoints:\n  a.example:\n    status: retired\n    source: H1\n",
            5,
            "replacement",
            id="retired into nothing",
        ),
        pytest.param(
            HEAD + "clients:\n  x:\n    title: X\n    libraries: [schannel9]\n",
            6,
            "no library 'schannel9'",
            id="library",
        ),
        pytest.param(
            HEAD + "clients:\n  x:\n    title: X\n    libraries: []\n    defaults:\n"
            "      - {versions: 'about 3', effect: {}, source: H1}\n",
            8,
            "expected comparisons",
            id="no version range",
        ),
    ],
)
def test_a_mistake_is_refused_where_it_stands(tmp_path, text, line, expected):
    error = refused(tmp_path, text)
    assert expected in str(error)
    assert error.line == line


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(PolicyError, match=r"absent\.yml, line 1: can't be read"):
        load(str(tmp_path / "absent.yml"))


def test_yaml_that_would_build_objects_is_refused(tmp_path):
    refused(tmp_path, HEAD + "service: !!python/object/apply:os.system ['true']\n")


@given(st.binary(max_size=400))
def test_nothing_but_a_policy_error_comes_of_any_bytes(content):
    try:
        yaml_lines.parse(content, "any.yml")
    except PolicyError as error:
        assert error.line >= 1


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("1.0.1", "1.0.1a"),
        ("1.0.1e", "1.0.2"),
        ("1.0.2zh", "1.1.0"),
        ("6.4.0.rc1", "6.4.0"),
        ("6.4", "6.4.1"),
        ("3.9", "3.15.1"),
    ],
)
def test_versions_are_ordered_as_their_projects_number_them(lower, higher):
    assert sort_key(lower) < sort_key(higher)


def test_a_trailing_zero_makes_no_other_version():
    assert sort_key("6.4") == sort_key("6.4.0")


@pytest.mark.parametrize(("version", "holds"), [("1.0.1", True), ("1.1.0l", True), ("1.1.1", False), (None, None)])
def test_a_range_holds_what_lies_between_its_bounds(version, holds):
    assert VersionRange.parse(">= 1.0.1, < 1.1.1").holds(version) is holds
