"""The tables of contents: lessons/README.md, labs/README.md and solutions/README.md."""

from __future__ import annotations

from pathlib import Path

from ecslab.authoring.tree import Tree
from ecslab.course.catalogue import Entry

__all__ = ["pages"]

_GENERATED = (
    "<!-- Made by `python3 labs build` from labs/ecslab/course/course.toml: edit that file. -->"
)

_LESSONS = """# Lessons

Read and run these notebooks in order.
Each begins with what you will be able to do, and shows it on a simulated AWS account.
`python3 labs` in the root of the repository opens your own copies in JupyterLab.
What you edit to change a lesson is its source in [src](src)."""

_LABS = """# Labs

Here you write the code, and every step is checked.
`python3 labs` in the root of the repository opens your own copies in JupyterLab.
The notebooks in this folder stay as they are.
Take the [lesson](../lessons/README.md) of a module first."""

_SOLUTIONS = """# Solutions

One way to solve each [lab](../labs/README.md), with the outputs it gives.
Look here after you have tried: `lab.hint("…")` in the lab says a little at a time.
The source of a lab and of its solution is one file in [src](src)."""


def pages(tree: Tree) -> dict[Path, str]:
    """Give the text of each table of contents by its path.

    Args:
        tree: the checkout, with its catalogue.
    """
    return {
        tree.root / "lessons" / "README.md": _page(tree, _LESSONS, "lesson"),
        tree.root / "labs" / "README.md": _page(tree, _LABS, "lab"),
        tree.root / "solutions" / "README.md": _page(tree, _SOLUTIONS, "lab"),
    }


def _page(tree: Tree, text: str, part: str) -> str:
    rows = ["| Module | Afterwards you can | Minutes | Take before |", "| --- | --- | ---: | --- |"]
    entries = {entry.name: entry for entry in tree.catalogue}
    for entry in tree.catalogue:
        minutes = entry.lesson_minutes if part == "lesson" else entry.lab_minutes
        before = ", ".join(_link(entries[name], short=True) for name in entry.prerequisites)
        cells = [_link(entry), entry.summary.replace("|", "\\|"), str(minutes), before or "–"]
        rows.append(f"| {' | '.join(cells)} |")
    table = "\n".join(rows)
    return f"{_GENERATED}\n\n{text}\n\n{table}\n"


def _link(entry: Entry, *, short: bool = False) -> str:
    words = f"{entry.number:02d}" if short else entry.heading
    if entry.ready:
        return f"[{words}]({entry.name}.ipynb)"
    return words if short else f"{words} (to come)"
