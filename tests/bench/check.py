"""`python3 labs check` on the solved clusters lab: against just running it, and against a second.

A session has warmed the judge before; so the first check here is not counted.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from measure import Ratio, interleaved

#: Seconds in which a learner gets an answer.
ANSWERED = 1.0

#: How often it is asked.
TIMES = 7

ROOT = Path(__file__).resolve().parents[2]
LAB = "02-clusters"


def run() -> Iterator[Ratio]:
    """Measure in a learner's folder of its own, so that nobody's work is touched."""
    with tempfile.TemporaryDirectory(prefix="ecslab-bench-") as folder:
        course = Path(folder)
        for part in ("lessons", "labs", "solutions"):
            (course / part).symlink_to(ROOT / part, target_is_directory=True)
        (course / "work").mkdir()
        notebook = course / "work" / f"{LAB}.ipynb"
        shutil.copy(ROOT / "solutions" / notebook.name, notebook)
        ours = [sys.executable, "-P", "-m", "ecslab.cli", "check", LAB]
        seconds(ours, course)
        taken = statistics.median(seconds(ours, course) for _ in range(TIMES))
        yield Ratio("check 02, in a session", taken, ANSWERED, TIMES, "allowed", "check_answered")
        plain = [str(Path(sys.executable).with_name("jupyter-execute")), str(notebook)]
        yield interleaved(
            "check 02",
            lambda: seconds(ours, course),
            lambda: seconds(plain, course),
            against="running the notebook",
        )


def seconds(command: Sequence[str], course: Path) -> float:
    """Give the seconds that a command takes."""
    settings = {**os.environ, "ECSLAB_ROOT": str(course)}
    begin = time.perf_counter()
    subprocess.run(command, cwd=course, env=settings, check=True, capture_output=True)
    return time.perf_counter() - begin
