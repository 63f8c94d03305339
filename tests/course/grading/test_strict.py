"""Strict grading: the same points for honest work, judged where no line of the learner's runs."""

from __future__ import annotations

import datetime as dt
import json
import re
import textwrap
from collections.abc import Callable
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
from ecslab.course.grading.names import bound_by
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


def solved(lab: str, change: Callable[[str, str], str]) -> Any:
    """Give the solution with its answers changed: by the id of a cell and its code."""
    notebook = json.loads(locate().solution(lab).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if "answer" in cell["metadata"].get("tags", []):
            cell["source"] = change(cell["id"], "".join(cell["source"]))
    return notebook


def in_a_class(code: str) -> str:
    """Do it in a method, behind an error that is caught and in front of one that is not."""
    names = sorted(bound_by([code]))
    known = f"        global {', '.join(names)}\n" if names else ""
    body = textwrap.indent(code, " " * 12)
    return f"""\
class Work:
    def do(self):
{known}
        for attempt in range(3):
            try:
                boto3.client("ecs").stop_task(cluster="none", task=f"{{attempt}}")
            except Exception as problem:
                last = problem
        with contextlib.nullcontext():
{body}

import contextlib
Work().do()
raise last_of_all
"""


def with_other_clients(code: str) -> str:
    """Wait as asynchronous code does, and ask with clients of sessions of one's own."""
    asks = re.sub(r"\b(ecs|eks|iam)\.(?=[a-z_]+\()", r"boto3.Session().client('\1').", code)
    return f"import asyncio\nawait asyncio.sleep(0.001)\n{asks}"


WAYS: dict[str, Callable[[str], str]] = {
    "with the time": lambda code: f"%%time\n{code}",
    "without output, with a command": lambda code: f"%%capture said\n!true\n{code}",
    "as a text that is executed": lambda code: f"exec({code!r}, globals())",
    "in a class, with errors": in_a_class,
    "with other clients, and waiting": with_other_clients,
}


@pytest.mark.parametrize("grading", ["strict", "ordinary"])
@pytest.mark.parametrize("lab", ["02-clusters", "16-ecs-vs-eks"])
@pytest.mark.parametrize("way", WAYS)
def test_the_same_work_written_in_another_way_earns_the_same(
    way: str, lab: str, grading: str, parent: Any, tmp_path: Path
) -> None:
    path = tmp_path / f"{lab}.ipynb"
    notebook = solved(lab, lambda _, code: WAYS[way](code))
    path.write_text(json.dumps(notebook), encoding="utf-8")

    (report,) = grade_files([path], parent=parent, strict=grading == "strict")

    assert report.passed, in_words(report)


PROGRAMS = {
    "write-resources": """
{code}
print(resources(container, task))
of_a_function, asked = resources, []
class Resources:
    def __call__(self, *given):
        asked.append(given)
        print("asked", len(asked), "times")
        return of_a_function(*given)
resources = Resources()
resources(container, task)
""",
    "write-probes": """
{code}
from functools import partial
probes = partial(lambda rule, given: rule(given), probes)
""",
    "write-environment": """
{code}
def in_place(rule):
    def environment(container):
        container["environment"] = rule(container)
        return container["environment"]
    return environment
environment = in_place(environment)
""",
    "write-rollout": "{code}\n[rollout(service) for _ in range(5)]",
}


@pytest.mark.parametrize("grading", ["strict", "ordinary"])
def test_a_program_may_be_any_callable_and_be_tried_out(
    grading: str, parent: Any, tmp_path: Path
) -> None:
    lab = "16-ecs-vs-eks"
    path = tmp_path / f"{lab}.ipynb"
    notebook = solved(lab, lambda name, code: PROGRAMS.get(name, "{code}").replace("{code}", code))
    path.write_text(json.dumps(notebook), encoding="utf-8")

    (report,) = grade_files([path], parent=parent, strict=grading == "strict")

    assert report.passed, in_words(report)


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


class Broken(dict[str, int]):
    def __iter__(self) -> Any:
        raise RuntimeError

    def keys(self) -> Any:
        return iter(self)


def test_what_cannot_be_read_or_written_stands_for_nothing_and_stops_nobody() -> None:
    assert decoded(encoded(10**5000)) == Unreadable("int")
    assert decoded(encoded(Broken(a=1))) == Unreadable("Broken")
    assert decoded(encoded(["\ud800"])) == ["\ud800"]


def test_views_and_ranges_arrive_as_what_they_are() -> None:
    kept = {"a": 1, "b": 2}

    assert decoded(encoded(kept.keys())) == kept.keys()
    assert list(decoded(encoded(kept.values()))) == [1, 2]
    assert decoded(encoded(range(1, 9, 2))) == range(1, 9, 2)


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
