"""Rules for the shape of a page: the same sections in the same order in every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ecslab.authoring.linting.page import Heading, Page
from ecslab.authoring.problem import Problem
from ecslab.authoring.tree import LESSON

__all__ = ["LAB_SECTIONS", "LESSON_SECTIONS", "problems"]

LESSON_SECTIONS = (
    "You will be able to",
    "Before you start",
    "Check yourself",
    "What you now know",
    "Next",
)
LAB_SECTIONS = ("Goal", "Given", "Steps", "Clean up", "If you are stuck")

_MOST_ABILITIES = 4
_SECTION = 2
_TEXT = {"paragraph_open", "table_open", "fence", "html_block"}


def problems(page: Page) -> Iterator[Problem]:
    """Compare a page with the skeleton of its part.

    Args:
        page: a lesson, or the source of a lab and its solution.
    """
    is_lesson = page.source.part == LESSON
    yield from _title(page, is_lesson=is_lesson)
    sections = LESSON_SECTIONS if is_lesson else LAB_SECTIONS
    missing = list(_order(page, sections))
    yield from missing
    if missing:
        return
    if is_lesson:
        yield from _promise(page)
        yield from _abilities(page)
        yield from _prerequisites(page)
        yield from _middle(page)
    else:
        yield from _steps(page)
        yield from _clean_up(page)


def _title(page: Page, *, is_lesson: bool) -> Iterator[Problem]:
    titles = [heading for heading in page.headings if heading.level == 1]
    allowed = [page.entry.heading] if is_lesson else [f"{page.entry.heading} · lab"]
    if not is_lesson:
        allowed.append(page.entry.heading)
    fix = f"begin the page with `# {allowed[0]}`, as course.toml has it"
    if not titles or page.headings[0] is not titles[0]:
        yield page.problem(1, "the page does not begin with its title", fix)
    elif titles[0].text not in allowed:
        yield page.problem(titles[0].line, f"the title is {titles[0].text!r}", fix)
    for extra in titles[1:]:
        message = f"{extra.text!r} is a second title"
        yield page.problem(extra.line, message, "make it a section with ##")


def _order(page: Page, sections: tuple[str, ...]) -> Iterator[Problem]:
    at = 0
    found = _sections(page)
    for section in sections:
        places = [number for number, heading in enumerate(found) if heading.text == section]
        before = sections[: sections.index(section)]
        where = f"after `## {before[-1]}`" if before else "as the first section"
        if not places:
            yield page.problem(
                1, f"the section {section!r} is missing", f"add `## {section}` {where}"
            )
        elif len(places) > 1:
            line = found[places[1]].line
            yield page.problem(line, f"the section {section!r} stands twice", "keep one of them")
        elif places[0] < at:
            line = found[places[0]].line
            yield page.problem(line, f"the section {section!r} is too early", f"move it {where}")
        else:
            at = places[0]


def _sections(page: Page) -> list[Heading]:
    return [heading for heading in page.headings if heading.level == _SECTION]


def _span(page: Page, section: str) -> tuple[int, int]:
    """Give the lines of the file from a section's heading to the next section."""
    found = _sections(page)
    index = next(number for number, heading in enumerate(found) if heading.text == section)
    end = (
        found[index + 1].line if index + 1 < len(found) else len(page.source.text.splitlines()) + 1
    )
    return found[index].line, end


def _promise(page: Page) -> Iterator[Problem]:
    fix = "write one sentence under the title that says what the reader gains"
    types = [token.type for token, _ in page.prose]
    close = types.index("heading_close")
    if types[close + 1 : close + 2] != ["paragraph_open"]:
        yield page.problem(page.headings[0].line, "no promise follows the title", fix)
        return
    line = page.prose[close + 1][1]
    promise = next(each for each in page.paragraphs if each.line == line)
    count = len(list(promise.sentences()))
    if count != 1:
        yield page.problem(line, f"the promise under the title has {count} sentences", fix)


def _abilities(page: Page) -> Iterator[Problem]:
    first, end = _span(page, "You will be able to")
    items = sum(token.type == "list_item_open" and first < line < end for token, line in page.prose)
    if not 1 <= items <= _MOST_ABILITIES:
        fix = f"list one to {_MOST_ABILITIES} things, each beginning with a verb"
        yield page.problem(first, f"'You will be able to' lists {items} things", fix)


def _prerequisites(page: Page) -> Iterator[Problem]:
    first, end = _span(page, "Before you start")
    targets = {
        target.partition("#")[0].rsplit("/", 1)[-1]
        for each in page.paragraphs
        if first < each.line < end
        for target in each.targets
    }
    for name in page.entry.prerequisites:
        if f"{name}.ipynb" not in targets:
            message = f"'Before you start' does not link the prerequisite {name}"
            yield page.problem(first, message, f"link {name}.ipynb there, or change course.toml")


def _middle(page: Page) -> Iterator[Problem]:
    found = [heading.text for heading in _sections(page)]
    start, end = found.index("Before you start"), found.index("Check yourself")
    if end == start + 1:
        line = _span(page, "Before you start")[0]
        message = "nothing is taught between 'Before you start' and 'Check yourself'"
        yield page.problem(line, message, "add at least one section between them")


def _steps(page: Page) -> Iterator[Problem]:
    first, end = _span(page, "Steps")
    checks = [cell for cell in page.source.cells if "check" in cell.tags]
    if not checks:
        message = "the section 'Steps' has no check"
        yield page.problem(first, message, "add an `answer` cell and a `check` cell")
        return
    for cell in checks:
        if not first < cell.line < end:
            message = f"check cell {cell.id} is outside of the section 'Steps'"
            yield page.problem(cell.line, message, "move it there")
    tasks = [line for token, line in page.prose if token.type in _TEXT]
    for cell in page.source.cells:
        if "answer" not in cell.tags:
            continue
        since = max([first, *(check.line for check in checks if check.line < cell.line)])
        if not any(since < line < cell.line for line in tasks):
            message = f"nothing says what to do in answer cell {cell.id}"
            yield page.problem(cell.line, message, "write the task above it")
        if cell.line > checks[-1].line:
            message = f"no check judges answer cell {cell.id}"
            yield page.problem(cell.line, message, "add a `check` cell below it")


def _clean_up(page: Page) -> Iterator[Problem]:
    first, end = _span(page, "Clean up")
    for cell in page.source.cells:
        if cell.is_code and first < cell.line < end and _cleans(cell.text):
            return
    message = "the section 'Clean up' never calls lab.cleanup()"
    yield page.problem(first, message, "add a code cell that calls it")


def _cleans(code: str) -> bool:
    try:
        tree = ast.parse(code)
    except SyntaxError:  # `derive` reports it
        return True
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func) == "lab.cleanup"
        for node in ast.walk(tree)
    )
