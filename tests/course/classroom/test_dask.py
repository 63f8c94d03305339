"""A class is graded on a Dask cluster of two workers, one of which is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecslab.course import catalogue
from ecslab.course.classroom.dask import on_cluster
from ecslab.course.classroom.ledger import Ledger
from ecslab.course.classroom.run import grade_class
from ecslab.course.classroom.submissions import find
from ecslab.course.grading.report import Report

ROOT = Path(__file__).resolve().parents[3]
LAB = f"{catalogue.load().ready[0].name}.ipynb"

# Warnings of Dask's own machinery are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

CLUSTER = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        for worker in cluster.workers.values():
            print(worker.pid, flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[int]]]:
    """The address of a scheduler, and the process ids of its two workers."""
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    address, *pids = (process.stdout.readline().strip() for _ in range(3))
    yield address, [int(pid) for pid in pids]
    process.stdin.close()
    process.wait()
    process.stdout.close()


def test_a_lost_worker_costs_nothing(tmp_path: Path, cluster: tuple[str, list[int]]) -> None:
    address, workers = cluster
    folder = tmp_path / "class"
    for number in range(4):
        (folder / f"learner-{number}").mkdir(parents=True)
        text = (ROOT / "labs" / LAB).read_text(encoding="utf-8")
        (folder / f"learner-{number}" / LAB).write_text(text, encoding="utf-8")
    (folder / "odd.ipynb").write_text("no notebook")
    (folder / "link.ipynb").symlink_to("/etc/passwd")
    seen: list[Report] = []

    def on_report(report: Report) -> None:
        seen.append(report)
        if sum(not each.problem for each in seen) == 1 and not report.problem:
            os.kill(workers[0], signal.SIGKILL)

    with Ledger(tmp_path / "reports.jsonl") as ledger:
        judge = on_cluster(address, timeout=60.0)
        reports = grade_class(find([folder]), ledger, judge, rules="", on_report=on_report)

    problems = {each.learner: each.problem for each in reports if each.problem}
    assert sorted(problems) == ["link", "odd"]
    graded = [each for each in reports if not each.problem]
    assert [each.learner for each in graded] == [f"learner-{number}" for number in range(4)]
    assert {(each.score, len(each.checks)) for each in graded} == {(0, len(graded[0].checks))}
    assert len(seen) == len(reports)
