from __future__ import annotations

from pathlib import Path

import pytest

from ecslab.course import notebook
from ecslab.errors import CourseError

FAKE = Path(__file__).parent / "fake"


def test_steps_own_the_answers_before_their_check() -> None:
    steps = notebook.steps(notebook.read(FAKE / "solutions" / "00-shelf.ipynb"))
    assert [(step.check_id, [cell.id for cell in step.answers]) for step in steps] == [
        ("one-cluster", ["create"]),
        ("how-many", ["count"]),
    ]


@pytest.mark.parametrize("source", ["a\nb", ["a\n", "b"]])
def test_source_may_be_text_or_lines(source: str) -> None:
    (cell,) = notebook.cells({"cells": [{"cell_type": "code", "source": source, "metadata": {}}]})
    assert (cell.source, cell.id, cell.tags) == ("a\nb", "", ())


def test_solution_is_shown_without_its_markers() -> None:
    source = "a = 1\nif a:\n    ### BEGIN SOLUTION\n    b = 2\n    ### END SOLUTION\n"
    assert notebook.without_markers(source) == "a = 1\nif a:\n    b = 2"


@pytest.mark.parametrize(
    ("text", "said"), [("{", "not valid JSON"), ("[]", "no cells"), ("{}", "no cells")]
)
def test_other_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.ipynb").write_text(text)
    with pytest.raises(CourseError, match=f"x.ipynb is not a notebook: .*{said}"):
        notebook.read(tmp_path / "x.ipynb")
