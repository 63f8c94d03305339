"""The pages of a class in a real browser: who can read them, and how they fit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from ecslab.course.classroom import heatmap
from ecslab.course.classroom.results import write_results
from ecslab.course.grading.report import Report

Make = Callable[..., Report]
Scheme = Literal["light", "dark"]

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONG = "x" * 200
OUTCOMES = ("passed", "not yet", "not attempted", "error", "timeout") * 3


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium; until it ends, with this module, nothing else can run an event loop."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.fail("Chromium is not installed: `sudo apt-get install chromium`.", pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def pages(report: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The results of a class with everything that a page can show."""
    monkeypatch.setattr(heatmap, "MOST_ROWS", 12)
    names = ["Jürgen Müßig", "دانا العلي", "Anna 🦊", LONG, *(f"Learner {n}" for n in range(8))]
    reports = [report(name, *OUTCOMES, said=f"expected {LONG}") for name in names]
    reports += [replace(report(name, *OUTCOMES), module="03-tasks") for name in names]
    reports += [replace(report(f"More {n}", *OUTCOMES), module="03-tasks") for n in range(8)]
    reports.append(replace(reports[0], superseded_by="later.ipynb"))
    reports.append(Report(Path("x.ipynb"), problem=f"{LONG} is no notebook.", learner="Eve"))
    write_results(tmp_path, reports, ["notes.txt", LONG])
    found = sorted(tmp_path.glob("*.html")) + sorted(tmp_path.glob("learners/*.html"))
    assert "03-tasks-2.html" in {path.name for path in found}
    return found


def open_folds(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_accessible_and_fit(
    browser: Browser, pages: list[Path], scheme: Scheme, width: int
) -> None:
    """WCAG 2.2 A and AA and axe-core's best practices, on a desktop and on a telephone."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for path in pages[:8]:
        page.goto(path.as_uri())
        open_folds(page)
        found = Axe().run(page)
        faults = [
            f"{path.name}: {fault['id']}: {node['html'][:120]}"
            for fault in found.response["violations"]
            for node in fault["nodes"]
        ]
        assert faults == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
    context.close()


def test_every_link_of_the_teachers_page_leads_somewhere(
    browser: Browser, pages: list[Path]
) -> None:
    page = browser.new_page()
    for path in pages:
        page.goto(path.as_uri())
        for link in page.eval_on_selector_all("a", "links => links.map((link) => link.href)"):
            assert Path(unquote(urlsplit(link).path)).is_file(), link
    page.close()
