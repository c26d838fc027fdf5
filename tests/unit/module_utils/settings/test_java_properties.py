"""Java's property files, as Java itself reads them."""

from __future__ import annotations

import pathlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import java_properties

TABLE = [
    ("key=value", {"key": "value"}),
    ("key = value ", {"key": "value "}),
    ("key value", {"key": "value"}),
    ("key:value=1", {"key": "value=1"}),
    ("  key\t=\tvalue", {"key": "value"}),
    ("# key=value\n! key=value\n", {}),
    ("list=a, \\\n     b, \\\n  c\nother=1", {"list": "a, b, c", "other": "1"}),
    ("list=a\\\\\nb=1", {"list": "a\\", "b": "1"}),
    ("key=first\nkey=last", {"key": "last"}),
    ("a\\=b=c", {"a=b": "c"}),
    ("a\\ b c", {"a b": "c"}),
    ("key=\\u0054LSv1", {"key": "TLSv1"}),
    ("key=a\\tb\\nc\\qd", {"key": "a\tb\ncqd"}),
    ("key", {"key": ""}),
    ("key=a\\", {"key": "a"}),
    ("\\\nkey=value", {"key": "value"}),
    ("# a comment is not continued \\\nkey=value", {"key": "value"}),
    ("key=value\r\nnext=1\r", {"key": "value", "next": "1"}),
    ("=value", {"": "value"}),
]
SHOW = """
import java.io.*; import java.util.*;
public class Show {
    public static void main(String[] a) throws Exception {
        for (String name : a) {
            Properties p = new Properties();
            try (Reader r = new InputStreamReader(new FileInputStream(name), "UTF-8")) { p.load(r); }
            for (String k : new TreeSet<>(p.stringPropertyNames()))
                System.out.println(name + "|" + k + "|" + p.getProperty(k).replace("\\n", "~"));
        }
    }
}
"""


def read(text: str) -> dict[str, str]:
    return {item.key: item.value for item in java_properties.parse(text)}


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_it_is_read_so(text: str, expected: dict[str, str]) -> None:
    assert read(text) == expected


@pytest.mark.requires_program("javac", package="openjdk-17-jdk-headless")
def test_java_reads_it_so(tmp_path: pathlib.Path) -> None:
    (tmp_path / "Show.java").write_text(SHOW)
    names = [f"{number}.properties" for number in range(len(TABLE))]
    for name, (text, _expected) in zip(names, TABLE, strict=True):
        (tmp_path / name).write_bytes(text.encode())
    done = subprocess.run(["java", "Show.java", *names], cwd=tmp_path, capture_output=True, text=True, check=True)
    ours = [
        f"{name}|{key}|{value.replace(chr(10), '~')}"
        for name, (_text, expected) in zip(names, TABLE, strict=True)
        for key, value in sorted(expected.items())
    ]
    assert done.stdout.splitlines() == ours


def test_the_line_is_where_the_property_begins() -> None:
    found = java_properties.parse("# x\n\na=1, \\\n 2\nb=3\n")
    assert [(item.key, item.line) for item in found] == [("a", 3), ("b", 5)]


@given(st.text(alphabet=st.sampled_from("ab=: \\\n\r\t#!u00e9,\f")))
def test_any_text_is_read(text: str) -> None:
    for item in java_properties.parse(text):
        assert 1 <= item.line <= text.count("\n") + text.count("\r") + 1
