"""The sample's pages in a real browser: what they load, how they fit, who can use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

KINDS = (
    "index",
    "lessons/01-tasks",
    "labs/01-tasks",
    "solutions/01-tasks",
    "glossary",
    "about",
    "404",
)
Scheme = Literal["light", "dark"]


class Visit:
    """A page of the site, with what went wrong while it was open."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("console", lambda said: self._note(said.type == "error", said.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("requestfailed", lambda request: self.faults.append(request.url))
        page.on(
            "request", lambda request: self._note(not request.url.startswith(origin), request.url)
        )

    def _note(self, wrong: bool, text: str) -> None:  # noqa: FBT001 - a plain condition
        if wrong and not text.startswith(("data:", "blob:")):
            self.faults.append(text)


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Visit(context.new_page(), address)
    context.close()


def open_folds(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(visit: Visit, address: str, scheme: Scheme) -> None:
    """WCAG 2.2 A and AA and axe-core's best practices, with every fold open."""
    visit.page.emulate_media(color_scheme=scheme)
    for kind in KINDS:
        visit.page.goto(f"{address}/{kind}.html")
        open_folds(visit.page)
        found = Axe().run(visit.page)
        faults = [
            f"{kind}: {fault['id']}: {node['html'][:120]}"
            for fault in found.response["violations"]
            for node in fault["nodes"]
        ]
        assert faults == []


def test_pages_load_nothing_from_elsewhere_and_say_no_error(visit: Visit, address: str) -> None:
    for kind in KINDS:
        visit.page.goto(f"{address}/{kind}.html", wait_until="networkidle")
        assert visit.page.url == f"{address}/{kind}.html"
    assert visit.faults == []


def test_pages_fit_a_phone(visit: Visit, address: str) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    for kind in KINDS:
        visit.page.goto(f"{address}/{kind}.html")
        open_folds(visit.page)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390, kind


def test_a_line_of_79_columns_fits_on_a_desktop(visit: Visit, address: str) -> None:
    visit.page.goto(f"{address}/lessons/01-tasks.html")
    block = "document.querySelector('.cell code')"
    visit.page.evaluate(f"{block}.textContent = 'x'.repeat(79)")
    assert visit.page.evaluate(f"{block}.scrollWidth <= {block}.clientWidth")


def search(page: Page, words: str) -> None:
    page.locator(".md-search__input").click()
    page.keyboard.type(words)


def test_search_finds_a_word(visit: Visit, address: str) -> None:
    visit.page.goto(f"{address}/index.html")
    search(visit.page, "sidecar")
    expect(visit.page.locator(".md-search-result__item").first).to_contain_text("Sidecar")
    assert visit.faults == []


def test_search_finds_the_part_of_a_name(visit: Visit, address: str) -> None:
    visit.page.goto(f"{address}/index.html")
    search(visit.page, "definition")
    expect(visit.page.locator(".md-search-result__list")).to_contain_text("Task definition")


def test_the_site_works_from_disk(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    visit = Visit(page, "file://")
    page.goto((site / "index.html").as_uri())
    page.locator(".module-title", has_text="Tasks and their ends").click()
    expect(page.locator("h1")).to_contain_text("Tasks and their ends")
    page.get_by_role("link", name="Go to the lab").click()
    expect(page.locator("h1")).to_contain_text("Tasks: lab")
    search(page, "sidecar")
    expect(page.locator(".md-search-result__item").first).to_contain_text("Sidecar")
    page.locator(".md-search-result__link", has_text="Sidecar").first.click()
    expect(page.locator("h1")).to_contain_text("Glossary")
    assert visit.faults == []
    context.close()


def test_the_solution_opens_after_a_click(visit: Visit, address: str) -> None:
    visit.page.goto(f"{address}/labs/01-tasks.html")
    link = visit.page.get_by_role("link", name="Open the solution of this lab")
    expect(link).to_be_hidden()
    visit.page.get_by_text("Show me the solution").click()
    link.click()
    expect(visit.page.locator(".actions")).to_contain_text("Solution")


def test_a_reader_can_choose_the_dark_scheme(visit: Visit, address: str) -> None:
    visit.page.emulate_media(color_scheme="light")
    visit.page.goto(f"{address}/lessons/01-tasks.html")
    body = visit.page.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    visit.page.get_by_title("Switch to the dark scheme").click()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")


def test_a_notebook_can_be_downloaded(visit: Visit, address: str) -> None:
    visit.page.goto(f"{address}/labs/01-tasks.html")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="Download this lab").click()
    assert download.value.suggested_filename == "01-tasks.ipynb"
