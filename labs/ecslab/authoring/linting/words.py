"""Rules for words: plain ones, nothing retired, and no concept before its module."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecslab.authoring.linting.page import Page, Paragraph
from ecslab.authoring.problem import Problem

__all__ = ["problems"]

_BELITTLING = re.compile(r"\b(simply|just|easily)\b", re.IGNORECASE)
_RETIRED = re.compile(
    r"\b(cloud9|copilot|app mesh|codecommit|ecs-cli|launch configurations?)\b", re.IGNORECASE
)
_SAID = re.compile(r"\bretired\b", re.IGNORECASE)


def problems(page: Page) -> Iterator[Problem]:
    """Go through the paragraphs of a page.

    Args:
        page: a lesson, or the source of a lab and its solution.
    """
    later = _later(page)
    for paragraph in page.paragraphs:
        for word in _BELITTLING.finditer(paragraph.plain):
            line = paragraph.line_of(word.start(), plain=True)
            message = f"{word[0]!r} tells a reader who is stuck that it should be easy"
            yield page.problem(line, message, "leave the word out")
        for offset, sentence in paragraph.sentences():
            for name in _RETIRED.finditer(sentence):
                if not _SAID.search(sentence):
                    line = paragraph.line_of(offset + name.start())
                    fix = "leave it out, or say in the same sentence that it is retired"
                    yield page.problem(line, f"{name[0]} is a retired AWS offer", fix)
        for concept, module in later.items():
            yield from _too_early(page, paragraph, concept, module)


def _later(page: Page) -> dict[str, str]:
    """Give the concepts of later modules, each with the name of its module."""
    names = {entry.number: entry.name for entry in page.tree.catalogue}
    return {
        concept: names[number]
        for concept, number in page.tree.catalogue.concepts.items()
        if number > page.entry.number
    }


def _too_early(page: Page, paragraph: Paragraph, concept: str, name: str) -> Iterator[Problem]:
    pattern = r"[\s-]".join(re.escape(word) for word in re.split(r"[\s-]", concept))
    found = re.search(rf"(?<!\w){pattern}s?(?!\w)", paragraph.text, re.IGNORECASE)
    if not found:
        return
    number = name.partition("-")[0]
    named = " ".join([paragraph.text, *paragraph.targets])
    if name in named or re.search(rf"\bmodule {number}\b", named, re.IGNORECASE):
        return
    message = f"{found[0]!r} is a concept of {name}, which comes later"
    fix = f'leave it out, or say "module {number}" in the same paragraph'
    yield page.problem(paragraph.line_of(found.start()), message, fix)
