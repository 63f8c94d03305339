"""What stands around a notebook on its page, and the course's overview on the first page."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass

from ecslab.course.catalogue import Catalogue, Entry

__all__ = ["FOLDERS", "Page", "actions", "cards", "front_matter", "gate", "pages_of", "turns"]

FOLDERS = {"lesson": "lessons", "lab": "labs", "solution": "solutions"}
PART_TITLES = {"lesson": "Lesson", "lab": "Lab", "solution": "Solution"}
OVERVIEW = "../index.md"


@dataclass(frozen=True)
class Page:
    """One part of one module, as a page.

    Attributes:
        entry: the module.
        part: ``lesson``, ``lab`` or ``solution``.
    """

    entry: Entry
    part: str

    @property
    def path(self) -> str:
        """Where the page is among the staged files: ``lessons/02-clusters.md``."""
        return f"{FOLDERS[self.part]}/{self.entry.name}.md"

    @property
    def title(self) -> str:
        """For the browser's tab and the previous and next links: ``Lab 02 · Clusters``."""
        return f"{PART_TITLES[self.part]} {self.entry.heading}"

    @property
    def minutes(self) -> int:
        """The time for this part; reading a solution is not planned for."""
        minutes = {"lesson": self.entry.lesson_minutes, "lab": self.entry.lab_minutes}
        return minutes.get(self.part, 0)

    def link(self, part: str) -> str:
        """Return the address of another part of the module, from this page."""
        return f"../{FOLDERS[part]}/{self.entry.name}.md"


def pages_of(catalogue: Catalogue) -> list[Page]:
    """Return the lessons and labs of the ready modules in the order of the course."""
    return [Page(entry, part) for entry in catalogue.ready for part in ("lesson", "lab")]


def front_matter(page: Page) -> str:
    """Return a page's metadata: its title, its description, and whether search finds it."""
    description = {
        "lesson": page.entry.summary,
        "lab": f"Hands-on lab. {page.entry.summary}",
        "solution": f"The solved lab of module {page.entry.heading}.",
    }[page.part]
    # The theme puts the description into an attribute as it is.
    escaped = html.escape(description, quote=True)
    lines = [f"title: {json.dumps(page.title)}", f"description: {json.dumps(escaped)}"]
    if page.part == "solution":
        lines += ["search:", "  exclude: true"]  # a search must not give an answer away
    return "\n".join(["---", *lines, "---"])


def actions(page: Page) -> str:
    """Return what stands under a page's title: what it is, how long it takes, where to go."""
    name = f"{page.entry.name}.ipynb"
    facts = f'<p class="facts">{_facts(page)}</p>'
    download = f'[Download this {page.part}]({name}){{ .md-button download="{name}" }}'
    buttons = {
        "lesson": [_button("Go to the lab", page.link("lab")), download],
        "lab": [download, _button("Read the lesson first", page.link("lesson"), main=False)],
        "solution": [_button("Back to the lab", page.link("lab")), download],
    }[page.part]
    return "\n".join(['<div class="actions" markdown="1">', facts, "", *buttons, "", "</div>"])


def gate(page: Page) -> str:
    """Return the fold at the end of a lab that leads to its solution."""
    return "\n".join(
        [
            '<details class="gate" markdown="1"><summary>Show me the solution</summary>',
            "",
            'Each check gives up to three hints, and each says more: `lab.hint("…")`.',
            "What you find yourself stays with you longer than what you read.",
            "",
            f"[Open the solution of this lab]({page.link('solution')}){{ .md-button }}",
            "",
            "</details>",
        ]
    )


def turns(page: Page, pages: list[Page]) -> str:
    """Return the links to the pages before and after, in the order of the course."""
    if page.part == "solution":
        return ""
    place = pages.index(page)
    before = pages[place - 1] if place else None
    after = pages[place + 1] if place + 1 < len(pages) else None
    links = [_turn("Previous", before, "back"), _turn("Next", after, "on")]
    nav = '<nav class="turns" aria-label="Previous and next page" markdown="1">'
    return "\n".join([nav, "", *links, "", "</nav>"])


def cards(catalogue: Catalogue) -> str:
    """Return the course's overview for the first page: a card for each module."""
    items = [_card(entry, f"{entry.number:02d}") for entry in catalogue]
    return "\n".join(['<ol class="modules" markdown="1">', *items, "</ol>"])


def _facts(page: Page) -> str:
    parts = [f"Module {page.entry.number:02d}", PART_TITLES[page.part]]
    if page.minutes:
        parts.append(f"about {page.minutes} minutes")
    if page.part == "lab" and page.entry.points:
        parts.append(f"{page.entry.points} points")
    return " · ".join(parts)


def _button(words: str, target: str, *, main: bool = True) -> str:
    classes = ".md-button .md-button--primary" if main else ".md-button"
    return f"[{words}]({target}){{ {classes} }}"


def _turn(word: str, page: Page | None, side: str) -> str:
    title, target = (page.title, f"../{page.path}") if page else ("Course overview", OVERVIEW)
    return f'[<span class="turn-word">{word}</span> {title}]({target}){{ .turn .turn-{side} }}'


def _card(entry: Entry, number: str) -> str:
    marker = f'<span class="module-number">{number}</span>'
    if not entry.ready:
        return "\n".join(
            [
                '<li class="module planned" markdown="1">',
                f'{marker} <strong class="module-title">{entry.title}</strong>',
                f'<span class="module-summary">{entry.summary}</span>',
                '<span class="module-facts">In preparation</span>',
                "</li>",
            ]
        )
    lesson = f"lessons/{entry.name}.md"
    links = (
        f"[Lesson]({lesson}) {entry.lesson_minutes} min · "
        f"[Lab](labs/{entry.name}.md) {entry.lab_minutes} min"
    )
    return "\n".join(
        [
            '<li class="module" markdown="1">',
            f"{marker} [{entry.title}]({lesson}){{ .module-title }}",
            f'<span class="module-summary">{entry.summary}</span>',
            f'<span class="module-facts" markdown="span">{links}</span>',
            "</li>",
        ]
    )
