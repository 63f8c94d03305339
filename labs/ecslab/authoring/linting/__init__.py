"""The linter of the course: rules for its lessons, labs and files, each with its mend."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ecslab.authoring.cells import derive
from ecslab.authoring.linting import (
    declarations,
    files,
    links,
    markup,
    minutes,
    sessions,
    skeleton,
    stored,
    words,
)
from ecslab.authoring.linting.page import Page
from ecslab.authoring.problem import Problem, SourceError
from ecslab.authoring.source import Source, read
from ecslab.authoring.tree import PARTS, Tree, locate
from ecslab.course import storage
from ecslab.course.catalogue import Entry

__all__ = ["lint"]

_RULES = (
    skeleton.problems,
    sessions.problems,
    markup.problems,
    words.problems,
    links.problems,
    declarations.problems,
    minutes.problems,
    stored.problems,
)


def lint(names: list[str], *, root: Path | None = None) -> list[Problem]:
    """Hold the sources and the notebooks of modules to the conventions of the course.

    Args:
        names: numbers, slugs or names of modules; none of them means all, and files that belong
            to no module.
        root: the checkout; the one this package is in by default.

    Returns:
        All problems found, by file and line; of a source that cannot be read, its first one.
    """
    tree = locate(root)
    wanted = tree.wanted(names)
    stems = {entry.name for entry in wanted}
    found = {
        problem
        for problem in files.problems(tree)
        if not names or PurePosixPath(problem.path).stem in stems
    }
    pages: list[Page] = []
    for entry in wanted:
        for part in PARTS:
            try:
                source = _read(tree, entry, part)
            except SourceError as error:
                found.add(error.problem)
                continue
            if source is not None:
                pages.append(Page(tree, entry, source))
    found |= _underivable([page.source for page in pages])
    for page in pages:
        for rule in _RULES:
            found.update(rule(page))
    return sorted(found)


def _read(tree: Tree, entry: Entry, part: str) -> Source | None:
    path = tree.source(part, entry.name)
    if not path.is_file():
        return None
    return read(storage.read(path), path=tree.shown(path), name=entry.name, part=part)


def _underivable(sources: list[Source]) -> set[Problem]:
    """Find the mistakes that only show when a source is turned into notebooks."""
    try:
        derive(sources)
    except SourceError as error:
        if len(sources) == 1:
            return {error.problem}
        return set().union(*(_underivable([source]) for source in sources))
    return set()
