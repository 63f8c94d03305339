"""What a built site holds: pages, their order, their weight, and nothing from another host."""

from __future__ import annotations

import gzip
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import material

from ecslab.model.differences import DIFFERENCES, WORDS

PAGES = (
    "index.html",
    "lessons/00-first-flight.html",
    "labs/00-first-flight.html",
    "lessons/01-tasks.html",
    "labs/01-tasks.html",
    "glossary.html",
    "differences.html",
    "teachers.html",
    "authors.html",
    "about.html",
)
SOLUTIONS = ("solutions/00-first-flight.html", "solutions/01-tasks.html")
HTML_BUDGET = 60_000  # bytes, gzipped
PAGE_BUDGET = 250_000  # bytes, gzipped, with everything that it loads
UNDRAWN = re.compile(r"<pre[^>]*>(?:<[^>]+>)*\s*(?:flowchart|graph|stateDiagram|sequenceDiagram)\b")
LOADING = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "use": "href",
    "image": "href",
    "object": "data",
}


class Elements(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def loaded(self) -> list[str]:
        """Give the addresses that a browser loads with the page."""
        skipped = {"next", "prev", "canonical"}
        return [
            attributes[LOADING[tag]]
            for tag, attributes in self.found
            if tag in LOADING
            and LOADING[tag] in attributes
            and attributes.get("rel", "") not in skipped
        ]

    def all_of(self, name: str) -> list[str]:
        """Give the values of one attribute, in the page's order."""
        return [attributes[name] for _, attributes in self.found if name in attributes]


def read(site: Path, page: str) -> str:
    return (site / page).read_text(encoding="utf-8")


def article(site: Path, page: str) -> str:
    return read(site, page).split("<article", 1)[1].split("</article>", 1)[0]


def text_of(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", markup))


def faults_of_origin(site: Path) -> list[str]:
    """Name everything in a site's files that would ask another host."""
    faults = []
    for path in sorted(site.rglob("*.html")):
        loaded = Elements(path.read_text(encoding="utf-8")).loaded()
        faults += [f"{path.name}: {target}" for target in loaded if re.match(r"(\w+:)?//", target)]
    theme = Path(material.__file__).parent / "templates"
    for path in sorted([*site.rglob("*.css"), *site.rglob("*.js")]):
        original = theme / path.relative_to(site)
        if original.is_file():  # the theme's own: dormant addresses in it are watched in a browser
            assert path.read_bytes() == original.read_bytes()
            continue
        text = path.read_text(encoding="utf-8")
        pattern = r"@import|url\(\s*['\"]?(?!data:|#)[^)]*//|importScripts\(['\"]http|fetch\("
        if path.name == "search_index.js":
            continue  # the pages' own words
        faults += [f"{path.name}: {found}" for found in re.findall(pattern, text)]
        if path.suffix == ".js":
            faults += [f"{path.name}: {found}" for found in re.findall(r"https?://\S+", text)]
    return faults


def weight(site: Path, page: str) -> tuple[int, int]:
    """Give a page's own weight and its weight with all that it loads, in bytes, gzipped."""
    own = len(gzip.compress((site / page).read_bytes(), mtime=0))
    total = own
    for target in set(Elements(read(site, page)).loaded()):
        path = ((site / page).parent / target.split("?")[0]).resolve()
        if path.is_file():
            total += len(gzip.compress(path.read_bytes(), mtime=0))
    search = site / "search" / "search_index.json"
    return own, total + len(gzip.compress(search.read_bytes(), mtime=0))


def too_heavy(site: Path) -> list[str]:
    """Name the pages that are over one of the two budgets, with their weights."""
    pages = [str(path.relative_to(site)) for path in sorted(site.rglob("*.html"))]
    weights = {page: weight(site, page) for page in pages}
    return [
        f"{page}: {own} bytes, {total} with all that it loads"
        for page, (own, total) in weights.items()
        if own > HTML_BUDGET or total > PAGE_BUDGET
    ]


def test_every_ready_module_has_its_pages_and_downloads_and_no_other_has(site: Path) -> None:
    built = {str(path.relative_to(site)) for path in site.rglob("*.html")}
    assert built == {*PAGES, *SOLUTIONS, "404.html"}
    for page in PAGES:
        if page.startswith(("lessons", "labs")):
            assert (site / page).with_suffix(".ipynb").is_file()


def test_previous_and_next_follow_the_course(site: Path) -> None:
    order = [page for page in PAGES if page.startswith(("lessons", "labs"))]
    for place, page in enumerate(order):
        turns = re.findall(r'<a class="turn turn-(\w+)" href="([^"]+)"', read(site, page))
        before = order[place - 1] if place else "index.html"
        after = order[place + 1] if place + 1 < len(order) else "index.html"
        targets = [
            (side, str(((site / page).parent / target).resolve().relative_to(site.resolve())))
            for side, target in turns
        ]
        assert targets == [("back", before), ("on", after)]


def test_titles_and_descriptions_come_from_the_catalogue(site: Path) -> None:
    page = read(site, "lessons/01-tasks.html")
    assert "<title>Lesson 01 · Tasks and their ends - A sample course</title>" in page
    description = next(
        attributes["content"]
        for tag, attributes in Elements(page).found
        if tag == "meta" and attributes.get("name") == "description"
    )
    assert description == 'Run a task, "read" its log: and say why it stopped.'


def test_a_page_has_one_heading_of_level_one(site: Path) -> None:
    for page in (*PAGES, *SOLUTIONS):
        assert [tag for tag, _ in Elements(read(site, page)).found].count("h1") == 1, page


def test_ids_are_unique(site: Path) -> None:
    for page in (*PAGES, *SOLUTIONS):
        ids = Elements(read(site, page)).all_of("id")
        assert len(ids) == len(set(ids)), page


def test_the_lesson_shows_every_kind_of_output(site: Path) -> None:
    lesson = article(site, "lessons/01-tasks.html")
    for kind in ("stdout", "stderr", "value", "rich", "figure", "widget", "error"):
        assert f"output--{kind}" in lesson
    assert "Show all 40 lines" in lesson
    assert "This error is part of the lesson." in lesson
    assert '<span class="ansi-green">RUNNING</span>' in lesson
    assert lesson.count('class="drawing"') == 3
    assert "<summary>Setup</summary>" in lesson
    assert "this cell is not on the page" not in lesson
    assert 'class="admonition note"' in lesson
    assert 'class="admonition warning"' in lesson
    assert "tracker.png" not in lesson
    assert "alert(" not in lesson
    assert re.search(r"<summary>What counts as a <code>state</code>\?</summary>", lesson)


def test_no_diagram_is_left_as_source(site: Path) -> None:
    for page in (*PAGES, *SOLUTIONS):
        body = article(site, page)
        assert 'class="mermaid"' not in body
        assert not UNDRAWN.search(body)


def test_cells_say_what_they_are(site: Path) -> None:
    lab = text_of(article(site, "labs/01-tasks.html"))
    assert lab.count("Your turn") == 2
    assert "Show me the solution" in lab
    solution = article(site, "solutions/01-tasks.html")
    assert text_of(solution).count("One solution") == 2
    assert "BEGIN SOLUTION" not in solution
    assert 'class="verdict passed"' in solution


def test_a_lab_leads_to_its_solution_only_behind_a_click(site: Path) -> None:
    lab = read(site, "labs/01-tasks.html")
    links = [match.start() for match in re.finditer(r"solutions/01-tasks\.html", lab)]
    gate = lab.index('<details class="gate"')
    assert len(links) == 1
    assert gate < links[0] < lab.index("</details>", gate)
    for page in PAGES:
        if page != "labs/01-tasks.html":
            assert "solutions/01-tasks" not in read(site, page)


def test_the_overview_gives_every_module_with_its_minutes(site: Path) -> None:
    overview = text_of(article(site, "index.html"))
    assert re.search(r"00 First flight .* Lesson 10 min · Lab 10 min", overview)
    assert re.search(r"02 Services Keep a number of tasks running\. In preparation", overview)


def test_the_page_of_differences_has_every_row_and_notes_lead_to_it(site: Path) -> None:
    ids = set(Elements(article(site, "differences.html")).all_of("id"))
    assert {row.id for row in (*DIFFERENCES, *WORDS)} <= ids
    words = text_of(article(site, "differences.html"))
    for row in WORDS:
        assert " ".join(row.here.split()) in unescape(words)
    assert 'href="../differences.html"' in article(site, "lessons/01-tasks.html")


def test_search_knows_prose_and_code_and_neither_outputs_nor_solutions(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    words = json.dumps(index)
    locations = {entry["location"].split("#")[0] for entry in index["docs"]}
    assert "describe_tasks" in words
    assert "lesson.predict" in words
    assert "/books/7" not in words
    assert "migrate" not in words
    assert not any(location.startswith("solutions/") for location in locations)


def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    assert faults_of_origin(site) == []


def test_the_test_of_hosts_finds_what_it_is_for(site: Path, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<img src="https://example.org/x.png">', encoding="utf-8")
    (tmp_path / "b.css").write_text("@import 'x'; a { src: url(//example.org) }", encoding="utf-8")
    (tmp_path / "c.js").write_text("x('https://example.org')", encoding="utf-8")
    assert {fault.split(":")[0] for fault in faults_of_origin(tmp_path)} == {
        "a.html",
        "b.css",
        "c.js",
    }


def test_pages_are_light(site: Path) -> None:
    assert too_heavy(site) == []


def test_the_real_course_obeys_the_same_rules(real_site: Path) -> None:
    assert faults_of_origin(real_site) == []
    assert too_heavy(real_site) == []
    for path in sorted(real_site.rglob("*.html")):
        page = str(path.relative_to(real_site))
        ids = Elements(read(real_site, page)).all_of("id")
        assert len(ids) == len(set(ids)), page
        assert not UNDRAWN.search(path.read_text(encoding="utf-8")), page


def test_the_one_sentence_on_names_is_there_once(site: Path) -> None:
    pages = [page for page in PAGES if "not affiliated with AWS" in read(site, page)]
    assert pages == ["about.html"]
