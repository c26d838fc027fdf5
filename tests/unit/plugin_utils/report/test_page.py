"""The page in a real browser: it reads, filters and sorts; both themes and a phone's width; axe-core has nothing to say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import fleet_generator
import pytest
from axe_playwright_python.sync_playwright import Axe
from hostile_document import made_hostile
from playwright.sync_api import Browser, Page, expect, sync_playwright
from remedy_lines import line, setting, value

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import html
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY, History

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.requires_program("chromium")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LARGE = 10_000
CHANGED = [line("wide" * 100, "applied", ("applied", setting("TLS1", "wide" * 100)), refused=((value(None, "1"), "it is a policy's"),))]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Root, as in a container, has no sandbox; the pages are our own.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opener:
    """Opens documents as pages, and notes what a browser complains of and what it asks the network for."""

    def __init__(self, browser: Browser, directory: Path) -> None:
        self.browser, self.directory = browser, directory
        self.told: list[str] = []
        self.asked: list[str] = []
        self.pages: list[Page] = []

    def __call__(
        self, document: dict[str, Any], history: History = NO_HISTORY, remedies: Sequence[dict[str, Any]] = (), **options: Any
    ) -> Page:
        path = self.directory / f"{len(self.pages)}.html"
        path.write_text(html.render(document, history, remedies), encoding="utf-8")
        page = self.browser.new_page(**{"viewport": DESKTOP, **options})
        self.pages.append(page)
        page.on("console", lambda message: self.told.append(message.text))
        page.on("pageerror", lambda error: self.told.append(str(error)))
        page.on("dialog", lambda dialog: (self.told.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(path.as_uri())
        return page


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(browser, tmp_path)
    yield opener
    for page in opener.pages:
        page.context.close()
    assert opener.told == []
    assert [url for url in opener.asked if not url.startswith("file:")] == []


def visible_hosts(page: Page) -> list[str]:
    """The hosts that are not filtered out, in their order; a row out of view is not laid out, and so has no inner text yet."""
    names: list[str] = page.evaluate("""() => Array.from(document.querySelectorAll('.hosts tbody tr:not([hidden]) th'))
        .map((head) => head.firstChild.data)""")
    return names


def hosts_of(document: dict[str, Any], *verdicts: str) -> list[str]:
    return [host["host"] for host in document["hosts"] if host["verdict"] in verdicts]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
class TestLooks:
    def test_axe_finds_no_violation(self, opened: Opener, few: dict[str, Any], history: History, theme: str, size: Any) -> None:
        page = opened(few, history, CHANGED, viewport=size, color_scheme=theme)
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        # axe measures what is laid out, and rows out of view are not until they come near.
        page.evaluate("document.querySelectorAll('.hosts tr').forEach((row) => { row.style.contentVisibility = 'visible'; })")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        assert found.violations_count == 0, found.generate_report()

    def test_nothing_is_wider_than_the_window(self, opened: Opener, few: dict[str, Any], history: History, theme: str, size: Any) -> None:
        for document in (few, made_hostile("wide" * 100)):
            page = opened(document, history, CHANGED, viewport=size, color_scheme=theme)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


class TestUse:
    def test_a_search_leaves_the_hosts_that_match_by_name_user_file_or_setting(self, opened: Opener, fleet: dict[str, Any]) -> None:
        page = opened(fleet)
        name = fleet["hosts"][7]["host"]
        for words, wanted in (("SSLPROTO = tls1", "'sslproto'"), ("imap-legacy", "imap-legacy"), (name, name)):
            matching = [host["host"] for host in fleet["hosts"] if wanted in str(host)]
            page.get_by_label("Search").fill(words)
            expect(page.get_by_role("status")).to_have_text("1 host matches" if len(matching) == 1 else f"{len(matching)} hosts match")
            assert sorted(visible_hosts(page)) == matching
            page.get_by_label("Search").fill("")
            expect(page.get_by_role("status")).to_have_text(f"{len(fleet['hosts'])} hosts")

    def test_a_verdict_leaves_its_hosts_and_clear_brings_all_back(self, opened: Opener, fleet: dict[str, Any]) -> None:
        page = opened(fleet)
        page.get_by_label("Verdict").select_option("WAIVED")
        assert sorted(visible_hosts(page)) == hosts_of(fleet, "WAIVED")
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_role("status")).to_have_text(f"{len(fleet['hosts'])} hosts")
        assert len(visible_hosts(page)) == len(fleet["hosts"])

    def test_a_cause_leads_to_its_hosts(self, opened: Opener, fleet: dict[str, Any]) -> None:
        page = opened(fleet)
        page.get_by_role("button", name="Show these hosts of fetchmail: sslproto = TLS1").click()
        expect(page.get_by_role("status")).to_contain_text("match")
        pinned = [
            host["host"]
            for host in fleet["hosts"]
            if any(
                item["verdict"] in ("FAIL", "AT_RISK") and item["cause"] == "pinned" and "sslproto" in item["why"]
                for item in host["findings"]
            )
        ]
        assert sorted(visible_hosts(page)) == pinned

    def test_columns_sort_by_keyboard_and_say_so(self, opened: Opener, fleet: dict[str, Any]) -> None:
        page = opened(fleet)
        names = hosts_of(fleet, *{host["verdict"] for host in fleet["hosts"]})
        header = page.get_by_role("columnheader", name="Host")
        for wanted, order in (("ascending", names), ("descending", names[::-1])):
            header.get_by_role("button").press("Enter")
            expect(header).to_have_attribute("aria-sort", wanted)
            assert visible_hosts(page) == order

    def test_of_a_large_fleet_every_host_can_be_found(self, opened: Opener) -> None:
        document = fleet_generator.fleet(LARGE)
        page = opened(document)
        passing, failing = hosts_of(document, "PASS")[4321], hosts_of(document, "FAIL")[321]
        page.get_by_label("Search").fill(passing)
        expect(page.get_by_role("status")).to_have_text("1 host matches")
        page.locator(".group:visible summary").click()
        expect(page.locator(".group:visible .names:visible")).to_have_text(passing)
        page.get_by_label("Search").fill(failing)
        expect(page.locator(".hosts tbody tr:visible")).to_have_count(1)
        page.get_by_label("Search").fill("")
        expect(page.get_by_role("status")).to_have_text(f"{LARGE:,} hosts")
        assert page.locator(".group .names").all_inner_texts()


class TestWithoutScript:
    def test_it_reads_as_well(self, opened: Opener, fleet: dict[str, Any], history: History) -> None:
        page = opened(fleet, history, java_script_enabled=False)
        assert sorted(visible_hosts(page)) == [host["host"] for host in fleet["hosts"]]
        expect(page.locator(".tools")).to_be_hidden()
        expect(page.get_by_text("Change sslproto from TLS1 to TLS1.2+").first).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
        page.locator(".hosts summary").first.click()
        expect(page.locator(".hosts details[open] dl").first).to_be_visible()

    def test_it_prints(self, opened: Opener, fleet: dict[str, Any]) -> None:
        page = opened(fleet)
        page.emulate_media(media="print")
        expect(page.locator(".tools")).to_be_hidden()
        assert page.pdf().count(b"/Type /Page\n") > 1


class TestSafety:
    @pytest.mark.parametrize(
        "text", ["<script>document.title='owned'</script>", '"><img src=x onerror=alert(1)>', "</script><script>alert(1)</script>"]
    )
    def test_what_a_host_says_is_text(self, opened: Opener, text: str) -> None:
        page = opened(made_hostile(text))
        assert "owned" not in page.title()
        assert page.locator("img").count() == 0
        assert visible_hosts(page)[0].startswith(text)

    def test_the_policy_of_the_page_lets_no_other_script_or_style_in(self, opened: Opener, fleet: dict[str, Any]) -> None:
        page = opened(fleet)
        page.evaluate("""() => {
            const script = document.createElement('script');
            script.textContent = 'window.owned = true';
            document.body.append(script);
            document.body.setAttribute('style', 'display: none');
        }""")
        assert page.evaluate("window.owned") is None
        expect(page.locator("body")).to_be_visible()
        assert len(opened.told) == 2
        assert all("Content Security Policy" in told for told in opened.told)
        opened.told.clear()
