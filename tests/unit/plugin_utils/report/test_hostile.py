"""Whatever a host says stays text, and short, in every format: each output is read back by that format's own reader."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from typing import Any

import html5lib
import junitparser
import pytest
from hostile_document import made_hostile
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import csv_table, html, junit, markdown, prometheus, terminal

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "end of style and script": "</style></script><script>alert(1)</script>",
    "comment": "--><!-- ]]> <![CDATA[",
    "template": "{{ 7 * 7 }}{% raw %}",
    "terminal": "\x1b]0;title\x07\x1b[31mred\x9b2J",
    "formula": "=cmd|'/c calc'!A1",
    "formula after a separator": "a;=1+1;@SUM(1)",
    "formula behind quotes": 'a;"=1+1;""@SUM(1);  =1+1; "=1+1',
    "signs": "+1-1@a",
    "wide sign": "＝1+1",
    "tab and return": "\t=1+1\r=1+1\n=1+1",
    "direction": "txt\u202egnp.exe\u2066",
    "zero": "a\0b",
    "no text": "a\ud800b\uffff",
    "quotes": "\"'`,;\\",
    "markdown": "`a` **b** [c](javascript:alert(1)) ![d](http://192.0.2.1/) <http://192.0.2.1/> @everyone\n# h",
    "long": "x" * 1_000_000,
    "long and wide": "\x1b" * 1_000_000,
}
# What 40 hosts come to, each with a dozen bounded texts, is far less; a hundredth of one of the long texts for each would be more.
MOST = 1_500_000


@pytest.fixture(scope="module", params=list(HOSTILE))
def hostile(request: pytest.FixtureRequest) -> dict[str, Any]:
    return made_hostile(HOSTILE[request.param])


def printable(text: str) -> bool:
    """No control, format or other character that acts on a terminal or on the order of reading; lines may end."""
    return not [letter for letter in text if letter != "\n" and unicodedata.category(letter)[0] == "C"]


def test_html(hostile: dict[str, Any]) -> None:
    text = html.render(hostile)
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert len(text) < MOST
    assert printable(text)
    assert sum(element.tag == "script" for element in page.iter()) == 1
    assert not [element for element in page.iter() if element.tag in ("img", "a") and not (element.get("href") or "").startswith("#")]
    assert not [name for element in page.iter() for name in element.keys() if name.startswith("on") or name == "style"]  # noqa: SIM118
    names = {head.text for head in page.iter("th") if head.get("role") == "rowheader"}
    assert names == {escape(host["host"], 120) for host in hostile["hosts"]}


def test_csv(hostile: dict[str, Any]) -> None:
    text = csv_table.render(hostile)
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert len(text) < MOST
    assert {len(row) for row in rows} == {len(csv_table.COLUMNS)}
    assert len(rows) == 1 + sum(len(host["findings"]) for host in hostile["hosts"])
    assert not [cell for row in rows for cell in row if re.search(r"(^|;)[=+\-@\t\r＝＋－＠]", cell)]
    # As it is read where a semicolon ends a cell.
    read = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert not [cell for row in read for cell in row if re.match(r" *[=+\-@\t\r＝＋－＠]", cell)]
    assert printable(text.replace("\r\n", "\n"))


def test_junit(hostile: dict[str, Any]) -> None:
    text = junit.render(hostile)
    suite = next(iter(junitparser.JUnitXml.fromstring(text.encode())))
    assert len(text) < MOST
    assert printable(text)
    assert {case.classname for case in suite} == {escape(host["host"], 200) for host in hostile["hosts"]}


def test_prometheus(hostile: dict[str, Any]) -> None:
    families = list(text_string_to_metric_families(prometheus.render(hostile)))
    assert sum(sample.value for family in families if family.name == "mailtls_hosts" for sample in family.samples) == len(hostile["hosts"])


def test_markdown(hostile: dict[str, Any]) -> None:
    text = markdown.render(hostile)
    assert len(text) <= markdown.MAX_MESSAGE
    assert printable(text)
    reader = MarkdownIt("commonmark").enable("table")
    tokens = [child for token in reader.parse(text) for child in (token, *(token.children or ()))]
    assert {token.type for token in tokens} <= {
        "paragraph_open", "paragraph_close", "inline", "text", "code_inline", "strong_open", "strong_close",
        "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close",
    }  # fmt: skip


def test_terminal(hostile: dict[str, Any]) -> None:
    text = terminal.render(hostile)
    assert len(text) < MOST
    assert printable(text)
