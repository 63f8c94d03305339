"""What reports say, to people and to programs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ecslab.course.grading import (
    CheckResult,
    Report,
    in_words,
    to_csv,
    to_json,
    to_junit,
    to_table,
)
from ecslab.course.grading.report import results_of, steps_of
from ecslab.course.grading.text import clean
from ecslab.course.grading.verdict import Verdict
from ecslab.errors import CourseError

NOT_YET = "✘ tag: not yet (0 of 3 points)\n  expected: 'shop'\n  found: none\n  next: lab.hint"


def result(name: str, outcome: str, message: str, points: int = 2) -> Any:
    earned = points if outcome == "passed" else 0
    return CheckResult(name, f"The {name}", points, earned, outcome, message, 0.25)


def report(*checks: Any, name: str = "alice.ipynb") -> Any:
    return Report(Path(name), "02-clusters", checks, {"time limit": True}, seconds=1.5)


EVERYTHING = report(
    result("cluster", "passed", "✔ cluster: passed (2 of 2 points)"),
    result("tag", "not yet", NOT_YET, 3),
    result("delete", "not attempted", "○ delete: not attempted (0 of 2 points)"),
    result("order", "error", "NameError: name 'x' is not defined"),
    result("clean", "timeout", "took longer than 60 seconds"),
)
REFUSED = Report(Path("bob.ipynb"), problem="bob.ipynb is a folder; give a notebook.")


def printed(reports: Any, width: int = 100) -> Any:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(to_table(reports))
    return console.file.getvalue()


def test_the_score_is_the_sum_of_what_was_earned() -> None:
    assert (EVERYTHING.score, EVERYTHING.possible) == (2, 11)
    assert not EVERYTHING.passed
    assert report(EVERYTHING.checks[0]).passed
    assert not REFUSED.passed


def test_feedback_names_every_check_that_did_not_pass() -> None:
    words = in_words(EVERYTHING)

    assert words.startswith("alice.ipynb: 2 of 11 points.\n✘ tag: not yet")
    assert "expected: 'shop'" in words
    assert "✘ order: error (0 of 2 points)\n  NameError: name 'x' is not defined" in words
    assert "✘ clean: timeout (0 of 2 points)\n  took longer than 60 seconds" in words
    assert words.endswith("○ Still to do: “The delete”.")


def test_feedback_on_full_marks_on_nothing_and_on_no_notebook() -> None:
    assert in_words(report(EVERYTHING.checks[0])).endswith("Every check passed.")
    assert in_words(report(EVERYTHING.checks[2])).endswith("begin with “The delete”.")
    assert in_words(REFUSED) == "bob.ipynb is a folder; give a notebook."


def test_the_table_of_one_file_has_a_row_for_each_check() -> None:
    text = printed([EVERYTHING])

    for check in EVERYTHING.checks:
        assert check.id in text
        assert check.outcome in text
    assert "2 of 11" in text
    assert "found: none" in text


def test_the_table_of_a_class_has_a_row_for_each_file() -> None:
    text = printed([EVERYTHING, REFUSED], width=140)

    assert "alice.ipynb" in text
    assert "bob.ipynb is a folder" in text


def test_the_table_of_a_class_of_thousands_has_a_row_for_each_lab() -> None:
    refused = [Report(Path(f"{number}.ipynb"), problem="Odd.") for number in range(1000)]
    text = printed([EVERYTHING] * 999 + [report(EVERYTHING.checks[0])] + refused)

    assert "02-clusters │      1000 │       2 of 11 │          1 │         0" in text
    assert "Not graded: 800 more; results.csv has them all." in text
    assert len(text.splitlines()) < 220


def test_an_attempt_that_does_not_count_says_so() -> None:
    text = printed([EVERYTHING, replace(EVERYTHING, superseded_by="later.ipynb")])

    assert text.count("(earlier attempt)") == 1
    assert "later.ipynb" in to_csv([replace(EVERYTHING, superseded_by="later.ipynb")])


def test_json_holds_everything() -> None:
    first, second = json.loads(to_json([EVERYTHING, REFUSED]))

    assert (first["score"], first["possible"], first["module"]) == (2, 11, "02-clusters")
    assert first["protections"] == {"time limit": True}
    assert [check["outcome"] for check in first["checks"]] == [
        "passed",
        "not yet",
        "not attempted",
        "error",
        "timeout",
    ]
    assert first["checks"][1]["message"] == NOT_YET
    assert second["problem"] == "bob.ipynb is a folder; give a notebook."


def test_junit_counts_failures_errors_and_skips() -> None:
    first, second = ET.fromstring(to_junit([EVERYTHING, REFUSED]).encode())

    counts = {name: first.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "2", "skipped": "1"}
    kinds = [child.tag for case in first for child in case]
    assert kinds == ["failure", "skipped", "error", "error"]
    assert second.get("errors") == "1"
    assert len(second) == 1


def test_csv_has_a_line_for_each_check() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([EVERYTHING, REFUSED]))))

    assert [row["check"] for row in rows] == ["cluster", "tag", "delete", "order", "clean", ""]
    assert rows[1]["message"] == NOT_YET
    assert rows[-1]["problem"].startswith("bob.ipynb is a folder")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_csv_never_holds_a_formula(text: str) -> None:
    row = next(csv.DictReader(io.StringIO(to_csv([report(result("a", "error", text))]))))

    assert row["message"] == f"'{text}"


NASTY = "\x1b[31m[bold]red[/bold]\x1b]0;title\x07\x00\u202e<b>&\ud800 end"


def test_nothing_that_a_learner_prints_acts_on_the_reader() -> None:
    bad = report(result("a", "error", NASTY), name="\x1b[2Ja.ipynb")
    outputs = [printed([bad]), in_words(bad), to_json([bad]), to_junit([bad]), to_csv([bad])]

    for text in outputs:
        assert "\x1b" not in text
        assert "\x00" not in text
        assert "\u202e" not in text
        assert "[bold]red[/bold]" in text
    assert ET.fromstring(outputs[3].encode())[0][0][0].text == "[bold]red[/bold]<b>& end"


@given(st.text())
def test_clean_text_has_no_escapes_and_can_be_written(text: str) -> None:
    result = clean(text)

    assert not set(result) & set("\x1b\x9b\x00\x07\r\u202e")
    assert result.encode().decode() == result
    assert clean(result) == result


def cell(
    name: str, role: str, what: str = "passed", check: str | None = "first", **more: Any
) -> Any:
    values = {"changed": role != "check", "text": "", "error": ""} | more
    return Verdict(cell=name, role=role, check=check, what=what, **values)


def outcome(handed: Any, *cells: Any, ending: str = "gone") -> Any:
    steps = steps_of(handed.reference, {"first": "The first"})[:1]
    found = results_of(steps, cells, ending)[0]
    return found.outcome, found.message


def test_points_are_those_of_the_solutions_output(handed: Any) -> None:
    steps = steps_of(handed.reference, {"first": "The first"})

    assert [(step.id, step.points) for step in steps] == [("first", 2), ("second", 3), ("third", 1)]
    assert [step.title for step in steps] == ["The first", "second", "third"]


def test_a_solution_that_does_not_pass_is_a_fault_of_the_course(handed: Any) -> None:
    handed.reference["cells"][2]["outputs"] = []

    with pytest.raises(CourseError, match="does not pass 'first'"):
        steps_of(handed.reference, {})


def test_an_exception_in_an_answer_explains_the_failed_check(handed: Any) -> None:
    answer = cell("answer-first", "answer", "failed", error="NameError: x")
    check = cell("check-first", "check", "failed", text="○ first: not attempted (0 of 2 points)")

    assert outcome(handed, answer, check) == ("error", "NameError: x")


def test_an_untouched_stub_that_raises_is_not_attempted(handed: Any) -> None:
    answer = cell("answer-first", "answer", "failed", error="TypeError: x", changed=False)
    check = cell("check-first", "check", "failed", text="○ first: not attempted (0 of 2 points)")

    assert outcome(handed, answer, check)[0] == "not attempted"


def test_a_check_that_passed_counts_whatever_happened_before(handed: Any) -> None:
    answer = cell("answer-first", "answer", "failed", error="NameError: x")
    check = cell("check-first", "check", text="✔ first: passed (2 of 2 points)")

    assert outcome(handed, answer, check)[0] == "passed"


def test_a_missing_verdict_is_explained_by_the_ending(handed: Any) -> None:
    assert outcome(handed, ending="the notebook took longer than 9 seconds in all") == (
        "timeout",
        "the notebook took longer than 9 seconds in all",
    )
    assert outcome(handed, ending="the notebook ended the program")[0] == "error"


def test_a_given_cell_behind_a_check_is_no_reason_for_it(handed: Any) -> None:
    check = cell("check-first", "check", "failed", error="NameError: name 'lab' is not defined")
    score = cell("score", "given", "failed", error="NameError: name 'lab' is not defined")

    (first, *_) = results_of(steps_of(handed.reference, {}), [check, score], "not run")

    assert first.outcome == "error"
    assert first.message.startswith("the check could not run: NameError: name 'lab'")


def test_a_broken_given_cell_is_named(handed: Any) -> None:
    setup = cell("setup", "given", "failed", error="ImportError: no ecslab")
    check = cell("check-first", "check", "failed", error="NameError: lab")

    assert outcome(handed, setup, check) == ("error", "cell setup: ImportError: no ecslab")


def test_output_beside_the_check_is_named(handed: Any) -> None:
    check = cell("check-first", "check", "failed", text="hello\n✔ first: passed (2 of 2 points)")

    assert outcome(handed, check) == (
        "error",
        "the check printed 'hello' and something else: let only the check print here",
    )
