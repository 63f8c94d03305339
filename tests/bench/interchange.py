"""A lab exported to nbgrader and to Otter-Grader, graded by them and by us.

What they find must be right: all points for the solution, none for the untouched lab.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

from measure import Ratio, interleaved

ROOT = Path(__file__).resolve().parents[2]
LAB = "02-clusters"
_NBGRADER, _OTTER = "nbgrader==0.9.6", "otter-grader==7.0.0"


def run() -> Iterator[Ratio]:
    """Export, solve, grade, and compare what was earned."""
    with tempfile.TemporaryDirectory(prefix="ecslab-bench-") as name:
        folder = Path(name)
        yield from _nbgrader(folder / "nbgrader")
        yield from _otter(folder / "otter")


def _nbgrader(folder: Path) -> Iterator[Ratio]:
    tools = _environment(folder / "environment", _NBGRADER)
    course = folder / "course"
    _export(course, "nbgrader")
    _run(tools / "nbgrader", "generate_assignment", LAB, cwd=course)
    released = json.loads((course / "release" / LAB / f"{LAB}.ipynb").read_text())
    solved = json.loads(json.dumps(released))
    source = json.loads((course / "source" / LAB / f"{LAB}.ipynb").read_text())
    answers = {cell["id"]: "".join(cell["source"]) for cell in source["cells"]}
    for cell in solved["cells"]:
        ours = cell["metadata"].get("nbgrader", {})
        if ours.get("solution"):
            lines = answers[ours["grade_id"]].splitlines()
            cell["source"] = "\n".join(line for line in lines if not line.startswith("### "))
    for learner, notebook in (("blank", released), ("solved", solved)):
        place = course / "submitted" / learner / LAB
        place.mkdir(parents=True)
        (place / f"{LAB}.ipynb").write_text(json.dumps(notebook))
    submitted = course / "submitted" / "solved" / LAB / f"{LAB}.ipynb"
    grade = [tools / "nbgrader", "autograde", LAB, "--force"]
    yield _against("nbgrader", submitted, lambda: _run(*grade, cwd=course) / 2)
    _run(tools / "nbgrader", "export", "--to", str(course / "grades.csv"), cwd=course)
    with (course / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    _must_be("nbgrader, solved", float(rows["solved"]["score"]), float(rows["solved"]["max_score"]))
    _must_be("nbgrader, untouched", float(rows["blank"]["score"]), 0.0)


def _otter(folder: Path) -> Iterator[Ratio]:
    tools = _environment(folder / "environment", _OTTER)
    course = folder / "course"
    _export(course, "otter")
    _run(tools / "otter", "assign", f"{LAB}.ipynb", "dist", cwd=course)
    (autograder,) = (course / "dist" / "autograder").glob("*.zip")
    found = {}
    for part, learner in (("autograder", "solved"), ("student", "blank")):
        notebook = course / "dist" / part / f"{LAB}.ipynb"
        grade = [tools / "otter", "run", "-a", str(autograder), "-o", learner, str(notebook)]
        (course / learner).mkdir()
        _run(*grade, cwd=course)
        results = json.loads((course / learner / "results.json").read_text())
        tests = [test for test in results["tests"] if test.get("max_score")]
        found[learner] = sum(test["score"] for test in tests), sum(t["max_score"] for t in tests)
        if learner == "solved":
            yield _against("otter run", notebook, lambda call=grade: _run(*call, cwd=course))
    _must_be("Otter, solved", *found["solved"])
    _must_be("Otter, untouched", found["blank"][0], 0.0)


def _against(name: str, notebook: Path, theirs: object) -> Ratio:
    ours = [sys.executable, "-P", "-m", "ecslab.cli", "grade", str(notebook), "--json"]
    return interleaved(f"grade {LAB}", lambda: _run(*ours, cwd=ROOT), theirs, against=name, pairs=3)


def _export(folder: Path, to: str) -> None:
    folder.mkdir(parents=True)
    _run(
        *(sys.executable, "-P", "-m", "ecslab.cli", "export", LAB, str(folder), "--to", to),
        cwd=ROOT,
    )


def _environment(place: Path, tool: str) -> Path:
    """Make a throw-away environment with another grader and this package; give its programs."""
    venv.create(place, with_pip=True)
    programs = place / "bin"
    _run(programs / "python", "-m", "pip", "install", "--quiet", tool, str(ROOT), cwd=ROOT)
    return programs


def _run(*command: object, cwd: Path) -> float:
    """Run a program and give its seconds; whatever it printed is shown when it fails."""
    first = Path(str(command[0])).parent
    begin = time.perf_counter()
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "PATH": f"{first}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}\n{done.stderr}")
    return time.perf_counter() - begin


def _must_be(what: str, found: float, expected: float) -> None:
    if found != expected:
        sys.exit(f"{what}: {found} points instead of {expected}.")
