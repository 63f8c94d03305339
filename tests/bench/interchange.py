"""Every lab exported to nbgrader and to Otter-Grader, taken by them, and graded by them and by us.

What they find must be what this project's own grader finds, for a lab that is solved, one of which
the first half is, and one that nobody touched.
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
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ecslab.course import catalogue
from measure import Ratio, interleaved

ROOT = Path(__file__).resolve().parents[2]
LABS = [entry.name for entry in catalogue.load().ready]
GRADED = ("02-clusters", "04-tasks", "10-iam-roles")
SHARES = {"solved": 1.0, "half": 0.5, "blank": 0.0}
_NBGRADER, _OTTER = "nbgrader==0.9.6", "otter-grader==7.0.0"

Points = dict[str, dict[str, float]]


def run() -> Iterator[Ratio]:
    """Export every lab, grade some, and compare what was earned."""
    with tempfile.TemporaryDirectory(prefix="ecslab-bench-") as name:
        folder = Path(name)
        ours = _ours(folder / "ours")
        for other, grade in (("nbgrader", _nbgrader), ("Otter-Grader", _otter)):
            theirs = yield from grade(folder / other)
            for lab, points in ours.items():
                if theirs[lab] != points:
                    sys.exit(f"{lab}: {other} gives {theirs[lab]}, this project {points}.")
            _say(f"{other} and this project give the same points: {ours}")


def _ours(folder: Path) -> Points:
    """Grade with this project's own command."""
    found: Points = {}
    for lab in GRADED:
        released = _read(ROOT / "labs" / f"{lab}.ipynb")
        for learner, share in SHARES.items():
            place = folder / learner / f"{lab}.ipynb"
            _write(place, _answered(released, lab, share, lambda cell: cell["id"]))
    _run(*_command("grade", folder, "--csv", folder / "out.csv", "--jobs", 2), cwd=ROOT)
    with (folder / "out.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["module"], {})[row["learner"]] = float(row["score"])
    for lab, points in found.items():
        if not points["solved"] > points["half"] > points["blank"] == 0:
            sys.exit(f"{lab}: a half-solved lab must earn a part of the points, not {points}.")
    return found


def _nbgrader(folder: Path) -> Iterator[Ratio]:
    tools = _environment(folder / "environment", _NBGRADER)
    course = folder / "course"
    for lab in LABS:
        _export(lab, course, "nbgrader")
        _run(tools / "nbgrader", "generate_assignment", lab, cwd=course)
        _say(f"nbgrader generate_assignment {lab}")
    for lab in GRADED:
        released = _read(course / "release" / lab / f"{lab}.ipynb")
        for learner, share in SHARES.items():
            solved = _answered(
                released,
                lab,
                share,
                lambda cell: cell["metadata"].get("nbgrader", {}).get("grade_id"),
            )
            _write(course / "submitted" / learner / lab / f"{lab}.ipynb", solved)
        _run(tools / "nbgrader", "autograde", lab, "--force", cwd=course)
    first = partial(_run, tools / "nbgrader", "autograde", GRADED[0], "--force", cwd=course)
    notebook = course / "submitted" / "solved" / GRADED[0] / f"{GRADED[0]}.ipynb"
    yield _against("nbgrader", notebook, lambda: first() / len(SHARES))
    _run(tools / "nbgrader", "export", "--to", str(course / "grades.csv"), cwd=course)
    found: Points = {}
    with (course / "grades.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["assignment"] in GRADED:
                found.setdefault(row["assignment"], {})[row["student_id"]] = float(row["score"])
    return found


def _otter(folder: Path) -> Iterator[Ratio]:
    tools = _environment(folder / "environment", _OTTER)
    course = folder / "course"
    found: Points = {}
    for lab in LABS:
        _export(lab, course / lab, "otter")
        _run(tools / "otter", "assign", f"{lab}.ipynb", "dist", cwd=course / lab)
        _say(f"otter assign {lab}")
    for lab in GRADED:
        place = course / lab
        (autograder,) = (place / "dist" / "autograder").glob("*.zip")
        released = _read(place / "dist" / "student" / f"{lab}.ipynb")
        found[lab] = {}
        for learner, share in SHARES.items():
            notebook = place / learner / f"{lab}.ipynb"
            _write(notebook, _answered(released, lab, share, lambda cell: cell.get("id")))
            grade = [tools / "otter", "run", "-a", autograder, "-o", learner, notebook]
            if (lab, learner) == (GRADED[0], "solved"):
                yield _against("otter run", notebook, partial(_run, *grade, cwd=place))
            else:
                _run(*grade, cwd=place)
            tests = _read(place / learner / "results.json")["tests"]
            found[lab][learner] = float(sum(test.get("score", 0) for test in tests))
    return found


def _answered(
    released: dict[str, Any], lab: str, share: float, name_of: Callable[[dict[str, Any]], Any]
) -> dict[str, Any]:
    """Give a released lab with the answers to the first of its checks.

    Args:
        released: as a learner gets it.
        lab: its name.
        share: of its checks.
        name_of: gives the name of a cell in the course's own solution.
    """
    cells = _read(ROOT / "solutions" / f"{lab}.ipynb")["cells"]
    checks = sum("check" in cell["metadata"].get("tags", []) for cell in cells)
    answers: dict[str, str] = {}
    passed = 0
    for cell in cells:
        tags = cell["metadata"].get("tags", [])
        passed += "check" in tags
        if "answer" in tags and passed < int(checks * share):
            answers[cell["id"]] = "".join(cell["source"])
    solved: dict[str, Any] = json.loads(json.dumps(released))
    names = {name_of(cell): cell for cell in solved["cells"]}
    for name, source in answers.items():
        names[name]["source"] = source
    return solved


def _against(name: str, notebook: Path, theirs: Callable[[], float]) -> Ratio:
    ours = _command("grade", notebook, "--json")
    what = f"grade {notebook.stem}"
    return interleaved(what, lambda: _run(*ours, cwd=ROOT), theirs, against=name, pairs=3)


def _export(lab: str, folder: Path, to: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _run(*_command("export", lab, folder, "--to", to), cwd=ROOT)


def _command(*words: object) -> list[object]:
    return [sys.executable, "-P", "-m", "ecslab.cli", *words]


def _environment(place: Path, tool: str) -> Path:
    """Make a throw-away environment with another grader and this package; give its programs."""
    venv.create(place, with_pip=True)
    programs = place / "bin"
    _run(programs / "python", "-m", "pip", "install", "--quiet", tool, str(ROOT), cwd=ROOT)
    _say(f"{tool} is installed")
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


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _write(path: Path, notebook: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)
