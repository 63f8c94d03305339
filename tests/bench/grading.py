"""Grading one solved lab, and thirty: this project's command against the usual graders.

nbgrader grades ten notebooks with one command where this project grades thirty; both are divided by
their number. Seconds are those of the whole command, on a machine that otherwise rests. A class of
which every second step is wrong is graded too: here each wrong step costs further looks.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from graders import Tool, for_stock_nbval, hand_in, open_nbgrader, seconds
from measure import Ratio, interleaved

ROOT = Path(__file__).resolve().parents[2]
LAB = "02-clusters"
MANY = 30
THEIRS = 10


def run() -> Iterator[Ratio]:
    """Measure in folders and environments that are thrown away."""
    with tempfile.TemporaryDirectory(prefix="ecslab-bench-") as folder:
        yield from _measured(Path(folder))


def _measured(bench: Path) -> Iterator[Ratio]:
    solution = json.loads((ROOT / "solutions" / f"{LAB}.ipynb").read_text(encoding="utf-8"))
    grade = _Ours(bench, solution)
    nbgrader = Tool.installed(bench / "nbgrader", "nbgrader==0.9.6")
    wrong = with_wrong_steps(solution)
    course, class_, wrong_class = bench / "one", bench / "class", bench / "wrong"
    for place, handed, learners in (
        (course, solution, 1),
        (class_, solution, THEIRS),
        (wrong_class, wrong, THEIRS),
    ):
        open_nbgrader(nbgrader, place, LAB, solution)
        hand_in(place, LAB, handed, learners)

    def autograde(place: Path) -> float:
        return nbgrader.seconds(place, "nbgrader", "autograde", LAB, "--force")

    grade.one()  # the parent that stays ready between commands warms up once
    one = interleaved("one", grade.one, lambda: autograde(course), against="nbgrader autograde")
    yield replace(one, key="one_vs_nbgrader")
    yield interleaved(
        "one, nothing warm", grade.cold, lambda: autograde(course), against="nbgrader autograde"
    )
    for name, key, ours, theirs in (
        ("each of thirty", "thirty", grade, class_),
        (
            "each of thirty half wrong",
            "thirty_wrong",
            _Ours(bench / "wrong-ones", wrong),
            wrong_class,
        ),
    ):
        thirty = interleaved(
            name,
            lambda ours=ours: ours.many() / MANY,
            lambda theirs=theirs: autograde(theirs) / THEIRS,
            against="nbgrader autograde",
            pairs=3,
        )
        yield replace(thirty, key=f"{key}_vs_nbgrader")
    yield from _others(bench, grade, solution)


def _others(bench: Path, grade: _Ours, solution: dict[str, Any]) -> Iterator[Ratio]:
    work = bench / "stock"
    work.mkdir()
    notebook = work / f"{LAB}.ipynb"
    notebook.write_text(json.dumps(for_stock_nbval(solution)), encoding="utf-8")
    (work / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    stock = Tool.installed(bench / "nbval", "nbval==0.11.0", "nbmake==1.5.5", "jupyterlab")
    for name, key, option in (
        ("nbval", "one_vs_nbval", "--nbval-lax"),
        ("nbmake", "one_vs_nbmake", "--nbmake"),
    ):
        ratio = interleaved(
            "one",
            grade.one,
            lambda option=option: stock.seconds(work, "pytest", option, notebook.name),
            against=f"stock {name}",
        )
        yield replace(ratio, key=key)
    otter = Tool.installed(bench / "otter", "otter-grader==7.0.0", "ipykernel")
    assignment = bench / "assignment"  # Otter runs the notebook, and asks for a folder of tests
    (assignment / "tests").mkdir(parents=True)
    config = {"show_stdout": False, "pdf": False}
    (assignment / "otter_config.json").write_text(json.dumps(config), encoding="utf-8")
    with_config = Path(shutil.make_archive(str(work / "autograder"), "zip", assignment))
    ratio = interleaved(
        "one",
        grade.one,
        lambda: otter.seconds(work, "otter", "run", notebook.name, "-a", with_config.name),
        against="otter run",
    )
    yield replace(ratio, key="one_vs_otter")


def with_wrong_steps(solution: dict[str, Any]) -> dict[str, Any]:
    """Give the solution with a learner's mistake in every second step that has some on record."""
    mistakes = ROOT / "tests" / "course" / "wrong" / f"{LAB}.toml"
    wrong = {
        f"check-{entry['check']}": entry["answer"]
        for entry in tomllib.loads(mistakes.read_text(encoding="utf-8"))["wrong"]
    }
    notebook = copy.deepcopy(solution)
    answer: dict[str, Any] = {}
    found = 0
    for cell in notebook["cells"]:
        if "answer" in cell["metadata"].get("tags", []):
            answer = cell
        elif cell["id"] in wrong:
            found += 1
            if found % 2:
                answer["source"] = wrong[cell["id"]]
    return notebook


class _Ours:
    """This project's command, on the same notebook."""

    def __init__(self, bench: Path, notebook: dict[str, Any]) -> None:
        self.folder = bench / "ours"
        handed = self.folder / "handed-in"
        handed.mkdir(parents=True)
        self.runtime = self.folder / "run"
        self.runtime.mkdir(mode=0o700)
        text = json.dumps(notebook)
        (self.folder / f"{LAB}.ipynb").write_text(text, encoding="utf-8")
        for number in range(MANY):
            (handed / f"learner-{number}.ipynb").write_text(text, encoding="utf-8")

    def one(self) -> float:
        """Grade one notebook, with the parent that an earlier command has left ready."""
        return self._grade(f"{LAB}.ipynb")

    def cold(self) -> float:
        """Grade one notebook as the first command of the day."""
        return self._grade(f"{LAB}.ipynb", ECSLAB_STANDBY="off")

    def many(self) -> float:
        """Grade thirty notebooks, two at a time."""
        return self._grade("handed-in", "--jobs", "2", "--again")

    def _grade(self, *arguments: str, **settings: str) -> float:
        command = [sys.executable, "-P", "-m", "ecslab.cli", "grade", "--json", *arguments]
        settings = {**os.environ, "XDG_RUNTIME_DIR": str(self.runtime), **settings}
        return seconds(command, self.folder, settings)
