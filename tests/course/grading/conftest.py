"""A lab of three steps that needs no cloud, and notebooks as learners hand them in."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import ecslab
from ecslab.course.files import CourseFiles
from ecslab.course.forking.parent import Parent

LAB = "02-clusters"

SETUP = """\
class Lab:
    points = {"first": 2, "second": 3, "third": 1}
    account = {}

    def check(self, name, answer=None):
        found = self.account.get(name, answer)
        points = self.points[name]
        if found is None or found is ...:
            print(f"○ {name}: not attempted (0 of {points} points)")
        elif found == len(name):
            print(f"✔ {name}: passed ({points} of {points} points)")
        else:
            print(f"✘ {name}: not yet (0 of {points} points)")
            print(f"  expected: {len(name)}")
            print(f"  found: {found}")


def start(name):
    return Lab()


lab = start("02-clusters")"""

# id, tags, source of the solution, source of the stub, what it prints in the solution
CELLS = (
    ("setup", ["setup"], SETUP, SETUP, ""),
    ("answer-first", ["answer"], "first = 5", "first = ...", ""),
    ("check-first", ["check", "nbval-check-output"], 'lab.check("first", first)', None, "2"),
    ("answer-second", ["answer"], "second = first + 1", "second = ...", ""),
    ("check-second", ["check", "nbval-check-output"], 'lab.check("second", second)', None, "3"),
    ("only-solution", ["solution"], "raise RuntimeError", None, ""),
    ("answer-third", ["answer"], 'lab.account["third"] = 5', "# your code here", ""),
    ("check-third", ["check", "nbval-check-output"], 'lab.check("third")', None, "1"),
)


def _cell(name: str, tags: Any, source: str, output: str = "") -> Any:
    # A list of lines, as nbformat writes text into files.
    text = output.splitlines(keepends=True)
    outputs = [{"output_type": "stream", "name": "stdout", "text": text}] if output else []
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {"tags": tags},
        "execution_count": None,
        "outputs": outputs,
        "source": source,
    }


def _notebook(cells: Any) -> Any:
    metadata = {
        "kernelspec": {"display_name": "Python 3", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _passing(name: str, points: int) -> Any:
    return f"✔ {name.removeprefix('check-')}: passed ({points} of {points} points)\n"


@dataclass(frozen=True)
class Handed:
    """A course in a folder, and ways to hand in work.

    Attributes:
        files: the course.
        reference: its one solution.
        starter: its one lab, as it is handed out.
        desk: a folder for submissions.
    """

    files: CourseFiles
    reference: dict
    starter: dict
    desk: Path

    def solved(self, **answers: str) -> Any:
        """Give the starter with answers by check; those not named are solved."""
        sources = {name: source for name, _, source, *_ in CELLS}
        sources |= {f"answer-{name}": source for name, source in answers.items()}
        notebook = copy.deepcopy(self.starter)
        for cell in notebook["cells"]:
            cell["source"] = sources[cell["id"]]
        return notebook

    def hand_in(self, notebook: Any, name: str = "alice.ipynb") -> Any:
        """Write a notebook as the learner's file."""
        path = self.desk / name
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    def environment(self) -> Any:
        """Give an environment in which plain pytest finds the plugin and this course."""
        entry = self.files.root / "site" / "ecslab_entry-0.dist-info"
        entry.mkdir(parents=True, exist_ok=True)
        (entry / "METADATA").write_text("Metadata-Version: 2.1\nName: ecslab-entry\nVersion: 0\n")
        (entry / "entry_points.txt").write_text(
            "[pytest11]\necslab = ecslab.course.grading.plugin\n"
        )
        package = str(Path(ecslab.__file__).parents[1])
        return os.environ | {
            "PYTHONPATH": os.pathsep.join([str(entry.parent), package]),
            "PYTEST_ADDOPTS": f"--ecslab-course={self.files.root} -p no:cacheprovider",
        }


@pytest.fixture(scope="session")
def parent() -> Iterator[Parent]:
    """One warmed parent for all tests of this process, started where a secret is known."""
    os.environ["A_TOKEN"] = "secret"
    with Parent() as started:
        del os.environ["A_TOKEN"]
        yield started


@pytest.fixture
def handed(tmp_path: Path) -> Any:
    root = tmp_path / "course"
    desk = tmp_path / "desk"
    for folder in ("lessons", "labs", "solutions"):
        (root / folder).mkdir(parents=True)
    desk.mkdir()
    reference = _notebook(
        [
            _cell(name, tags, solution, _passing(name, points) if points else "")
            for name, tags, solution, _, points in CELLS
        ]
    )
    starter = _notebook(
        [
            _cell(name, tags, stub or solution)
            for name, tags, solution, stub, _ in CELLS
            if "solution" not in tags
        ]
    )
    for folder, notebook in (("solutions", reference), ("labs", starter)):
        (root / folder / f"{LAB}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return Handed(CourseFiles(root), reference, starter, desk)
