from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from ecslab.course.classroom.overview import common_mistakes
from ecslab.course.classroom.results import write_results
from ecslab.course.grading.report import Report

Make = Callable[..., Report]

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m"


class Tags(HTMLParser):
    """Collects the elements and attributes of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.texts: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs)}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_pages_and_tables_say_the_same(report: Make, tmp_path: Path) -> None:
    reports = [report("Ada", "passed", "passed"), report("Alan", "passed", "not yet")]
    reports.append(Report(Path("x.ipynb"), problem="This is no notebook.", learner="Eve"))
    index = write_results(tmp_path, reports)
    text = " ".join(Tags(index).texts)
    for words in ("Ada", "Alan", "2 notebooks graded, 1 could not be", "median 3 of 4 points"):
        assert words in text
    assert "50 %" in text, "half of them passed the second check"
    alan = " ".join(Tags(tmp_path / "learners" / "Alan.html").texts)
    assert "2 of 4 points" in alan
    assert "expected 2, found 1" in alan
    assert "This is no notebook." in " ".join(Tags(tmp_path / "learners" / "Eve.html").texts)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text())))
    assert [row["learner"] for row in rows] == ["Ada", "Ada", "Alan", "Alan", "Eve"]
    assert [each["score"] for each in json.loads((tmp_path / "results.json").read_text())] == [
        *(4, 2, 0)
    ]
    assert len(ET.parse(tmp_path / "junit.xml").getroot()) == 3


def test_nothing_that_a_learner_wrote_acts_in_a_page(report: Make, tmp_path: Path) -> None:
    hostile = replace(report(EVIL, "not yet", said=EVIL), module=EVIL)
    write_results(tmp_path, [hostile, Report(Path(EVIL), problem=EVIL, learner=EVIL)])
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) == 2
    assert {page.parent.name for page in pages} == {tmp_path.name, "learners"}
    for page in pages:
        found = Tags(page).found
        assert not found & {"script", "img", "onerror", "src"}
        assert "\x1b" not in page.read_text(encoding="utf-8")
    assert "'=1" in _csv(report("=1", "passed"), tmp_path)


def _csv(report: Report, folder: Path) -> str:
    write_results(folder, [report])
    return (folder / "results.csv").read_text(encoding="utf-8")


def test_learners_of_nearly_the_same_name_have_their_own_pages(
    report: Make, tmp_path: Path
) -> None:
    write_results(tmp_path, [report("A/B", "passed"), report("A:B", "not yet")])
    assert len(list((tmp_path / "learners").iterdir())) == 2


def test_the_commonest_mistake_comes_first(report: Make) -> None:
    reports = [
        report("Ada", "not yet", said="one"),
        report("Alan", "not yet", said="two"),
        report("Eve", "not yet", said="two"),
        report("Grace", "not attempted", said="two"),
        report("Linus", "passed"),
    ]
    found = common_mistakes(reports)
    assert [(each.message, each.learners) for each in found] == [
        ("two", ("Alan", "Eve")),
        ("one", ("Ada",)),
    ]
