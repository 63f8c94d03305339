"""A grading that the system kills, or leaves without a disk, after any number of bytes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.course.classroom.ledger import LEDGER, Ledger
from ecslab.course.grading.report import Report

COUNT = 6

# The kernel lets the file grow to the limit, in the middle of a line, and no further.
GRADING = """
import resource, signal, sys
from pathlib import Path
from ecslab.course.classroom.ledger import LEDGER, Ledger
from ecslab.course.classroom.run import grade_class
from ecslab.course.classroom.submissions import look_through
from ecslab.course.grading.report import Report
from ecslab.errors import CourseError

folder, most, killed = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "killed"

def judge(waiting):
    for each in waiting:
        print(each.name, flush=True)
        yield each, Report(Path(each.name), "02-clusters")

signal.signal(signal.SIGXFSZ, signal.SIG_DFL if killed else signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
try:
    with Ledger(folder / LEDGER) as ledger:
        found = look_through([folder / "class"]).submissions
        grade_class(found, ledger, judge, rules="", on_report=lambda report: None)
except CourseError as error:
    sys.exit(str(error))
"""


def grading(folder: Path, most: int, how: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", GRADING, str(folder), str(most), how]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@settings(max_examples=8, deadline=None)
@given(
    steps=st.lists(st.integers(1, 900), min_size=1, max_size=3),
    how=st.sampled_from(["killed", "full"]),
)
def test_nothing_is_lost_or_graded_twice(
    steps: list[int], how: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    (folder / "class").mkdir()
    for number in range(COUNT):
        (folder / "class" / f"learner {number}.ipynb").write_text(str(number))
    ledger = folder / LEDGER
    judged: list[str] = []
    most = 0
    for step in steps:
        kept = ledger.read_bytes() if ledger.exists() else b""
        whole = kept[: kept.rfind(b"\n") + 1]
        most += step
        done = grading(folder, most, how)
        judged += done.stdout.splitlines()
        assert ledger.read_bytes().startswith(whole), "what was graded is left alone"
        assert done.returncode in {0, -signal.SIGXFSZ if how == "killed" else 1}
        assert "Traceback" not in done.stderr
        if done.returncode == 1:
            assert f"Cannot write {ledger}: " in done.stderr
    judged += grading(folder, 10**6, how).stdout.splitlines()
    keys = [json.loads(line)["key"] for line in ledger.read_text().splitlines()]
    assert len(keys) == len(set(keys)) == COUNT
    # The notebook in whose line the end came is graded again, and no other.
    assert len(judged) <= COUNT + len(steps)


def test_a_results_folder_that_is_deleted_comes_back(tmp_path: Path) -> None:
    place = tmp_path / "results" / LEDGER
    place.parent.mkdir()
    with Ledger(place) as ledger:
        ledger.add("a", Report(Path("a.ipynb")))
        shutil.rmtree(place.parent)
        ledger.add("b", Report(Path("b.ipynb")))
        ledger.add("c", Report(Path("c.ipynb")))
    with Ledger(place) as ledger:
        assert sorted(ledger.reports) == ["a", "b", "c"]
