"""A class is graded on a Dask cluster of two workers, one of which is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecslab.course import catalogue
from ecslab.course.classroom.dask import on_cluster
from ecslab.course.classroom.ledger import Ledger
from ecslab.course.classroom.run import grade_class
from ecslab.course.classroom.submissions import Submission, look_through
from ecslab.course.grading.report import Report
from ecslab.errors import CourseError

ROOT = Path(__file__).resolve().parents[3]
LAB = f"{catalogue.load().ready[0].name}.ipynb"

# Warnings of Dask's own machinery are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

CLUSTER = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(
        n_workers=int(sys.argv[1]), threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        for worker in cluster.workers.values():
            print(worker.pid, flush=True)
        sys.stdin.read()
"""

Start = Callable[..., tuple[str, list[int], subprocess.Popen[str]]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a cluster; gives its address, the process ids of its workers, and its own process."""
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    running: list[subprocess.Popen[str]] = []

    def begin(workers: int, **environment: str) -> tuple[str, list[int], subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, str(script), str(workers)],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            process_group=0,
            env={**os.environ, **environment},
        )
        running.append(process)
        assert process.stdout is not None
        address, *pids = (process.stdout.readline().strip() for _ in range(workers + 1))
        return address, [int(pid) for pid in pids], process

    yield begin
    for process in running:
        process.communicate()  # the end of its input ends it


def class_of(folder: Path, count: int) -> list[Submission]:
    """Hand in a lab so many times, and two files that cannot be graded."""
    for number in range(count):
        (folder / f"learner-{number}").mkdir(parents=True)
        text = (ROOT / "labs" / LAB).read_text(encoding="utf-8")
        (folder / f"learner-{number}" / LAB).write_text(text, encoding="utf-8")
    (folder / "odd.ipynb").write_text("no notebook")
    (folder / "link.ipynb").symlink_to("/etc/passwd")
    return look_through([folder]).submissions


def test_a_lost_worker_costs_nothing(tmp_path: Path, start: Start) -> None:
    address, workers, _ = start(2)
    handed_in = class_of(tmp_path / "class", 5)
    seen: list[Report] = []
    left: list[int] = []

    def on_report(report: Report) -> None:
        seen.append(report)
        if not report.problem and not left:
            left.append(5 - sum(not each.problem for each in seen))
            os.kill(workers[0], signal.SIGKILL)

    with Ledger(tmp_path / "reports.jsonl") as ledger:
        judge = on_cluster(address, timeout=60.0)
        reports = grade_class(handed_in, ledger, judge, rules="", on_report=on_report)
        kept = dict(ledger.reports)

    assert left == [4], "it was killed while both workers had notebooks to grade"
    problems = {each.learner: each.problem for each in reports if each.problem}
    assert sorted(problems) == ["link", "odd"]
    graded = [each for each in reports if not each.problem]
    assert [each.learner for each in graded] == [f"learner-{number}" for number in range(5)]
    assert {(each.score, len(each.checks)) for each in graded} == {(0, len(graded[0].checks))}
    assert sorted(each.file for each in seen) == sorted(each.file for each in reports)
    assert len((tmp_path / "reports.jsonl").read_text().splitlines()) == len(kept) == 5


def refusal(handed_in: list[Submission], address: str, folder: Path) -> str:
    """Grade a class on a cluster that cannot; gives the sentence."""
    judge = on_cluster(address, timeout=60.0)
    with Ledger(folder / "reports.jsonl") as ledger, pytest.raises(CourseError) as caught:
        grade_class(handed_in, ledger, judge, rules="", on_report=lambda _: None)
    return str(caught.value)


def test_a_cluster_that_cannot_grade_is_said(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in = class_of(tmp_path / "class", 1)
    shadow = tmp_path / "shadow" / "ecslab"
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").write_text("raise ImportError('this worker has no ecslab')")

    address, _, _ = start(0)
    assert "has no workers; start some" in refusal(handed_in, address, tmp_path)
    address, _, _ = start(1, PYTHONPATH=str(shadow.parent))
    said = refusal(handed_in, address, tmp_path)
    assert "cannot run this grader (this worker has no ecslab); install the same" in said
    monkeypatch.setattr("ecslab.course.classroom.dask.rules_of", lambda *_, **__: "newer")
    address, _, _ = start(1)
    assert "have another version of ecslab" in refusal(handed_in, address, tmp_path)


def test_a_scheduler_that_dies_is_said(tmp_path: Path, start: Start) -> None:
    address, _, process = start(1)
    handed_in = class_of(tmp_path / "class", 3)
    seen: list[Report] = []

    def on_report(report: Report) -> None:
        seen.append(report)
        if not report.problem:
            os.killpg(process.pid, signal.SIGKILL)

    with Ledger(tmp_path / "reports.jsonl") as ledger:
        judge = on_cluster(address, timeout=60.0)
        with pytest.raises(CourseError, match="scheduler"):
            grade_class(handed_in, ledger, judge, rules="", on_report=on_report)
        assert len(ledger.reports) == 1, "what was graded is kept"


def test_dask_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        CourseError, match=r"needs Dask; install it with `pip install 'ecslab\[clus"
    ):
        on_cluster("tcp://127.0.0.1:8786")
