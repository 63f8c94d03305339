"""Strict grading: the same points for honest work, judged where no line of the learner's runs."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecslab.course import catalogue
from ecslab.course.files import locate
from ecslab.course.grading import grade_files, in_words
from ecslab.course.grading.second_look import NOTE
from ecslab.course.strict.values import Decoder, Encoder, Unreadable

LABS = [entry.name for entry in catalogue.load().ready]


@pytest.mark.parametrize("lab", LABS)
def test_the_solution_of_each_lab_earns_everything(lab: str, parent: Any) -> None:
    (report,) = grade_files([locate().solution(lab)], parent=parent, strict=True)

    assert report.passed, in_words(report)


def test_a_wrong_step_costs_its_own_points_only(parent: Any, tmp_path: Path) -> None:
    notebook = json.loads(locate().solution("02-clusters").read_text(encoding="utf-8"))
    ids = [cell.get("id") for cell in notebook["cells"]]
    answers = [
        cell
        for cell in notebook["cells"][: ids.index("check-three-clusters")]
        if "answer" in cell["metadata"].get("tags", [])
    ]
    answers[0]["source"] = "pass"
    path = tmp_path / "02-clusters.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")

    (report,) = grade_files([path], parent=parent, strict=True)

    assert report.score == report.possible - 2, in_words(report)
    assert any(NOTE in check.message for check in report.checks)


def encoded(value: Any) -> Any:
    encoder = Encoder(lambda _: 5, lambda _: None)
    return json.loads(json.dumps(encoder.encode(value)))


def decoded(plain: Any, received: Any = None) -> Any:
    decoder = Decoder(
        program=lambda number: ("program", number),
        result={3: "the load"}.__getitem__,
        response=lambda *_: received,
    )
    return decoder.decode(plain)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.text() | st.integers()
VALUES = st.recursive(
    PLAIN | st.binary() | st.dates() | st.timedeltas(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner) | st.sets(KEYS)
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
@given(VALUES)
def test_data_arrives_as_it_was(value: Any) -> None:
    assert decoded(encoded(value)) == value


@given(
    st.recursive(
        PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
    )
)
def test_whatever_somebody_tells_gives_a_value_and_never_an_error(plain: Any) -> None:
    decoded({"is": plain, "of": plain})
    for kind in ("dict", "list", "time", "image", "error", "result", "response", "bytes", "init__"):
        decoded({"is": kind, "of": plain})


def test_a_value_that_is_equal_to_everything_is_only_what_it_derives_from() -> None:
    class Everything(str):
        __slots__ = ()

        def __eq__(self, _: object) -> bool:
            return True

        __hash__ = str.__hash__

        def __str__(self) -> str:
            return "right"

    assert type(decoded(encoded(Everything("wrong")))) is str
    assert decoded(encoded(Everything("wrong"))) == "wrong"


def test_what_is_no_data_is_no_value() -> None:
    assert decoded(encoded(object())) == Unreadable("object")
    assert decoded({"is": "dict", "of": 5}) == Unreadable("dict")
    assert decoded({"is": "_writers", "of": 5}) == Unreadable("5")
    assert decoded(encoded(...)) is ...


def test_an_error_of_aws_and_a_time_arrive() -> None:
    error = ClientError({"Error": {"Code": "X", "Message": "y"}}, "RunTask")
    moment = dt.datetime(2026, 1, 15, 9, tzinfo=dt.UTC)

    assert decoded(encoded(error)).response == error.response
    assert decoded(encoded(moment)) == moment


def test_objects_are_those_of_the_trusted_process() -> None:
    response = requests.Response()
    response.status_code, response.url = 200, "http://shop/"

    assert decoded({"is": "result", "of": 3}) == "the load"
    assert decoded({"is": "result", "of": 4}) == Unreadable("result")
    assert decoded(encoded(len)) == ("program", 5)
    assert decoded(encoded(response), "the one that came") == "the one that came"
