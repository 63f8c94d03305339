"""Which lab a file belongs to, and what is said about files that are none."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ecslab.course.grading.notebook import LARGEST_FILE
from ecslab.course.grading.subject import find_subject, read_lab
from ecslab.errors import CourseError


def without_start(notebook: Any) -> Any:
    notebook = copy.deepcopy(notebook)
    notebook["cells"][0]["source"] = "lab = None"
    return notebook


def anonymous(notebook: Any) -> Any:
    notebook = without_start(notebook)
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = str(number)
    return notebook


def test_a_lab_is_known_by_its_first_cells(handed: Any) -> None:
    path = handed.hand_in(handed.starter, "work of alice.ipynb")

    assert read_lab(path, handed.files).module == "02-clusters"


def test_a_lab_is_known_by_the_ids_of_its_cells(handed: Any) -> None:
    path = handed.hand_in(without_start(handed.starter))

    assert read_lab(path, handed.files).module == "02-clusters"


def test_a_lab_is_known_by_the_name_of_its_file(handed: Any) -> None:
    path = handed.hand_in(anonymous(handed.starter), "alice-02-clusters (1).ipynb")

    assert read_lab(path, handed.files).module == "02-clusters"


def test_a_lab_is_known_by_its_metadata(handed: Any) -> None:
    notebook = anonymous(handed.starter)
    notebook["metadata"]["ecslab"] = {"module": "02-clusters"}

    assert read_lab(handed.hand_in(notebook), handed.files).module == "02-clusters"


def test_a_file_with_a_byte_order_mark_is_read(handed: Any) -> None:
    path = handed.desk / "bom.ipynb"
    path.write_text(json.dumps(handed.starter), encoding="utf-8-sig")

    assert read_lab(path, handed.files).module == "02-clusters"


def bytes_of(content: bytes) -> Any:
    return lambda path: path.write_bytes(content)


def enlarge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)


def notebook_with(**fields: Any) -> Any:
    return bytes_of(json.dumps({"cells": [], "nbformat": 4, "metadata": {}} | fields).encode())


BAD = {
    "prose": (bytes_of(b"not a notebook"), "does not hold JSON"),
    "nothing": (bytes_of(b""), "is empty"),
    "blank": (bytes_of(b" \n"), "is empty"),
    "web page": (bytes_of(b"\n<!DOCTYPE html><html>"), "is a web page"),
    "deep": (bytes_of(b"[" * 200_000), "does not hold JSON"),
    "binary": (bytes_of(b"\xff\xfe\x00"), "not UTF-8"),
    "list": (bytes_of(b"[]"), "has no cells"),
    "cells no list": (notebook_with(cells={}), "has no cells"),
    "cells no objects": (notebook_with(cells=[1]), "has no cells"),
    "old": (notebook_with(nbformat=3), "format 4"),
    "older": (bytes_of(b'{"nbformat": 3, "worksheets": [{"cells": []}]}'), "format 4"),
    "endless": (notebook_with(cells=[{}] * 2001), "more than 2000 cells"),
    "empty": (notebook_with(), "not a lab of this course"),
    "odd metadata": (notebook_with(metadata=[]), "not a lab of this course"),
    "huge": (enlarge, "larger than 20 MiB"),
    "folder": (Path.mkdir, "is a folder"),
    "missing": (Path.exists, "no file"),
    "link": (lambda path: path.symlink_to("/etc/hostname"), "is a link"),
    "pipe": (os.mkfifo, "is not a file"),
}


@pytest.mark.parametrize(("make", "words"), BAD.values(), ids=BAD)
def test_what_is_no_submission_gets_one_sentence(handed: Any, make: Any, words: str) -> None:
    path = handed.desk / "handed-in.ipynb"
    make(path)

    with pytest.raises(CourseError, match=words) as caught:
        read_lab(path, handed.files)

    assert "\n" not in str(caught.value)


def test_a_file_named_like_another_lab_is_refused(handed: Any) -> None:
    path = handed.hand_in(handed.starter, "03-task-definitions.ipynb")

    with pytest.raises(CourseError, match="holds 02-clusters, not 03-task-definitions"):
        read_lab(path, handed.files)


def test_a_lesson_has_no_points(handed: Any) -> None:
    notebook = without_start(handed.starter)
    notebook["cells"][0]["source"] = 'lesson = start("02-clusters", part="lesson")'

    with pytest.raises(CourseError, match="is a lesson"):
        read_lab(handed.hand_in(notebook), handed.files)


def test_a_lab_without_a_solution_cannot_be_judged(handed: Any) -> None:
    handed.files.solution("02-clusters").unlink()

    with pytest.raises(CourseError, match="no solution of 02-clusters"):
        read_lab(handed.hand_in(handed.starter), handed.files)


def test_pytest_leaves_other_notebooks_alone(handed: Any) -> None:
    broken = handed.desk / "broken.ipynb"
    broken.write_text("{")

    assert find_subject(handed.hand_in({"cells": [], "nbformat": 4}), handed.files) is None
    assert find_subject(broken, handed.files) is None


def test_the_courses_own_notebooks_run_as_they_are(handed: Any) -> None:
    subject = find_subject(handed.files.solution("02-clusters"), handed.files)

    assert subject.kind == "course"
    assert all(cell["execution_count"] for cell in subject.notebook["cells"])


def test_a_learners_lesson_is_run_and_not_compared(handed: Any) -> None:
    notebook = without_start(handed.starter)
    notebook["cells"][0]["source"] = 'lesson = start("02-clusters", part="lesson")'

    assert find_subject(handed.hand_in(notebook), handed.files).kind == "copy"
