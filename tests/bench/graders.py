"""Other programs that run or grade notebooks, each in an environment of its own."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KERNEL = "course"


@dataclass(frozen=True)
class Tool:
    """A program in an environment that is thrown away after the bench.

    Its notebooks run in this project's Python, as ours do, so that only the programs differ.

    Attributes:
        folder: of the environment.
    """

    folder: Path

    @classmethod
    def installed(cls, folder: Path, *requirements: str) -> Tool:
        """Make the environment and install into it."""
        venv.create(folder, with_pip=True)
        tool = cls(folder)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([tool.program("python"), *install, *requirements], check=True)
        kernels = folder / "jupyter" / "kernels" / KERNEL
        kernels.mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "The course", "language": "python"}
        (kernels / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        return tool

    def program(self, name: str) -> str:
        """The path of one of its programs."""
        return str(self.folder / ("Scripts" if os.name == "nt" else "bin") / name)

    def seconds(self, work: Path, name: str, *arguments: str) -> float:
        """Run one of its programs in a folder, and give the seconds that takes."""
        programs = str(Path(self.program(name)).parent)
        settings = {
            **os.environ,
            "JUPYTER_PATH": str(self.folder / "jupyter"),
            "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
        }
        return seconds([self.program(name), *arguments], work, settings)


def seconds(command: Sequence[str], folder: Path, settings: dict[str, str]) -> float:
    """Give the seconds that a command takes."""
    begin = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=settings, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout[-800:]}{done.stderr[-800:]}")
    return time.perf_counter() - begin


def for_stock_nbval(solution: dict[str, Any]) -> dict[str, Any]:
    """The notebook as other programs take it: run before, with the kernel of the bench."""
    notebook = copy.deepcopy(solution)
    notebook["metadata"]["kernelspec"] = {"name": KERNEL, "display_name": "x", "language": "python"}
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            cell["execution_count"] = number + 1
    return notebook


def for_nbgrader(solution: dict[str, Any]) -> dict[str, Any]:
    """The same notebook with nbgrader's marks: which cells are answered, which give points."""
    notebook = for_stock_nbval(solution)
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] == "code" and {"answer", "check"} & set(tags):
            graded = "check" in tags
            cell["metadata"]["nbgrader"] = {
                "cell_type": "code",
                "grade": graded,
                "grade_id": cell["id"],
                "locked": graded,
                "schema_version": 3,
                "solution": not graded,
                "task": False,
                **({"points": 1} if graded else {}),
            }
    return notebook


def open_nbgrader(tool: Tool, course: Path, lab: str, solution: dict[str, Any]) -> None:
    """Make an nbgrader course with one assignment."""
    source = course / "source" / lab
    source.mkdir(parents=True)
    (source / f"{lab}.ipynb").write_text(json.dumps(for_nbgrader(solution)), encoding="utf-8")
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'bench'\n"
        "c.ExecutePreprocessor.timeout = 300\nc.ClearSolutions.enforce_metadata = False\n",
        encoding="utf-8",
    )
    tool.seconds(course, "nbgrader", "generate_assignment", lab, "--force")


def hand_in(course: Path, lab: str, notebook: dict[str, Any], learners: int) -> None:
    """Let learners hand in a notebook."""
    text = json.dumps(for_nbgrader(notebook))
    for number in range(learners):
        folder = course / "submitted" / f"learner-{number}" / lab
        folder.mkdir(parents=True)
        (folder / f"{lab}.ipynb").write_text(text, encoding="utf-8")
