"""A class is graded by real processes that are killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from ecslab.course import catalogue

ROOT = Path(__file__).resolve().parents[3]
LAB = f"{catalogue.load().ready[0].name}.ipynb"
COUNT = 4


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "ecslab.cli", "grade", str(folder), "--jobs", "1", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
        env={**os.environ, "ECSLAB_ROOT": str(ROOT)},
    )


def test_a_class_goes_on_after_kill_9_and_nothing_is_graded_twice(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    for number in range(COUNT):
        (folder / f"learner-{number}").mkdir(parents=True)
        text = (ROOT / "labs" / LAB).read_text(encoding="utf-8")
        (folder / f"learner-{number}" / LAB).write_text(text, encoding="utf-8")
    ledger = tmp_path / "class-graded" / "reports.jsonl"

    first = start(folder)
    assert first.stderr is not None
    assert first.stderr.readline().startswith(f"1 of {COUNT}: ")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    before = ledger.read_bytes()
    assert 1 <= before.count(b"\n") < COUNT

    second = start(folder)
    out, err = second.communicate()
    assert second.returncode == 0, err
    assert len(json.loads(out)) == COUNT
    after = ledger.read_bytes()
    whole = before[: before.rfind(b"\n") + 1]
    assert after.startswith(whole), "what was graded is left alone"
    keys = [json.loads(line)["key"] for line in after.splitlines()]
    assert len(keys) == len(set(keys)) == COUNT
