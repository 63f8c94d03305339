from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.course.classroom.ledger import Ledger
from ecslab.course.grading.report import CheckResult, Report
from ecslab.errors import CourseError

REPORT = Report(
    Path("ada/lab.ipynb"),
    "02-clusters",
    (CheckResult("one", "Ünïcode", 2, 0, "not yet", "two\nlines", 0.25),),
    {"network blocked": True},
    learner="Ada",
)


def test_what_was_added_is_there_for_the_next(tmp_path: Path) -> None:
    with Ledger(tmp_path / "reports.jsonl") as ledger:
        ledger.add("a", REPORT)
    with Ledger(tmp_path / "reports.jsonl") as ledger:
        assert ledger.reports == {"a": REPORT}


@settings(max_examples=30)
@given(data=st.data())
def test_a_kill_at_any_byte_costs_the_last_report_at_most(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "reports.jsonl"
    with Ledger(path) as ledger:
        for key in "abc":
            ledger.add(key, REPORT)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    left = whole[:cut].count(b"\n")
    with Ledger(path) as ledger:
        assert list(ledger.reports) == list("abc"[:left])
        for key in "abc"[left:]:
            ledger.add(key, REPORT)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("line", [b"\xff\x00", b"[]", b"{}", b'{"key": "a", "report": {}}'])
def test_a_damaged_line_is_graded_again(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    with Ledger(path) as ledger:
        ledger.add("a", REPORT)
    path.write_bytes(line + b"\n" + path.read_bytes())
    with Ledger(path) as ledger:
        assert list(ledger.reports) == ["a"]


def test_only_one_grading_at_a_time_writes(tmp_path: Path) -> None:
    with (
        Ledger(tmp_path / "reports.jsonl"),
        pytest.raises(CourseError, match="Another grading writes to"),
    ):
        Ledger(tmp_path / "reports.jsonl")


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with Ledger(tmp_path / "reports.jsonl") as ledger:
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(CourseError, match="the disk is full"):
            ledger.add("a", REPORT)
        assert ledger.reports == {}
