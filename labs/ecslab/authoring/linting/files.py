"""Rules for the files of the course: which there must be, and which there may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ecslab.authoring.problem import Problem
from ecslab.authoring.tree import LAB, LESSON, PARTS, SOURCE_NAME, Tree

__all__ = ["problems"]

_LABS = {
    "README.md",
    "__main__.py",
    "bootstrap",
    "constraints.txt",
    "ecslab",
    "hatch_build.py",
    "incidents",
}
_IN_LABS = "labs"


def problems(tree: Tree) -> Iterator[Problem]:
    """Compare the folders with the catalogue.

    Args:
        tree: the checkout.
    """
    yield from _sources(tree)
    for folder, part in (("lessons", LESSON), ("solutions", LAB), (_IN_LABS, LAB)):
        known = _LABS if folder == _IN_LABS else {"README.md", "src"}
        notebooks = {f"{path.stem}.ipynb" for path in tree.sources(part)}
        for path in _visible(tree.root / folder):
            if path.name in known | notebooks:
                continue
            if path.suffix == ".ipynb":
                source = tree.shown(tree.source(part, path.stem))
                fix = f"delete it, or write {source} and run `python3 labs build`"
                yield Problem(tree.shown(path), 0, "this notebook has no source", fix)
            else:
                yield _unexpected(tree, path)


def _sources(tree: Tree) -> Iterator[Problem]:
    names = {entry.name: entry for entry in tree.catalogue}
    for part in PARTS:
        for path in _visible(tree.source(part, "any").parent):
            shown = tree.shown(path)
            if path.suffix != ".md" or not path.is_file():
                yield _unexpected(tree, path)
            elif not SOURCE_NAME.fullmatch(path.stem):
                message = "a source is named like 02-clusters.md"
                yield Problem(shown, 0, message, "rename it as its module in course.toml")
            elif path.stem not in names:
                fix = "rename it to the number and slug of its module, or add the module"
                yield Problem(shown, 0, "course.toml has no module of this name", fix)
            elif not names[path.stem].ready:
                fix = "set `ready = true` and its `points` there"
                yield Problem(shown, 0, "course.toml says that this module is still to come", fix)
        for entry in tree.catalogue.ready:
            path = tree.source(part, entry.name)
            if not path.is_file():
                message = "course.toml says that this module is ready, but this source is missing"
                fix = f"run `python3 labs new {part} {entry.name}`"
                yield Problem(tree.shown(path), 0, message, fix)


def _unexpected(tree: Tree, path: Path) -> Problem:
    return Problem(tree.shown(path), 0, "nothing of this name belongs here", "move or delete it")


def _visible(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".") and path.name != "__pycache__"
    ]
