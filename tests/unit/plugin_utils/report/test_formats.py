"""Each format against a reader or validator that is not ours, and the same bytes for the same input."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fleet_generator
import html5lib
import jsonschema
import junitparser
import pytest
import xmlschema
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families
from schema import SCHEMA

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document, formats, junit, markdown, prometheus
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.csv_table import COLUMNS
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY, History
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder
from ansible_collections.mailtls.fleet.plugins.plugin_utils.stored_hosts import StoredHosts

ROOT = Path(__file__).parents[4]
HERE = Path(__file__).parent
EMPTY = document.build([], fleet_generator.run_facts())


def rendered(name: str, whole: dict[str, Any], history: History = NO_HISTORY, remedies: Sequence[dict[str, Any]] = ()) -> str:
    return formats.FORMATS[name].render(whole, history, remedies)


def test_the_document_is_valid(fleet: dict[str, Any]) -> None:
    jsonschema.validate(fleet, SCHEMA)
    assert {host["verdict"] for host in fleet["hosts"]} == {"FAIL", "AT_RISK", "UNKNOWN", "ERROR", "UNREACHABLE", "WAIVED", "PASS"}


class TestCsv:
    def test_python_reads_a_row_for_each_finding(self, fleet: dict[str, Any]) -> None:
        rows = list(csv.DictReader(io.StringIO(rendered("csv", fleet), newline=""), strict=True))
        assert Counter(row["host"] for row in rows) == Counter(host["host"] for host in fleet["hosts"] for _ in host["findings"])
        assert Counter(row["verdict"] for row in rows) == Counter(item["verdict"] for host in fleet["hosts"] for item in host["findings"])

    def test_every_column_has_something_in_some_row(self, fleet: dict[str, Any]) -> None:
        rows = list(csv.DictReader(io.StringIO(rendered("csv", fleet), newline="")))
        assert [column for column in COLUMNS if not any(row[column] for row in rows)] == []

    def test_what_could_not_be_read_is_in_each_row_of_its_host(self, noted: dict[str, Any]) -> None:
        rows = list(csv.DictReader(io.StringIO(rendered("csv", noted), newline="")))
        gaps = {host["host"]: host["gaps"] for host in noted["hosts"]}
        assert {row["gaps"] for row in rows} == {"0", "1", "50"}
        assert all(row["gaps"] == str(len(gaps[row["host"]])) for row in rows)
        assert all(gap["what"] in row["not_read"] and gap["why"] in row["not_read"] for row in rows for gap in gaps[row["host"]][:10])
        assert {row["not_read"].endswith("and 40 more") for row in rows if row["gaps"] == "50"} == {True}


class TestJunit:
    def test_it_follows_the_schema(self, fleet: dict[str, Any]) -> None:
        schema = xmlschema.XMLSchema(str(HERE / "junit.xsd"))
        for whole in (fleet, EMPTY):
            schema.validate(rendered("junit", whole))

    def test_a_case_for_each_check_of_each_host_with_what_it_came_to(self, fleet: dict[str, Any]) -> None:
        suite = next(iter(junitparser.JUnitXml.fromstring(rendered("junit", fleet).encode())))
        cases = {(case.classname, case.name): case.result for case in suite}
        assert set(cases) == {(host["host"], finding["check"]) for host in fleet["hosts"] for finding in host["findings"]}
        for host in fleet["hosts"]:
            elements = {type(result) for check in {item["check"] for item in host["findings"]} for result in cases[host["host"], check]}
            wanted = {"FAIL": junitparser.Failure, "WAIVED": junitparser.Skipped}.get(host["verdict"], junitparser.Error)
            assert (wanted in elements) == (host["verdict"] not in ("PASS", "AT_RISK")), host["host"]
        assert (suite.failures, suite.errors, suite.skipped) == tuple(
            sum(isinstance(result, kind) for results in cases.values() for result in results)
            for kind in (junitparser.Failure, junitparser.Error, junitparser.Skipped)
        )

    def test_what_could_not_be_read_is_output_of_a_case_of_its_host_and_notes_of_the_suite(self, noted: dict[str, Any]) -> None:
        text = rendered("junit", noted)
        xmlschema.XMLSchema(str(HERE / "junit.xsd")).validate(text)
        suite = next(iter(junitparser.JUnitXml.fromstring(text.encode())))
        told: dict[str, list[str]] = {}
        for case in suite:
            told.setdefault(case.classname, []).extend(line for line in (case.system_out or "").split("\n") if line.startswith("Not read"))
        for host in noted["hosts"]:
            assert told[host["host"]] == [f"Not read: {gap['what']}: {gap['why']}" for gap in host["gaps"][:20]]
        assert [element.text for element in suite._elem.iter("system-out")][-1] == "2 hosts are lost.\nTwo slices are <lost>."

    def test_a_waiver_is_told_with_its_reason(self, fleet: dict[str, Any]) -> None:
        assert 'skipped message="waived until 2026-12-15 by office-it: Replaced in December"' in junit.render(fleet)


class TestPrometheus:
    def test_the_client_library_reads_it(self, fleet: dict[str, Any]) -> None:
        families = {family.name: family for family in text_string_to_metric_families(prometheus.render(fleet))}
        hosts = {sample.labels["verdict"]: sample.value for sample in families["mailtls_hosts"].samples}
        assert hosts == {key: fleet["summary"][key] for key in hosts}
        assert len(hosts) == 7
        assert families["mailtls_coverage_ratio"].samples[0].value == fleet["summary"]["coverage"]
        assert families["mailtls_deadline_timestamp_seconds"].samples[0].value == 1798675200

    def test_it_has_nothing_that_promtool_would_object_to(self, fleet: dict[str, Any]) -> None:
        """`promtool check metrics`: a help text, base units, no type or reserved suffix in a name, no camel case."""
        for family in text_string_to_metric_families(prometheus.render(fleet)):
            assert family.documentation
            assert family.type == "gauge"
            assert re.fullmatch("mailtls(_[a-z]+)+", family.name)
            assert not re.search("_(total|count|sum|bucket|gauge|counter|milliseconds|minutes|percent|info_total)$", family.name)

    def test_gaps_and_notes_are_counted(self, noted: dict[str, Any]) -> None:
        families = {family.name: family for family in text_string_to_metric_families(prometheus.render(noted))}
        gaps = [len(host["gaps"]) for host in noted["hosts"] if host["gaps"]]
        assert families["mailtls_gaps"].samples[0].value == sum(gaps) > len(gaps)
        assert families["mailtls_hosts_with_gaps"].samples[0].value == len(gaps)
        notes = {sample.labels["kind"]: sample.value for sample in families["mailtls_notes"].samples}
        assert notes == {"lost_hosts": 1, "lost_slices": 1}

    def test_no_host_is_named(self, noted: dict[str, Any]) -> None:
        assert not [host["host"] for host in noted["hosts"] if host["host"] in prometheus.render(noted)]


class TestMarkdown:
    def test_it_fits_a_message_and_names_the_causes(self, fleet: dict[str, Any], history: History) -> None:
        text = rendered("markdown", fleet, history)
        assert len(text) <= markdown.MAX_MESSAGE
        assert "`fetchmail: sslproto = TLS1`" in text
        assert "1 newly failing, 1 fixed" in text
        items = [token for token in MarkdownIt().parse(text) if token.type == "list_item_open"]
        assert len(items) >= 5

    def test_a_run_that_did_not_finish_says_so(self, fleet: dict[str, Any]) -> None:
        unfinished = {**fleet, "run": {**fleet["run"], "finished": None}}
        jsonschema.validate(unfinished, SCHEMA)
        assert "did not finish" in rendered("markdown", unfinished)
        assert "Incomplete" in rendered("html", unfinished)
        xmlschema.XMLSchema(str(HERE / "junit.xsd")).validate(rendered("junit", unfinished))
        assert "run_end" not in rendered("prometheus", unfinished)


class TestHtml:
    @pytest.mark.parametrize("size", ["fleet", "empty"])
    def test_a_strict_parser_takes_it(self, fleet: dict[str, Any], history: History, size: str) -> None:
        html5lib.HTMLParser(strict=True).parse(rendered("html", fleet, history) if size == "fleet" else rendered("html", EMPTY))

    @pytest.mark.requires_program("tidy")
    def test_tidy_has_nothing_to_say(self, fleet: dict[str, Any], history: History) -> None:
        told = subprocess.run(
            ["tidy", "-quiet", "-errors", "-utf8"], input=rendered("html", fleet, history).encode(), capture_output=True, check=False
        )
        assert told.stderr.decode() == ""

    def test_every_host_is_there_once(self, fleet: dict[str, Any]) -> None:
        page = html5lib.parse(rendered("html", fleet), namespaceHTMLElements=False)
        names = [head.text for head in page.iter("th") if head.get("role") == "rowheader"]
        assert sorted(names) == [host["host"] for host in fleet["hosts"]]

    def test_a_finding_has_reason_evidence_confidence_fix_and_waiver(self, fleet: dict[str, Any]) -> None:
        texts = [" ".join(row.itertext()) for row in html5lib.parse(rendered("html", fleet), namespaceHTMLElements=False).iter("tr")]
        text = next(text for text in texts if "-kiosk" in text and "sslproto" in text)
        for wanted in ("Fix", "Raw", "sslproto = TLS1", "Effective", "offers TLSv1", "configured", "Waiver", "2026-12-15", "office-it"):
            assert wanted in text

    def test_a_large_fleet_keeps_what_passes_to_a_name(self) -> None:
        whole = fleet_generator.fleet(3000)
        page = html5lib.parse(rendered("html", whole), namespaceHTMLElements=False)
        detailed = [head.text for head in page.iter("th") if head.get("role") == "rowheader"]
        named = [name for group in page.iter("details") if group.get("class") == "group" for name in _names(group)]
        assert sorted(detailed) == [host["host"] for host in whole["hosts"] if host["verdict"] != "PASS"]
        assert sorted(named) == [host["host"] for host in whole["hosts"] if host["verdict"] == "PASS"]

    def test_no_network_is_asked_for(self, fleet: dict[str, Any], history: History) -> None:
        page = html5lib.parse(rendered("html", fleet, history), namespaceHTMLElements=False)
        elements = {element.tag for element in page.iter() if isinstance(element.tag, str)}
        assert not elements & {"link", "img", "iframe", "object", "embed", "base", "audio", "video"}
        assert [link.get("href") for link in page.iter("a") if not link.get("href").startswith("#")] == []


def _names(group: Any) -> list[str]:
    return [name for block in group.iter("p") for name in (block.text or "").split("\n")]


class TestSameBytes:
    def test_in_whatever_order_hosts_finish_and_wherever_they_are_kept(
        self, fleet: dict[str, Any], history: History, tmp_path: Path
    ) -> None:
        records = list(fleet["hosts"])
        random.Random(5).shuffle(records)
        folder = RunFolder.create(str(tmp_path))
        for record in (records[0], *records):
            folder.append(record)
        stored = document.compose(StoredHosts(folder), fleet["run"], [{**waiver} for waiver in fleet["waivers"]])
        for name in formats.FORMATS:
            assert rendered(name, stored, history) == rendered(name, fleet, history), name

    def test_in_every_process(self) -> None:
        program = (
            "import fleet_generator, hashlib\n"
            "from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import formats, history\n"
            "for name, item in formats.FORMATS.items():\n"
            "    text = item.render(fleet_generator.fleet(60), history.NO_HISTORY, ())\n"
            "    print(name, hashlib.sha256(text.encode()).hexdigest())\n"
        )
        paths = os.pathsep.join(str(ROOT / path) for path in ("playbooks/collections", "tests"))
        told = {
            subprocess.run(
                [sys.executable, "-c", program],
                env={"PYTHONHASHSEED": seed, "PYTHONPATH": paths},
                capture_output=True,
                check=True,
                text=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert len(told) == 1
        here = rendered("csv", fleet_generator.fleet(60))
        assert hashlib.sha256(here.encode()).hexdigest() in told.pop()


class TestWriting:
    def test_each_format_has_its_file(self, fleet: dict[str, Any], tmp_path: Path) -> None:
        folder = RunFolder.create(str(tmp_path))
        assert formats.write(folder, fleet, formats.FORMATS) == []
        assert {path.name for path in Path(folder.path).iterdir()} >= {item.file for item in formats.FORMATS.values()}

    def test_one_that_goes_wrong_is_told_and_keeps_no_other_from_being_written(self, fleet: dict[str, Any], tmp_path: Path) -> None:
        folder = RunFolder.create(str(tmp_path))
        (Path(folder.path) / "report.html").mkdir()
        (wrong,) = formats.write(folder, fleet, formats.FORMATS)
        assert "report.html" in wrong
        assert (Path(folder.path) / "metrics.prom").read_text().endswith("\n")

    def test_a_format_that_there_is_none_of(self) -> None:
        with pytest.raises(formats.UnknownFormat, match=r"no format 'pdf'; there are html, csv"):
            formats.check(["html", "pdf"])
