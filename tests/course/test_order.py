"""No concept is used before the module that introduces it.

A paragraph may look ahead when it also names that module, so that a reader knows it comes later.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from ecslab.course import catalogue, files, notebook
from ecslab.course.catalogue import Entry

COURSE = catalogue.load()


def pattern(concept: str) -> Any:
    """Match a concept as whole words, in either case, in plural, with a space or a hyphen."""
    words = [re.escape(word) for word in re.split(r"[ -]", concept)]
    return re.compile(r"(?<!\w)" + r"[\s-]+".join(words) + r"s?(?!\w)", re.IGNORECASE)


PATTERNS = [(concept, pattern(concept), number) for concept, number in COURSE.concepts.items()]


def too_early(text: str, module: int, course: Any = COURSE, patterns: Any = PATTERNS) -> Any:
    """List the concepts that a text of a module uses before their own module."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        for concept, words, number in patterns:
            entry = course.entries[number]
            announced = entry.name in paragraph or re.search(
                rf"\bmodule 0?{number}\b", paragraph, re.IGNORECASE
            )
            if number > module and not announced and words.search(paragraph):
                found.append(f"{concept!r} belongs to {entry.name}: {paragraph.strip()[:80]}")
    return found


@pytest.mark.parametrize("part", ["lesson", "lab", "solution"])
@pytest.mark.parametrize("entry", COURSE.ready, ids=lambda entry: entry.name)
def test_no_concept_before_its_module(entry: Entry, part: str) -> None:
    path = files.locate().notebook(entry.name, part)
    cells = notebook.read(path)

    assert [early for cell in cells for early in too_early(cell.source, entry.number)] == []


def test_concept_is_found_in_prose_and_code() -> None:
    assert len(too_early("Turn on the circuit breaker.", 2)) == 1
    assert len(too_early("Two Circuit\nBreakers, one\ncircuit-breaker.", 2)) == 1
    assert len(too_early('deploymentCircuitBreaker={"enable": True}', 2)) == 1


def test_concept_may_be_used_in_and_after_its_module() -> None:
    assert too_early("Turn on the circuit breaker.", 6) == []
    assert too_early("Turn on the circuit breaker.", 9) == []


def test_text_may_look_ahead_when_it_names_the_module() -> None:
    assert too_early("The circuit breaker comes in module 06.", 2) == []
    assert too_early("See [the circuit breaker](06-services.ipynb).", 2) == []
    assert len(too_early("See module 06.\n\nThe circuit breaker helps.", 2)) == 1


def test_words_inside_other_words_do_not_count() -> None:
    assert too_early("canaryish, exitcode, short-circuit breakerless", 0) == []
